#include "gateway/log/log.h"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <numeric>
#include <string>
#include <type_traits>
#include <vector>

#include "tenants/base/secret.h"
#include "tests/support/fake_clock.h"

namespace gateway::log {
namespace {

using ::testing::HasSubstr;

/// The lines that a log wrote, each with its line feed, complete once the log is gone.
class Lines {
public:
    std::function<void(std::string_view)> writer() {
        return [this](std::string_view lines) { add(lines); };
    }
    void add(std::string_view lines) {
        ASSERT_TRUE(lines.ends_with('\n'));
        while (!lines.empty()) {
            lines_.emplace_back(lines.substr(0, lines.find('\n') + 1));
            lines.remove_prefix(lines_.back().size());
        }
    }
    const std::vector<std::string>& all() const { return lines_; }

private:
    std::vector<std::string> lines_;
};

Poco::JSON::Object::Ptr parsed(const std::string& line) {
    return Poco::JSON::Parser{}.parse(line).extract<Poco::JSON::Object::Ptr>();
}

TEST(Log, LineIsOneJsonObjectWithItsFields) {
    const test_support::FakeClock clock{test_support::utc("2026-11-22T14:36:15Z")};
    Lines lines;

    Log{clock, Level::kInfo, lines.writer()}.info("scan_answered",
                                                  {{"merchant", "mer_1"}, {"entry_number", 7}, {"replayed", false}});

    ASSERT_EQ(lines.all().size(), 1U);
    EXPECT_EQ(lines.all()[0],
              "{\"at\":\"2026-11-22T14:36:15Z\",\"level\":\"info\",\"event\":\"scan_answered\",\"merchant\":\"mer_1\","
              "\"entry_number\":7,\"replayed\":false}\n");
}

TEST(Log, ControlCharactersAndQuotesCannotBreakTheLine) {
    const test_support::FakeClock clock{test_support::utc("2026-11-22T14:36:15Z")};
    Lines lines;
    const std::string hostile = "a\"b\\c\nd\re\tf\x01g";

    Log{clock, Level::kInfo, lines.writer()}.info("event", {{"text", hostile}});

    ASSERT_EQ(lines.all().size(), 1U);
    EXPECT_EQ(lines.all()[0].find('\n'), lines.all()[0].size() - 1);
    EXPECT_EQ(parsed(lines.all()[0])->getValue<std::string>("text"), hostile);
}

TEST(Log, LevelBelowTheSetOneIsNotWritten) {
    const test_support::FakeClock clock{test_support::utc("2026-11-22T14:36:15Z")};
    Lines lines;

    {
        Log log{clock, Level::kWarning, lines.writer()};
        log.info("quiet");
        log.warning("loud");
    }

    ASSERT_EQ(lines.all().size(), 1U);
    EXPECT_THAT(lines.all()[0], HasSubstr("loud"));
}

TEST(Log, FullQueueDropsAndSaysHowMany) {
    const test_support::FakeClock clock{test_support::utc("2026-11-22T14:36:15Z")};
    std::promise<void> writing;
    std::promise<void> go_on;
    auto may_go_on = go_on.get_future().share();
    Lines lines;
    bool first = true;

    {
        Log log{clock, Level::kInfo,
                [&](std::string_view written) {
                    if (std::exchange(first, false)) {
                        writing.set_value();
                        may_go_on.wait();
                    }
                    lines.add(written);
                },
                2};
        log.info("blocks_the_writer");
        writing.get_future().wait();
        for (int i = 0; i < 5; ++i) log.info("burst");
        go_on.set_value();
    }

    ASSERT_EQ(lines.all().size(), 4U);  // the first, two that fitted, the count
    EXPECT_THAT(lines.all()[3], HasSubstr("\"event\":\"log_lines_dropped\",\"count\":3"));
}

TEST(Log, QuietLinesAreWrittenTogetherAndAWarningAtOnceWithThoseBeforeIt) {
    const test_support::FakeClock clock{test_support::utc("2026-11-22T14:36:15Z")};
    std::promise<void> warned;
    std::vector<std::size_t> lines_of_each_write;
    {
        Log log{clock, Level::kInfo, [&](std::string_view written) {
                    lines_of_each_write.push_back(static_cast<std::size_t>(std::ranges::count(written, '\n')));
                    if (written.find("warning") != std::string_view::npos) warned.set_value();
                }};
        for (int i = 0; i < 100; ++i) log.info("quiet");
        log.warning("loud");
        warned.get_future().wait();  // nothing else comes that could push it out
    }

    EXPECT_EQ(std::accumulate(lines_of_each_write.begin(), lines_of_each_write.end(), std::size_t{0}), 101U);
    EXPECT_LT(lines_of_each_write.size(), 50U);
}

TEST(Log, FlushReturnsWhenAllThatWasLoggedIsWritten) {
    const test_support::FakeClock clock{test_support::utc("2026-11-22T14:36:15Z")};
    std::atomic<int> written{0};
    Log log{clock, Level::kInfo,
            [&](std::string_view lines) { written += static_cast<int>(std::ranges::count(lines, '\n')); }};

    log.flush();  // with nothing to write
    for (int round = 1; round <= 50; ++round) {
        log.info("quiet");
        log.flush();
        EXPECT_EQ(written, round);
    }
}

TEST(Log, TextsBeyondAsciiAreWrittenAsTheyAre) {
    const test_support::FakeClock clock{test_support::utc("2026-11-22T14:36:15Z")};
    Lines lines;

    Log{clock, Level::kInfo, lines.writer()}.info("event", {{"path", "/cv/ocr/driving"}, {"text", "行驶证 \"1\""}});

    ASSERT_EQ(lines.all().size(), 1U);
    EXPECT_THAT(lines.all()[0], HasSubstr("\"path\":\"/cv/ocr/driving\""));
    EXPECT_EQ(parsed(lines.all()[0])->getValue<std::string>("text"), "行驶证 \"1\"");
}

TEST(Log, SecretDoesNotConvertToAField) {
    EXPECT_FALSE((std::is_constructible_v<Field, std::string_view, tenants::Secret>));
    EXPECT_FALSE((std::is_constructible_v<Field, std::string_view, tenants::SharedSecret>));
}

TEST(Redacted, BlanksCredentialsAndTokenValuesAndKeepsTheRest) {
    EXPECT_EQ(redacted("GET /cv/ocr/driving?access_token=71_AbC&img_url=https://a.example/x.jpg HTTP/1.1"),
              "GET /cv/ocr/driving?access_token=REDACTED&img_url=REDACTED HTTP/1.1");
    EXPECT_EQ(redacted("key tgk_abcDEF123456_xyz. and tga_q"), "key tgk_REDACTED. and tga_REDACTED");
    EXPECT_EQ(redacted("nothing to hide: tg_ and access_token"), "nothing to hide: tg_ and access_token");
    EXPECT_EQ(redacted("access_token="), "access_token=");
    EXPECT_EQ(redacted("a tgk_"), "a tgk_");
}

TEST(Levels, TextsAreReadBackAndOthersRefused) {
    for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarning, Level::kError}) {
        EXPECT_EQ(levelFromText(levelText(level)), level);
    }
    EXPECT_THROW(levelFromText("verbose"), std::invalid_argument);
}

}  // namespace
}  // namespace gateway::log
