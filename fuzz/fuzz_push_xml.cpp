// Push documents: whatever is read was asked for by name, is within the document's size, and is read alike again.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "fuzz/fuzz_require.h"
#include "gateway/wechat/push_xml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using gateway::wechat::readEncryptedText;
    using gateway::wechat::readPushedFields;
    const std::string document(reinterpret_cast<const char*>(data), size);
    const auto fields = readPushedFields(document);
    const auto encrypted = readEncryptedText(document);
    fuzz::require(!encrypted || (fields && fields->find("Encrypt") == *encrypted && !encrypted->empty()));
    if (!fields) return 0;

    fuzz::require(document.find("<!DOCTYPE") == std::string::npos && document.find('\0') == std::string::npos);
    for (const char* name : {"AppId", "InfoType", "CreateTime", "Encrypt", "AuthorizerAppid"}) {
        const auto value = fields->find(name);
        // An entity such as &#x4E00; may stand for fewer bytes than it has, never for more.
        fuzz::require(!value || value->size() <= document.size());
    }
    return 0;
}
