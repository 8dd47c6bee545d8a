#include "tenants/usage/entry_chain.h"

#include <cstdint>
#include <optional>
#include <string>

namespace tenants {
namespace {

template <class Value, class Text>
std::optional<std::string> textOf(const std::optional<Value>& value, Text text) {
    return value ? std::optional{text(*value)} : std::nullopt;
}

}  // namespace

std::string canonicalBytes(const UsageEntry& entry) {
    ChainFields fields;
    fields.text(kEntryFormat);
    fields.text(entry.merchant.text());
    fields.number(entry.number);
    fields.text(entry.id.text());
    fields.text(entryKindText(entry.kind));
    fields.number(entry.units);
    fields.text(entry.request.text());
    fields.text(entry.key.text());
    fields.text(entry.x_request_id);
    fields.text(entryOutcomeText(entry.kind));
    fields.time(entry.at);
    fields.time(entry.recorded_at);
    fields.text(entry.period.text());
    fields.textIfAny(textOf(entry.plan_version, [](const PlanVersionId& id) { return id.text(); }));
    fields.textIfAny(textOf(entry.pack, [](const PackId& id) { return id.text(); }));
    fields.textIfAny(textOf(entry.corrects, [](std::int64_t number) { return std::to_string(number); }));
    fields.textIfAny(textOf(entry.price, [](Money price) { return std::to_string(price.microYuan()); }));
    fields.text(entry.reason);
    return fields.take();
}

ChainHash chainHash(const ChainHash& before, const UsageEntry& entry) {
    return linkHash(before, canonicalBytes(entry));
}

}  // namespace tenants
