#pragma once

#include <filesystem>

namespace tenants::sqlite {

/// The right to be the only process that has a database open: an flock on `<database>.lock`, which the kernel takes
/// back when the process ends, however it ends. The side file stays, so that its name always means the same file.
class InstanceLock {
public:
    /// Throws DatabaseRefused where another process, or another store of this one, holds it.
    explicit InstanceLock(const std::filesystem::path& database);
    InstanceLock(const InstanceLock&) = delete;
    InstanceLock& operator=(const InstanceLock&) = delete;
    ~InstanceLock();

private:
    int descriptor_;
};

}  // namespace tenants::sqlite
