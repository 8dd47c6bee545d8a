// JSON: an outline's members lie in the text, their strings can be read, and spelling the names otherwise adds nothing.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/fuzz_require.h"
#include "gateway/api/camel_case.h"
#include "gateway/json/json_outline.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const std::string camel = gateway::api::camelCased(text);
    fuzz::require(camel.size() <= text.size());
    fuzz::require(gateway::api::camelCased(camel).size() <= camel.size());

    const auto outline = gateway::json::outlineJsonObject(text);
    if (!outline) return 0;
    for (const auto& member : outline->members) {
        fuzz::require(fuzz::lieIn(member.name, text) && fuzz::lieIn(member.value, text));
        fuzz::require(outline->find(member.name) == &member);
        if (member.kind == gateway::json::JsonKind::kObject) gateway::json::outlineJsonObject(member.value).value();
        if (member.kind != gateway::json::JsonKind::kString) continue;
        const auto value = gateway::json::textOfJsonString(member.value);
        fuzz::require(!value || value->size() <= member.value.size());
        if (member.value.find('\\') == std::string_view::npos) fuzz::require(value == member.value);
    }
    return 0;
}
