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

}  // namespace sandbox
