-- What wrk sends: one scan over and over, told by the environment (bench/load.py).
--   BENCH_BODY     file with the body              BENCH_TYPE   its Content-Type
--   BENCH_KEYS     file with one API key a line    BENCH_ROTATE 1: every call with the next key, for small bodies;
--   BENCH_THINK_MS mean pause before a call                     else one key a thread, whose calls are made once
-- Ends with one line of JSON on standard output.
local think_ms = tonumber(os.getenv("BENCH_THINK_MS") or "0")
local threads = 0

local function lines(name)
    local found = {}
    for line in io.lines(name) do
        found[#found + 1] = line
    end
    return found
end

local function content(name)
    local file = assert(io.open(name, "rb"))
    local text = file:read("*a")
    file:close()
    return text
end

function setup(thread)
    threads = threads + 1
    thread:set("thread_number", threads)
end

function init(arguments)
    local keys = lines(os.getenv("BENCH_KEYS"))
    wrk.method = "POST"
    wrk.headers["Content-Type"] = os.getenv("BENCH_TYPE")
    wrk.body = content(os.getenv("BENCH_BODY"))
    math.randomseed(thread_number)
    local path = "/cv/ocr/driving?access_token="
    wrk.path = path .. keys[(thread_number - 1) % #keys + 1]
    if os.getenv("BENCH_ROTATE") == "1" then
        local message = wrk.format(nil, path .. "KEY")
        local at = message:find("KEY", 1, true)
        before, behind = message:sub(1, at - 1), message:sub(at + 3)
        all_keys, next_key = keys, math.random(#keys)
    end
end

if os.getenv("BENCH_ROTATE") == "1" then
    function request()
        next_key = next_key % #all_keys + 1
        return before .. all_keys[next_key] .. behind
    end
end

if think_ms > 0 then
    function delay()
        return math.random(0, math.floor(2 * think_ms + 0.5))
    end
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '\n{"requests":%d,"duration_us":%d,"p50_us":%d,"p99_us":%d,"connect_errors":%d,"read_errors":%d,'
            .. '"write_errors":%d,"status_errors":%d,"timeouts":%d}\n',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.connect,
        errors.read, errors.write, errors.status, errors.timeout))
end
