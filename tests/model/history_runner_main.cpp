#include <csignal>
#include <exception>
#include <iostream>
#include <memory>
#include <string>

#include <Poco/JSON/Parser.h>

#include "tests/model/history_runner.h"

namespace {

model::HistoryRunner::Json parsed(const std::string& line) {
    return *Poco::JSON::Parser{}.parse(line).extract<Poco::JSON::Object::Ptr>();
}

}  // namespace

/// history_runner DATABASE KEY_RING: reads operations from standard input, one JSON object a line in order of time, and
/// writes what each came to, one line each. `{"op":"crash"}` kills the process where it stands.
int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: history_runner DATABASE KEY_RING <OPERATIONS\n";
        return 2;
    }
    try {
        std::unique_ptr<model::HistoryRunner> runner;
        std::string line;
        while (std::getline(std::cin, line)) {
            const model::HistoryRunner::Json operation = parsed(line);
            if (operation.getValue<std::string>("op") == "crash") {
                std::cout.flush();
                std::raise(SIGKILL);
            }
            if (!runner) {
                const tenants::UtcTime now{std::chrono::milliseconds{operation.getValue<std::int64_t>("at")}};
                runner = std::make_unique<model::HistoryRunner>(argv[1], argv[2], now);
            }
            runner->run(operation).stringify(std::cout);
            std::cout << '\n';
        }
        return 0;
    } catch (const std::exception& failure) {
        std::cerr << "error: " << failure.what() << '\n';
        return 1;
    }
}
