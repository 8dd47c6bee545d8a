#include "sandbox/state_store.h"

#include <fstream>
#include <iterator>
#include <optional>

#include <gtest/gtest.h>

#include "sandbox/consent.h"
#include "sandbox/events.h"
#include "sandbox/state_json.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/sandbox/support/temporary_folder.h"

namespace sandbox {
namespace {

using namespace std::chrono_literals;

const tenants::UtcTime kNow = test_support::beijingNoon();
const ComponentKeys kKeys{.appid = "wxcomponent", .secret = "s3cret", .push_token = "push", .encoding_aes_key = ""};
const ComponentKeys kOther{.appid = "wxother", .secret = "other", .push_token = "push", .encoding_aes_key = ""};

/// A state with something of everything in it.
State fullState() {
    State state;
    adoptComponents(state, {kKeys, kOther});
    state.quirks = {.legacy_answers = true, .strict_methods = true};
    state.clock_offset = 90min;
    Component& component = state.component(kKeys.appid);
    component.changed_aes_key = "new";
    component.previous_aes_key = "old";
    component.old_key_pushes = 2;
    component.events_url = "https://gateway.test/wechat/events";
    component.messages_url = "https://gateway.test/wechat/messages/$APPID$";
    component.ip_whitelist = {"127.0.0.1", "::1"};
    component.push_running = false;
    component.push_stopped = true;
    component.timer_pushes = false;
    component.platform_stamps = true;
    component.rotates_refresh_tokens = true;
    const Ticket ticket = issueTicket(component, kNow);
    addTicketEvent(state, component, ticket, true);
    issueComponentToken(state, component, kKeys.secret, ticket.text, kNow);
    Authorizer account;
    account.appid = "wx1";
    account.kind = AccountKind::kService;
    account.verified = false;
    account.account_status = 18;
    account.sets = {17, 117};
    account.nick_name = "测试\"号\"";
    account.user_name = "gh_1";
    account.quota = {.day_free = 5, .pack_units = 3};
    account.options = {{"voice_recognize", "1"}};
    account.hidden_refresh_token = {RefreshTokenPlace::kList};
    state.authorizers.emplace("wx1", account);
    const AuthorizationLink link{.component_appid = kKeys.appid,
                                 .pre_auth_code = issuePreAuthCode(component, kNow).text,
                                 .redirect_uri = "https://gateway.test/x"};
    giveConsent(state, link, "wx1", std::nullopt, kNow);
    Authorizer& stored = state.authorizers.at("wx1");
    stored.authorizations.at(kKeys.appid).rotateRefreshToken("refreshtoken@@@2", kNow);
    refreshAuthorizer(state, component, "wx1", "refreshtoken@@@2", kNow);
    refreshAuthorizer(state, component, "wx1", "refreshtoken@@@2", kNow + 1min);
    stored.quota.take(kNow);
    return state;
}

/// As version 1 wrote it: one component without its appid, accounts with the only authorization that they could have.
constexpr const char* kSingleComponentState = R"({"version":1,"clock_offset_ms":60000,"last_event_number":3,
"component":{"events_url":"http://127.0.0.1:1/e","messages_url":"","push_running":true,
 "tickets":[{"text":"ticket@@@1","issued_at":1795320000000}],
 "tokens":[{"text":"1_componenttoken","expires_at":1795327200000,"killed":false}]},
"authorizers":[{"appid":"wx1","kind":"mini_program","verified":true,"account_status":1,"sets":[117],"nick_name":"n",
 "user_name":"gh_1","authorized":true,"authorized_at":1795320000000,"code_exchanged":true,"refresh_token":"refresh",
 "refresh_token_before":"","tokens":[{"text":"1_accesstoken","expires_at":1795327200000,"killed":false}],
 "day_free":100,"pack_units":0,"day_used":1,"day_starts_at":1795276800000,"recognitions_total":1}],
"pre_auth_codes":[{"text":"pre","appid":"","expires_at":1795320600000}],
"authorization_codes":[{"text":"code","appid":"wx1","expires_at":1795320600000}],
"outbox":[{"number":3,"info_type":"authorized","appid":"wx1","message_xml":"<xml/>","created_at":1795320000000,
 "by_timer":false}]})";

class StateStoreTest : public testing::Test {
protected:
    std::filesystem::path file() const { return folder_.path() / "platform.json"; }
    std::string content() const {
        std::ifstream stream{file(), std::ios::binary};
        return {std::istreambuf_iterator<char>{stream}, {}};
    }

    testing_support::TemporaryFolder folder_;
    test_support::FakeClock clock_{kNow};
    std::vector<std::string> lines_;
    Log log_{clock_, [this](const std::string& line) { lines_.push_back(line); }};
};

TEST(StateJson, EverythingReadsBackAsItWas) {
    const std::string stored = stateToJson(fullState());

    EXPECT_EQ(stateToJson(stateFromJson(stored, kKeys.appid)), stored);
}

TEST(StateJson, EmptyStateReadsBack) {
    const std::string stored = stateToJson(State{});

    EXPECT_EQ(stateToJson(stateFromJson(stored, kKeys.appid)), stored);
}

TEST(StateJson, ReadStateDecidesAsBefore) {
    const State state = stateFromJson(stateToJson(fullState()), kKeys.appid);

    const Authorizer& account = state.authorizers.at("wx1");
    const AccessTokens& tokens = account.authorizationOf(kKeys.appid)->tokens;
    const std::string token = tokens.issued().back().text;
    EXPECT_EQ(tokens.standingOf(token, kNow + 2h), TokenStanding::kValid);
    EXPECT_EQ(tokens.standingOf(token, kNow + 2h + 1min), TokenStanding::kExpired);
    EXPECT_EQ(account.quota.usedAt(kNow), 1);
    EXPECT_EQ(state.component(kKeys.appid).outbox.size(), 2U);
    EXPECT_EQ(state.component(kKeys.appid).outbox.back().component_appid, kKeys.appid);
    EXPECT_EQ(state.last_event_number, 2);
}

TEST(StateJson, SecretsOfComponentsAreNotStored) {
    EXPECT_EQ(stateToJson(fullState()).find(kKeys.secret), std::string::npos);
}

TEST(StateJson, StateOfTheSingleComponentTimesGoesOn) {
    State state = stateFromJson(kSingleComponentState, kKeys.appid);
    adoptComponents(state, {kKeys, kOther});

    EXPECT_TRUE(accepted(componentCaller(state, "1_componenttoken", kNow)));
    EXPECT_TRUE(accepted(accountCaller(state, "1_accesstoken", kNow)));
    EXPECT_TRUE(accepted(exchangeCode(state, state.component(kKeys.appid), "code", kNow)));
    EXPECT_EQ(state.component(kKeys.appid).pre_auth_codes.size(), 1U);
    EXPECT_EQ(state.component(kKeys.appid).outbox.front().component_appid, kKeys.appid);
    EXPECT_EQ(state.authorizers.at("wx1").authorizationOf(kOther.appid), nullptr);
}

TEST(StateJson, DamagedStateIsRefused) {
    const std::string good = stateToJson(fullState());
    std::string other_version = good;
    other_version.replace(other_version.find("\"version\":2"), 11, "\"version\":3");
    std::string other_kind = good;
    other_kind.replace(other_kind.find("\"service\""), 9, "\"shop\"");
    std::string other_place = good;
    other_place.replace(other_place.find("[\"list\"]"), 8, "[\"lost\"]");

    EXPECT_THROW(stateFromJson("", kKeys.appid), std::runtime_error);
    EXPECT_THROW(stateFromJson(good.substr(0, good.size() / 2), kKeys.appid), std::runtime_error);
    EXPECT_THROW(stateFromJson("{}", kKeys.appid), std::runtime_error);
    EXPECT_THROW(stateFromJson(other_version, kKeys.appid), std::runtime_error);
    EXPECT_THROW(stateFromJson(other_kind, kKeys.appid), std::runtime_error);
    EXPECT_THROW(stateFromJson(other_place, kKeys.appid), std::runtime_error);
}

TEST_F(StateStoreTest, FlushedChangeIsInTheFile) {
    StateStore store{file(), {kKeys}, 1h, log_};

    store.change([](State& state) { state.components.front().events_url = "http://127.0.0.1:1/x"; });
    store.flush();

    EXPECT_EQ(stateFromJson(content(), kKeys.appid).components.front().events_url, "http://127.0.0.1:1/x");
}

TEST_F(StateStoreTest, UnwrittenChangeIsWrittenAtTheEnd) {
    {
        StateStore store{file(), {kKeys}, 1h, log_};
        store.change([](State& state) { state.last_event_number = 7; });
    }

    const StateStore again{file(), {kKeys}, 1h, log_};
    EXPECT_EQ(again.read([](const State& state) { return state.last_event_number; }), 7);
}

TEST_F(StateStoreTest, FileIsForItsOwnerAlone) {
    StateStore store{file(), {kKeys}, 1h, log_};
    store.change([](State&) {});

    store.flush();

    using std::filesystem::perms;
    EXPECT_EQ(std::filesystem::status(file()).permissions(), perms::owner_read | perms::owner_write);
}

TEST_F(StateStoreTest, DamagedFileStopsTheStartAndNamesItself) {
    writeFileAtomically(file(), "not a state");

    try {
        const StateStore store{file(), {kKeys}, 1h, log_};
        FAIL() << "started on a damaged file";
    } catch (const std::runtime_error& failure) {
        EXPECT_NE(std::string{failure.what()}.find(file().string()), std::string::npos);
    }
    EXPECT_EQ(content(), "not a state");
}

TEST_F(StateStoreTest, FailedWriteIsToldToTheOneWhoFlushes) {
    StateStore store{folder_.path() / "missing" / "platform.json", {kKeys}, 1h, log_};
    store.change([](State&) {});

    EXPECT_THROW(store.flush(), std::runtime_error);
}

}  // namespace
}  // namespace sandbox
