#pragma once

#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "tenants/base/audit.h"

namespace test_support {

/// The audit without a file: the rules of AuditLog.
class MemoryAudit final : public tenants::AuditLog {
public:
    tenants::Task<tenants::Result<tenants::Done>> append(tenants::AuditNote note) override {
        add(std::move(note));
        co_return tenants::Done{};
    }
    void add(tenants::AuditNote note) {
        const std::scoped_lock lock{mutex_};
        entries_.push_back({static_cast<std::int64_t>(entries_.size()) + 1, std::move(note), {}, {}});
    }
    std::vector<tenants::AuditEntry> entries(const tenants::AuditFilter& filter, std::optional<std::int64_t> before,
                                             std::size_t count) const override {
        const std::scoped_lock lock{mutex_};
        std::vector<tenants::AuditEntry> page;
        for (auto entry = entries_.rbegin(); entry != entries_.rend() && page.size() < count; ++entry) {
            const bool asked = (!filter.merchant || entry->note.merchant == *filter.merchant) &&
                               (filter.action.empty() || entry->note.action == filter.action);
            if (asked && (!before || entry->number < *before)) page.push_back(*entry);
        }
        return page;
    }

private:
    mutable std::mutex mutex_;
    std::vector<tenants::AuditEntry> entries_;
};

}  // namespace test_support
