#pragma once

#include "tenants/base/error.h"

namespace gateway::http {

/// The HTTP status of an expected outcome, on every route that answers with real statuses: the one table.
int statusOf(tenants::ErrorCode code);

}  // namespace gateway::http
