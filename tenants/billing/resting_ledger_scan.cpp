#include "tenants/billing/resting_ledger_scan.h"

#include <thread>
#include <utility>

namespace tenants {
namespace {

class RestingCursor final : public LedgerCursor {
public:
    RestingCursor(std::unique_ptr<LedgerCursor> cursor, std::chrono::microseconds rest)
        : cursor_(std::move(cursor)), rest_(rest) {}

    bool next(std::vector<UsageEntry>& batch) override {
        if (!cursor_->next(batch)) return false;
        std::this_thread::sleep_for(rest_);
        return true;
    }
    ScanProgress progress() const override { return cursor_->progress(); }
    std::int64_t end() const override { return cursor_->end(); }

private:
    const std::unique_ptr<LedgerCursor> cursor_;
    const std::chrono::microseconds rest_;
};

}  // namespace

std::unique_ptr<LedgerCursor> RestingLedgerScan::open(const LedgerRange& range) const {
    return std::make_unique<RestingCursor>(scan_.open(range), rest_);
}

}  // namespace tenants
