#include "gateway/wechat/query_parameter.h"

namespace gateway::wechat {
namespace {

bool isUnreserved(char character) {
    return (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z') ||
           (character >= '0' && character <= '9') || character == '-' || character == '.' || character == '_' ||
           character == '~';
}

}  // namespace

void appendQueryParameter(std::string& target, std::string_view name, std::string_view value) {
    target += target.find('?') == std::string::npos ? '?' : '&';
    target += name;
    target += '=';
    constexpr std::string_view kHexDigits = "0123456789ABCDEF";
    for (const char character : value) {
        if (isUnreserved(character)) {
            target += character;
            continue;
        }
        const auto byte = static_cast<unsigned char>(character);
        target += '%';
        target += kHexDigits[byte >> 4U];
        target += kHexDigits[byte & 0x0FU];
    }
}

}  // namespace gateway::wechat
