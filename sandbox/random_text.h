#pragma once

#include <cstddef>
#include <string>

namespace sandbox {

/// Random texts for tokens and codes. All throw std::runtime_error if the system has no randomness to give. Any thread.

/// `length` characters of [A-Za-z0-9].
std::string randomAlphanumeric(std::size_t length);
/// `length` lower-case hexadecimal digits.
std::string randomHex(std::size_t length);
/// `length` decimal digits.
std::string randomDigits(std::size_t length);
/// `length` bytes of any value.
std::string randomBytes(std::size_t length);

/// The platform's shapes, as they are seen in the wild. Source: wechat-platform.md §1.
std::string newTicketText();
std::string newAccessTokenText();
std::string newPreAuthCodeText();
std::string newRefreshTokenText();
std::string newAuthorizationCodeText();
std::string newAppid();
std::string newUserName();
/// "6661aaaa-1234abcd-0badcafe"
std::string newRid();

}  // namespace sandbox
