#include "gateway/exports/export_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <stdexcept>

#include "tenants/base/digest.h"
#include "tests/unit/tenants/sqlite/books_fixture.h"

namespace {

using namespace gateway::exports;
using test_support::fileBytes;
using test_support::november;
using testing::HasSubstr;

class ExportFolderTest : public test_support::BooksFixture {
protected:
    ExportFolderTest() {
        openBooks();
        for (const char* merchant : {"mer_a", "mer_b", "mer_c"}) addMerchant(*store_, merchant, 10'000);
        for (int request = 0; request < 20; ++request) {
            const std::string merchant = request % 3 == 0 ? "mer_a" : "mer_b";
            scan(merchant, "r-" + std::to_string(request), "2026-11-05T01:00:00Z");
        }
    }

    void closeAll() {
        tenants::ClosingProgress progress;
        ASSERT_TRUE(closing().closeAll(november(), progress));
    }

    ExportSource source() {
        return {store_->ledgerScan(), plans_,
                store_->statements(), [] { return std::map<tenants::MerchantId, std::string>{}; },
                "Provider Ltd",       clock_};
    }

    static ExportRequest request(tenants::ExportFormatName format = tenants::ExportFormatName::kCsv) {
        ExportRequest request;
        request.scope.period = november();
        request.format = format;
        request.rows_per_part = 7;
        return request;
    }

    ExportEnd write(const ExportRequest& request, const std::string& name) {
        ExportProgress progress;
        return writeExport(source(), request, folder(name), progress);
    }

    std::filesystem::path folder(const std::string& name) const { return folder_.path() / name; }

    /// Every file below a folder by its name there.
    std::map<std::string, std::string> files(const std::string& name) const {
        std::map<std::string, std::string> all;
        for (const auto& file : std::filesystem::recursive_directory_iterator{folder(name)}) {
            if (file.is_regular_file()) {
                all[std::filesystem::relative(file.path(), folder(name)).string()] = fileBytes(file.path());
            }
        }
        return all;
    }
};

TEST_F(ExportFolderTest, PartsAndManifestSayTheSame) {
    closeAll();

    EXPECT_EQ(write(request(), "one"), ExportEnd::kDone);

    const auto all = files("one");
    ASSERT_EQ(all.size(), 5U);  // 20 rows in parts of 7, ledgers, manifest
    const std::string& manifest = all.at("manifest.json");
    EXPECT_THAT(manifest, HasSubstr("\"complete\":true"));
    EXPECT_THAT(manifest, HasSubstr("\"rows\":20,"));
    EXPECT_THAT(manifest, HasSubstr("\"entries\":20,"));
    for (int part = 1; part <= 3; ++part) {
        const std::string name = "BILLING_PERIOD=2026-11/part-0000" + std::to_string(part) + ".csv";
        EXPECT_THAT(manifest, HasSubstr("{\"name\":\"" + name + "\",\"rows\":" + (part < 3 ? "7" : "6") +
                                        ",\"bytes\":" + std::to_string(all.at(name).size()) + ",\"sha256\":\"" +
                                        tenants::sha256Hex(all.at(name)) + "\""));
        EXPECT_THAT(all.at(name), testing::StartsWith("merchant_id,entry_number,"));
    }
    EXPECT_THAT(all.at("ledgers.jsonl"),
                testing::StartsWith("{\"merchant_id\":\"mer_a\",\"entries\":7,\"first_number\":1,"));
}

TEST_F(ExportFolderTest, TwoExportsOfAClosedPeriodAreTheSameBytesWhateverHappenedBetween) {
    closeAll();
    for (const auto format :
         {tenants::ExportFormatName::kCsv, tenants::ExportFormatName::kJsonLines, tenants::ExportFormatName::kFocus}) {
        for (const bool gzip : {false, true}) {
            ExportRequest wanted = request(format);
            wanted.gzip = gzip;
            const std::string name = std::string{tenants::exportFormatText(format)} + (gzip ? "-gzip" : "");
            write(wanted, name + "-first");
            clock_.advance(std::chrono::hours{1});
            scan("mer_a", "later-" + name, "2026-12-01T01:00:00Z");
            addMerchant(*store_, "mer_new_" + name);
            write(wanted, name + "-second");

            EXPECT_EQ(files(name + "-first"), files(name + "-second")) << name;
        }
    }
}

TEST_F(ExportFolderTest, OneThatWasStoppedGoesOnAndEndsWithTheSameBytes) {
    closeAll();
    write(request(), "whole");
    // As a crash leaves it: one finished part, one that is half written, and no manifest.
    ExportProgress progress;
    const ExportRequest wanted = request();
    std::filesystem::create_directories(folder("cut") / "BILLING_PERIOD=2026-11");
    const std::string part = "BILLING_PERIOD=2026-11/part-00001.csv";
    std::filesystem::copy_file(folder("whole") / part, folder("cut") / part);
    const std::string bytes = fileBytes(folder("whole") / part);
    ExportState state;
    state.end = 20;
    state.complete = true;
    state.created_at = clock_.now();
    state.parts = {{part, 7, static_cast<std::int64_t>(bytes.size()), tenants::sha256Hex(bytes), {}}};
    writeWhole(folder("cut") / "unfinished.json", stateText(wanted, state));
    writeWhole(folder("cut") / "BILLING_PERIOD=2026-11/part-00002.csv.unfinished", "half a ro");
    const auto written_before = std::filesystem::last_write_time(folder("cut") / part);

    EXPECT_EQ(writeExport(source(), wanted, folder("cut"), progress), ExportEnd::kDone);

    EXPECT_EQ(files("cut"), files("whole"));
    EXPECT_EQ(std::filesystem::last_write_time(folder("cut") / part), written_before);  // it was kept
}

TEST_F(ExportFolderTest, ToldToStopItLeavesNoManifestAndCanGoOn) {
    closeAll();
    ExportProgress progress;
    progress.stop = true;

    EXPECT_EQ(writeExport(source(), request(), folder("cut"), progress), ExportEnd::kStopped);

    EXPECT_FALSE(std::filesystem::exists(folder("cut") / "manifest.json"));
    EXPECT_EQ(write(request(), "cut"), ExportEnd::kDone);
    write(request(), "whole");
    EXPECT_EQ(files("cut"), files("whole"));
}

TEST_F(ExportFolderTest, RepeatedIntoTheSameFolderItTouchesNothingAndAnotherOneIsRefused) {
    closeAll();
    write(request(), "one");
    const auto before = files("one");

    EXPECT_EQ(write(request(), "one"), ExportEnd::kAlreadyDone);
    EXPECT_THROW(write(request(tenants::ExportFormatName::kFocus), "one"), std::runtime_error);
    EXPECT_EQ(files("one"), before);
}

TEST_F(ExportFolderTest, OpenPeriodSaysThatItIsNotComplete) {
    write(request(), "open");

    EXPECT_THAT(files("open").at("manifest.json"), HasSubstr("\"complete\":false"));
}

TEST_F(ExportFolderTest, RangeOfEntriesTakesExactlyThose) {
    ExportRequest wanted = request();
    wanted.scope = {std::nullopt, tenants::MerchantId{"mer_b"}, 3, 5};

    write(wanted, "range");

    const auto all = files("range");
    const std::string& part = all.at("ENTRIES/part-00001.csv");
    EXPECT_THAT(part, HasSubstr("\r\nmer_b,3,"));
    EXPECT_THAT(part, HasSubstr("\r\nmer_b,5,"));
    EXPECT_THAT(part, testing::Not(HasSubstr("\r\nmer_b,2,")));
    EXPECT_THAT(part, testing::Not(HasSubstr("\r\nmer_b,6,")));
    EXPECT_THAT(all.at("manifest.json"), HasSubstr("\"first_number\":3,\"last_number\":5,"));
}

TEST_F(ExportFolderTest, MerchantAloneHasNoRowOfAnother) {
    closeAll();
    ExportRequest wanted = request();
    wanted.scope.merchant = tenants::MerchantId{"mer_a"};

    write(wanted, "alone");

    for (const auto& [name, bytes] : files("alone")) EXPECT_EQ(bytes.find("mer_b"), std::string::npos) << name;
    EXPECT_THAT(files("alone").at("manifest.json"), HasSubstr("\"rows\":7,"));
}

TEST_F(ExportFolderTest, MonthWithoutARowIsAFileWithAHeader) {
    ExportRequest wanted = request();
    wanted.scope.period = november().previous();

    write(wanted, "empty");

    EXPECT_THAT(files("empty").at("BILLING_PERIOD=2026-10/part-00001.csv"), testing::EndsWith("statement_number\r\n"));
}

}  // namespace
