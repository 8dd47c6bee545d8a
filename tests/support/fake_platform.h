#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "tenants/authorization/platform.h"
#include "tests/support/gate.h"

namespace test_support {

/// WeChat's component endpoints as a small model: accounts, codes that work once, refresh tokens that change with each
/// consent. Calls can be made to fail or to hang. Calls are named `component_token`, `pre_auth_code`, `query_auth`,
/// `refresh`, `info`, `list`, `start_push`. Safe from any thread.
class FakePlatform final : public tenants::Platform {
public:
    struct Account {
        bool authorized = false;
        std::string refresh_token;
        bool listed_with_token = true;  // false: as where the code was never exchanged
        std::set<int> sets{tenants::kOcrPermissionSet};
        tenants::AccountFacts facts{tenants::AccountKind::kMiniProgram, true, 1, "a shop"};
    };

    tenants::Task<tenants::Result<tenants::Done>> startPushTicket() override;
    tenants::Task<tenants::Result<FreshToken>> componentToken(tenants::SharedSecret ticket) override;
    tenants::Task<tenants::Result<FreshToken>> preAuthCode(tenants::SharedSecret component_token) override;
    tenants::Task<tenants::Result<Grant>> queryAuth(tenants::SharedSecret component_token,
                                                    tenants::SharedSecret authorization_code) override;
    tenants::Task<tenants::Result<AuthorizerTokens>> refreshAuthorizer(tenants::SharedSecret component_token,
                                                                       tenants::AppId appid,
                                                                       tenants::SharedSecret refresh_token) override;
    tenants::Task<tenants::Result<AuthorizerInfo>> authorizerInfo(tenants::SharedSecret component_token,
                                                                  tenants::AppId appid) override;
    tenants::Task<tenants::Result<AuthorizerPage>> authorizerList(tenants::SharedSecret component_token,
                                                                  std::int64_t offset, std::int64_t count) override;

    /// The merchant's administrator consents: a new refresh token, and a code that can be exchanged once.
    std::string consent(const std::string& appid);
    /// A second code for the same consent, as redirect and event may carry different ones.
    std::string secondCode(const std::string& appid);
    void withdraw(const std::string& appid);
    void grant(const std::string& appid, std::set<int> sets);
    void describe(const std::string& appid, tenants::AccountFacts facts);
    void setRefreshToken(const std::string& appid, std::string refresh_token);
    /// Answers of api_authorizer_token lack the refresh token from now on.
    void omitRefreshToken();
    /// Neither list nor info tell the account's refresh token any more.
    void hideRefreshToken(const std::string& appid);
    /// Pages of the list have no more than `entries`, whatever is asked for.
    void limitPages(std::size_t entries);
    /// No component token that was given out so far works any more.
    void forgetComponentTokens();

    /// The next call of this name ends so, without any effect.
    void failNext(std::string_view call, tenants::Error error);
    /// The next call of this name never gets out: who makes it is thrown out of its work, as by the process's death.
    void dieNext(std::string_view call);
    /// The next call of this name is worked on at once, but its answer waits for the gate.
    std::shared_ptr<Gate> delayNext(std::string_view call);
    int calls(std::string_view call) const;

    static tenants::Error refusal(int errcode);
    static tenants::Error unreachable();

private:
    struct Script {
        int calls = 0;
        std::deque<tenants::Error> failures;
        bool deadly = false;
        std::shared_ptr<Gate> delay;
    };

    /// Counts the call and gives what was planned for it.
    std::optional<tenants::Error> arrive(std::string_view call, std::shared_ptr<Gate>& delay,
                                         const tenants::SharedSecret& component_token);
    tenants::Result<Grant> exchangeNow(const std::string& code);
    tenants::Result<AuthorizerTokens> refreshNow(const std::string& appid, std::string_view refresh_token);
    tenants::Result<AuthorizerInfo> infoNow(const std::string& appid);
    AuthorizerPage pageNow(std::int64_t offset, std::int64_t count) const;
    std::string issue(std::string_view kind);

    mutable std::mutex mutex_;
    std::map<std::string, Script> scripts_;
    std::map<std::string, Account> accounts_;
    std::map<std::string, std::string> codes_;  // code: appid
    std::set<std::string> component_tokens_;
    bool omit_refresh_token_ = false;
    std::size_t page_entries_max_ = static_cast<std::size_t>(kPageEntriesMax);
    int issued_ = 0;
};

}  // namespace test_support
