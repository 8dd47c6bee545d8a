#include "sandbox/ocr_api.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <fstream>
#include <iterator>
#include <utility>
#include <variant>

#include "gateway/http/multipart.h"
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
Object::Ptr readingToJson(const recogniser::Reading& reading, const Quirks& quirks) {
    auto object = newObject();
    if (quirks.legacy_answers) {
        object->set("errcode", std::string{"0"});
    } else {
        object->set("errcode", 0);
    }
    object->set("errmsg", std::string{"ok"});
    for (int number = 0; number < recogniser::kFieldCount; ++number) {
        const auto field = static_cast<recogniser::Field>(number);
        const auto found = reading.fields.find(field);
        const bool misspelt = quirks.legacy_answers && field == recogniser::Field::kVehicleType;
        object->set(std::string{misspelt ? "vhicle_type" : recogniser::fieldName(field)},
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

tenants::Task<PlatformAnswer> OcrApi::handle(gateway::http::Request request, CallContext context) {
    const Quirks quirks = services_.store.read([](const State& state) { return state.quirks; });
    PlatformAnswer given = co_await answer(std::move(request), context, quirks);
    given.errcode_as_text = quirks.legacy_answers;
    co_return given;
}

tenants::Task<PlatformAnswer> OcrApi::answer(gateway::http::Request request, CallContext context, Quirks quirks) {
    const Verdict<std::string> caller = callerOf(request.head, quirks);
    if (!accepted(caller)) co_return refusalAnswer(refusalOf(caller));

    const Verdict<Picture> found = pictureOf(request);
    if (!accepted(found)) co_return refusalAnswer(refusalOf(found));
    const Picture& picture = std::get<Picture>(found);
    std::string sample;
    if (picture.sample) {
        std::optional<std::string> read;
        try {
            read = co_await services_.workers.run([&picture] { return readSample(*picture.sample); });
        } catch (const gateway::net::QueueFull&) {
            co_return refusalAnswer(refusals::systemBusy());
        }
        if (!read) co_return refusalAnswer(refusals::imageUrlInvalid());
        sample = std::move(*read);
    }
    const std::string_view bytes = picture.sample ? std::string_view{sample} : picture.uploaded;
    services_.calls.tellPicture(context.number, sha256Hex(bytes));
    if (bytes.size() >= kPictureBytesLimit)
        co_return refusalAnswer({settings_.too_large_errcode, "invalid image size"});
    PlatformAnswer given = co_await recognise(bytes, std::get<std::string>(caller), context, quirks);
    co_return given;
}

/// GET is taken because WeChat's own example is typed that way. Source: wechat-platform.md §6.1.
Verdict<std::string> OcrApi::callerOf(const gateway::http::RequestHead& head, const Quirks& quirks) const {
    const Verdict<TokenOwner> caller = services_.gate.accountOf(head, !quirks.strict_methods);
    if (!accepted(caller)) return refusalOf(caller);
    const auto& [component_appid, appid] = std::get<TokenOwner>(caller);
    const auto refusal = services_.store.read([&component = component_appid, &account = appid](const State& state) {
        return state.authorizers.at(account).refusalForOcr(component);
    });
    if (refusal) return *refusal;
    if (const auto limited = services_.gate.count(appid, head.path)) return *limited;
    return appid;
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
            if (part.name != "img") services_.log.info("picture_part_has_another_name", {{"name", part.name}});
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
tenants::Task<PlatformAnswer> OcrApi::recognise(std::string_view bytes, std::string appid, CallContext context,
                                                Quirks quirks) {
    const auto source = takeUnit(appid);
    if (!source) co_return refusalAnswer(refusals::quotaUsedUp());
    if (auto body = services_.answers.take(kDrivingOcrPath)) {
        services_.log.info("answer_scripted", {{"path", std::string{kDrivingOcrPath}}, {"call", context.number}});
        PlatformAnswer answer;
        answer.noted = errcodeOf(*body);
        answer.body = std::move(*body);
        answer.scripted = true;
        co_return answer;
    }
    if (!context.answer_wanted) co_return PlatformAnswer{};
    recogniser::Outcome outcome = recogniser::Failure::kCrashed;
    try {
        outcome = co_await services_.workers.run([this, bytes] { return reader_(bytes); });
    } catch (const std::exception& failure) {  // the queue is full, or a dead worker cannot be replaced
        services_.log.warning("picture_not_read", {{"call", context.number}, {"reason", std::string{failure.what()}}});
    }
    const auto* const failure = std::get_if<recogniser::Failure>(&outcome);
    if (failure != nullptr && *failure != recogniser::Failure::kNoCard) giveBackUnit(appid, *source);
    services_.log.info("picture_read",
                       {{"call", context.number},
                        {"outcome", std::string{failure == nullptr ? "read" : recogniser::failureName(*failure)}}});
    co_return answerTo(outcome, quirks);
}

PlatformAnswer OcrApi::answerTo(const recogniser::Outcome& outcome, const Quirks& quirks) const {
    if (const auto* const reading = std::get_if<recogniser::Reading>(&outcome))
        return successAnswer(readingToJson(*reading, quirks));
    switch (std::get<recogniser::Failure>(outcome)) {
        case recogniser::Failure::kNoCard: return refusalAnswer(refusals::cardNotFound());
        case recogniser::Failure::kNotAnImage: return refusalAnswer(refusals::fileTypeInvalid());
        case recogniser::Failure::kTooLarge: return refusalAnswer({settings_.too_large_errcode, "invalid image size"});
        case recogniser::Failure::kDeadline:
        case recogniser::Failure::kCrashed: return refusalAnswer(refusals::systemBusy());
    }
    return refusalAnswer(refusals::systemBusy());
}

std::optional<RecognitionQuota::Source> OcrApi::takeUnit(const std::string& appid) {
    return services_.store.change(
        [&](State& state) { return state.authorizers.at(appid).quota.take(services_.clock.now()); });
}

void OcrApi::giveBackUnit(const std::string& appid, RecognitionQuota::Source source) {
    services_.store.change([&](State& state) { state.authorizers.at(appid).quota.giveBack(source); });
}

}  // namespace sandbox
