#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "gateway/wechat/https_caller.h"
#include "tenants/scan/upstream.h"

namespace gateway::wechat {

/// WeChat's `/cv/ocr/driving` over HTTPS, and its quota. One call, no repeat: what may be repeated is the use case's to decide.
/// A silence's reason is the caller's, or one of `http_status_N`, `answer_not_json`, `answer_errcode_unreadable`,
/// `no_access_token`. As thread-safe as `caller`, which outlives it.
/// Throws std::runtime_error if the system has no randomness for the multipart boundary.
class OcrClient final : public tenants::OcrUpstream {
public:
    explicit OcrClient(HttpsCaller& caller) : caller_(caller) {}

    tenants::Task<std::variant<tenants::UpstreamAnswer, tenants::UpstreamSilence>> recogniseDriving(
        tenants::AppId appid, tenants::SharedSecret access_token, tenants::Picture picture,
        tenants::SteadyTime deadline) override;
    /// `/cgi-bin/openapi/quota/get` under the account's own token. Whether WeChat tells this API's quota there is not
    /// documented.
    tenants::Task<std::optional<tenants::UpstreamQuotaTold>> drivingQuota(tenants::AppId appid,
                                                                          tenants::SharedSecret access_token,
                                                                          tenants::SteadyTime deadline) override;

private:
    HttpsCaller& caller_;
};

/// The media type that a picture's first bytes tell; image/jpeg where they tell none, as that is what most are.
std::string_view pictureType(std::string_view picture);

}  // namespace gateway::wechat
