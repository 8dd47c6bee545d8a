#include "sandbox/component_rules.h"

#include <gtest/gtest.h>

#include "sandbox/random_text.h"
#include "tests/support/fake_clock.h"

namespace sandbox {
namespace {

using namespace std::chrono_literals;

const tenants::UtcTime kNow = test_support::beijingNoon();
const ComponentKeys kKeys{.appid = "wxcomponent", .secret = "secret", .push_token = "push", .encoding_aes_key = ""};

State stateWithAccount() {
    State state;
    Authorizer account;
    account.appid = "wx1";
    account.sets = {17, kOcrPermissionSet};
    account.authorize(newRefreshTokenText(), kNow);
    state.authorizers.emplace(account.appid, account);
    return state;
}

template <class T>
int errcodeOf(const Verdict<T>& verdict) {
    return accepted(verdict) ? 0 : refusalOf(verdict).errcode;
}

int errcodeOf(const std::optional<Refusal>& refusal) {
    return refusal ? refusal->errcode : 0;
}

TEST(ComponentToken, IsGrantedForSecretAndTicket) {
    State state;
    const Ticket ticket = issueTicket(state, kNow);

    const auto granted = issueComponentToken(state, kKeys, "wxcomponent", "secret", ticket.text, kNow);

    ASSERT_TRUE(accepted(granted));
    EXPECT_EQ(std::get<TokenGrant>(granted).expires_in, 7200s);
    EXPECT_EQ(errcodeOf(refusalForComponentToken(state, std::get<TokenGrant>(granted).token, kNow)), 0);
}

TEST(ComponentToken, IsRefusedForWhatIsWrong) {
    State state;
    const Ticket ticket = issueTicket(state, kNow);

    EXPECT_EQ(errcodeOf(issueComponentToken(state, kKeys, "wxother", "secret", ticket.text, kNow)), 40013);
    EXPECT_EQ(errcodeOf(issueComponentToken(state, kKeys, "wxcomponent", "other", ticket.text, kNow)), 40125);
    EXPECT_EQ(errcodeOf(issueComponentToken(state, kKeys, "wxcomponent", "secret", "ticket@@@other", kNow)), 61006);
}

TEST(ComponentToken, TicketLivesTwelveHoursAlsoWhenNewerOnesCame) {
    State state;
    const Ticket ticket = issueTicket(state, kNow);
    issueTicket(state, kNow + 10min);

    EXPECT_EQ(errcodeOf(issueComponentToken(state, kKeys, "wxcomponent", "secret", ticket.text, kNow + 12h - 1ms)), 0);
    EXPECT_EQ(errcodeOf(issueComponentToken(state, kKeys, "wxcomponent", "secret", ticket.text, kNow + 12h)), 61005);
}

TEST(ComponentToken, RefusalsTellTheStandingOfTheToken) {
    State state = stateWithAccount();
    const auto account_token =
        std::get<AuthorizerGrant>(refreshAuthorizer(state, "wx1", state.authorizers.at("wx1").refresh_token, kNow));
    const Ticket ticket = issueTicket(state, kNow);
    const auto granted = issueComponentToken(state, kKeys, "wxcomponent", "secret", ticket.text, kNow);

    EXPECT_EQ(errcodeOf(refusalForComponentToken(state, "", kNow)), 41001);
    EXPECT_EQ(errcodeOf(refusalForComponentToken(state, "nonsense", kNow)), 40014);
    EXPECT_EQ(errcodeOf(refusalForComponentToken(state, newAccessTokenText(), kNow)), 40001);
    EXPECT_EQ(errcodeOf(refusalForComponentToken(state, std::get<TokenGrant>(granted).token, kNow + 2h)), 42001);
    EXPECT_EQ(errcodeOf(refusalForComponentToken(state, account_token.access.token, kNow)), 61014);
    EXPECT_EQ(errcodeOf(refusalForAccountToken(state, std::get<TokenGrant>(granted).token, kNow)), 61015);
}

TEST(TicketTimer, NextTicketIsDueTenMinutesAfterTheLast) {
    State state;
    EXPECT_LE(nextTicketAt(state), kNow);

    issueTicket(state, kNow);

    EXPECT_EQ(nextTicketAt(state), kNow + 10min);
}

TEST(ExchangeCode, CodeIsGoodForOneExchange) {
    State state = stateWithAccount();
    state.authorization_codes.emplace("code",
                                      AuthorizationCode{.text = "code", .appid = "wx1", .expires_at = kNow + 10min});

    const auto granted = exchangeCode(state, "code", kNow);

    ASSERT_TRUE(accepted(granted));
    EXPECT_EQ(std::get<AuthorizerGrant>(granted).appid, "wx1");
    EXPECT_EQ(std::get<AuthorizerGrant>(granted).refresh_token, state.authorizers.at("wx1").refresh_token);
    EXPECT_EQ(std::get<AuthorizerGrant>(granted).sets, (std::set<int>{17, 117}));
    EXPECT_EQ(errcodeOf(exchangeCode(state, "code", kNow)), 61009);
}

TEST(ExchangeCode, ExpiredAndWithdrawnAreTold) {
    State state = stateWithAccount();
    state.authorization_codes.emplace("late", AuthorizationCode{.text = "late", .appid = "wx1", .expires_at = kNow});
    state.authorization_codes.emplace("code",
                                      AuthorizationCode{.text = "code", .appid = "wx1", .expires_at = kNow + 10min});
    state.authorizers.at("wx1").withdraw();

    EXPECT_EQ(errcodeOf(exchangeCode(state, "late", kNow)), 61010);
    EXPECT_EQ(errcodeOf(exchangeCode(state, "code", kNow)), 61003);
}

TEST(RefreshAuthorizer, RefreshTokenStaysTheSame) {
    State state = stateWithAccount();
    const std::string refresh_token = state.authorizers.at("wx1").refresh_token;

    const auto first = refreshAuthorizer(state, "wx1", refresh_token, kNow);
    const auto second = refreshAuthorizer(state, "wx1", refresh_token, kNow + 1min);

    ASSERT_TRUE(accepted(first));
    ASSERT_TRUE(accepted(second));
    EXPECT_EQ(std::get<AuthorizerGrant>(second).refresh_token, refresh_token);
    EXPECT_NE(std::get<AuthorizerGrant>(second).access.token, std::get<AuthorizerGrant>(first).access.token);
    EXPECT_EQ(errcodeOf(refusalForAccountToken(state, std::get<AuthorizerGrant>(first).access.token, kNow + 6min)),
              40001);
}

TEST(RefreshAuthorizer, RotatedRefreshTokenComesInTheAnswer) {
    State state = stateWithAccount();
    const std::string before = state.authorizers.at("wx1").refresh_token;
    state.authorizers.at("wx1").rotateRefreshToken("refreshtoken@@@new", kNow);

    const auto granted = refreshAuthorizer(state, "wx1", before, kNow + 1min);

    ASSERT_TRUE(accepted(granted));
    EXPECT_EQ(std::get<AuthorizerGrant>(granted).refresh_token, "refreshtoken@@@new");
    EXPECT_EQ(errcodeOf(refreshAuthorizer(state, "wx1", before, kNow + 5min)), 61023);
}

TEST(RefreshAuthorizer, RefusalsNameTheCause) {
    State state = stateWithAccount();
    const std::string refresh_token = state.authorizers.at("wx1").refresh_token;

    EXPECT_EQ(errcodeOf(refreshAuthorizer(state, "wx1", "other", kNow)), 61023);
    EXPECT_EQ(errcodeOf(refreshAuthorizer(state, "wx2", refresh_token, kNow)), 61003);
    state.authorizers.at("wx1").account_status = 14;
    EXPECT_EQ(errcodeOf(refreshAuthorizer(state, "wx1", refresh_token, kNow)), 50002);
    state.authorizers.at("wx1").withdraw();
    EXPECT_EQ(errcodeOf(refreshAuthorizer(state, "wx1", refresh_token, kNow)), 61003);
}

TEST(AppidOfToken, DeadTokensStillTellTheirAccount) {
    State state = stateWithAccount();
    const auto granted =
        std::get<AuthorizerGrant>(refreshAuthorizer(state, "wx1", state.authorizers.at("wx1").refresh_token, kNow));
    state.authorizers.at("wx1").tokens.killAll();

    EXPECT_EQ(appidOfToken(state, kKeys, granted.access.token, kNow), "wx1");
    EXPECT_EQ(appidOfToken(state, kKeys, "nobody's", kNow), "");
    EXPECT_EQ(appidOfToken(state, kKeys, "", kNow), "");
}

}  // namespace
}  // namespace sandbox
