#include "sandbox/url.h"

#include <algorithm>
#include <cctype>

namespace sandbox {

std::string percentEncoded(std::string_view text) {
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string encoded;
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        const bool unreserved = byte < 0x80 && (std::isalnum(byte) != 0 ||
                                                std::string_view{"-._~"}.find(character) != std::string_view::npos);
        if (unreserved) {
            encoded += character;
        } else {
            encoded += '%';
            encoded += kDigits[byte >> 4U];
            encoded += kDigits[byte & 0x0FU];
        }
    }
    return encoded;
}

bool isWebAddress(std::string_view url) {
    const bool known_scheme = url.starts_with("https://") || url.starts_with("http://");
    const auto clean = [](char character) {
        return character > ' ' && character < '\x7f' && character != '"' && character != '<' && character != '>';
    };
    return known_scheme && std::all_of(url.begin(), url.end(), clean);
}

std::string htmlEscaped(std::string_view text) {
    std::string escaped;
    for (const char character : text) {
        switch (character) {
            case '&': escaped += "&amp;"; break;
            case '<': escaped += "&lt;"; break;
            case '>': escaped += "&gt;"; break;
            case '"': escaped += "&quot;"; break;
            case '\'': escaped += "&#39;"; break;
            default: escaped += character;
        }
    }
    return escaped;
}

}  // namespace sandbox
