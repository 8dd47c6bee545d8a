#include "gateway/exports/part_file.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "tenants/base/digest.h"

namespace gateway::exports {
namespace {

constexpr int kGzipLevel = 6;
constexpr int kGzipWindowBits = 15 + 16;  // 16: with a gzip header
constexpr int kGzipMemoryLevel = 8;
constexpr int kUnknownSystem = 255;
constexpr std::size_t kGzipBufferBytes = 256 * 1024;

[[noreturn]] void fail(const std::filesystem::path& path) {
    throw std::system_error(errno, std::generic_category(), path.string());
}

void syncFolder(const std::filesystem::path& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int failure = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (!synced) throw std::system_error(failure, std::generic_category(), folder.string());
}

}  // namespace

class PartFile::Digest {
public:
    Digest() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
        if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) refuse();
    }
    void add(std::string_view bytes) {
        if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1) refuse();
    }
    std::string hex() {
        std::array<unsigned char, 32> digest{};
        if (EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) != 1) refuse();
        return tenants::hexText(digest);
    }

private:
    [[noreturn]] static void refuse() { throw std::runtime_error("SHA-256 failed"); }
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

class PartFile::Gzip {
public:
    Gzip() : buffer_(kGzipBufferBytes) {
        // No time and no system in the header: they would make two files of the same rows differ.
        header_.os = kUnknownSystem;
        if (deflateInit2(&stream_, kGzipLevel, Z_DEFLATED, kGzipWindowBits, kGzipMemoryLevel, Z_DEFAULT_STRATEGY) !=
                Z_OK ||
            deflateSetHeader(&stream_, &header_) != Z_OK) {
            throw std::runtime_error("zlib failed");
        }
    }
    ~Gzip() { deflateEnd(&stream_); }
    Gzip(const Gzip&) = delete;
    Gzip& operator=(const Gzip&) = delete;

    /// `put` gets what comes out.
    template <class Put>
    void add(std::string_view bytes, int flush, Put put) {
        std::string input{bytes};
        stream_.next_in = reinterpret_cast<Bytef*>(input.data());
        stream_.avail_in = static_cast<uInt>(input.size());
        do {
            stream_.next_out = buffer_.data();
            stream_.avail_out = static_cast<uInt>(buffer_.size());
            if (deflate(&stream_, flush) == Z_STREAM_ERROR) throw std::runtime_error("zlib failed");
            put(std::string_view{reinterpret_cast<const char*>(buffer_.data()), buffer_.size() - stream_.avail_out});
        } while (stream_.avail_out == 0);
    }

private:
    z_stream stream_{};
    gz_header header_{};
    std::vector<Bytef> buffer_;
};

PartFile::PartFile(const std::filesystem::path& folder, std::string name, bool gzip)
    : path_(folder / name), unfinished_(path_), digest_(std::make_unique<Digest>()) {
    unfinished_ += ".unfinished";
    facts_.name = std::move(name);
    if (gzip) gzip_ = std::make_unique<Gzip>();
    descriptor_ = ::open(unfinished_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (descriptor_ < 0) fail(unfinished_);
}

PartFile::~PartFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    ::unlink(unfinished_.c_str());
}

void PartFile::write(std::string_view text) {
    if (gzip_) {
        gzip_->add(text, Z_NO_FLUSH, [this](std::string_view bytes) { put(bytes); });
    } else {
        put(text);
    }
}

void PartFile::put(std::string_view bytes) {
    digest_->add(bytes);
    facts_.bytes += static_cast<std::int64_t>(bytes.size());
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail(unfinished_);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

PartFacts PartFile::finish(std::int64_t rows, tenants::Money billed) {
    if (gzip_) gzip_->add({}, Z_FINISH, [this](std::string_view bytes) { put(bytes); });
    if (::fsync(descriptor_) != 0) fail(unfinished_);
    if (::close(std::exchange(descriptor_, -1)) != 0) fail(unfinished_);
    std::filesystem::rename(unfinished_, path_);
    syncFolder(path_.parent_path());
    facts_.rows = rows;
    facts_.billed = billed;
    facts_.sha256 = digest_->hex();
    return facts_;
}

void writeWhole(const std::filesystem::path& path, std::string_view text) {
    PartFile file{path.parent_path(), path.filename().string(), false};
    file.write(text);
    file.finish(0, {});
}

}  // namespace gateway::exports
