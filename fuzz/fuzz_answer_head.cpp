// Heads of upstream answers: whole or in pieces they read the same, and the body that follows is framed in one way only.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/fuzz_require.h"
#include "gateway/net/http1_head.h"

using gateway::net::AnswerHeadParser;
using gateway::net::BodyKind;
using gateway::net::HeadProgress;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    gateway::net::HeadLimits limits;
    limits.head_bytes_max = 512;
    limits.fields_max = 8;
    const std::string text(reinterpret_cast<const char*>(data), size);
    AnswerHeadParser whole{limits};
    const HeadProgress progress = whole.advance(text);

    AnswerHeadParser dripping{limits};
    HeadProgress dripping_progress = HeadProgress::kNeedMore;
    for (std::size_t bytes = 1; bytes <= size && dripping_progress == HeadProgress::kNeedMore; ++bytes) {
        const std::string received = text.substr(0, bytes);
        dripping_progress = dripping.advance(received);
    }

    fuzz::require(progress == dripping_progress);
    if (progress == HeadProgress::kComplete) {
        const gateway::net::AnswerHeadView& head = whole.head();
        fuzz::require(head.status >= 100 && head.status <= 599 && head.status != 101);
        const bool bodiless = head.interim() || head.status == 204 || head.status == 304;
        fuzz::require(!bodiless || head.framing.kind == BodyKind::kNone);
        fuzz::require(head.framing.kind != BodyKind::kUntilClose || !head.keep_alive);
        fuzz::require(whole.length() == dripping.length() && whole.length() <= size);
    }
    return 0;
}
