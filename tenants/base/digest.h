#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tenants {

/// Two lower-case digits a byte.
std::string hexText(std::span<const unsigned char> bytes);

/// SHA-256 of `bytes` in 64 lower-case hex digits: the form in which one-time codes and states are stored and compared.
/// Throws std::runtime_error where the library cannot compute it. Any thread.
std::string sha256Hex(std::string_view bytes);

}  // namespace tenants
