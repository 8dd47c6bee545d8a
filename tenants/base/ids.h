#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "tenants/base/clock.h"

namespace tenants {

/// A text that names one kind of thing, so that two names of different things cannot be mixed up.
/// The text is opaque here; whoever reads one from outside checks its form first.
template <class Tag>
class Id {
public:
    Id() = default;
    explicit Id(std::string text) : text_(std::move(text)) {}
    const std::string& text() const noexcept { return text_; }
    bool empty() const noexcept { return text_.empty(); }
    auto operator<=>(const Id&) const = default;

private:
    std::string text_;
};

using MerchantId = Id<struct MerchantIdTag>;      // mer_…
using KeyId = Id<struct KeyIdTag>;                // key_…
using EntryId = Id<struct EntryIdTag>;            // ent_…
using RequestId = Id<struct RequestIdTag>;        // the caller's Idempotency-Key, its X-Request-Id, or our req_…
using AppId = Id<struct AppIdTag>;                // WeChat's appid of a merchant's account, wx…
using PlanId = Id<struct PlanIdTag>;              // the operator's word: std, volume-2027
using PackId = Id<struct PackIdTag>;              // pack_…
using AssignmentId = Id<struct AssignmentIdTag>;  // asg_… of a plan to a merchant

/// Which version of which plan: `std@7` for the outside.
struct PlanVersionId {
    PlanId plan;
    std::int64_t number = 0;  // from 1

    std::string text() const { return plan.text() + "@" + std::to_string(number); }
    auto operator<=>(const PlanVersionId&) const = default;
};

/// A new text `prefix` + 26 characters of Crockford base 32 from 130 random bits, URL-safe, never reused.
/// Throws std::runtime_error if the system has no randomness to give. Any thread.
std::string randomIdText(std::string_view prefix);

/// The same length and alphabet, but the first 10 characters are the time in milliseconds and 80 bits are random: texts
/// of one moment lie together in an index, where random ones touch a page each.
std::string timedIdText(std::string_view prefix, UtcTime now);

}  // namespace tenants

template <class Tag>
struct std::hash<tenants::Id<Tag>> {
    std::size_t operator()(const tenants::Id<Tag>& id) const noexcept { return std::hash<std::string>{}(id.text()); }
};
