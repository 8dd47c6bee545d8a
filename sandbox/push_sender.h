#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

namespace sandbox {

/// Sends one push over the wire. `send` is called by one thread at a time, `abort` by any.
class PushSender {
public:
    virtual ~PushSender() = default;
    /// Posts `body` and waits for the answer. Empty where it was HTTP 200 and exactly `success`; else a short reason for
    /// the log, which never shows the URL or the answer.
    virtual std::string send(const std::string& url, const std::string& body) = 0;
    /// Ends a running `send`, and every later one, at once.
    virtual void abort() = 0;
};

/// http or https, no redirects, no proxy, one connection for each push. Source of the 5 s: wechat-platform.md §5.3.
class HttpPushSender final : public PushSender {
public:
    /// `authority_file`: whom https URLs are trusted by; empty: the system's authorities. Throws std::runtime_error.
    HttpPushSender(std::filesystem::path authority_file, std::chrono::milliseconds timeout);
    ~HttpPushSender() override;
    std::string send(const std::string& url, const std::string& body) override;
    void abort() override;

private:
    class Transfer;
    struct Handle;
    const std::filesystem::path authority_file_;
    const std::chrono::milliseconds timeout_;
    std::unique_ptr<Handle> handle_;
};

}  // namespace sandbox
