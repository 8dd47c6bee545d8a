#include "tenants/usage/entry_chain.h"

#include <openssl/evp.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace tenants {
namespace {

constexpr std::uint32_t kAbsent = 0xFFFF'FFFF;

/// A length of four bytes, the highest first, then the bytes; a field that is absent is a length that none can have.
class Fields {
public:
    Fields() { bytes_.reserve(384); }

    void text(std::string_view text) {
        length(static_cast<std::uint32_t>(text.size()));
        bytes_ += text;
    }
    void number(std::int64_t number) { text(std::to_string(number)); }
    void time(UtcTime time) { number(time.time_since_epoch().count()); }
    void textIfAny(const std::optional<std::string>& text_if_any) {
        if (text_if_any) {
            text(*text_if_any);
        } else {
            length(kAbsent);
        }
    }

    std::string take() { return std::move(bytes_); }

private:
    void length(std::uint32_t length) {
        for (int shift = 24; shift >= 0; shift -= 8) bytes_ += static_cast<char>((length >> shift) & 0xFFU);
    }

    std::string bytes_;
};

template <class Value, class Text>
std::optional<std::string> textOf(const std::optional<Value>& value, Text text) {
    return value ? std::optional{text(*value)} : std::nullopt;
}

/// Found once: a look-up by name costs more than the digest of an entry.
const EVP_MD* sha256() {
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    if (algorithm == nullptr) throw std::runtime_error("there is no SHA-256");
    return algorithm;
}

}  // namespace

std::string canonicalBytes(const UsageEntry& entry) {
    Fields fields;
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
    std::string bytes{reinterpret_cast<const char*>(before.data()), before.size()};
    bytes += canonicalBytes(entry);
    ChainHash hash{};
    if (EVP_Digest(bytes.data(), bytes.size(), hash.data(), nullptr, sha256(), nullptr) != 1) {
        throw std::runtime_error("SHA-256 failed");
    }
    return hash;
}

}  // namespace tenants
