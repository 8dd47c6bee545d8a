#include "tenants/authorization/authorizer_list.h"

#include <utility>

namespace tenants {

namespace {

// A list that never ends is a fault of the other side. Half a million accounts are not.
constexpr int kPagesMax = 1000;

}  // namespace

Task<AuthorizerList::Reading> AuthorizerList::recent(SharedSecret component_token) {
    const AsyncMutex::Guard guard = co_await lock_.lock();
    if (auto known = shared(component_token)) co_return *std::move(known);
    co_return co_await readLocked(std::move(component_token));
}

Task<AuthorizerList::Reading> AuthorizerList::readAnew(SharedSecret component_token) {
    const AsyncMutex::Guard guard = co_await lock_.lock();
    co_return co_await readLocked(std::move(component_token));
}

std::optional<AuthorizerList::Reading> AuthorizerList::shared(const SharedSecret& component_token) const {
    if (!last_) return std::nullopt;
    const auto age = clock_.steady() - last_->ended;
    if (last_->reading) return age < settings_.shared_for ? std::optional{last_->reading} : std::nullopt;
    // A failure may be the component token's: with another one it can end differently.
    const bool same_token = sameSecret(last_->component_token, component_token);
    return same_token && age < settings_.failure_shared_for ? std::optional{last_->reading} : std::nullopt;
}

Task<AuthorizerList::Reading> AuthorizerList::readLocked(SharedSecret component_token) {
    Reading reading = co_await readPages(component_token);
    last_.emplace(Outcome{reading, std::move(component_token), clock_.steady()});
    co_return reading;
}

/// Accounts that come or go between two pages may be missed or told twice; who needs certainty of one asks for its info.
Task<AuthorizerList::Reading> AuthorizerList::readPages(SharedSecret component_token) {
    auto entries = std::make_shared<Entries>();
    std::int64_t offset = 0;
    for (int page_number = 0; page_number < kPagesMax; ++page_number) {
        auto page = co_await platform_.authorizerList(component_token, offset, Platform::kPageEntriesMax);
        if (!page) co_return std::move(page).error();
        for (Platform::ListedAuthorizer& listed : page->authorizers) {
            entries->insert_or_assign(std::move(listed.appid), std::move(listed.refresh_token));
        }
        offset += static_cast<std::int64_t>(page->entries);
        if (page->entries == 0 || offset >= page->total) {
            co_return std::shared_ptr<const Entries>{std::move(entries)};
        }
    }
    co_return Error{ErrorCode::kUpstreamUnreachable, "WeChat's platform gave no usable answer",
                    "api_get_authorizer_list does not end"};
}

}  // namespace tenants
