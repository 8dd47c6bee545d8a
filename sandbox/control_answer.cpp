#include "sandbox/control_answer.h"

#include <algorithm>

#include "sandbox/json.h"

namespace sandbox {

gateway::http::Response controlAnswer(const Poco::JSON::Object::Ptr& object) {
    return gateway::http::textResponse(200, "application/json", render(object));
}

gateway::http::Response controlProblem(int status, const std::string& detail) {
    auto problem = newObject();
    problem->set("type", std::string{"about:blank"});
    problem->set("title", std::string{gateway::http::statusPhrase(status)});
    problem->set("status", status);
    problem->set("detail", detail);
    return gateway::http::textResponse(status, "application/problem+json", render(problem));
}

Poco::JSON::Object::Ptr controlBody(const gateway::http::Request& request) {
    return request.body.empty() ? newObject() : parseObject(request.body);
}

std::string unknownField(const Poco::JSON::Object::Ptr& object, std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : *object) {
        if (std::find(known.begin(), known.end(), name) == known.end()) return name;
    }
    return {};
}

gateway::http::Response unknownComponent() {
    return controlProblem(404, "there is no such component");
}

std::optional<std::int64_t> integerFrom(const Poco::JSON::Object::Ptr& body, const std::string& name,
                                        std::int64_t least, std::int64_t most, std::int64_t fallback) {
    if (!body->has(name)) return fallback;
    const auto value = integerField(body, name);
    return value && *value >= least && *value <= most ? value : std::nullopt;
}

std::optional<std::string> componentParameter(const gateway::http::Request& request, const StateStore& store) {
    const auto named = request.head.queryParameter("component");
    return store.read([&named](const State& state) -> std::optional<std::string> {
        const Component* const component = named ? state.findComponent(*named) : &state.components.front();
        return component == nullptr ? std::nullopt : std::optional{component->keys.appid};
    });
}

}  // namespace sandbox
