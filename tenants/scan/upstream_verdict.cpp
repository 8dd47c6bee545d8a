#include "tenants/scan/upstream_verdict.h"

namespace tenants {

namespace {

Verdict refused(ErrorCode code) {
    return {.effect = Verdict::Effect::kNone, .code = code};
}

Verdict quotaGone() {
    return {.effect = Verdict::Effect::kNone, .code = ErrorCode::kUpstreamQuotaExceeded, .upstream_full = true};
}

Verdict doubting(ErrorCode code) {
    return {.effect = Verdict::Effect::kNone, .code = code, .grants_doubted = true};
}

Verdict notRecognised() {
    return {.effect = Verdict::Effect::kNotRecognised, .code = ErrorCode::kNotRecognised};
}

}  // namespace

Verdict judgeAnswer(const UpstreamAnswer& answer) {
    switch (answer.errcode) {
        case 0:
            if (answer.has_licence) return {.effect = Verdict::Effect::kRecognised};
            return {.effect = Verdict::Effect::kUnknown, .code = ErrorCode::kUpstreamUnreachable};
        case -1: return refused(ErrorCode::kUpstreamBusy);
        case 40001:
        case 40014:
        case 42001:
            return {.effect = Verdict::Effect::kNone, .code = ErrorCode::kUpstreamRefused, .token_refused = true};
        case 40005:
        case 40137: return refused(ErrorCode::kImageInvalid);
        case 40006:
        case 40009:
        case 45001: return refused(ErrorCode::kImageTooLarge);
        case 41005:
        case 44001: return refused(ErrorCode::kImageMissing);
        case 45009: return quotaGone();
        case 45011: return refused(ErrorCode::kRateLimited);
        case 42007:
        case 61003: return doubting(ErrorCode::kMerchantNotAuthorized);
        case 61007:
        case 61016:
        case 61017: return doubting(ErrorCode::kPermission117Missing);
        case 48001:
        case 50002: return doubting(ErrorCode::kAccountNotEligible);
        case 101000: return refused(ErrorCode::kImageUrlInvalid);
        case 101001: return notRecognised();
        case 101002:
            // In 2020 the quota's text came with this number; the plug-in used it for "cannot recognise".
            return answer.errmsg.find("market quota") != std::string::npos ? quotaGone() : notRecognised();
        case 101003: return quotaGone();
        default: return refused(ErrorCode::kUpstreamRefused);
    }
}

std::string_view verdictText(ErrorCode code) {
    switch (code) {
        case ErrorCode::kImageMissing: return "WeChat found no picture in the request.";
        case ErrorCode::kImageInvalid: return "WeChat cannot read this kind of picture.";
        case ErrorCode::kImageTooLarge: return "The picture is too large for WeChat.";
        case ErrorCode::kImageUrlInvalid: return "WeChat could not fetch the picture from img_url.";
        case ErrorCode::kNotRecognised: return "No vehicle licence was found in the picture.";
        case ErrorCode::kUpstreamQuotaExceeded: return "The OCR quota of the merchant's account at WeChat is used up.";
        case ErrorCode::kRateLimited: return "Too many calls a minute at WeChat.";
        case ErrorCode::kUpstreamBusy: return "WeChat is busy.";
        case ErrorCode::kMerchantNotAuthorized: return "The merchant's account is not authorized to this platform.";
        case ErrorCode::kPermission117Missing: return "The merchant's account has not granted permission set 117.";
        case ErrorCode::kAccountNotEligible: return "WeChat does not let the merchant's account use OCR.";
        default: return "WeChat refused the call.";
    }
}

}  // namespace tenants
