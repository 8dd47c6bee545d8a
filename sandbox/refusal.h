#pragma once

#include <string>
#include <utility>
#include <variant>

namespace sandbox {

/// What the emulated platform answers instead of success: WeChat's number and a text for people. The text is never
/// dispatched on; the request id is appended when it is rendered. Source: wechat-platform.md §8.
struct Refusal {
    int errcode = -1;
    std::string text;
};

/// A value, or WeChat's refusal in its place.
template <class T>
using Verdict = std::variant<T, Refusal>;

template <class T>
bool accepted(const Verdict<T>& verdict) noexcept {
    return verdict.index() == 0;
}

template <class T>
const Refusal& refusalOf(const Verdict<T>& verdict) {
    return std::get<1>(verdict);
}

/// Every refusal that the emulator itself gives. Fault scripts may answer any other number.
namespace refusals {
inline Refusal systemBusy() {
    return {-1, "system error"};
}
inline Refusal secretWrong() {
    return {40125, "invalid appsecret"};
}
inline Refusal tokenNotLatest() {
    return {40001, "invalid credential, access_token is invalid or not latest"};
}
inline Refusal tokenMalformed() {
    return {40014, "invalid access_token"};
}
inline Refusal tokenExpired() {
    return {42001, "access_token expired"};
}
inline Refusal tokenMissing() {
    return {41001, "access_token missing"};
}
inline Refusal appidInvalid() {
    return {40013, "invalid appid"};
}
inline Refusal fileTypeInvalid() {
    return {40005, "invalid file type"};
}
inline Refusal pathInvalid() {
    return {40066, "invalid url"};
}
inline Refusal argumentInvalid() {
    return {40097, "invalid args"};
}
inline Refusal secretMissing() {
    return {41004, "appsecret missing"};
}
inline Refusal mediaMissing() {
    return {41005, "media data missing"};
}
inline Refusal componentAppidMissing() {
    return {41018, "component_appid missing"};
}
inline Refusal postRequired() {
    return {43002, "require POST method"};
}
inline Refusal bodyEmpty() {
    return {44002, "empty post data"};
}
inline Refusal dayLimitReached() {
    return {45009, "reach max api daily quota limit"};
}
inline Refusal minuteLimitReached() {
    return {45011, "api minute-quota reach limit"};
}
inline Refusal resetsUsedUp() {
    return {48006, "forbid to clear quota because of reaching the limit"};
}
inline Refusal optionNameInvalid() {
    return {61012, "option name is invalid"};
}
inline Refusal optionValueInvalid() {
    return {61013, "option value is invalid"};
}
inline Refusal ridUnknown() {
    return {76001, "rid not found"};
}
inline Refusal ridMalformed() {
    return {76002, "rid is invalid"};
}
inline Refusal ridOfAnother() {
    return {76003, "rid does not belong to this account"};
}
inline Refusal ridTooOld() {
    return {76004, "rid is expired"};
}
inline Refusal bodyMalformed() {
    return {47001, "data format error"};
}
inline Refusal accountNotEligible() {
    return {48001, "api unauthorized"};
}
inline Refusal accountLimited() {
    return {50002, "user limited"};
}
inline Refusal notAuthorized() {
    return {61003, "component is not authorized by this account"};
}
inline Refusal addressNotAllowed() {
    return {61004, "access clientip is not registered"};
}
inline Refusal ticketExpired() {
    return {61005, "component ticket is expired"};
}
inline Refusal ticketInvalid() {
    return {61006, "component ticket is invalid"};
}
inline Refusal setMissing() {
    return {61007, "api is unauthorized to component"};
}
inline Refusal codeInvalid() {
    return {61009, "code is invalid"};
}
inline Refusal codeExpired() {
    return {61010, "code is expired"};
}
inline Refusal componentTokenNeeded() {
    return {61014, "must use component token for component api"};
}
inline Refusal accountTokenNeeded() {
    return {61015, "must use account token, not the component's"};
}
inline Refusal refreshTokenInvalid() {
    return {61023, "refresh_token is invalid"};
}
inline Refusal quotaPathUnknown() {
    return {76021, "cgi_path not found"};
}
inline Refusal quotaTokenMismatch() {
    return {76022, "could not use this cgi_path, no permission"};
}
inline Refusal imageUrlInvalid() {
    return {101000, "invalid image url"};
}
inline Refusal cardNotFound() {
    return {101001, "certificate not found"};
}
inline Refusal quotaUsedUp() {
    return {101003, "not enough market quota"};
}
}  // namespace refusals

}  // namespace sandbox
