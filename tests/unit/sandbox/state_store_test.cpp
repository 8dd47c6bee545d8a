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
const ComponentKeys kKeys{.appid = "wxcomponent", .secret = "secret", .push_token = "push", .encoding_aes_key = ""};

/// A state with something of everything in it.
State fullState() {
    State state;
    state.component.events_url = "https://gateway.test/wechat/events";
    state.component.messages_url = "https://gateway.test/wechat/messages/$APPID$";
    state.component.push_running = false;
    state.clock_offset = 90min;
    const Ticket ticket = issueTicket(state, kNow);
    addTicketEvent(state, kKeys.appid, ticket, true);
    issueComponentToken(state, kKeys, kKeys.appid, kKeys.secret, ticket.text, kNow);
    Authorizer account;
    account.appid = "wx1";
    account.kind = AccountKind::kService;
    account.verified = false;
    account.account_status = 18;
    account.sets = {17, 117};
    account.nick_name = "测试\"号\"";
    account.user_name = "gh_1";
    account.quota = {.day_free = 5, .pack_units = 3};
    state.authorizers.emplace("wx1", account);
    const AuthorizationLink link{.component_appid = kKeys.appid,
                                 .pre_auth_code = issuePreAuthCode(state, kNow).text,
                                 .redirect_uri = "https://gateway.test/x"};
    giveConsent(state, kKeys, link, "wx1", std::nullopt, kNow);
    Authorizer& stored = state.authorizers.at("wx1");
    stored.rotateRefreshToken("refreshtoken@@@2", kNow);
    refreshAuthorizer(state, "wx1", stored.refresh_token, kNow);
    refreshAuthorizer(state, "wx1", stored.refresh_token, kNow + 1min);
    stored.quota.take(kNow);
    return state;
}

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

    EXPECT_EQ(stateToJson(stateFromJson(stored)), stored);
}

TEST(StateJson, EmptyStateReadsBack) {
    const std::string stored = stateToJson(State{});

    EXPECT_EQ(stateToJson(stateFromJson(stored)), stored);
}

TEST(StateJson, ReadStateDecidesAsBefore) {
    const State state = stateFromJson(stateToJson(fullState()));

    const Authorizer& account = state.authorizers.at("wx1");
    const std::string token = account.tokens.issued().back().text;
    EXPECT_EQ(account.tokens.standingOf(token, kNow + 2h), TokenStanding::kValid);
    EXPECT_EQ(account.tokens.standingOf(token, kNow + 2h + 1min), TokenStanding::kExpired);
    EXPECT_EQ(account.quota.usedAt(kNow), 1);
    EXPECT_EQ(state.outbox.size(), 2U);
    EXPECT_EQ(state.last_event_number, 2);
}

TEST(StateJson, DamagedStateIsRefused) {
    const std::string good = stateToJson(fullState());
    std::string other_version = good;
    other_version.replace(other_version.find("\"version\":1"), 11, "\"version\":2");
    std::string other_kind = good;
    other_kind.replace(other_kind.find("\"service\""), 9, "\"shop\"");

    EXPECT_THROW(stateFromJson(""), std::runtime_error);
    EXPECT_THROW(stateFromJson(good.substr(0, good.size() / 2)), std::runtime_error);
    EXPECT_THROW(stateFromJson("{}"), std::runtime_error);
    EXPECT_THROW(stateFromJson(other_version), std::runtime_error);
    EXPECT_THROW(stateFromJson(other_kind), std::runtime_error);
}

TEST_F(StateStoreTest, FlushedChangeIsInTheFile) {
    StateStore store{file(), 1h, log_};

    store.change([](State& state) { state.component.events_url = "http://127.0.0.1:1/x"; });
    store.flush();

    EXPECT_EQ(stateFromJson(content()).component.events_url, "http://127.0.0.1:1/x");
}

TEST_F(StateStoreTest, UnwrittenChangeIsWrittenAtTheEnd) {
    {
        StateStore store{file(), 1h, log_};
        store.change([](State& state) { state.last_event_number = 7; });
    }

    const StateStore again{file(), 1h, log_};
    EXPECT_EQ(again.read([](const State& state) { return state.last_event_number; }), 7);
}

TEST_F(StateStoreTest, FileIsForItsOwnerAlone) {
    StateStore store{file(), 1h, log_};
    store.change([](State&) {});

    store.flush();

    using std::filesystem::perms;
    EXPECT_EQ(std::filesystem::status(file()).permissions(), perms::owner_read | perms::owner_write);
}

TEST_F(StateStoreTest, DamagedFileStopsTheStartAndNamesItself) {
    writeFileAtomically(file(), "not a state");

    try {
        const StateStore store{file(), 1h, log_};
        FAIL() << "started on a damaged file";
    } catch (const std::runtime_error& failure) {
        EXPECT_NE(std::string{failure.what()}.find(file().string()), std::string::npos);
    }
    EXPECT_EQ(content(), "not a state");
}

TEST_F(StateStoreTest, FailedWriteIsToldToTheOneWhoFlushes) {
    StateStore store{folder_.path() / "missing" / "platform.json", 1h, log_};
    store.change([](State&) {});

    EXPECT_THROW(store.flush(), std::runtime_error);
}

}  // namespace
}  // namespace sandbox
