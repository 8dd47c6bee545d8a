#pragma once

#include <cstdlib>
#include <string_view>

namespace fuzz {

/// Ends the run with a crash that libFuzzer keeps the input of.
inline void require(bool holds) {
    if (!holds) std::abort();
}

inline bool lieIn(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace fuzz
