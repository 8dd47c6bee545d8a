#pragma once

#include <Poco/Dynamic/Var.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace integration {

/// A JSON value to read from. Whatever is missing or of another type throws std::runtime_error that names it.
class Json {
public:
    /// Throws std::runtime_error where `text` is not JSON.
    explicit Json(const std::string& text);

    bool has(const std::string& name) const;
    Json at(const std::string& name) const;
    Json at(std::size_t position) const;
    std::size_t size() const;  // of an array
    std::vector<std::string> names() const;
    std::string text() const;
    std::int64_t integer() const;
    bool flag() const;
    bool isNull() const { return value_.isEmpty(); }
    bool isText() const { return !value_.isEmpty() && value_.isString(); }
    bool isObject() const;
    bool isArray() const;

    /// Every text in it, at any depth.
    std::vector<std::string> texts() const;

private:
    Json(Poco::Dynamic::Var value, std::string where) : value_(std::move(value)), where_(std::move(where)) {}

    Poco::Dynamic::Var value_;
    std::string where_;
};

/// `text` as a JSON string, quotes included.
std::string jsonText(std::string_view text);

}  // namespace integration
