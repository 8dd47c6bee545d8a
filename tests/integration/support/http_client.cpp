#include "tests/integration/support/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace integration {
namespace {

void startLibraryOnce() {
    static const CURLcode started = ::curl_global_init(CURL_GLOBAL_DEFAULT);
    if (started != CURLE_OK) throw std::runtime_error("libcurl does not start");
}

bool sameName(std::string_view one, std::string_view other) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(one, other, {}, lower, lower);
}

class HeaderList {
public:
    HeaderList() = default;
    ~HeaderList() { ::curl_slist_free_all(list_); }
    HeaderList(const HeaderList&) = delete;
    HeaderList& operator=(const HeaderList&) = delete;
    void add(const std::string& line) {
        curl_slist* longer = ::curl_slist_append(list_, line.c_str());
        if (longer == nullptr) throw std::bad_alloc();
        list_ = longer;
    }
    curl_slist* get() const noexcept { return list_; }

private:
    curl_slist* list_ = nullptr;
};

std::size_t takeBody(char* bytes, std::size_t size, std::size_t count, void* answer) {
    static_cast<HttpAnswer*>(answer)->body.append(bytes, size * count);
    return size * count;
}

std::size_t takeHeader(char* bytes, std::size_t size, std::size_t count, void* target) {
    auto& answer = *static_cast<HttpAnswer*>(target);
    std::string_view line{bytes, size * count};
    if (line.starts_with("HTTP/")) answer.headers.clear();  // 100 Continue was another head
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    const auto colon = line.find(':');
    if (colon != std::string_view::npos) {
        std::string_view value = line.substr(colon + 1);
        while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
        answer.headers.emplace_back(line.substr(0, colon), value);
    }
    return size * count;
}

std::size_t giveBody(char* bytes, std::size_t size, std::size_t count, void* source) {
    auto& rest = *static_cast<std::string_view*>(source);
    const std::size_t length = std::min(rest.size(), size * count);
    if (length > 0) std::memcpy(bytes, rest.data(), length);
    rest.remove_prefix(length);
    return length;
}

}  // namespace

std::string HttpAnswer::header(std::string_view name) const {
    const auto found = std::ranges::find_if(headers, [name](const auto& field) { return sameName(field.first, name); });
    return found == headers.end() ? std::string{} : found->second;
}

class HttpClient::Handle {
public:
    Handle() : curl_(::curl_easy_init()) {
        if (curl_ == nullptr) throw std::runtime_error("libcurl has no handle");
    }
    ~Handle() { ::curl_easy_cleanup(curl_); }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    template <class Value>
    void set(CURLoption option, Value value) {
        if (::curl_easy_setopt(curl_, option, value) != CURLE_OK) throw std::runtime_error("libcurl refuses an option");
    }
    CURL* get() const noexcept { return curl_; }

private:
    CURL* curl_;
};

HttpClient::HttpClient(std::filesystem::path authority_file) : authority_file_(std::move(authority_file)) {
    startLibraryOnce();
    handle_ = std::make_unique<Handle>();
}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;

HttpAnswer HttpClient::send(const HttpRequest& request) {
    ::curl_easy_reset(handle_->get());  // keeps the connection
    HttpAnswer answer;
    std::string_view rest = request.body ? std::string_view{*request.body} : std::string_view{};
    HeaderList headers;
    bool expects = false;
    for (const std::string& line : request.headers) {
        expects = expects || line.starts_with("Expect:");
        headers.add(line);
    }
    if (!expects) headers.add("Expect:");  // libcurl would add it to large bodies by itself
    handle_->set(CURLOPT_URL, request.url.c_str());
    handle_->set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    handle_->set(CURLOPT_NOSIGNAL, 1L);
    handle_->set(CURLOPT_PROXY, "");
    handle_->set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.deadline.count()));
    if (!authority_file_.empty()) handle_->set(CURLOPT_CAINFO, authority_file_.c_str());
    handle_->set(CURLOPT_WRITEFUNCTION, &takeBody);
    handle_->set(CURLOPT_WRITEDATA, static_cast<void*>(&answer));
    handle_->set(CURLOPT_HEADERFUNCTION, &takeHeader);
    handle_->set(CURLOPT_HEADERDATA, static_cast<void*>(&answer));
    if (request.body && request.chunked) {
        headers.add("Transfer-Encoding: chunked");
        handle_->set(CURLOPT_POST, 1L);
        handle_->set(CURLOPT_READFUNCTION, &giveBody);
        handle_->set(CURLOPT_READDATA, static_cast<void*>(&rest));
    } else if (request.body) {
        handle_->set(CURLOPT_POST, 1L);
        handle_->set(CURLOPT_POSTFIELDS, request.body->data());
        handle_->set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
    }
    if (request.method == "HEAD") handle_->set(CURLOPT_NOBODY, 1L);  // else its answer's body would be waited for
    handle_->set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    handle_->set(CURLOPT_HTTPHEADER, headers.get());

    const CURLcode outcome = ::curl_easy_perform(handle_->get());
    curl_off_t took_us = 0;
    ::curl_easy_getinfo(handle_->get(), CURLINFO_TOTAL_TIME_T, &took_us);
    answer.took = std::chrono::milliseconds{took_us / 1000};
    if (outcome != CURLE_OK) {
        answer.failure = ::curl_easy_strerror(outcome);
        return answer;
    }
    ::curl_easy_getinfo(handle_->get(), CURLINFO_RESPONSE_CODE, &answer.status);
    return answer;
}

std::string percentEncoded(std::string_view text) {
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                           c == '.' || c == '_' || c == '~';
        if (plain) {
            encoded += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
    return encoded;
}

std::string multipartBody(const std::vector<FormPart>& parts) {
    std::string body;
    for (const FormPart& part : parts) {
        body.append("--").append(kBoundary).append("\r\nContent-Disposition: form-data; name=\"").append(part.name);
        body.append("\"");
        if (part.filename) body.append("; filename=\"").append(*part.filename).append("\"");
        if (!part.content_type.empty()) body.append("\r\nContent-Type: ").append(part.content_type);
        body.append("\r\n\r\n").append(part.bytes).append("\r\n");
    }
    return body.append("--").append(kBoundary).append("--\r\n");
}

std::string multipartHeader() {
    return "Content-Type: multipart/form-data; boundary=" + std::string{kBoundary};
}

}  // namespace integration
