#include "tests/unit/sandbox/support/http_client.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include <curl/curl.h>

namespace sandbox::testing_support {
namespace {

std::size_t keep(char* bytes, std::size_t size, std::size_t count, void* kept) {
    static_cast<std::string*>(kept)->append(bytes, size * count);
    return size * count;
}

struct Upload {
    std::string_view left;
};

std::size_t give(char* room, std::size_t size, std::size_t count, void* from) {
    auto& upload = *static_cast<Upload*>(from);
    const std::size_t bytes = std::min(size * count, upload.left.size());
    upload.left.copy(room, bytes);
    upload.left.remove_prefix(bytes);
    return bytes;
}

}  // namespace

struct HttpClient::Handle {
    std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy{curl_easy_init(), &curl_easy_cleanup};
};

HttpClient::HttpClient() : handle_(std::make_unique<Handle>()) {}
HttpClient::~HttpClient() = default;

long HttpClient::connectionsMade() const {
    long made = 0;
    curl_easy_getinfo(handle_->easy.get(), CURLINFO_NUM_CONNECTS, &made);
    return made;
}

HttpAnswer send(const HttpCall& call) {
    return HttpClient{}.send(call);
}

HttpAnswer HttpClient::send(const HttpCall& call) {
    CURL* const easy = handle_->easy.get();
    curl_easy_reset(easy);
    curl_slist* list = nullptr;
    for (const std::string& header : call.headers) list = curl_slist_append(list, header.c_str());
    if (call.chunked) list = curl_slist_append(list, "Transfer-Encoding: chunked");
    const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers{list, &curl_slist_free_all};
    HttpAnswer answer;
    Upload upload{call.body};
    curl_easy_setopt(easy, CURLOPT_URL, call.url.c_str());
    curl_easy_setopt(easy, CURLOPT_CAINFO, SANDBOX_TEST_CERTIFICATES "/ca.pem");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(call.timeout.count()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &keep);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer.body);
    if (!call.from_address.empty()) curl_easy_setopt(easy, CURLOPT_INTERFACE, call.from_address.c_str());
    if (call.chunked) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, &give);
        curl_easy_setopt(easy, CURLOPT_READDATA, &upload);
    } else if (call.method != "GET") {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call.body.c_str());
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call.method.c_str());
    const CURLcode code = curl_easy_perform(easy);
    if (code != CURLE_OK) answer.failure = curl_easy_strerror(code);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer.status);
    const char* content_type = nullptr;
    curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &content_type);
    if (content_type != nullptr) answer.content_type = content_type;
    const char* location = nullptr;
    curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &location);
    if (location != nullptr) answer.location = location;
    return answer;
}

}  // namespace sandbox::testing_support
