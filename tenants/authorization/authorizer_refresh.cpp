#include "tenants/authorization/authorizer_refresh.h"

#include <algorithm>
#include <array>
#include <utility>

#include "tenants/authorization/refresh_trouble.h"

namespace tenants {

namespace {

/// What is answered where there is nothing to try: the same as where all was tried in vain.
Error nothingToTry() {
    return {.code = ErrorCode::kUpstreamRefused,
            .for_caller = "The merchant's account has to be authorized again.",
            .for_log = "no refresh token is stored, and WeChat names none",
            .upstream = UpstreamRefusal{errcodes::kRefreshTokenInvalid, {}}};
}

bool contains(const std::vector<SharedSecret>& tried, const SharedSecret& token) {
    return std::ranges::any_of(tried, [&token](const SharedSecret& known) { return sameSecret(known, token); });
}

}  // namespace

bool refusesComponentToken(const Error& error) {
    static constexpr std::array kCodes{40001, 40014, 42001, 42006};
    return error.upstream && std::ranges::find(kCodes, error.upstream->errcode) != kCodes.end();
}

Task<Result<Platform::AuthorizerTokens>> AuthorizerRefresh::refresh(std::shared_ptr<const Authorization> current,
                                                                    SharedSecret component_token) {
    Tried tried;
    Error last = nothingToTry();
    const std::array<SharedSecret, 2> stored{current->refresh_token, current->previous_refresh_token};
    for (const SharedSecret& known : stored) {
        if (known == nullptr || contains(tried, known)) continue;
        auto tokens = co_await tryOne(current->appid, known, component_token);
        if (tokens || errcodeOf(tokens.error()) != errcodes::kRefreshTokenInvalid) co_return tokens;
        tried.push_back(known);
        last = std::move(tokens).error();
    }
    // The list first: it costs one call for all who lost theirs together. It may be a minute old; the info never is.
    using Source = Task<Result<SharedSecret>> (AuthorizerRefresh::*)(AppId, SharedSecret);
    static constexpr std::array<Source, 2> kSources{&AuthorizerRefresh::fromList, &AuthorizerRefresh::fromInfo};
    for (const Source source : kSources) {
        auto told = co_await (this->*source)(current->appid, component_token);
        if (!told && (source == kSources.back() || refusesComponentToken(told.error()))) {
            co_return std::move(told).error();
        }
        if (!told || *told == nullptr || contains(tried, *told)) continue;
        auto tokens = co_await tryOne(current->appid, *told, component_token);
        if (tokens || errcodeOf(tokens.error()) != errcodes::kRefreshTokenInvalid) co_return tokens;
        tried.push_back(*told);
        last = std::move(tokens).error();
    }
    co_return last;
}

Task<Result<Platform::AuthorizerTokens>> AuthorizerRefresh::tryOne(AppId appid, SharedSecret refresh_token,
                                                                   SharedSecret component_token) {
    auto tokens = co_await platform_.refreshAuthorizer(std::move(component_token), std::move(appid), refresh_token);
    if (tokens && tokens->refresh_token == nullptr) tokens->refresh_token = std::move(refresh_token);
    co_return tokens;
}

Task<Result<SharedSecret>> AuthorizerRefresh::fromList(AppId appid, SharedSecret component_token) {
    const auto listed = co_await list_.recent(std::move(component_token));
    if (!listed) co_return listed.error();
    const auto entry = (*listed)->find(appid);
    co_return entry == (*listed)->end() ? SharedSecret{} : entry->second;
}

Task<Result<SharedSecret>> AuthorizerRefresh::fromInfo(AppId appid, SharedSecret component_token) {
    auto info = co_await platform_.authorizerInfo(std::move(component_token), std::move(appid));
    if (!info) co_return std::move(info).error();
    co_return std::move(info->refresh_token);
}

Task<Result<bool>> AuthorizerRefresh::isListed(AppId appid, SharedSecret component_token) {
    const auto recent = co_await list_.recent(component_token);
    if (!recent) co_return recent.error();
    if ((*recent)->contains(appid)) co_return true;
    // An account that consented after that list was read is not in it, and must not be taken for one that is gone.
    const auto now = co_await list_.readAnew(std::move(component_token));
    if (!now) co_return now.error();
    co_return (*now)->contains(appid);
}

Task<AuthorizerList::Reading> AuthorizerRefresh::listAnew(SharedSecret component_token) {
    co_return co_await list_.readAnew(std::move(component_token));
}

}  // namespace tenants
