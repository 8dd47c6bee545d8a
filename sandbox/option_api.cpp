#include "sandbox/option_api.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <variant>

#include "sandbox/json.h"

namespace sandbox {
namespace {

struct Option {
    std::string_view name;
    std::string_view values;  // one character each; the first is the value of an account that never set it
};
constexpr std::array kOptions{Option{"location_report", "012"}, Option{"voice_recognize", "01"},
                              Option{"customer_service", "01"}};

const Option* findOption(const std::optional<std::string>& name) {
    const auto* const found = std::find_if(kOptions.begin(), kOptions.end(),
                                           [&name](const Option& known) { return name && known.name == *name; });
    return found == kOptions.end() ? nullptr : found;
}

}  // namespace

std::optional<PlatformAnswer> OptionApi::handle(const gateway::http::Request& request) {
    const std::string& path = request.head.path;
    const bool current_get = path == "/cgi-bin/component/get_authorizer_option";
    const bool current_set = path == "/cgi-bin/component/set_authorizer_option";
    const bool older_get = path == "/cgi-bin/component/api_get_authorizer_option";
    const bool older_set = path == "/cgi-bin/component/api_set_authorizer_option";
    if (!current_get && !current_set && !older_get && !older_set) return std::nullopt;
    const Verdict<Call> call = current_get || current_set ? currentForm(request) : olderForm(request);
    if (!accepted(call)) return refusalAnswer(refusalOf(call));
    return current_set || older_set ? set(std::get<Call>(call)) : get(std::get<Call>(call), older_get);
}

Verdict<OptionApi::Call> OptionApi::currentForm(const gateway::http::Request& request) const {
    const auto call = gate_.withToken(request, CallGate::Whose::kAccount);
    if (!accepted(call)) return refusalOf(call);
    const auto& [caller, body] = std::get<CallGate::TokenCall>(call);
    const bool authorized = store_.read([&caller = caller](const State& state) {
        return state.authorizers.at(caller.appid).authorizationOf(caller.component_appid) != nullptr;
    });
    if (!authorized) return refusals::notAuthorized();
    if (const auto limited = gate_.count(caller.appid, request.head.path)) return *limited;
    return Call{.appid = caller.appid, .body = body};
}

Verdict<OptionApi::Call> OptionApi::olderForm(const gateway::http::Request& request) const {
    const auto call = gate_.withComponentToken(request);
    if (!accepted(call)) return refusalOf(call);
    const auto& [component_appid, body] = std::get<CallGate::ComponentCall>(call);
    const std::string appid = stringField(body, "authorizer_appid").value_or("");
    const bool authorized = store_.read([&, &component = component_appid](const State& state) {
        const Authorizer* const account = state.findAuthorizer(appid);
        return account != nullptr && account->authorizationOf(component) != nullptr;
    });
    if (!authorized) return refusals::notAuthorized();
    return Call{.appid = appid, .body = body};
}

/// `names_account`: the older answer tells whose option it is.
PlatformAnswer OptionApi::get(const Call& call, bool names_account) {
    const Option* const option = findOption(stringField(call.body, "option_name"));
    if (option == nullptr) return refusalAnswer(refusals::optionNameInvalid());
    const std::string name{option->name};
    const std::string value = store_.read([&](const State& state) {
        const auto& set_options = state.authorizers.at(call.appid).options;
        const auto found = set_options.find(name);
        return found == set_options.end() ? std::string{option->values.substr(0, 1)} : found->second;
    });
    auto answer = newObject();
    if (names_account) answer->set("authorizer_appid", call.appid);
    answer->set("option_name", name);
    answer->set("option_value", value);
    return successAnswer(answer);
}

PlatformAnswer OptionApi::set(const Call& call) {
    const Option* const option = findOption(stringField(call.body, "option_name"));
    if (option == nullptr) return refusalAnswer(refusals::optionNameInvalid());
    const std::string value = stringField(call.body, "option_value").value_or("");
    if (value.size() != 1 || option->values.find(value) == std::string_view::npos)
        return refusalAnswer(refusals::optionValueInvalid());
    store_.change([&](State& state) { state.authorizers.at(call.appid).options[std::string{option->name}] = value; });
    return doneAnswer();
}

}  // namespace sandbox
