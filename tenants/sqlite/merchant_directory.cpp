#include "tenants/sqlite/merchant_directory.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace tenants::sqlite {
namespace {

template <class Map, class Key>
typename Map::mapped_type findIn(const Map& map, const Key& key) {
    const auto found = map.find(key);
    return found != map.end() ? found->second : nullptr;
}

/// In the place of the one with the same id, or in order of creation behind those before it.
template <class Value>
void putInOrder(std::vector<std::shared_ptr<const Value>>& values, const std::shared_ptr<const Value>& value) {
    const auto same =
        std::find_if(values.begin(), values.end(), [&](const auto& each) { return each->id == value->id; });
    if (same != values.end()) {
        *same = value;
        return;
    }
    const auto order = [](const auto& left, const auto& right) {
        return std::pair{left->created_at, left->id} < std::pair{right->created_at, right->id};
    };
    values.insert(std::upper_bound(values.begin(), values.end(), value, order), value);
}

}  // namespace

std::shared_ptr<const Merchant> MerchantDirectory::find(const MerchantId& merchant) const {
    const std::shared_lock lock{mutex_};
    return findIn(merchants_, merchant);
}

std::vector<std::shared_ptr<const Merchant>> MerchantDirectory::list(const MerchantId& after, std::size_t count) const {
    const std::shared_lock lock{mutex_};
    std::vector<std::shared_ptr<const Merchant>> page;
    for (auto next = merchants_in_order_.upper_bound(after); next != merchants_in_order_.end() && page.size() < count;
         ++next) {
        page.push_back(next->second);
    }
    return page;
}

std::shared_ptr<const ApiKey> MerchantDirectory::findKey(std::string_view lookup) const {
    const std::shared_lock lock{mutex_};
    return findIn(keys_, lookup);
}

std::vector<std::shared_ptr<const ApiKey>> MerchantDirectory::keysOf(const MerchantId& merchant) const {
    const std::shared_lock lock{mutex_};
    const auto found = keys_of_.find(merchant);
    return found != keys_of_.end() ? found->second : Keys{};
}

std::shared_ptr<const AdminToken> MerchantDirectory::findAdminToken(std::string_view lookup) const {
    const std::shared_lock lock{mutex_};
    return findIn(admin_tokens_, lookup);
}

std::vector<std::shared_ptr<const AdminToken>> MerchantDirectory::adminTokens() const {
    const std::shared_lock lock{mutex_};
    return admin_tokens_in_order_;
}

void MerchantDirectory::put(Merchant merchant) {
    const auto stored = std::make_shared<const Merchant>(std::move(merchant));
    const std::scoped_lock lock{mutex_};
    merchants_[stored->id] = stored;
    merchants_in_order_[stored->id] = stored;
}

void MerchantDirectory::putUpstreamQuota(const MerchantId& merchant, std::optional<std::int64_t> day_free,
                                         std::int64_t pack_units) {
    const std::scoped_lock lock{mutex_};
    std::shared_ptr<const Merchant>& place = merchants_.at(merchant);
    auto changed = std::make_shared<Merchant>(*place);
    changed->upstream_day_free = day_free;
    changed->upstream_pack_units = pack_units;
    place = changed;
    merchants_in_order_[merchant] = std::move(changed);
}

void MerchantDirectory::put(ApiKey key) {
    const auto stored = std::make_shared<const ApiKey>(std::move(key));
    const std::scoped_lock lock{mutex_};
    keys_[stored->lookup] = stored;
    putInOrder(keys_of_[stored->merchant], stored);
}

void MerchantDirectory::put(AdminToken token) {
    const auto stored = std::make_shared<const AdminToken>(std::move(token));
    const std::scoped_lock lock{mutex_};
    admin_tokens_[stored->lookup] = stored;
    putInOrder(admin_tokens_in_order_, stored);
}

}  // namespace tenants::sqlite
