#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>
#include <string_view>
#include <utility>

#include "tenants/scan/scan_licence.h"
#include "tenants/scan/upstream.h"
#include "tests/support/fake_upstream.h"
#include "tests/support/gate.h"

namespace model {

/// One scan that a history makes: answered at once, or when the history says so.
struct ScriptedScan {
    test_support::Gate gate;                    // the answer waits for it
    test_support::FakeUpstream::Answer answer;  // set before the gate is opened
    std::binary_semaphore turn{0};              // released when the call has arrived at WeChat, and at the end
    std::optional<tenants::Result<tenants::ScanOutput>> result;
};

/// WeChat's OCR call, answered scan by scan as the history has it: the picture's address names the scan. Any thread.
class ScriptedUpstream final : public tenants::OcrUpstream {
public:
    using Answer = test_support::FakeUpstream::Answer;

    /// Throws std::out_of_range for a word that is not in the table of tests/model/README.md.
    static Answer answerOf(const std::string& word);
    static tenants::Picture pictureOf(const std::string& scan) {
        return tenants::ImageUrl{std::string{kFolder} + scan};
    }

    void expect(const std::string& scan, std::shared_ptr<ScriptedScan> scripted) {
        const std::scoped_lock lock{mutex_};
        scans_[scan] = std::move(scripted);
    }
    void forget(const std::string& scan) {
        const std::scoped_lock lock{mutex_};
        scans_.erase(scan);
    }

    tenants::Task<Answer> recogniseDriving(tenants::AppId /*appid*/, tenants::SharedSecret /*access_token*/,
                                           tenants::Picture picture, tenants::SteadyTime /*deadline*/) override {
        std::shared_ptr<ScriptedScan> scan;
        {
            const std::scoped_lock lock{mutex_};
            scan = scans_.at(std::get<tenants::ImageUrl>(picture).url.substr(kFolder.size()));
        }
        scan->turn.release();
        co_await scan->gate.pass();
        co_return scan->answer;
    }
    tenants::Task<std::optional<tenants::UpstreamQuotaTold>> drivingQuota(tenants::AppId /*appid*/,
                                                                          tenants::SharedSecret /*access_token*/,
                                                                          tenants::SteadyTime /*deadline*/) override {
        co_return std::nullopt;
    }

private:
    static constexpr std::string_view kFolder = "https://pictures.example.com/";

    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<ScriptedScan>> scans_;
};

inline ScriptedUpstream::Answer ScriptedUpstream::answerOf(const std::string& word) {
    using test_support::FakeUpstream;
    static const std::map<std::string, std::function<Answer()>> kAnswers{
        {"recognised", [] { return FakeUpstream::recognised(); }},
        {"not_recognised", [] { return FakeUpstream::refused(101001); }},
        {"busy", [] { return FakeUpstream::refused(-1); }},
        {"bad_picture", [] { return FakeUpstream::refused(40005); }},
        {"too_fast", [] { return FakeUpstream::refused(45011); }},
        {"quota_gone", [] { return FakeUpstream::refused(101003); }},
        {"not_connected", [] { return FakeUpstream::silence(false, false); }},
        {"connect_timeout", [] { return FakeUpstream::silence(false, true); }},
        {"silent", [] { return FakeUpstream::silence(true, true); }},
        {"cut", [] { return FakeUpstream::silence(true, false); }},
        {"incomplete", [] { return tenants::UpstreamAnswer{}; }},
    };
    return kAnswers.at(word)();
}

}  // namespace model
