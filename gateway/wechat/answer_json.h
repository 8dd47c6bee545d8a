#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <Poco/JSON/Object.h>

#include "tenants/base/secret.h"

namespace gateway::wechat {

/// One JSON object of a platform answer, read field by field. A field of another type than asked for counts as absent,
/// and unknown fields are ignored. Poco reads it after json::outlineJsonObject has accepted it, since Poco alone lets doubled
/// and cut names pass and reads integers beyond 64 bits as others.
class AnswerJson {
public:
    /// Nothing where the text is no strict JSON object, has an integer of more than 18 digits or a NUL in a string.
    static std::optional<AnswerJson> parse(const std::string& text);

    /// A whole number, or a string that holds nothing else.
    std::optional<std::int64_t> wholeNumber(const std::string& name) const;
    /// A string; empty where absent.
    std::string text(const std::string& name) const;
    /// A string that is not empty, else null: an empty token is no token.
    tenants::SharedSecret secret(const std::string& name) const;
    std::optional<AnswerJson> object(const std::string& name) const;
    /// The objects in an array; nothing where there is no such array. Elements that are no objects are left out.
    std::optional<std::vector<AnswerJson>> objects(const std::string& name) const;

private:
    explicit AnswerJson(Poco::JSON::Object::Ptr object) : object_(std::move(object)) {}

    Poco::JSON::Object::Ptr object_;  // never null
};

}  // namespace gateway::wechat
