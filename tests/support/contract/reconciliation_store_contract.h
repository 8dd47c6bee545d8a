#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "tenants/base/task.h"
#include "tests/support/contract/stores_under_test.h"

/// What ReconciliationStore promises, whatever it is made of. Included by one source file of a test program.
namespace test_support {

class ReconciliationStoreContract : public testing::TestWithParam<StoresFactory> {
protected:
    ReconciliationStoreContract() : stores_(GetParam().make()) {}

    tenants::ReconciliationStore& store() { return stores_->reconciliations(); }

    static tenants::ReconciliationReport report(const std::string& id) {
        tenants::ReconciliationReport made;
        made.id = tenants::ReconciliationId{id};
        made.trigger = tenants::ReconciliationReport::Trigger::kOperator;
        made.started_at = tenants::UtcTime{std::chrono::milliseconds{1'750'000'000'123}};
        return made;
    }
    void save(const tenants::ReconciliationReport& saved) { EXPECT_TRUE(tenants::runBlocking(store().save(saved))); }
    std::optional<tenants::ReconciliationReport> find(const std::string& id) {
        return tenants::runBlocking(store().find(tenants::ReconciliationId{id}));
    }

private:
    std::unique_ptr<StoresUnderTest> stores_;
};

TEST_P(ReconciliationStoreContract, ReportIsFoundAsItWasSaved) {
    tenants::ReconciliationReport saved = report("rec_1");
    saved.state = tenants::ReconciliationReport::State::kFailed;
    saved.finished_at = saved.started_at + std::chrono::seconds{9};
    saved.listed = 7;
    saved.to_check = 5;
    saved.checked = 4;
    saved.differences_total = 2000;
    saved.error = "upstream_unreachable";
    saved.differences = {{tenants::AppId{"wx2"}, tenants::MerchantId{"mer_1"}, "granted_sets", true, "17 -> 17 117"},
                         {tenants::AppId{"wx1"}, tenants::MerchantId{}, "unknown_account", false, ""}};
    save(saved);

    const auto found = find("rec_1");

    ASSERT_TRUE(found);
    EXPECT_EQ(found->state, saved.state);
    EXPECT_EQ(found->trigger, saved.trigger);
    EXPECT_EQ(found->started_at, saved.started_at);
    EXPECT_EQ(found->finished_at, saved.finished_at);
    EXPECT_EQ(found->listed, 7);
    EXPECT_EQ(found->to_check, 5);
    EXPECT_EQ(found->checked, 4);
    EXPECT_EQ(found->differences_total, 2000);
    EXPECT_EQ(found->error, "upstream_unreachable");
    ASSERT_EQ(found->differences.size(), 2U);
    EXPECT_EQ(found->differences[0].appid.text(), "wx2");
    EXPECT_EQ(found->differences[0].merchant.text(), "mer_1");
    EXPECT_EQ(found->differences[0].kind, "granted_sets");
    EXPECT_TRUE(found->differences[0].mended);
    EXPECT_EQ(found->differences[0].detail, "17 -> 17 117");
    EXPECT_TRUE(found->differences[1].merchant.empty());
    EXPECT_FALSE(found->differences[1].mended);
}

TEST_P(ReconciliationStoreContract, ReportThatIsSavedAgainTakesThePlaceOfItself) {
    tenants::ReconciliationReport saved = report("rec_1");
    saved.differences = {{tenants::AppId{"wx1"}, {}, "unknown_account", false, ""}};
    save(saved);
    saved.state = tenants::ReconciliationReport::State::kDone;
    saved.differences[0].appid = tenants::AppId{"wx2"};
    save(saved);

    const auto found = find("rec_1");

    ASSERT_TRUE(found);
    EXPECT_EQ(found->state, tenants::ReconciliationReport::State::kDone);
    ASSERT_EQ(found->differences.size(), 1U);
    EXPECT_EQ(found->differences[0].appid.text(), "wx2");
    EXPECT_EQ(tenants::runBlocking(store().newest(10)).size(), 1U);
}

TEST_P(ReconciliationStoreContract, UnknownReportIsNotFound) {
    EXPECT_FALSE(find("rec_1"));
    EXPECT_TRUE(tenants::runBlocking(store().newest(10)).empty());
}

TEST_P(ReconciliationStoreContract, OnlyTheNewestReportsAreKeptAndListedWithoutTheirDifferences) {
    const std::size_t made = tenants::ReconciliationStore::kReportsKept + 5;
    for (std::size_t i = 0; i < made; ++i) {
        tenants::ReconciliationReport saved = report("rec_" + std::to_string(i));
        saved.differences = {{tenants::AppId{"wx1"}, {}, "unknown_account", false, ""}};
        save(saved);
    }

    const auto all = tenants::runBlocking(store().newest(1000));
    const auto two = tenants::runBlocking(store().newest(2));

    EXPECT_EQ(all.size(), tenants::ReconciliationStore::kReportsKept);
    ASSERT_EQ(two.size(), 2U);
    EXPECT_EQ(two[0].id.text(), "rec_" + std::to_string(made - 1));
    EXPECT_EQ(two[1].id.text(), "rec_" + std::to_string(made - 2));
    EXPECT_TRUE(two[0].differences.empty());
    EXPECT_FALSE(find("rec_0"));
    EXPECT_TRUE(find("rec_5"));
}

}  // namespace test_support
