#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tenants/base/secret.h"

namespace tenants {

/// A key ring file that cannot be used. The text names the file and what is wrong with it, never a key.
class KeyRingError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The root keys, 32 random bytes each, that every other key is derived from. They live in a file apart from the
/// database: a first line that names the format, then one line a key, `number state base64`, where exactly one key's
/// state is `active` (it seals what is written now) and the others' is `open` (they only open what they sealed).
/// Immutable once loaded, so safe from any thread; the keys are wiped at the end.
class KeyRing {
public:
    /// Reads the file. Throws KeyRingError where it is missing, can be read by group or others, belongs to another
    /// user, or is malformed.
    static KeyRing load(const std::filesystem::path& path);

    /// Makes a file with one new key, mode 0600, durable when this returns. Throws KeyRingError where a file is there
    /// already (keys are never overwritten) or it cannot be written.
    static void create(const std::filesystem::path& path);

    /// The number of the key that seals what is written now.
    std::uint32_t active() const noexcept { return active_; }
    /// Of all its keys, ascending.
    std::vector<std::uint32_t> numbers() const;

    /// A 32-byte key for one purpose, such as the keyed hash of API keys. Made from the oldest key whatever is active:
    /// a hash cannot be made again from what it hashes, so a rotation must not change its key.
    Secret derive(std::string_view purpose) const;

    /// A 32-byte key of root key `number` for what `context` names. Throws KeyRingError where the ring has no such key.
    Secret derive(std::uint32_t number, std::string_view context) const;

private:
    KeyRing(std::map<std::uint32_t, Secret> keys, std::uint32_t active) : keys_(std::move(keys)), active_(active) {}

    static KeyRing parse(std::string_view text);

    std::map<std::uint32_t, Secret> keys_;
    std::uint32_t active_;
};

}  // namespace tenants
