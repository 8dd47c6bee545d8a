#include "tenants/usage/hold.h"

#include <cstdlib>

namespace tenants {

std::string_view holdStateText(HoldState state) {
    switch (state) {
        case HoldState::kHeld: return "held";
        case HoldState::kSettled: return "settled";
        case HoldState::kReleased: return "released";
        case HoldState::kUnknown: return "unknown";
    }
    std::abort();  // a value outside the enumeration: memory is damaged
}

std::optional<HoldState> holdStateFromText(std::string_view text) {
    for (const HoldState state : {HoldState::kHeld, HoldState::kSettled, HoldState::kReleased, HoldState::kUnknown}) {
        if (holdStateText(state) == text) return state;
    }
    return std::nullopt;
}

std::string_view outcomeText(Outcome outcome) {
    switch (outcome) {
        case Outcome::kRecognised: return "billed";
        case Outcome::kNotRecognised: return "not_recognised";
    }
    std::abort();  // a value outside the enumeration: memory is damaged
}

}  // namespace tenants
