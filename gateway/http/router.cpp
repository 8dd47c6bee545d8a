#include "gateway/http/router.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "gateway/net/http1_text.h"

namespace gateway::http {
namespace {

/// One segment of a pattern: `keys`, `{key}`, `{key}:revoke` or `licences:scan`.
struct Segment {
    std::string parameter;  // empty: none, and `literal` is the whole segment
    std::string literal;    // else what follows the parameter

    bool sameShapeAs(const Segment& other) const {
        return parameter.empty() == other.parameter.empty() && literal == other.literal;
    }
};

std::vector<std::string_view> segmentsOf(std::string_view path) {
    std::vector<std::string_view> segments;
    while (!path.empty()) {
        path.remove_prefix(1);  // its '/'
        segments.push_back(path.substr(0, path.find('/')));
        path.remove_prefix(segments.back().size());
    }
    return segments;
}

[[noreturn]] void refusePattern(std::string_view pattern) {
    throw std::logic_error("route pattern is not well-formed: " + std::string{pattern});
}

bool isParameterName(std::string_view text) {
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || net::isDigit(c) || c == '_'; };
    return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

Segment parseSegment(std::string_view text, std::string_view pattern) {
    const auto isPlain = [](char c) {
        return c > 0x20 && c < 0x7F && std::string_view{"{}\\%?#"}.find(c) == std::string_view::npos;
    };
    Segment segment;
    if (text.starts_with('{')) {
        const std::size_t end = text.find('}');
        if (end == std::string_view::npos || !isParameterName(text.substr(1, end - 1))) refusePattern(pattern);
        segment.parameter = text.substr(1, end - 1);
        text.remove_prefix(end + 1);
        if (!text.empty() && text.front() != ':') refusePattern(pattern);  // else nothing says where the parameter ends
    }
    if (!std::all_of(text.begin(), text.end(), isPlain)) refusePattern(pattern);
    segment.literal = text;
    return segment;
}

std::vector<Segment> parsePattern(std::string_view pattern) {
    if (!pattern.starts_with('/') || pattern.find("//") != std::string_view::npos) refusePattern(pattern);
    std::vector<Segment> segments;
    for (const std::string_view text : segmentsOf(pattern)) segments.push_back(parseSegment(text, pattern));
    return segments;
}

/// The parameter's value if `text` fits; it may be empty where the segment has no parameter.
std::optional<std::string_view> fit(const Segment& segment, std::string_view text) {
    if (segment.parameter.empty()) {
        if (text != segment.literal) return std::nullopt;
        return std::string_view{};
    }
    if (text.size() <= segment.literal.size() || !text.ends_with(segment.literal)) return std::nullopt;
    text.remove_suffix(segment.literal.size());
    if (text.find(':') != std::string_view::npos) return std::nullopt;
    return text;
}

bool isDotSegment(std::string_view segment) {
    std::size_t dots = 0;
    while (!segment.empty()) {
        const bool encoded =
            segment.size() >= 3 && segment[0] == '%' && segment[1] == '2' && net::lowerCase(segment[2]) == 'e';
        if (segment[0] != '.' && !encoded) return false;
        segment.remove_prefix(encoded ? 3 : 1);
        ++dots;
    }
    return dots == 1 || dots == 2;
}

/// True if every '%' encodes a byte, and none of them a separator or NUL that some other reader would decode and act on.
bool encodingsAreHarmless(std::string_view path) {
    for (std::size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
        if (path.size() - at < 3) return false;
        const int high = net::hexValue(path[at + 1]);
        const int low = net::hexValue(path[at + 2]);
        if (high < 0 || low < 0) return false;
        const int byte = high * 16 + low;
        if (byte == '/' || byte == '\\' || byte == 0) return false;
    }
    return true;
}

bool isRoutable(std::string_view path) {
    if (!path.starts_with('/') || path.find("//") != std::string_view::npos) return false;
    if (path.find('\\') != std::string_view::npos || !encodingsAreHarmless(path)) return false;
    const std::vector<std::string_view> segments = segmentsOf(path);
    return std::none_of(segments.begin(), segments.end(), isDotSegment);
}

struct RefusalForm {
    int status;
    std::string_view code;
    std::string_view detail;
};

RefusalForm formOf(Refusal refusal) {
    switch (refusal) {
        case Refusal::kBodyTooLarge: return {413, "body_too_large", "The body is longer than this path takes."};
        case Refusal::kBodyTimeout: return {408, "body_timeout", "The body did not arrive in time."};
        case Refusal::kBodyMalformed: return {400, "body_malformed", "The body could not be read to its end."};
        case Refusal::kHandlerFailed: return {500, "internal_error", "Internal error."};
        case Refusal::kOverloaded: return {503, "overloaded", "Too much is under way; come again after Retry-After."};
    }
    throw std::logic_error("refusal without a form");
}

}  // namespace

Response plainRefusal(const RequestHead& head, Refusal refusal) {
    const RefusalForm form = formOf(refusal);
    Response response = problemResponse(form.status, form.code, head.request_id, form.detail);
    if (refusal == Refusal::kOverloaded) response.headers.add("Retry-After", "1");
    return response;
}

/// All routes of one pattern.
class Router::Path {
public:
    Path(std::string pattern, std::vector<Segment> segments)
        : pattern_(std::move(pattern)), segments_(std::move(segments)) {}

    std::string_view pattern() const { return pattern_; }
    bool isLiteral() const {
        return std::all_of(segments_.begin(), segments_.end(),
                           [](const Segment& segment) { return segment.parameter.empty(); });
    }
    bool sameShapeAs(const Path& other) const {
        return std::equal(segments_.begin(), segments_.end(), other.segments_.begin(), other.segments_.end(),
                          [](const Segment& a, const Segment& b) { return a.sameShapeAs(b); });
    }
    /// True if this pattern is to be tried before `other`: at the first difference in kind it has the literal. Patterns of
    /// different lengths never fit the same path, so they have no order.
    bool moreLiteralThan(const Path& other) const {
        if (segments_.size() != other.segments_.size()) return false;
        for (std::size_t i = 0; i < segments_.size(); ++i) {
            const bool literal = segments_[i].parameter.empty();
            if (literal != other.segments_[i].parameter.empty()) return literal;
        }
        return false;
    }
    void addRoute(Route route) {
        if (find(route.method) != nullptr)
            throw std::logic_error("route is there already: " + route.method + " " + route.pattern);
        routes_.push_back(std::make_unique<Route>(std::move(route)));
    }
    const Route* find(std::string_view method) const {
        for (const auto& route : routes_) {
            if (route->method == method) return route.get();
        }
        return nullptr;
    }
    /// The GET route where it may answer HEAD.
    const Route* findForHead() const {
        const Route* get = find("GET");
        return get != nullptr && get->only_reads ? get : nullptr;
    }
    bool fits(const std::vector<std::string_view>& texts) const {
        if (texts.size() != segments_.size()) return false;
        for (std::size_t i = 0; i < texts.size(); ++i) {
            if (!fit(segments_[i], texts[i])) return false;
        }
        return true;
    }
    void fillParameters(RequestHead& head) const {
        const std::vector<std::string_view> texts = segmentsOf(head.path);
        for (std::size_t i = 0; i < texts.size(); ++i) {
            if (segments_[i].parameter.empty()) continue;
            head.path_parameters.emplace_back(segments_[i].parameter, std::string{fit(segments_[i], texts[i]).value()});
        }
    }
    std::vector<std::string> methods() const {
        std::vector<std::string> methods;
        for (const auto& route : routes_) methods.push_back(route->method);
        if (findForHead() != nullptr && find("HEAD") == nullptr) methods.emplace_back("HEAD");
        std::sort(methods.begin(), methods.end());
        return methods;
    }

private:
    std::string pattern_;
    std::vector<Segment> segments_;
    std::vector<std::unique_ptr<Route>> routes_;
};

Router::Router() = default;
Router::~Router() = default;

void Router::add(Route route) {
    if (!net::isToken(route.method) || !route.handler)
        throw std::logic_error("route without method or handler: " + route.pattern);
    auto path = std::make_unique<Path>(route.pattern, parsePattern(route.pattern));
    if (path->isLiteral()) {
        const std::string_view key = path->pattern();
        literals_.try_emplace(key, std::move(path)).first->second->addRoute(std::move(route));
        return;
    }
    for (const auto& known : paths_) {
        if (known->sameShapeAs(*path)) {
            if (known->pattern() != path->pattern())
                refusePattern(route.pattern);  // one place, two names for its parameter
            known->addRoute(std::move(route));
            return;
        }
    }
    path->addRoute(std::move(route));
    const auto before = std::find_if(paths_.begin(), paths_.end(),
                                     [&path](const auto& known) { return path->moreLiteralThan(*known); });
    paths_.insert(before, std::move(path));
}

Router::Match Router::match(RequestHead& head) const {
    const Path* path = find(head.path);
    if (path == nullptr) return {};
    const Route* route = path->find(head.method);
    if (route == nullptr && head.method == "HEAD") route = path->findForHead();
    if (route == nullptr) return {nullptr, path->methods()};
    head.path_parameters.clear();
    if (!path->isLiteral()) path->fillParameters(head);
    return {route, {}};
}

const Router::Path* Router::find(std::string_view raw_path) const {
    if (const auto literal = literals_.find(raw_path); literal != literals_.end()) return literal->second.get();
    if (!isRoutable(raw_path)) return nullptr;
    const std::vector<std::string_view> texts = segmentsOf(raw_path);
    for (const auto& path : paths_) {
        if (path->fits(texts)) return path.get();
    }
    return nullptr;
}

}  // namespace gateway::http
