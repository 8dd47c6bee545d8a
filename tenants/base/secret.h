#pragma once

#include <memory>
#include <string_view>
#include <vector>

namespace tenants {

/// Bytes that must not be seen: cannot be printed, copied or compared in variable time, and are wiped at the end.
/// `expose()` is the one way to the bytes and the word a reviewer searches for.
class Secret {
public:
    explicit Secret(std::string_view bytes) : bytes_(bytes.begin(), bytes.end()) {}
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    Secret(Secret&&) noexcept = default;  // a vector and not a string: a moved-from short string would keep its bytes
    Secret& operator=(Secret&& other) noexcept;
    ~Secret();

    std::string_view expose() const noexcept { return {bytes_.data(), bytes_.size()}; }
    bool empty() const noexcept { return bytes_.empty(); }
    /// The time taken tells nothing of the content (it does tell whether the lengths are equal).
    bool sameAs(std::string_view other) const noexcept;

private:
    void wipe() noexcept;
    std::vector<char> bytes_;
};

/// A secret that several holders read: immutable, so safe from any thread.
using SharedSecret = std::shared_ptr<const Secret>;

inline SharedSecret shareSecret(std::string_view bytes) {
    return std::make_shared<const Secret>(bytes);
}

}  // namespace tenants
