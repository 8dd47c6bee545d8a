#include "sandbox/state.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace sandbox {
namespace {

template <class Components>
auto findIn(Components& components, std::string_view appid) -> decltype(components.data()) {
    const auto found = std::find_if(components.begin(), components.end(),
                                    [appid](const Component& component) { return component.keys.appid == appid; });
    return found == components.end() ? nullptr : &*found;
}

template <class Found>
Found& mustBeThere(Found* found) {
    if (found == nullptr) throw std::out_of_range("no such component");
    return *found;
}

}  // namespace

Component* State::findComponent(std::string_view appid) {
    return findIn(components, appid);
}

const Component* State::findComponent(std::string_view appid) const {
    return findIn(components, appid);
}

Component& State::component(std::string_view appid) {
    return mustBeThere(findComponent(appid));
}

const Component& State::component(std::string_view appid) const {
    return mustBeThere(findComponent(appid));
}

const Authorizer* State::findAuthorizer(const std::string& appid) const {
    const auto found = authorizers.find(appid);
    return found == authorizers.end() ? nullptr : &found->second;
}

void adoptComponents(State& state, const std::vector<ComponentKeys>& configured) {
    std::vector<Component> components;
    for (const ComponentKeys& keys : configured) {
        Component* const stored = state.findComponent(keys.appid);
        components.push_back(stored == nullptr ? Component{} : std::move(*stored));
        components.back().keys = keys;
    }
    state.components = std::move(components);
    for (auto& [appid, account] : state.authorizers) {
        std::erase_if(account.authorizations,
                      [&state](const auto& entry) { return state.findComponent(entry.first) == nullptr; });
    }
    indexTokens(state);
}

void indexTokens(State& state) {
    state.token_owners.clear();
    for (const Component& component : state.components) {
        for (const AccessToken& token : component.tokens.issued())
            state.token_owners[token.text] = {.component_appid = component.keys.appid, .appid = {}};
    }
    for (const auto& [appid, account] : state.authorizers) {
        for (const auto& [component_appid, authorization] : account.authorizations) {
            for (const AccessToken& token : authorization.tokens.issued())
                state.token_owners[token.text] = {.component_appid = component_appid, .appid = appid};
        }
    }
}

}  // namespace sandbox
