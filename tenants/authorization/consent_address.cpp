#include "tenants/authorization/consent_address.h"

namespace tenants {

namespace {

/// Everything but RFC 3986's unreserved characters: an unencoded redirect_uri loses all but its first parameter.
std::string percentEncoded(std::string_view text) {
    static constexpr std::string_view kUnreserved =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string encoded;
    for (const char character : text) {
        if (kUnreserved.find(character) != std::string_view::npos) {
            encoded.push_back(character);
            continue;
        }
        const auto byte = static_cast<unsigned char>(character);
        encoded.push_back('%');
        encoded.push_back(kDigits[byte >> 4U]);
        encoded.push_back(kDigits[byte & 0xFU]);
    }
    return encoded;
}

std::string queryOf(const ConsentRequest& request) {
    std::string query = "component_appid=" + percentEncoded(request.component_appid) +
                        "&pre_auth_code=" + percentEncoded(request.pre_auth_code) +
                        "&redirect_uri=" + percentEncoded(request.redirect_url) +
                        "&auth_type=" + std::to_string(static_cast<int>(request.choice));
    if (!request.only_appid.empty()) query += "&biz_appid=" + percentEncoded(request.only_appid);
    return query;
}

}  // namespace

std::string pcConsentAddress(std::string_view base, const ConsentRequest& request) {
    return std::string{base} + "/cgi-bin/componentloginpage?" + queryOf(request);
}

std::string h5ConsentAddress(std::string_view base, const ConsentRequest& request) {
    return std::string{base} + "/wxaopen/safe/bindcomponent?action=bindcomponent&no_scan=1&" + queryOf(request) +
           "#wechat_redirect";
}

}  // namespace tenants
