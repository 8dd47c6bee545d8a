#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "tenants/base/money.h"

namespace gateway::exports {

/// What a manifest says of one file.
struct PartFacts {
    std::string name;  // below the export's folder
    std::int64_t rows = 0;
    std::int64_t bytes = 0;  // of the file as it lies there
    std::string sha256;      // likewise, in hex
    tenants::Money billed;
};

/// One file of an export while it is written: under a temporary name, gzip'ed where wanted, its digest taken as it goes.
/// The same text gives the same bytes. One that is not finished is taken away. Throws std::system_error where the disk
/// refuses, std::runtime_error where a library fails.
class PartFile {
public:
    PartFile(const std::filesystem::path& folder, std::string name, bool gzip);
    ~PartFile();
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;

    void write(std::string_view text);
    /// Durable, and under its name.
    PartFacts finish(std::int64_t rows, tenants::Money billed);

private:
    class Digest;
    class Gzip;

    void put(std::string_view bytes);

    std::filesystem::path path_;
    std::filesystem::path unfinished_;
    PartFacts facts_;
    int descriptor_ = -1;
    std::unique_ptr<Digest> digest_;
    std::unique_ptr<Gzip> gzip_;  // null: plain
};

/// Writes a small file whole or not at all, durably.
void writeWhole(const std::filesystem::path& path, std::string_view text);

}  // namespace gateway::exports
