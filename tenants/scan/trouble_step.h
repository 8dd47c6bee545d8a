#pragma once

#include <string_view>

namespace tenants {

/// What the operator does about a trouble of token refreshes (refresh_trouble.h), in words; for a text that is none of
/// them, where to find out more.
std::string_view stepOfTrouble(std::string_view trouble);

}  // namespace tenants
