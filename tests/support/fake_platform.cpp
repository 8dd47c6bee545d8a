#include "tests/support/fake_platform.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace test_support {

using namespace tenants;

namespace {

constexpr std::chrono::seconds kTokenLife{7200};
constexpr std::chrono::seconds kCodeLife{600};

}  // namespace

Error FakePlatform::refusal(int errcode) {
    return {.code = ErrorCode::kUpstreamRefused,
            .for_caller = "WeChat refused the call.",
            .upstream = UpstreamRefusal{errcode, "66666666-77777777-88888888"}};
}

Error FakePlatform::unreachable() {
    return {ErrorCode::kUpstreamUnreachable, "WeChat could not be reached."};
}

std::optional<Error> FakePlatform::arrive(std::string_view call, std::shared_ptr<Gate>& delay,
                                          const SharedSecret& component_token) {
    Script& script = scripts_[std::string{call}];
    ++script.calls;
    if (std::exchange(script.deadly, false)) throw std::runtime_error("the process died");
    delay = std::exchange(script.delay, nullptr);
    if (!script.failures.empty()) {
        Error error = std::move(script.failures.front());
        script.failures.pop_front();
        return error;
    }
    const bool known = component_token == nullptr || component_tokens_.contains(std::string{component_token->expose()});
    if (!known) return refusal(40001);
    return std::nullopt;
}

Task<Result<Done>> FakePlatform::startPushTicket() {
    std::shared_ptr<Gate> delay;
    Result<Done> answer = Done{};
    {
        const std::scoped_lock lock{mutex_};
        if (auto planned = arrive("start_push", delay, nullptr)) answer = *std::move(planned);
    }
    if (delay) co_await delay->pass();
    co_return answer;
}

Task<Result<Platform::FreshToken>> FakePlatform::componentToken(SharedSecret) {
    std::shared_ptr<Gate> delay;
    Result<FreshToken> answer = unreachable();
    {
        const std::scoped_lock lock{mutex_};
        if (auto planned = arrive("component_token", delay, nullptr)) {
            answer = *std::move(planned);
        } else {
            const std::string token = issue("component");
            component_tokens_.insert(token);
            answer = FreshToken{shareSecret(token), kTokenLife};
        }
    }
    if (delay) co_await delay->pass();
    co_return answer;
}

Task<Result<Platform::FreshToken>> FakePlatform::preAuthCode(SharedSecret component_token) {
    std::shared_ptr<Gate> delay;
    Result<FreshToken> answer = unreachable();
    {
        const std::scoped_lock lock{mutex_};
        if (auto planned = arrive("pre_auth_code", delay, component_token)) {
            answer = *std::move(planned);
        } else {
            answer = FreshToken{shareSecret("preauthcode@@@" + issue("code")), kCodeLife};
        }
    }
    if (delay) co_await delay->pass();
    co_return answer;
}

Task<Result<Platform::Grant>> FakePlatform::queryAuth(SharedSecret component_token, SharedSecret authorization_code) {
    std::shared_ptr<Gate> delay;
    Result<Grant> answer = unreachable();
    {
        const std::scoped_lock lock{mutex_};
        if (auto planned = arrive("query_auth", delay, component_token)) {
            answer = *std::move(planned);
        } else {
            answer = exchangeNow(std::string{authorization_code->expose()});
        }
    }
    if (delay) co_await delay->pass();
    co_return answer;
}

Task<Result<Platform::AuthorizerTokens>> FakePlatform::refreshAuthorizer(SharedSecret component_token, AppId appid,
                                                                         SharedSecret refresh_token) {
    std::shared_ptr<Gate> delay;
    Result<AuthorizerTokens> answer = unreachable();
    {
        const std::scoped_lock lock{mutex_};
        if (auto planned = arrive("refresh", delay, component_token)) {
            answer = *std::move(planned);
        } else {
            answer = refreshNow(appid.text(), refresh_token->expose());
        }
    }
    if (delay) co_await delay->pass();
    co_return answer;
}

Task<Result<Platform::AuthorizerInfo>> FakePlatform::authorizerInfo(SharedSecret component_token, AppId appid) {
    std::shared_ptr<Gate> delay;
    Result<AuthorizerInfo> answer = unreachable();
    {
        const std::scoped_lock lock{mutex_};
        if (auto planned = arrive("info", delay, component_token)) {
            answer = *std::move(planned);
        } else {
            answer = infoNow(appid.text());
        }
    }
    if (delay) co_await delay->pass();
    co_return answer;
}

Task<Result<Platform::AuthorizerPage>> FakePlatform::authorizerList(SharedSecret component_token, std::int64_t offset,
                                                                    std::int64_t count) {
    std::shared_ptr<Gate> delay;
    Result<AuthorizerPage> answer = unreachable();
    {
        const std::scoped_lock lock{mutex_};
        if (auto planned = arrive("list", delay, component_token)) {
            answer = *std::move(planned);
        } else {
            answer = pageNow(offset, count);
        }
    }
    if (delay) co_await delay->pass();
    co_return answer;
}

Result<Platform::Grant> FakePlatform::exchangeNow(const std::string& code) {
    const auto found = codes_.find(code);
    if (found == codes_.end()) return refusal(61009);
    const std::string appid = found->second;
    codes_.erase(found);
    const Account& account = accounts_[appid];
    if (!account.authorized) return refusal(61003);
    AuthorizerTokens tokens{shareSecret(issue("access")), kTokenLife, shareSecret(account.refresh_token)};
    return Grant{AppId{appid}, std::move(tokens), account.sets};
}

Result<Platform::AuthorizerTokens> FakePlatform::refreshNow(const std::string& appid, std::string_view refresh_token) {
    const Account& account = accounts_[appid];
    if (!account.authorized) return refusal(61003);
    if (account.refresh_token != refresh_token) return refusal(61023);
    AuthorizerTokens tokens{shareSecret(issue("access")), kTokenLife, nullptr};
    if (!omit_refresh_token_) tokens.refresh_token = shareSecret(account.refresh_token);
    return tokens;
}

Result<Platform::AuthorizerInfo> FakePlatform::infoNow(const std::string& appid) {
    const Account& account = accounts_[appid];
    if (!account.authorized) return refusal(61003);
    return AuthorizerInfo{account.facts, account.sets,
                          account.listed_with_token ? shareSecret(account.refresh_token) : nullptr};
}

Platform::AuthorizerPage FakePlatform::pageNow(std::int64_t offset, std::int64_t count) const {
    AuthorizerPage page;
    const std::size_t entries_max = std::min(page_entries_max_, static_cast<std::size_t>(count));
    for (const auto& [appid, account] : accounts_) {
        if (!account.authorized) continue;
        if (page.total++ < offset || page.entries == entries_max) continue;
        ++page.entries;
        page.authorizers.push_back(
            {AppId{appid}, account.listed_with_token ? shareSecret(account.refresh_token) : nullptr});
    }
    return page;
}

std::string FakePlatform::issue(std::string_view kind) {
    return std::string{kind} + "-" + std::to_string(++issued_);
}

std::string FakePlatform::consent(const std::string& appid) {
    {
        const std::scoped_lock lock{mutex_};
        Account& account = accounts_[appid];
        account.authorized = true;
        account.refresh_token = issue("refreshtoken@@@");
        account.listed_with_token = true;
    }
    return secondCode(appid);
}

std::string FakePlatform::secondCode(const std::string& appid) {
    const std::scoped_lock lock{mutex_};
    const std::string code = issue("queryauthcode@@@");
    codes_.emplace(code, appid);
    return code;
}

void FakePlatform::withdraw(const std::string& appid) {
    const std::scoped_lock lock{mutex_};
    accounts_[appid].authorized = false;
}

void FakePlatform::grant(const std::string& appid, std::set<int> sets) {
    const std::scoped_lock lock{mutex_};
    accounts_[appid].sets = std::move(sets);
}

void FakePlatform::describe(const std::string& appid, AccountFacts facts) {
    const std::scoped_lock lock{mutex_};
    accounts_[appid].facts = std::move(facts);
}

void FakePlatform::setRefreshToken(const std::string& appid, std::string refresh_token) {
    const std::scoped_lock lock{mutex_};
    accounts_[appid].authorized = true;
    accounts_[appid].refresh_token = std::move(refresh_token);
}

void FakePlatform::omitRefreshToken() {
    const std::scoped_lock lock{mutex_};
    omit_refresh_token_ = true;
}

void FakePlatform::hideRefreshToken(const std::string& appid) {
    const std::scoped_lock lock{mutex_};
    accounts_[appid].listed_with_token = false;
}

void FakePlatform::limitPages(std::size_t entries) {
    const std::scoped_lock lock{mutex_};
    page_entries_max_ = entries;
}

void FakePlatform::forgetComponentTokens() {
    const std::scoped_lock lock{mutex_};
    component_tokens_.clear();
}

void FakePlatform::failNext(std::string_view call, Error error) {
    const std::scoped_lock lock{mutex_};
    scripts_[std::string{call}].failures.push_back(std::move(error));
}

void FakePlatform::dieNext(std::string_view call) {
    const std::scoped_lock lock{mutex_};
    scripts_[std::string{call}].deadly = true;
}

std::shared_ptr<Gate> FakePlatform::delayNext(std::string_view call) {
    const std::scoped_lock lock{mutex_};
    auto gate = std::make_shared<Gate>();
    scripts_[std::string{call}].delay = gate;
    return gate;
}

int FakePlatform::calls(std::string_view call) const {
    const std::scoped_lock lock{mutex_};
    const auto found = scripts_.find(std::string{call});
    return found == scripts_.end() ? 0 : found->second.calls;
}

}  // namespace test_support
