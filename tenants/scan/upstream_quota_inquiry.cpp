#include "tenants/scan/upstream_quota_inquiry.h"

#include <utility>

namespace tenants {
namespace {

constexpr std::chrono::minutes kPause{1};

}  // namespace

UpstreamQuotaInquiry::Inquiry& UpstreamQuotaInquiry::inquiryOf(const MerchantId& merchant) {
    const std::scoped_lock lock{mutex_};
    auto& inquiry = inquiries_[merchant];
    if (inquiry == nullptr) inquiry = std::make_unique<Inquiry>();
    return *inquiry;
}

void UpstreamQuotaInquiry::noteRefusal(const MerchantId& merchant, UtcTime window_ends) {
    Inquiry& inquiry = inquiryOf(merchant);
    const std::scoped_lock lock{mutex_};
    inquiry.refused_until = window_ends;
}

Task<bool> UpstreamQuotaInquiry::ask(MerchantId merchant, AppId appid, SharedSecret access_token, SteadyTime counted_at,
                                     std::int64_t settled, SteadyTime deadline) {
    Inquiry& inquiry = inquiryOf(merchant);
    {
        const std::scoped_lock lock{mutex_};
        if (inquiry.refused_until && clock_.now() < *inquiry.refused_until) co_return false;
    }
    const AsyncMutex::Guard one_at_a_time = co_await inquiry.lock.lock();
    // The answer to somebody who asked meanwhile is newer than the count that this call was made for.
    if (inquiry.answered_at && *inquiry.answered_at >= counted_at) co_return inquiry.told;
    if (inquiry.asked_at && clock_.steady() - *inquiry.asked_at < kPause) co_return false;
    inquiry.asked_at = clock_.steady();
    inquiry.told = false;
    // What WeChat counted is of the day in which it was asked, though its answer may come in the next.
    const UtcTime asked_on = clock_.now();
    auto told = co_await upstream_.drivingQuota(std::move(appid), std::move(access_token), deadline);
    if (told) {
        told->ours = settled;
        const auto taken = co_await ledger_.takeUpstreamQuota(std::move(merchant), *told, asked_on);
        inquiry.told = static_cast<bool>(taken);
    }
    inquiry.answered_at = clock_.steady();
    co_return inquiry.told;
}

}  // namespace tenants
