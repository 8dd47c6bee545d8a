#pragma once

#include <string>

#include <Poco/JSON/Object.h>

#include "sandbox/call_log.h"
#include "sandbox/fault_script.h"
#include "sandbox/state.h"
#include "tenants/base/clock.h"

namespace sandbox {

/// What the control API shows: everything, secrets as fingerprints.

/// An account and its authorization of that component, counters as of `now`.
Poco::JSON::Object::Ptr authorizerView(const Authorizer& account, const std::string& component_appid,
                                       tenants::UtcTime now);
Poco::JSON::Object::Ptr componentView(const State& state, const Component& component);
Poco::JSON::Object::Ptr quirksView(const Quirks& quirks);
Poco::JSON::Object::Ptr callView(const Call& call);
Poco::JSON::Object::Ptr faultView(const Fault& fault);

}  // namespace sandbox
