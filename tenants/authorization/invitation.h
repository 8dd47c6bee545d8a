#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "tenants/base/clock.h"
#include "tenants/base/ids.h"

namespace tenants {

/// Which of its accounts a merchant may choose on WeChat's page: the link's auth_type.
enum class AccountChoice : int { kOfficialAccounts = 1, kMiniPrograms = 2, kBoth = 3 };

/// What an operator sends to a merchant so that it authorizes its account: the address of our launch page, good for days.
/// WeChat's own links live for minutes; each opening of the page makes new ones.
struct Invitation {
    std::string state_hash;  // SHA-256, hex, of the state in the launch page's address
    MerchantId merchant;
    AccountChoice choice = AccountChoice::kBoth;
    AppId only;  // no other account may come in by it; empty: any
    UtcTime created_at;
    UtcTime expires_at;
    std::optional<UtcTime> completed_at;  // since then the merchant can scan, and the page has nothing more to offer
};

/// How often one launch page may be opened: each opening costs a call to WeChat, and the address may get around.
struct OpeningLimit {
    std::chrono::milliseconds period{600'000};
    int openings_max = 20;  // within one period, which begins with the first opening after the last one's end
};

}  // namespace tenants
