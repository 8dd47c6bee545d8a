#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <Poco/JSON/Object.h>

#include "sandbox/sandbox.h"
#include "tenants/base/clock.h"
#include "tests/unit/sandbox/support/http_client.h"
#include "tests/unit/sandbox/support/push_receiver.h"
#include "tests/unit/sandbox/support/temporary_folder.h"

namespace sandbox::testing_support {

/// Reads a "picture" that is a plain text: "no card", "not an image", "crash", or the plate number to find.
recogniser::Outcome readTextPicture(std::string_view picture);

/// What sample-1.jpg of its samples folder holds.
inline constexpr std::string_view kSamplePicture = "粤B67890";

/// A whole sandbox in this process on free ports and a folder of its own, with somebody who receives its pushes.
class RunningSandbox {
public:
    /// Left empty, `reader` means the real worker processes.
    explicit RunningSandbox(PictureReader reader = readTextPicture);
    ~RunningSandbox();
    RunningSandbox(const RunningSandbox&) = delete;
    RunningSandbox& operator=(const RunningSandbox&) = delete;

    using Json = Poco::JSON::Object::Ptr;

    std::string platformUrl(const std::string& target) const;
    HttpAnswer platform(HttpCall call, const std::string& target) const;
    /// POST with that JSON; the answer's object, null where it is none.
    Json post(const std::string& target, const std::string& json) const;
    /// errcode of such an answer; 0 where it has none.
    std::int64_t errcode(const std::string& target, const std::string& json) const;
    /// POST of a multipart form with one part.
    HttpAnswer scan(const std::string& token, const std::string& picture, const std::string& part_name = "img") const;
    std::int64_t scanErrcode(const std::string& token, const std::string& picture) const;

    HttpAnswer controlRaw(const std::string& method, const std::string& path, const std::string& body = {}) const;
    /// The same, throws unless it is 200.
    Json control(const std::string& method, const std::string& path, const std::string& body = {}) const;
    /// The calls of GET /calls.
    std::vector<Json> calls(const std::string& query = {}) const;

    /// Of the first component.
    std::string componentToken();
    std::string newLink();
    /// The second component that is configured; it has no events URL yet.
    static const ComponentKeys& secondKeys();
    /// Of a component whose newest ticket `ticket` is.
    std::string componentTokenOf(const ComponentKeys& keys, const std::string& ticket) const;
    std::string newLinkOf(const ComponentKeys& keys, const std::string& component_token) const;
    /// Makes an account with these fields and takes it through the real flow; gives its access token.
    std::string authorize(const std::string& appid, const std::string& more_fields = R"("sets":[17,117])");
    std::string refreshTokenOf(const std::string& appid) const { return refresh_tokens_.at(appid); }

    /// Stops it and starts it again on the same folder, on new ports.
    void restart();
    void stop() { sandbox_.reset(); }

    PushReceiver& receiver() { return receiver_; }
    const Options& options() const { return options_; }
    std::string logText() const;

private:
    void start();

    TemporaryFolder folder_;
    tenants::SystemClock clock_;
    Options options_;
    PictureReader reader_;
    PushReceiver receiver_;
    mutable std::mutex mutex_;
    std::string log_;
    std::unique_ptr<Sandbox> sandbox_;
    std::string component_token_;
    std::map<std::string, std::string> refresh_tokens_;
};

}  // namespace sandbox::testing_support
