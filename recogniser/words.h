#pragma once

#include <span>
#include <string_view>

namespace recogniser {

/// The words that a licence can show in three of its fields. Source: the vehicle types and uses of the standard GA 802,
/// and makers' brands common on Chinese roads. What is not listed is still read, only not corrected.
std::span<const std::u32string_view> vehicleTypes();
std::span<const std::u32string_view> useCharacters();
std::span<const std::u32string_view> brands();

}  // namespace recogniser
