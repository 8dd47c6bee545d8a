#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tenants/authorization/authorization_change.h"
#include "tenants/authorization/component_platform.h"
#include "tenants/scan/scan_licence.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_patience.h"
#include "tests/support/fake_platform.h"
#include "tests/support/fake_upstream.h"
#include "tests/support/memory_store.h"

namespace test_support {

/// A provider with one merchant, a pushed ticket and the model of WeChat: what authorization tests begin with.
struct World {
    World() {
        addMerchant(merchant, 100);
        (void)tenants::runBlocking(onboarding.receiveTicket(tenants::shareSecret("ticket@@@1"), clock.now()));
    }

    void addMerchant(const tenants::MerchantId& id, std::int64_t day_limit) {
        tenants::Merchant added;
        added.id = id;
        added.name = id.text();
        added.day_limit = day_limit;
        added.created_at = clock.now();
        added.component = component.appid();
        (void)tenants::runBlocking(store.merchants.add(std::move(added)));
    }

    /// Link, consent and landing.
    tenants::Result<tenants::MerchantId> authorize() {
        const std::string state = newState();
        return land(state, platform.consent(appid.text()));
    }
    tenants::Result<tenants::MerchantId> land(const std::string& state, const std::string& code) {
        return tenants::runBlocking(onboarding.completeByRedirect(state, tenants::shareSecret(code)));
    }
    /// The one-time state of a new link, as the browser brings it back.
    std::string newState() { return linkPart(newLink(), "state%3D", "&"); }
    std::string newLink(tenants::LinkOptions options = {}) { return invite(std::move(options)).link.pc_url; }
    tenants::IssuedInvitation invite(tenants::LinkOptions options = {}) {
        return *tenants::runBlocking(onboarding.invite(merchant, std::move(options)));
    }
    /// What the event repeats of a link.
    static std::string preAuthCodeOf(const std::string& link) {
        return "preauthcode@@@" + linkPart(link, "pre_auth_code=preauthcode%40%40%40", "&");
    }
    static std::string linkPart(const std::string& link, const std::string& after, const std::string& until) {
        const std::size_t begin = link.find(after) + after.size();
        return link.substr(begin, link.find(until, begin) - begin);
    }

    tenants::PlatformEvent event(const std::string& info_type, const std::string& code,
                                 tenants::UtcTime created_at) const {
        tenants::PlatformEvent made;
        made.info_type = info_type;
        made.appid = appid;
        if (!code.empty()) made.authorization_code = tenants::shareSecret(code);
        made.created_at = created_at;
        made.received_at = clock.now();
        made.dedupe_key =
            info_type + "|" + appid.text() + "|" + std::to_string(created_at.time_since_epoch().count()) + "|" + code;
        return made;
    }
    /// Receives the event and handles it, as the gateway does.
    void push(tenants::PlatformEvent pushed) {
        auto received = tenants::runBlocking(onboarding.receive(std::move(pushed)));
        if (received && *received) (void)tenants::runBlocking(onboarding.handle(**received));
    }

    std::shared_ptr<const tenants::Authorization> authorization() const { return store.authorizations.find(merchant); }
    template <class Edit>
    void change(Edit edit) {
        std::function<bool(tenants::Authorization&)> changing = [&edit](tenants::Authorization& next) {
            edit(next);
            return true;
        };
        (void)tenants::runBlocking(tenants::changeAuthorization(store.authorizations, merchant,
                                                                tenants::WhenAbsent::kRefuse, std::move(changing)));
    }

    const tenants::MerchantId merchant{"mer_1"};
    const tenants::AppId appid{"wx1111111111111111"};
    FakeClock clock{beijingNoon()};
    MemoryStore store;
    FakePlatform platform;
    tenants::ComponentPlatform component{platform,
                                         store.authorizations,
                                         store.merchants,
                                         clock,
                                         {.tokens = {},
                                          .onboarding = {.component_appid = "wxcomponent",
                                                         .redirect_url = "https://gw.example.com/wechat/authorized",
                                                         .pc_link_base = "https://mp.weixin.qq.com",
                                                         .h5_link_base = "https://open.weixin.qq.com",
                                                         .launch_url = "https://gw.example.com/wechat/launch"}}};
    tenants::ComponentPlatforms platforms{{&component}};
    tenants::TokenKeeper& keeper = component.tokens();
    tenants::GrantKeeper& grants = component.grants();
    tenants::Onboarding& onboarding = component.onboarding();
};

/// A world whose merchant is authorized and has a key: what scan tests begin with.
struct ScanWorld : World {
    ScanWorld() {
        (void)authorize();
        key_text = addKey(merchant, tenants::KeyId{"key_1"});
        caller = *authenticator.authenticate(key_text);
    }

    std::string addKey(const tenants::MerchantId& owner, const tenants::KeyId& id,
                       std::optional<tenants::UtcTime> expires_at = {}) {
        tenants::MintedCredential minted = tenants::mintCredential(tenants::CredentialKind::kApiKey);
        tenants::ApiKey key;
        key.id = id;
        key.merchant = owner;
        key.lookup = minted.lookup;
        key.hash = hasher.hash(minted.text.expose());
        key.created_at = clock.now();
        key.expires_at = expires_at;
        (void)tenants::runBlocking(store.merchants.addKey(std::move(key)));
        return std::string{minted.text.expose()};
    }

    tenants::ScanInput input(std::string x_request_id) const {
        tenants::ScanInput made;
        made.caller = caller;
        made.picture = tenants::ImageBytes{"picture", "image/jpeg"};
        made.x_request_id = std::move(x_request_id);
        return made;
    }
    /// With an Idempotency-Key; `content` stands for what the fingerprint is made of.
    tenants::ScanInput repeatable(std::string idempotency_key, unsigned char content = 1) const {
        tenants::ScanInput made = input("req_of_" + idempotency_key);
        made.idempotency_key = std::move(idempotency_key);
        made.fingerprint.emplace();
        made.fingerprint->fill(content);
        return made;
    }
    tenants::Result<tenants::ScanOutput> scan(tenants::ScanInput given) {
        return tenants::runBlocking(scans.scan(std::move(given)));
    }

    tenants::WindowView window(std::string_view policy) const {
        for (const auto& view : store.ledger.openWindows(merchant, clock.now())) {
            if (view.policy == policy) return view;
        }
        return {};
    }
    tenants::HoldView hold(const std::string& request) const {
        for (const auto& view : store.ledger.holds(merchant, std::nullopt, std::nullopt, 1000)) {
            if (view.request.text() == request) return view;
        }
        return {};
    }
    std::size_t charges() const { return store.ledger.entries(merchant, std::nullopt, 10'000).size(); }

    tenants::CredentialHasher hasher{tenants::Secret{"a key of the key ring, 32 bytes.."}};
    FakeUpstream upstream;
    tenants::GatewayTokens gateway_tokens{tenants::Secret{"another key of the same ring, 32.."}};
    tenants::Authenticator authenticator{store.merchants, hasher, gateway_tokens, clock};
    FakePatience patience;
    tenants::ScanLicence scans{store.merchants, platforms, store.ledger, upstream, patience, clock, {}};
    std::string key_text;
    tenants::Caller caller;
};

}  // namespace test_support
