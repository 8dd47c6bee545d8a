#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tenants/base/clock.h"

namespace tenants {

/// SHA-256 of a chain up to and with one link: docs/ledger-format.md. Before the first link all zero.
using ChainHash = std::array<unsigned char, 32>;

/// Builds a link's canonical bytes: of each field a length of four bytes, the highest first, then its bytes; a field that is
/// absent is a length that none can have.
class ChainFields {
public:
    ChainFields() { bytes_.reserve(384); }

    void text(std::string_view text);
    void number(std::int64_t number) { text(std::to_string(number)); }
    void time(UtcTime time) { number(time.time_since_epoch().count()); }
    void textIfAny(const std::optional<std::string>& text_if_any);

    std::string take() { return std::move(bytes_); }

private:
    void length(std::uint32_t length);

    std::string bytes_;
};

/// SHA-256 of the hash before and a link's canonical bytes. Throws std::runtime_error where the library cannot compute
/// it. Any thread.
ChainHash linkHash(const ChainHash& before, std::string_view canonical_bytes);

/// From 64 hex digits; empty for anything else.
std::optional<ChainHash> chainHashFromHex(std::string_view hex);

}  // namespace tenants
