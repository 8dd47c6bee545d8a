#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/http/server.h"
#include "gateway/net/loop_group.h"
#include "sandbox/component_rules.h"

namespace sandbox::testing_support {

/// Plays the gateway's events URL: verifies, opens and keeps what the platform pushes.
class PushReceiver {
public:
    explicit PushReceiver(const ComponentKeys& keys);
    ~PushReceiver();
    PushReceiver(const PushReceiver&) = delete;
    PushReceiver& operator=(const PushReceiver&) = delete;

    std::string url() const;
    /// What it answers from now on; the default is "success".
    void answerWith(std::string body, int status = 200);
    /// The opened messages so far; "not a good push" for one that could not be opened.
    std::vector<std::string> messages() const;
    /// The text of an element of the newest message that has it, with or without CDATA; empty where none has.
    std::string newest(const std::string& element) const;

private:
    tenants::Task<gateway::http::Response> take(gateway::http::Request request);

    const ComponentKeys keys_;
    gateway::net::LoopGroup loops_{1};
    gateway::http::Router router_;
    std::unique_ptr<gateway::http::Server> server_;
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;
    std::vector<std::string> messages_;
    std::string answer_ = "success";
    int status_ = 200;
};

}  // namespace sandbox::testing_support
