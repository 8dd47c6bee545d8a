#pragma once

#include <string>

#include <Poco/JSON/Object.h>

#include "sandbox/authorizer.h"
#include "sandbox/state.h"

namespace sandbox {

/// The state's stored form: one JSON object with `version` 1. Times are UTC milliseconds.
std::string stateToJson(const State& state);
/// Throws std::runtime_error that says what is wrong, without showing a value.
State stateFromJson(const std::string& text);

/// What the control API shows of an account: everything, tokens as fingerprints, counters as of `now`.
Poco::JSON::Object::Ptr authorizerView(const Authorizer& account, tenants::UtcTime now);

}  // namespace sandbox
