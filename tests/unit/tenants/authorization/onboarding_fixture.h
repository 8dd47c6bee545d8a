#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tenants/base/digest.h"
#include "tests/support/spawned.h"
#include "tests/support/world.h"

namespace tenants {

using namespace std::chrono_literals;
using test_support::FakePlatform;
using test_support::Spawned;
using test_support::World;

/// A provider, its merchant, and the two ways in which a consent comes back to it.
class OnboardingTest : public ::testing::Test {
protected:
    /// A consent on the page of a new link.
    struct Consent {
        std::string state;
        std::string code;
    };
    Consent consent() {
        const std::string state = world_.newState();
        return {state, world_.platform.consent(world_.appid.text())};
    }
    int exchanges() const { return world_.platform.calls("query_auth"); }
    bool authorized() const {
        const auto authorization = world_.authorization();
        return authorization != nullptr && !authorization->withdrawn && authorization->allowsOcr() &&
               authorization->refresh_token != nullptr;
    }
    std::size_t waiting() { return runBlocking(world_.store.authorizations.unhandledEvents()).size(); }
    PlatformEvent authorizedEvent(const std::string& code, UtcTime at) const {
        return world_.event("authorized", code, at);
    }
    /// The event of a consent on the page of `link`.
    PlatformEvent eventOf(const std::string& link, const std::string& code) const {
        PlatformEvent event = authorizedEvent(code, world_.clock.now());
        event.pre_auth_code_hash = sha256Hex(World::preAuthCodeOf(link));
        return event;
    }

    World world_;
};

}  // namespace tenants
