#include "tenants/sqlite/instance_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "tenants/sqlite/failure.h"

namespace tenants::sqlite {

InstanceLock::InstanceLock(const std::filesystem::path& database) {
    const std::string path = database.string() + ".lock";
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (descriptor_ < 0) throw DatabaseRefused("lock file " + path + " cannot be opened: " + systemErrorText());
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
    const std::string reason = errno == EWOULDBLOCK ? "database " + database.string() + " is in use by another Tollgate"
                                                    : "lock file " + path + " cannot be locked: " + systemErrorText();
    ::close(descriptor_);
    throw DatabaseRefused(reason);
}

InstanceLock::~InstanceLock() {
    ::close(descriptor_);
}

}  // namespace tenants::sqlite
