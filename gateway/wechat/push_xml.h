#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "tenants/base/secret.h"

namespace gateway::wechat {

/// What a push's document may be at most, before and after it was opened.
struct PushXmlLimits {
    std::size_t bytes_max = 64 * 1024;
    std::size_t depth_max = 4;  // elements in one another, the root included
    /// '<' in it: ten times what the longest push needs. Counted before the parser runs, so that nothing nested deeper can
    /// reach it.
    std::size_t openings_max = 512;
};

/// The text elements directly below a push's root, by name. Values are secrets, as tickets and codes are among them.
class PushedFields {
public:
    explicit PushedFields(std::map<std::string, tenants::Secret, std::less<>> values) : values_(std::move(values)) {}

    /// The element's text, empty too, or nothing where there is no such element. Borrowed from this object.
    std::optional<std::string_view> find(std::string_view name) const;

private:
    std::map<std::string, tenants::Secret, std::less<>> values_;
};

/// Reads one push document `<xml>…</xml>`, CDATA or not. Elements with children of their own are skipped. Nothing where
/// the document is not well-formed UTF-8 XML, goes beyond `limits`, has a document type or a NUL, or names two elements below
/// the root alike. Opens no file and no connection. Any thread.
std::optional<PushedFields> readPushedFields(std::string_view document, const PushXmlLimits& limits = {});

/// The exact text of `<Encrypt>` in the outer document of a push, which is hostile until its signature was verified;
/// nothing where readPushedFields gives nothing or the element is missing or empty.
std::optional<std::string> readEncryptedText(std::string_view document, const PushXmlLimits& limits = {});

}  // namespace gateway::wechat
