#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "tenants/base/clock.h"

namespace sandbox {

/// One request as openapi/rid/get shows it: whole, its token included, as the real platform does.
/// Source: wechat-platform.md §3.12.
struct RidRecord {
    std::string rid;
    std::string component_appid;  // whose call it was; empty where no component's token was in it
    tenants::UtcTime invoked_at;
    std::int64_t cost_ms = 0;
    std::string url;
    std::string request_body;  // bodies of more than 4 KiB are cut off there
    std::string answer_body;
    std::string peer_address;
};

/// The newest thousand requests by their ids, in memory. Any thread.
class RidLog {
public:
    void add(RidRecord record);
    std::optional<RidRecord> find(std::string_view rid) const;

private:
    mutable std::mutex mutex_;
    std::deque<RidRecord> records_;
};

/// True of "6661aaaa-1234abcd-0badcafe".
bool isRid(std::string_view text);

}  // namespace sandbox
