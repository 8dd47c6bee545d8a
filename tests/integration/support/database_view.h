#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace integration {

/// Every row of what pushes and onboarding can change, as text: two equal texts, nothing changed. Reads beside the running
/// gateway, from a snapshot of its own.
std::string authorizationRows(const std::filesystem::path& database_file);

/// The number that a query gives.
std::int64_t numberIn(const std::filesystem::path& database_file, const std::string& sql);

}  // namespace integration
