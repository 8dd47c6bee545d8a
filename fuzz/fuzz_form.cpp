// Forms and queries: what one reader finds the other finds too.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "fuzz/fuzz_require.h"
#include "gateway/http/form.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const std::optional<std::string> decoded = gateway::http::percentDecode(text, gateway::http::PlusSign::kIsItself);
    fuzz::require(!decoded || decoded->size() <= size);

    const std::optional<gateway::http::FormPairs> pairs = gateway::http::decodeForm(text);
    if (!pairs) return 0;
    for (const auto& [name, value] : *pairs) {
        const std::optional<std::string> first = gateway::http::formValue(text, name);
        fuzz::require(first.has_value());
        if (name != pairs->front().first) continue;
        fuzz::require(*first == pairs->front().second);
    }
    return 0;
}
