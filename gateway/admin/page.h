#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/message.h"
#include "gateway/http/query_names.h"
#include "tenants/base/result.h"
#include "tenants/base/secret.h"

namespace gateway::admin {

/// The query parameters of a list: those of its pages, and its filters.
http::QueryNames listQuery(http::QueryNames filters = {});

/// Which page of a list is asked for.
struct PageRequest {
    std::size_t size = 0;
    std::string after;  // the sort key of the page before; empty: the first page
};

/// Cursor pages: `page_size` (default 50, at most 500, more is lowered), `page_token` from the page before.
/// A token is opaque, says nothing that the caller may not see, and works only for the list and filter it was made for.
class Pages {
public:
    explicit Pages(tenants::Secret hmac_key) : hmac_key_(std::move(hmac_key)) {}

    /// `list`: names the list with its filter. kInvalidInput on a token of another list, a forged one, a bad size.
    tenants::Result<PageRequest> read(const http::RequestHead& head, std::string_view list) const;
    std::string token(std::string_view list, std::string_view last_key) const;

private:
    std::string seal(std::string_view list, std::string_view last_key) const;
    tenants::Secret hmac_key_;
};

}  // namespace gateway::admin
