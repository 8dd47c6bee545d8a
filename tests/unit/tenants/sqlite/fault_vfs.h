#pragma once

#include <atomic>

namespace test_support {

/// A file system layer for SQLite that does what the usual one does until it is told to fail. One for the process,
/// because that is how SQLite keeps them; a test resets it before and after.
class FaultVfs {
public:
    /// Registers it on the first call.
    static FaultVfs& instance();
    static constexpr const char* kName = "tollgate-faults";

    void reset() noexcept;
    /// Every write from now on ends with this SQLite code; 0: works.
    void failWrites(int code) noexcept { write_fault_ = code; }
    /// Every sync from now on ends with this SQLite code; 0: works.
    void failSyncs(int code) noexcept { sync_fault_ = code; }
    /// How often a file was synced since the reset.
    int syncs() const noexcept { return syncs_; }

    int writeFault() const noexcept { return write_fault_; }
    int countSync() noexcept {
        ++syncs_;
        return sync_fault_;
    }

private:
    FaultVfs();

    std::atomic<int> write_fault_{0};
    std::atomic<int> sync_fault_{0};
    std::atomic<int> syncs_{0};
};

}  // namespace test_support
