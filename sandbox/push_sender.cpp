#include "sandbox/push_sender.h"

#include <atomic>
#include <memory>
#include <stdexcept>
#include <utility>

#include <curl/curl.h>

namespace sandbox {
namespace {

constexpr std::string_view kExpectedAnswer = "success";

struct EndEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct EndList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// Keeps a little more than what a good answer has, so that a longer one is known to be wrong; the rest is refused.
std::size_t keepAnswer(char* bytes, std::size_t size, std::size_t count, void* kept) {
    auto& answer = *static_cast<std::string*>(kept);
    if (answer.size() + size * count > kExpectedAnswer.size()) return 0;
    answer.append(bytes, size * count);
    return size * count;
}

}  // namespace

/// The multi interface, because it alone can be woken up from another thread.
struct HttpPushSender::Handle {
    std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi{curl_multi_init(), &curl_multi_cleanup};
    std::atomic<bool> aborted{false};
};

/// One request; belongs to the multi handle as long as it lives.
class HttpPushSender::Transfer {
public:
    Transfer(HttpPushSender& sender, const std::string& url, const std::string& body)
        : multi_(sender.handle_->multi.get()),
          easy_(curl_easy_init()),
          headers_(curl_slist_append(nullptr, "Content-Type: text/xml")) {
        if (!easy_ || !headers_) throw std::runtime_error("cannot make an HTTP request");
        CURL* const easy = easy_.get();
        curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.c_str());
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(sender.timeout_.count()));
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &keepAnswer);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer_);
        if (!sender.authority_file_.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, sender.authority_file_.c_str());
        curl_multi_add_handle(multi_, easy);
    }
    ~Transfer() { curl_multi_remove_handle(multi_, easy_.get()); }
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    std::string run(const std::atomic<bool>& aborted) {
        int running = 1;
        while (running > 0) {
            if (aborted) return "aborted";
            if (curl_multi_perform(multi_, &running) != CURLM_OK) return "transfer failed";
            if (running > 0 && curl_multi_poll(multi_, nullptr, 0, 1000, nullptr) != CURLM_OK) return "transfer failed";
        }
        int left = 0;
        const CURLMsg* const message = curl_multi_info_read(multi_, &left);
        if (message == nullptr) return "transfer failed";
        return judge(message->data.result);
    }

private:
    std::string judge(CURLcode result) const {
        long status = 0;
        curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
        if (status != 0 && status != 200) return "answered HTTP " + std::to_string(status);
        if (result == CURLE_WRITE_ERROR || (result == CURLE_OK && answer_ != kExpectedAnswer))
            return "answered something else than success";
        return result == CURLE_OK ? std::string{} : std::string{curl_easy_strerror(result)};
    }

    CURLM* multi_;
    std::unique_ptr<CURL, EndEasy> easy_;
    std::unique_ptr<curl_slist, EndList> headers_;
    std::string answer_;
};

HttpPushSender::HttpPushSender(std::filesystem::path authority_file, std::chrono::milliseconds timeout)
    : authority_file_(std::move(authority_file)), timeout_(timeout), handle_(std::make_unique<Handle>()) {
    if (!handle_->multi) throw std::runtime_error("cannot start the push client");
}

HttpPushSender::~HttpPushSender() = default;

std::string HttpPushSender::send(const std::string& url, const std::string& body) {
    Transfer transfer{*this, url, body};
    return transfer.run(handle_->aborted);
}

void HttpPushSender::abort() {
    handle_->aborted = true;
    curl_multi_wakeup(handle_->multi.get());
}

}  // namespace sandbox
