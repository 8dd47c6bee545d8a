#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace integration {

/// A fresh folder that only we can read, removed with all that is in it at the end.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

/// The bytes of `file`; throws std::runtime_error where it cannot be read.
std::string readFile(const std::filesystem::path& file);
/// Writes `file`, readable by us alone, before it has any content.
void writePrivateFile(const std::filesystem::path& file, std::string_view content);

}  // namespace integration
