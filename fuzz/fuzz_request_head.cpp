// Request heads: whole or in pieces they read the same, and what is taken keeps the grammar's promises.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/fuzz_require.h"
#include "gateway/net/http1_head.h"
#include "gateway/net/http1_text.h"

using gateway::net::HeadProgress;
using gateway::net::RequestHeadParser;

namespace {

gateway::net::HeadLimits smallLimits() {
    gateway::net::HeadLimits limits;  // small, so that the fuzzer finds them
    limits.target_bytes_max = 64;
    limits.head_bytes_max = 512;
    limits.fields_max = 8;
    limits.field_value_bytes_max = 64;
    return limits;
}

void requireWellFormed(const gateway::net::RequestHeadView& head, std::string_view text) {
    fuzz::require(gateway::net::isToken(head.method) && head.target.starts_with('/') && head.target.size() <= 64);
    fuzz::require(std::none_of(head.target.begin(), head.target.end(), [](char c) { return c <= 0x20 || c == 0x7F; }));
    fuzz::require(fuzz::lieIn(head.method, text) && fuzz::lieIn(head.target, text) && head.fields.size() <= 8);
    std::size_t framing_fields = 0;
    for (const gateway::net::HeadField& field : head.fields) {
        fuzz::require(gateway::net::isToken(field.name) && fuzz::lieIn(field.name, text) &&
                      fuzz::lieIn(field.value, text));
        fuzz::require(std::none_of(field.value.begin(), field.value.end(), gateway::net::isControl));
        framing_fields += gateway::net::equalsIgnoringCase(field.name, "Content-Length");
        framing_fields += gateway::net::equalsIgnoringCase(field.name, "Transfer-Encoding");
    }
    fuzz::require(framing_fields <= 1);
    fuzz::require((framing_fields == 1) == (head.framing.kind != gateway::net::BodyKind::kNone));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    RequestHeadParser whole{smallLimits()};
    const HeadProgress progress = whole.advance(text);

    RequestHeadParser dripping{smallLimits()};
    HeadProgress dripping_progress = HeadProgress::kNeedMore;
    for (std::size_t bytes = 1; bytes <= size && dripping_progress == HeadProgress::kNeedMore; ++bytes) {
        const std::string received = text.substr(0, bytes);
        dripping_progress = dripping.advance(received);
    }

    fuzz::require(progress == dripping_progress);
    if (progress == HeadProgress::kComplete) {
        fuzz::require(whole.length() == dripping.length() && whole.length() <= size);
        requireWellFormed(whole.head(), text);
    }
    if (progress == HeadProgress::kRefused) {
        fuzz::require(whole.refusal().status >= 400 && whole.refusal().status <= 505 &&
                      !whole.refusal().reason.empty());
    }
    return 0;
}
