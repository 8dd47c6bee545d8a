#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace integration {

/// Many clients that send the same request over and over, each on a connection of its own that it keeps as long as it may:
/// all on one thread without an HTTP library, so that the load costs the machine little beside the gateway.
class Load {
public:
    struct Plan {
        std::string url = {};      // http, numeric address and port
        std::string request = {};  // in its wire form
        int clients = 1;
        std::chrono::microseconds pace{0};  // at least so long from one request of a client to its next
    };
    /// What the clients saw. Times are from the first byte sent, connecting included, to the last one received.
    struct Result {
        std::vector<std::chrono::microseconds> served;   // sorted; answers without an error code of ours
        std::vector<std::chrono::microseconds> refused;  // sorted
        std::map<std::string, int> codes;                // of those that were refused
        int broken = 0;                                  // no whole answer came
        std::chrono::duration<double> lasted{0};

        double servedPerSecond() const { return static_cast<double>(served.size()) / lasted.count(); }
        double refusedPerSecond() const { return static_cast<double>(refused.size()) / lasted.count(); }
    };

    explicit Load(Plan plan);  // begins at once
    ~Load();
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    /// How many answers came so far.
    int answers() const { return answers_; }
    /// Ends the load; requests without an answer yet do not count.
    Result finish();

private:
    struct Client;
    class Driver;

    const Plan plan_;
    std::atomic<bool> ending_{false};
    std::atomic<int> answers_{0};
    Result result_;
    std::thread thread_;
};

/// The time that `share` of the sorted times do not exceed.
std::chrono::microseconds quantile(const std::vector<std::chrono::microseconds>& sorted, double share);

/// A scan by the drop-in route in its wire form.
std::string scanRequest(std::string_view key, std::string_view picture);

}  // namespace integration
