#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace integration {

/// Clients that hold connections and do next to nothing with them, all on one thread.
class SlowCrowd {
public:
    enum class Kind {
        kHead,       // a head that never ends, a byte now and then
        kBody,       // the same with the body of a scan, under a good key
        kRead,       // asks for a lot and reads none of it
        kIdle,       // connects
        kHandshake,  // the first bytes of a ClientHello
    };

    enum class Closed { kComeBack, kStayAway };  // what who was closed does

    /// `url`: numeric address and port, of the TLS listener for kHandshake. All are connected once this returns.
    SlowCrowd(Kind kind, const std::string& url, const std::string& key, int clients,
              Closed closed = Closed::kComeBack);
    ~SlowCrowd();
    SlowCrowd(const SlowCrowd&) = delete;
    SlowCrowd& operator=(const SlowCrowd&) = delete;

    /// How often somebody was closed and came back.
    int returns() const { return returns_; }

private:
    int open() const;
    void drive();

    const Kind kind_;
    const Closed closed_;
    const std::string opening_;
    std::uint16_t port_ = 0;
    std::vector<int> sockets_;
    std::atomic<bool> ending_{false};
    std::atomic<int> returns_{0};
    std::thread thread_;
};

}  // namespace integration
