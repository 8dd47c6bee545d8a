#include "sandbox/ocr_api.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <fstream>
#include <iterator>
#include <utility>
#include <variant>

#include "gateway/http/multipart.h"
#include "sandbox/component_api.h"
#include "sandbox/component_rules.h"
#include "sandbox/json.h"

namespace sandbox {
namespace {

using Poco::JSON::Object;

Object::Ptr pointToJson(const recogniser::Point& point) {
    auto object = newObject();
    object->set("x", static_cast<std::int64_t>(std::lround(point.x)));
    object->set("y", static_cast<std::int64_t>(std::lround(point.y)));
    return object;
}

Object::Ptr positionToJson(const recogniser::Quad& corners) {
    auto position = newObject();
    position->set("left_top", pointToJson(corners[0]));
    position->set("right_top", pointToJson(corners[1]));
    position->set("right_bottom", pointToJson(corners[2]));
    position->set("left_bottom", pointToJson(corners[3]));
    auto object = newObject();
    object->set("pos", position);
    return object;
}

/// Every text field is a string and always there; what was not read is empty. Source: wechat-platform.md §6.2.
Object::Ptr readingToJson(const recogniser::Reading& reading) {
    auto object = newObject();
    object->set("errcode", 0);
    object->set("errmsg", std::string{"ok"});
    for (int number = 0; number < recogniser::kFieldCount; ++number) {
        const auto field = static_cast<recogniser::Field>(number);
        const auto found = reading.fields.find(field);
        object->set(std::string{recogniser::fieldName(field)},
                    found == reading.fields.end() ? std::string{} : found->second.text);
    }
    if (reading.front) object->set("card_position_front", positionToJson(*reading.front));
    if (reading.back) object->set("card_position_back", positionToJson(*reading.back));
    auto size = newObject();
    size->set("w", reading.image_size.width);
    size->set("h", reading.image_size.height);
    object->set("img_size", size);
    return object;
}

/// The sample's file name, or nothing where the URL is any other: another host or scheme, a port, a folder, a query.
std::optional<std::string> sampleName(std::string_view url) {
    const std::string prefix = "https://" + std::string{kSamplesHost} + "/";
    if (!url.starts_with(prefix)) return std::nullopt;
    const std::string_view name = url.substr(prefix.size());
    const auto plain = [](char character) {
        return (static_cast<unsigned char>(character) < 0x80 &&
                std::isalnum(static_cast<unsigned char>(character)) != 0) ||
               character == '.' || character == '-' || character == '_';
    };
    if (name.empty() || name.front() == '.' || !std::all_of(name.begin(), name.end(), plain)) return std::nullopt;
    return std::string{name};
}

/// The file's bytes, at most one more than a picture may have; nothing where it cannot be read.
std::optional<std::string> readSample(const std::filesystem::path& file) {
    std::ifstream stream{file, std::ios::binary};
    if (!stream) return std::nullopt;
    std::string bytes(kPictureBytesLimit, '\0');
    stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (stream.bad()) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(stream.gcount()));
    return bytes;
}

std::int64_t errcodeOf(const std::string& scripted_body) {
    const Object::Ptr object = parseObject(scripted_body);
    return object.isNull() ? 0 : integerField(object, "errcode").value_or(0);
}

}  // namespace

OcrApi::OcrApi(StateStore& store, const PlatformClock& clock, CallLog& calls, AnswerScript& answers,
               PictureReader reader, gateway::net::WorkerPool& workers, Log& log, Settings settings)
    : store_(store),
      clock_(clock),
      calls_(calls),
      answers_(answers),
      reader_(std::move(reader)),
      workers_(workers),
      log_(log),
      settings_(std::move(settings)) {}

tenants::Task<PlatformAnswer> OcrApi::handle(gateway::http::Request request, CallContext context) {
    // GET is taken because WeChat's own example is typed that way. Source: wechat-platform.md §6.1.
    if (request.head.method != "POST" && request.head.method != "GET")
        co_return refusalAnswer(refusals::postRequired());
    const std::string token = ComponentApi::tokenOf(request.head);
    if (const auto refusal = refusalForCaller(token)) co_return refusalAnswer(*refusal);

    const Verdict<Picture> found = pictureOf(request);
    if (!accepted(found)) co_return refusalAnswer(refusalOf(found));
    const Picture& picture = std::get<Picture>(found);
    std::string sample;
    if (picture.sample) {
        std::optional<std::string> read;
        try {
            read = co_await workers_.run([&picture] { return readSample(*picture.sample); });
        } catch (const gateway::net::QueueFull&) {
            co_return refusalAnswer(refusals::systemBusy());
        }
        if (!read) co_return refusalAnswer(refusals::imageUrlInvalid());
        sample = std::move(*read);
    }
    const std::string_view bytes = picture.sample ? std::string_view{sample} : picture.uploaded;
    calls_.tellPicture(context.number, sha256Hex(bytes));
    if (bytes.size() >= kPictureBytesLimit)
        co_return refusalAnswer({settings_.too_large_errcode, "invalid image size"});
    PlatformAnswer answer = co_await recognise(bytes, token, context);
    co_return answer;
}

std::optional<Refusal> OcrApi::refusalForCaller(const std::string& token) const {
    return store_.read([&](const State& state) -> std::optional<Refusal> {
        const tenants::UtcTime now = clock_.now();
        if (auto refusal = refusalForAccountToken(state, token, now)) return refusal;
        return state.authorizers.at(accountOfToken(state, token, now).appid).refusalForOcr();
    });
}

/// An uploaded picture comes before an img_url; sending both is undefined on the real platform.
Verdict<OcrApi::Picture> OcrApi::pictureOf(const gateway::http::Request& request) const {
    const std::string* const content_type = request.head.headers.find("Content-Type");
    if (content_type != nullptr && gateway::http::isMultipartForm(*content_type)) {
        const auto reading = gateway::http::readMultipart(*content_type, request.body);
        const auto* const parts = std::get_if<std::vector<gateway::http::MultipartPart>>(&reading);
        if (parts == nullptr) return refusals::mediaMissing();
        for (const auto& part : *parts) {
            if (!part.filename) continue;
            if (part.name != "img") log_.info("picture_part_has_another_name", {{"name", part.name}});
            if (part.bytes.empty()) return refusals::mediaMissing();
            return Picture{.uploaded = part.bytes, .sample = {}};
        }
    }
    const auto url = request.head.queryParameter("img_url");
    if (!url || url->empty()) return refusals::mediaMissing();
    const auto name = sampleName(*url);
    if (!name) return refusals::imageUrlInvalid();
    return Picture{.uploaded = {}, .sample = settings_.samples_folder / *name};
}

/// `bytes` stays valid until this ends: it points into the frame of the one who awaits it.
tenants::Task<PlatformAnswer> OcrApi::recognise(std::string_view bytes, std::string token, CallContext context) {
    const auto source = takeUnit(token);
    if (!source) co_return refusalAnswer(refusals::quotaUsedUp());
    if (auto body = answers_.take(kDrivingOcrPath)) {
        log_.info("answer_scripted", {{"path", std::string{kDrivingOcrPath}}, {"call", context.number}});
        PlatformAnswer answer;
        answer.noted = errcodeOf(*body);
        answer.body = std::move(*body);
        answer.scripted = true;
        co_return answer;
    }
    if (!context.answer_wanted) co_return PlatformAnswer{};
    recogniser::Outcome outcome = recogniser::Failure::kCrashed;
    try {
        outcome = co_await workers_.run([this, bytes] { return reader_(bytes); });
    } catch (const std::exception& failure) {  // the queue is full, or a dead worker cannot be replaced
        log_.warning("picture_not_read", {{"call", context.number}, {"reason", std::string{failure.what()}}});
    }
    const auto* const failure = std::get_if<recogniser::Failure>(&outcome);
    if (failure != nullptr && *failure != recogniser::Failure::kNoCard) giveBackUnit(token, *source);
    log_.info("picture_read",
              {{"call", context.number},
               {"outcome", std::string{failure == nullptr ? "read" : recogniser::failureName(*failure)}}});
    co_return answerTo(outcome);
}

PlatformAnswer OcrApi::answerTo(const recogniser::Outcome& outcome) const {
    if (const auto* const reading = std::get_if<recogniser::Reading>(&outcome))
        return successAnswer(readingToJson(*reading));
    switch (std::get<recogniser::Failure>(outcome)) {
        case recogniser::Failure::kNoCard: return refusalAnswer(refusals::cardNotFound());
        case recogniser::Failure::kNotAnImage: return refusalAnswer(refusals::fileTypeInvalid());
        case recogniser::Failure::kTooLarge: return refusalAnswer({settings_.too_large_errcode, "invalid image size"});
        case recogniser::Failure::kDeadline:
        case recogniser::Failure::kCrashed: return refusalAnswer(refusals::systemBusy());
    }
    return refusalAnswer(refusals::systemBusy());
}

std::optional<RecognitionQuota::Source> OcrApi::takeUnit(const std::string& token) {
    return store_.change([&](State& state) -> std::optional<RecognitionQuota::Source> {
        const auto account = state.authorizers.find(accountOfToken(state, token, clock_.now()).appid);
        if (account == state.authorizers.end()) return std::nullopt;
        return account->second.quota.take(clock_.now());
    });
}

void OcrApi::giveBackUnit(const std::string& token, RecognitionQuota::Source source) {
    store_.change([&](State& state) {
        const auto account = state.authorizers.find(accountOfToken(state, token, clock_.now()).appid);
        if (account != state.authorizers.end()) account->second.quota.giveBack(source);
    });
}

}  // namespace sandbox
