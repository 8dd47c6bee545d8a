#pragma once

#include <string>

#include "sandbox/state.h"

namespace sandbox {

/// The state's stored form: one JSON object with `version` 2. Times are UTC milliseconds. Of a component's keys only the
/// appid is stored.
std::string stateToJson(const State& state);
/// Reads version 1 too, which knew one component without its appid: that is then `first_component`. Token owners are not
/// filled in. Throws std::runtime_error that says what is wrong, without showing a value.
State stateFromJson(const std::string& text, const std::string& first_component);

}  // namespace sandbox
