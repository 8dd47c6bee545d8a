#pragma once

#include <string>
#include <string_view>

#include "gateway/http/router.h"

namespace gateway::api {

/// A text in the two languages of every page that a merchant sees.
struct Words {
    std::string_view chinese;
    std::string_view english;
};

/// A page for the merchant's administrator, Chinese first. `status` goes with it as the answer's status.
struct MerchantPage {
    int status = 200;
    Words title;
    Words advice;
    std::string_view referrer_policy = "no-referrer";  // addresses of these pages hold codes and states
    std::string actions = {};                          // HTML that stands between the two languages; empty: none
};

/// The page as an answer: never stored, framed or scripted, nothing loaded but our own style sheet.
http::Response renderPage(const MerchantPage& page);

/// `text` with what HTML reads as markup escaped, for text and for quoted attributes.
std::string htmlEscaped(std::string_view text);

/// `GET /wechat/pages.css`, beside the pages that use it.
void addPageStyleRoute(http::Router& router);

}  // namespace gateway::api
