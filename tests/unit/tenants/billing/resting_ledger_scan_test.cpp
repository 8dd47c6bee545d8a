#include "tenants/billing/resting_ledger_scan.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace tenants;

/// Three reads of two entries each; the second finds none, though more is to come.
class ThreeReads final : public LedgerScan {
public:
    class Cursor final : public LedgerCursor {
    public:
        explicit Cursor(LedgerRange range) : range_(std::move(range)) {}
        bool next(std::vector<UsageEntry>& batch) override {
            batch.clear();
            if (done_ == 3) return false;
            if (++done_ == 2) return true;
            for (std::int64_t number : {2 * done_ - 1, 2 * done_}) {
                batch.emplace_back().number = number;
                batch.back().merchant = *range_.merchant;
            }
            return true;
        }
        ScanProgress progress() const override { return {done_, 3}; }
        std::int64_t end() const override { return 77; }

    private:
        const LedgerRange range_;
        std::int64_t done_ = 0;
    };
    std::unique_ptr<LedgerCursor> open(const LedgerRange& range) const override {
        return std::make_unique<Cursor>(range);
    }
};

TEST(RestingLedgerScan, GivesWhatTheScanGivesAndRestsAfterEachRead) {
    const ThreeReads scan;
    const std::chrono::microseconds rest{200};
    const RestingLedgerScan resting{scan, rest};
    const auto cursor = resting.open({Period{UtcTime{}}, Period{UtcTime{}}, MerchantId{"mer_a"}});
    std::vector<UsageEntry> batch;
    std::vector<std::int64_t> numbers;
    std::int64_t reads = 0;
    const auto began = std::chrono::steady_clock::now();
    while (cursor->next(batch)) {
        EXPECT_EQ(cursor->progress().done, ++reads);
        for (const UsageEntry& entry : batch) {
            EXPECT_EQ(entry.merchant.text(), "mer_a");
            numbers.push_back(entry.number);
        }
    }
    EXPECT_GE(std::chrono::steady_clock::now() - began, 3 * rest);  // a sleep may be longer, never shorter
    EXPECT_EQ(numbers, (std::vector<std::int64_t>{1, 2, 5, 6}));
    EXPECT_EQ(cursor->progress().total, 3);
    EXPECT_EQ(cursor->end(), 77);
}

}  // namespace
