#include "sandbox/component_rules.h"

#include <gtest/gtest.h>

#include "sandbox/random_text.h"
#include "tests/support/fake_clock.h"

namespace sandbox {
namespace {

using namespace std::chrono_literals;

const tenants::UtcTime kNow = test_support::beijingNoon();
const ComponentKeys kKeys{.appid = "wxcomponent", .secret = "secret", .push_token = "push", .encoding_aes_key = ""};
const ComponentKeys kOther{.appid = "wxother", .secret = "other", .push_token = "push", .encoding_aes_key = ""};

State emptyState() {
    State state;
    adoptComponents(state, {kKeys, kOther});
    return state;
}

State stateWithAccount() {
    State state = emptyState();
    Authorizer account;
    account.appid = "wx1";
    account.authorizations[kKeys.appid].authorize({17, kOcrPermissionSet}, newRefreshTokenText(), kNow);
    state.authorizers.emplace(account.appid, account);
    return state;
}

Component& first(State& state) {
    return state.component(kKeys.appid);
}

Authorization& authorizationIn(State& state) {
    return state.authorizers.at("wx1").authorizations.at(kKeys.appid);
}

std::string accessToken(State& state, tenants::UtcTime now = kNow) {
    const auto granted = refreshAuthorizer(state, first(state), "wx1", authorizationIn(state).refresh_token, now);
    return std::get<AuthorizerGrant>(granted).access.token;
}

std::string componentToken(State& state, const ComponentKeys& keys = kKeys) {
    Component& component = state.component(keys.appid);
    const Ticket ticket = issueTicket(component, kNow);
    return std::get<TokenGrant>(issueComponentToken(state, component, keys.secret, ticket.text, kNow)).token;
}

void addCode(State& state, const std::string& code, tenants::UtcTime expires_at) {
    first(state).authorization_codes[code] = {.text = code, .appid = "wx1", .expires_at = expires_at};
}

template <class T>
int errcodeOf(const Verdict<T>& verdict) {
    return accepted(verdict) ? 0 : refusalOf(verdict).errcode;
}

int errcodeOf(const std::optional<Refusal>& refusal) {
    return refusal ? refusal->errcode : 0;
}

TEST(ComponentToken, IsGrantedForSecretAndTicket) {
    State state = emptyState();
    const Ticket ticket = issueTicket(first(state), kNow);

    const auto granted = issueComponentToken(state, first(state), "secret", ticket.text, kNow);

    ASSERT_TRUE(accepted(granted));
    EXPECT_EQ(std::get<TokenGrant>(granted).expires_in, 7200s);
    const auto caller = componentCaller(state, std::get<TokenGrant>(granted).token, kNow);
    ASSERT_TRUE(accepted(caller));
    EXPECT_EQ(std::get<TokenOwner>(caller).component_appid, "wxcomponent");
}

TEST(ComponentToken, IsRefusedForWhatIsWrong) {
    State state = emptyState();
    const Ticket ticket = issueTicket(first(state), kNow);

    EXPECT_EQ(errcodeOf(issueComponentToken(state, first(state), "other", ticket.text, kNow)), 40125);
    EXPECT_EQ(errcodeOf(issueComponentToken(state, first(state), "secret", "ticket@@@other", kNow)), 61006);
}

TEST(ComponentToken, TicketOfOneComponentServesNoOther) {
    State state = emptyState();
    const Ticket ticket = issueTicket(first(state), kNow);

    EXPECT_EQ(errcodeOf(issueComponentToken(state, state.component("wxother"), "other", ticket.text, kNow)), 61006);
}

TEST(ComponentToken, TicketLivesTwelveHoursAlsoWhenNewerOnesCame) {
    State state = emptyState();
    const Ticket ticket = issueTicket(first(state), kNow);
    issueTicket(first(state), kNow + 10min);

    EXPECT_EQ(errcodeOf(issueComponentToken(state, first(state), "secret", ticket.text, kNow + 12h - 1ms)), 0);
    EXPECT_EQ(errcodeOf(issueComponentToken(state, first(state), "secret", ticket.text, kNow + 12h)), 61005);
}

TEST(Callers, RefusalsTellTheStandingOfTheToken) {
    State state = stateWithAccount();
    const std::string of_account = accessToken(state);
    const std::string of_component = componentToken(state);

    EXPECT_EQ(errcodeOf(componentCaller(state, "", kNow)), 41001);
    EXPECT_EQ(errcodeOf(componentCaller(state, "nonsense", kNow)), 40014);
    EXPECT_EQ(errcodeOf(componentCaller(state, newAccessTokenText(), kNow)), 40001);
    EXPECT_EQ(errcodeOf(componentCaller(state, of_component, kNow + 2h)), 42001);
    EXPECT_EQ(errcodeOf(componentCaller(state, of_account, kNow)), 61014);
    EXPECT_EQ(errcodeOf(accountCaller(state, of_component, kNow)), 61015);
    EXPECT_EQ(errcodeOf(anyCaller(state, of_component, kNow)), 0);
    EXPECT_EQ(errcodeOf(anyCaller(state, of_account, kNow)), 0);
}

TEST(Callers, EachTokenTellsItsComponent) {
    State state = stateWithAccount();

    EXPECT_EQ(ownerOfToken(state, componentToken(state, kOther))->component_appid, "wxother");
    EXPECT_EQ(ownerOfToken(state, componentToken(state))->speaksFor(), "wxcomponent");
    EXPECT_EQ(ownerOfToken(state, accessToken(state))->speaksFor(), "wx1");
    EXPECT_EQ(ownerOfToken(state, accessToken(state))->component_appid, "wxcomponent");
}

TEST(Callers, DeadTokensStillTellTheirAccountUntilTheyAreForgotten) {
    State state = stateWithAccount();
    const std::string token = accessToken(state);
    authorizationIn(state).tokens.killAll();
    EXPECT_EQ(ownerOfToken(state, token)->appid, "wx1");

    for (int refresh = 1; refresh <= 6; ++refresh) accessToken(state, kNow + refresh * 2h);

    EXPECT_FALSE(ownerOfToken(state, token));
    EXPECT_FALSE(ownerOfToken(state, "nobody's"));
    EXPECT_FALSE(ownerOfToken(state, ""));
}

TEST(TicketTimer, NextTicketIsDueTenMinutesAfterTheLast) {
    State state = emptyState();
    Component& component = first(state);
    component.events_url = "http://127.0.0.1:1/events";
    EXPECT_TRUE(ticketIsDue(component, kNow));

    issueTicket(component, kNow);

    EXPECT_EQ(nextTicketAt(component), kNow + 10min);
    EXPECT_FALSE(ticketIsDue(component, kNow + 10min - 1ms));
    EXPECT_TRUE(ticketIsDue(component, kNow + 10min));
}

TEST(TicketTimer, NothingIsDueWhereItIsSwitchedOffOrNobodyListens) {
    State state = emptyState();
    Component& component = first(state);
    EXPECT_FALSE(ticketIsDue(component, kNow));

    component.events_url = "http://127.0.0.1:1/events";
    component.timer_pushes = false;
    EXPECT_FALSE(ticketIsDue(component, kNow));

    component.timer_pushes = true;
    component.push_stopped = true;
    EXPECT_FALSE(ticketIsDue(component, kNow));
}

TEST(ExchangeCode, CodeIsGoodForOneExchange) {
    State state = stateWithAccount();
    addCode(state, "code", kNow + 10min);

    const auto granted = exchangeCode(state, first(state), "code", kNow);

    ASSERT_TRUE(accepted(granted));
    EXPECT_EQ(std::get<AuthorizerGrant>(granted).appid, "wx1");
    EXPECT_EQ(std::get<AuthorizerGrant>(granted).refresh_token, authorizationIn(state).refresh_token);
    EXPECT_EQ(std::get<AuthorizerGrant>(granted).sets, (std::set<int>{17, 117}));
    EXPECT_EQ(errcodeOf(exchangeCode(state, first(state), "code", kNow)), 61009);
}

TEST(ExchangeCode, CodeOfOneComponentServesNoOther) {
    State state = stateWithAccount();
    addCode(state, "code", kNow + 10min);

    EXPECT_EQ(errcodeOf(exchangeCode(state, state.component("wxother"), "code", kNow)), 61009);
}

TEST(ExchangeCode, ExpiredAndWithdrawnAreTold) {
    State state = stateWithAccount();
    addCode(state, "late", kNow);
    addCode(state, "code", kNow + 10min);
    authorizationIn(state).withdraw();

    EXPECT_EQ(errcodeOf(exchangeCode(state, first(state), "late", kNow)), 61010);
    EXPECT_EQ(errcodeOf(exchangeCode(state, first(state), "code", kNow)), 61003);
}

TEST(RefreshAuthorizer, RefreshTokenStaysTheSame) {
    State state = stateWithAccount();
    const std::string refresh_token = authorizationIn(state).refresh_token;

    const auto before = refreshAuthorizer(state, first(state), "wx1", refresh_token, kNow);
    const auto after = refreshAuthorizer(state, first(state), "wx1", refresh_token, kNow + 1min);

    ASSERT_TRUE(accepted(before));
    ASSERT_TRUE(accepted(after));
    const std::string token = std::get<AuthorizerGrant>(before).access.token;
    EXPECT_EQ(std::get<AuthorizerGrant>(after).refresh_token, refresh_token);
    EXPECT_NE(std::get<AuthorizerGrant>(after).access.token, token);
    EXPECT_EQ(errcodeOf(accountCaller(state, token, kNow + 6min)), 40001);
}

TEST(RefreshAuthorizer, RotatedRefreshTokenComesInTheAnswer) {
    State state = stateWithAccount();
    const std::string before = authorizationIn(state).refresh_token;
    authorizationIn(state).rotateRefreshToken("refreshtoken@@@new", kNow);

    const auto granted = refreshAuthorizer(state, first(state), "wx1", before, kNow + 1min);

    ASSERT_TRUE(accepted(granted));
    EXPECT_EQ(std::get<AuthorizerGrant>(granted).refresh_token, "refreshtoken@@@new");
    EXPECT_EQ(errcodeOf(refreshAuthorizer(state, first(state), "wx1", before, kNow + 5min)), 61023);
}

TEST(RefreshAuthorizer, RotatingComponentGetsANewRefreshTokenEachTime) {
    State state = stateWithAccount();
    first(state).rotates_refresh_tokens = true;
    const std::string before = authorizationIn(state).refresh_token;

    const auto granted = refreshAuthorizer(state, first(state), "wx1", before, kNow);

    ASSERT_TRUE(accepted(granted));
    EXPECT_NE(std::get<AuthorizerGrant>(granted).refresh_token, before);
    EXPECT_EQ(std::get<AuthorizerGrant>(granted).refresh_token, authorizationIn(state).refresh_token);
    EXPECT_EQ(errcodeOf(refreshAuthorizer(state, first(state), "wx1", before, kNow + 5min)), 61023);
}

TEST(RefreshAuthorizer, RefusalsNameTheCause) {
    State state = stateWithAccount();
    const std::string refresh_token = authorizationIn(state).refresh_token;

    EXPECT_EQ(errcodeOf(refreshAuthorizer(state, first(state), "wx1", "other", kNow)), 61023);
    EXPECT_EQ(errcodeOf(refreshAuthorizer(state, first(state), "wx2", refresh_token, kNow)), 61003);
    EXPECT_EQ(errcodeOf(refreshAuthorizer(state, state.component("wxother"), "wx1", refresh_token, kNow)), 61003);
    state.authorizers.at("wx1").account_status = 14;
    EXPECT_EQ(errcodeOf(refreshAuthorizer(state, first(state), "wx1", refresh_token, kNow)), 50002);
    authorizationIn(state).withdraw();
    EXPECT_EQ(errcodeOf(refreshAuthorizer(state, first(state), "wx1", refresh_token, kNow)), 61003);
}

TEST(Whitelist, EmptyOneHoldsThisMachine) {
    Component component;
    EXPECT_EQ(errcodeOf(refusalForPeer(component, "127.0.0.9")), 0);
    EXPECT_EQ(errcodeOf(refusalForPeer(component, "::1")), 0);
    EXPECT_EQ(errcodeOf(refusalForPeer(component, "10.0.0.1")), 61004);

    component.ip_whitelist = {"127.0.0.2"};
    EXPECT_EQ(errcodeOf(refusalForPeer(component, "127.0.0.2")), 0);
    EXPECT_EQ(errcodeOf(refusalForPeer(component, "127.0.0.1")), 61004);
}

TEST(AdoptComponents, ForgottenComponentTakesItsAuthorizationsAlong) {
    State state = stateWithAccount();
    const std::string token = accessToken(state);

    adoptComponents(state, {kOther});

    EXPECT_EQ(state.components.size(), 1U);
    EXPECT_TRUE(state.authorizers.at("wx1").authorizations.empty());
    EXPECT_FALSE(ownerOfToken(state, token));
}

TEST(AdoptComponents, StoredOneKeepsWhatItWasGivenUnderNewSecrets) {
    State state = stateWithAccount();
    const std::string token = componentToken(state);
    ComponentKeys changed = kKeys;
    changed.secret = "changed";

    adoptComponents(state, {changed, kOther});

    EXPECT_EQ(first(state).keys.secret, "changed");
    EXPECT_EQ(errcodeOf(componentCaller(state, token, kNow)), 0);
}

}  // namespace
}  // namespace sandbox
