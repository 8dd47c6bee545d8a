#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tenants/merchant/api_key.h"
#include "tenants/merchant/merchant.h"

namespace tenants::sqlite {

/// Hashes texts alike whether they are owned or borrowed, so that a look-up makes no copy.
struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

/// Merchants, keys and admin tokens in memory: what every request asks for and few change. Values are immutable; a
/// change puts a new one in the place of the old. Safe from any thread.
class MerchantDirectory {
public:
    std::shared_ptr<const Merchant> find(const MerchantId& merchant) const;
    std::vector<std::shared_ptr<const Merchant>> list(const MerchantId& after, std::size_t count) const;
    std::shared_ptr<const ApiKey> findKey(std::string_view lookup) const;
    std::vector<std::shared_ptr<const ApiKey>> keysOf(const MerchantId& merchant) const;
    std::shared_ptr<const AdminToken> findAdminToken(std::string_view lookup) const;
    std::vector<std::shared_ptr<const AdminToken>> adminTokens() const;

    void put(Merchant merchant);
    /// Of a merchant that is there.
    void putUpstreamQuota(const MerchantId& merchant, std::optional<std::int64_t> day_free, std::int64_t pack_units);
    void put(ApiKey key);
    void put(AdminToken token);

private:
    using Keys = std::vector<std::shared_ptr<const ApiKey>>;  // in order of creation

    mutable std::shared_mutex mutex_;
    std::unordered_map<MerchantId, std::shared_ptr<const Merchant>> merchants_;
    std::map<MerchantId, std::shared_ptr<const Merchant>> merchants_in_order_;
    std::unordered_map<std::string, std::shared_ptr<const ApiKey>, TextHash, std::equal_to<>> keys_;
    std::unordered_map<MerchantId, Keys> keys_of_;
    std::unordered_map<std::string, std::shared_ptr<const AdminToken>, TextHash, std::equal_to<>> admin_tokens_;
    std::vector<std::shared_ptr<const AdminToken>> admin_tokens_in_order_;
};

}  // namespace tenants::sqlite
