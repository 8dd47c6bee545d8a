// Multipart forms: the first line is the Content-Type, the rest the body. Parts lie in the body, in order, apart from
// each other, and hold no boundary; a body that was taken is refused once its last boundary is cut.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fuzz/fuzz_require.h"
#include "gateway/http/multipart.h"

using gateway::http::MultipartPart;
using gateway::http::MultipartRefusal;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const std::size_t line_end = text.find('\n');
    if (line_end == std::string::npos) return 0;
    const std::string content_type = text.substr(0, line_end);
    const std::string body = text.substr(line_end + 1);

    const gateway::http::MultipartReading reading = gateway::http::readMultipart(content_type, body);
    if (const auto* refusal = std::get_if<MultipartRefusal>(&reading)) {
        fuzz::require(!refusal->reason.empty());
        return 0;
    }
    const std::string delimiter = "\r\n--" + gateway::http::multipartBoundary(content_type).value();
    const auto& parts = std::get<std::vector<MultipartPart>>(reading);
    fuzz::require(!parts.empty() && parts.size() <= gateway::http::kMultipartPartsMax);
    const char* end_of_last = body.data();
    for (const MultipartPart& part : parts) {
        fuzz::require(part.bytes.data() > end_of_last && fuzz::lieIn(part.bytes, body) &&
                      fuzz::lieIn(part.content_type, body));
        fuzz::require(part.bytes.find(delimiter) == std::string_view::npos);
        end_of_last = part.bytes.data() + part.bytes.size();
    }
    const std::size_t last = body.rfind(delimiter + "--");
    fuzz::require(last != std::string::npos);
    const std::string cut = body.substr(0, last + delimiter.size() + 1);
    fuzz::require(std::holds_alternative<MultipartRefusal>(gateway::http::readMultipart(content_type, cut)));
    return 0;
}
