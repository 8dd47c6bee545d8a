#pragma once

#include "tenants/sqlite/reader_pool.h"
#include "tenants/usage/upstream_days.h"

namespace tenants::sqlite {

/// The reading half of the port of WeChat's windows; who may write adds the other half. The readers must outlive it.
class UpstreamDayReads : public UpstreamDays {
public:
    explicit UpstreamDayReads(ReaderPool& readers) : readers_(readers) {}

    UpstreamDayPage list(const UpstreamDayRange& range, const std::optional<UpstreamDayPlace>& after,
                         std::size_t count) const override;

private:
    ReaderPool& readers_;
};

}  // namespace tenants::sqlite
