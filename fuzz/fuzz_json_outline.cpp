// Outlines of JSON: members lie in the text, names are unlike, and the text cut anywhere is no object any more.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "fuzz/fuzz_require.h"
#include "gateway/wechat/json_outline.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto outline = gateway::wechat::outlineJsonObject(text);
    if (!outline) return 0;
    std::set<std::string_view> names;
    for (const auto& member : outline->members) {
        fuzz::require(fuzz::lieIn(member.name, text) && fuzz::lieIn(member.value, text));
        fuzz::require(names.insert(member.name).second);
        fuzz::require(outline->find(member.name) == &member);
    }
    const std::size_t end = text.rfind('}');
    fuzz::require(end != std::string_view::npos);
    fuzz::require(!gateway::wechat::outlineJsonObject(text.substr(0, end)));
    return 0;
}
