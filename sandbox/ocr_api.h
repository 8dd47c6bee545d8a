#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/http/message.h"
#include "gateway/net/worker_pool.h"
#include "recogniser/reading.h"
#include "sandbox/call_gate.h"
#include "sandbox/call_log.h"
#include "sandbox/fault_script.h"
#include "sandbox/log.h"
#include "sandbox/platform_answer.h"
#include "sandbox/platform_clock.h"
#include "sandbox/state_store.h"
#include "tenants/base/task.h"

namespace sandbox {

inline constexpr std::string_view kDrivingOcrPath = "/cv/ocr/driving";
/// The one host whose pictures can be read by URL: they are files of the samples folder. Nothing is ever fetched.
inline constexpr std::string_view kSamplesHost = "samples.tollgate.test";
/// A picture must be smaller. Source: WeChat API page "drivingocr".
inline constexpr std::size_t kPictureBytesLimit = 2 * 1024 * 1024;

/// Reads a picture; blocks. Any thread.
using PictureReader = std::function<recogniser::Outcome(std::string_view picture)>;

/// The vehicle-licence OCR. Checks in the order that wechat-platform.md §11 suggests; the real order is unknown. A unit of
/// the account's quota is used by a reading and by "no card found", and given back where the picture could not be read.
class OcrApi {
public:
    struct Settings {
        std::filesystem::path samples_folder;
        int too_large_errcode = 40009;  // what WeChat answers is not documented
    };
    struct Services {
        StateStore& store;
        const CallGate& gate;
        const PlatformClock& clock;
        CallLog& calls;
        AnswerScript& answers;
        gateway::net::WorkerPool& workers;
        Log& log;
    };
    OcrApi(Services services, PictureReader reader, Settings settings)
        : services_(services), reader_(std::move(reader)), settings_(std::move(settings)) {}

    /// From an event loop's thread; the reading itself runs on the workers. The request must be for kDrivingOcrPath.
    tenants::Task<PlatformAnswer> handle(gateway::http::Request request, CallContext context);

private:
    struct Picture {
        std::string_view uploaded;                    // points into the request's body
        std::optional<std::filesystem::path> sample;  // or a file of the samples folder
    };
    /// The account's appid.
    Verdict<std::string> callerOf(const gateway::http::RequestHead& head, const Quirks& quirks) const;
    Verdict<Picture> pictureOf(const gateway::http::Request& request) const;
    tenants::Task<PlatformAnswer> answer(gateway::http::Request request, CallContext context, Quirks quirks);
    tenants::Task<PlatformAnswer> recognise(std::string_view bytes, std::string appid, CallContext context,
                                            Quirks quirks);
    PlatformAnswer answerTo(const recogniser::Outcome& outcome, const Quirks& quirks) const;
    std::optional<RecognitionQuota::Source> takeUnit(const std::string& appid);
    void giveBackUnit(const std::string& appid, RecognitionQuota::Source source);

    const Services services_;
    PictureReader reader_;
    const Settings settings_;
};

}  // namespace sandbox
