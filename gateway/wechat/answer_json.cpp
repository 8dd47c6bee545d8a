#include "gateway/wechat/answer_json.h"

#include <utility>

#include <Poco/Dynamic/Var.h>
#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Parser.h>

#include "gateway/json/json_outline.h"
#include "gateway/wechat/answer_status.h"

namespace gateway::wechat {
namespace {

Poco::JSON::Object::Ptr asObject(const Poco::Dynamic::Var& value) {
    if (value.type() != typeid(Poco::JSON::Object::Ptr)) return nullptr;
    return value.extract<Poco::JSON::Object::Ptr>();
}

}  // namespace

std::optional<AnswerJson> AnswerJson::parse(const std::string& text) {
    const auto outline = json::outlineJsonObject(text);
    if (!outline || outline->has_long_integer) return std::nullopt;
    Poco::JSON::Parser parser;
    parser.setDepth(json::jsonDepthMax());
    parser.setAllowNullByte(false);
    try {
        auto object = asObject(parser.parse(text));
        if (object.isNull()) return std::nullopt;
        return AnswerJson{std::move(object)};
    } catch (const Poco::Exception&) {
        return std::nullopt;
    }
}

std::optional<std::int64_t> AnswerJson::wholeNumber(const std::string& name) const {
    const Poco::Dynamic::Var value = object_->get(name);
    if (value.isString()) return readWholeNumber(value.extract<std::string>());
    if (!value.isInteger() || value.isBoolean()) return std::nullopt;
    return value.convert<Poco::Int64>();  // fits: longer integers were refused
}

std::string AnswerJson::text(const std::string& name) const {
    const Poco::Dynamic::Var value = object_->get(name);
    return value.isString() ? value.extract<std::string>() : std::string{};
}

tenants::SharedSecret AnswerJson::secret(const std::string& name) const {
    const std::string value = text(name);
    return value.empty() ? nullptr : tenants::shareSecret(value);
}

std::optional<AnswerJson> AnswerJson::object(const std::string& name) const {
    auto object = asObject(object_->get(name));
    if (object.isNull()) return std::nullopt;
    return AnswerJson{std::move(object)};
}

std::optional<std::vector<AnswerJson>> AnswerJson::objects(const std::string& name) const {
    const Poco::JSON::Array::Ptr array = object_->getArray(name);
    if (array.isNull()) return std::nullopt;
    std::vector<AnswerJson> objects;
    for (const Poco::Dynamic::Var& element : *array) {
        auto object = asObject(element);
        if (!object.isNull()) objects.push_back(AnswerJson{std::move(object)});
    }
    return objects;
}

}  // namespace gateway::wechat
