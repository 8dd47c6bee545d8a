#include "gateway/wechat/push_xml.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include <Poco/Exception.h>
#include <Poco/SAX/Attributes.h>
#include <Poco/SAX/DefaultHandler.h>
#include <Poco/SAX/LexicalHandler.h>
#include <Poco/SAX/SAXParser.h>
#include <openssl/crypto.h>

namespace gateway::wechat {
namespace {

constexpr std::size_t kFieldDepth = 2;  // the root's children
constexpr std::string_view kRootName = "xml";

/// Collects the fields while the parser runs. Refuses by a flag and not by an exception, which would have to pass
/// through the frames of a C library; the rest of a refused document is read over without effect.
class FieldCollector final : public Poco::XML::DefaultHandler, public Poco::XML::LexicalHandler {
public:
    FieldCollector(std::size_t document_bytes, std::size_t depth_max) : depth_max_(depth_max) {
        text_.reserve(document_bytes);  // never grown: growing would leave copies behind
    }
    FieldCollector(const FieldCollector&) = delete;
    FieldCollector& operator=(const FieldCollector&) = delete;
    ~FieldCollector() override { OPENSSL_cleanse(text_.data(), text_.capacity()); }

    std::optional<PushedFields> take() {
        if (refused_) return std::nullopt;
        return PushedFields{std::move(values_)};
    }

    void startElement(const Poco::XML::XMLString&, const Poco::XML::XMLString&, const Poco::XML::XMLString& name,
                      const Poco::XML::Attributes&) override {
        ++depth_;
        if (depth_ > depth_max_ || (depth_ == 1 && name != kRootName)) refused_ = true;
        if (refused_) return;
        is_text_only_ = depth_ == kFieldDepth;
        if (depth_ != kFieldDepth) return;
        text_.clear();
        if (!names_seen_.insert(name).second) refused_ = true;
    }

    void endElement(const Poco::XML::XMLString&, const Poco::XML::XMLString&,
                    const Poco::XML::XMLString& name) override {
        if (!refused_ && depth_ == kFieldDepth && is_text_only_) values_.emplace(name, tenants::Secret{text_});
        --depth_;
    }

    void characters(const Poco::XML::XMLChar text[], int start, int length) override {
        if (refused_ || depth_ != kFieldDepth) return;
        text_.append(text + start, static_cast<std::size_t>(length));
    }

    void startDTD(const Poco::XML::XMLString&, const Poco::XML::XMLString&, const Poco::XML::XMLString&) override {
        refused_ = true;
    }
    void endDTD() override {}
    void startEntity(const Poco::XML::XMLString&) override {}
    void endEntity(const Poco::XML::XMLString&) override {}
    void startCDATA() override {}
    void endCDATA() override {}
    void comment(const Poco::XML::XMLChar[], int, int) override {}

private:
    const std::size_t depth_max_;
    std::size_t depth_ = 0;
    bool is_text_only_ = false;
    bool refused_ = false;
    std::string text_;
    std::set<std::string> names_seen_;
    std::map<std::string, tenants::Secret, std::less<>> values_;
};

}  // namespace

std::optional<std::string_view> PushedFields::find(std::string_view name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return std::nullopt;
    return found->second.expose();
}

std::optional<PushedFields> readPushedFields(std::string_view document, const PushXmlLimits& limits) {
    if (document.empty() || document.size() > limits.bytes_max) return std::nullopt;
    // A document type is refused before the parser sees it. Without a NUL the text cannot be UTF-16, which would hide it.
    if (document.find('\0') != std::string_view::npos || document.find("<!DOCTYPE") != std::string_view::npos)
        return std::nullopt;
    if (static_cast<std::size_t>(std::ranges::count(document, '<')) > limits.openings_max) return std::nullopt;
    FieldCollector collector{document.size(), limits.depth_max};
    Poco::XML::SAXParser parser{"UTF-8"};
    parser.setFeature(Poco::XML::XMLReader::FEATURE_EXTERNAL_GENERAL_ENTITIES, false);
    parser.setFeature(Poco::XML::XMLReader::FEATURE_EXTERNAL_PARAMETER_ENTITIES, false);
    parser.setFeature(Poco::XML::XMLReader::FEATURE_NAMESPACES, false);
    parser.setContentHandler(&collector);
    parser.setProperty(Poco::XML::XMLReader::PROPERTY_LEXICAL_HANDLER,
                       static_cast<Poco::XML::LexicalHandler*>(&collector));
    try {
        parser.parseMemoryNP(document.data(), document.size());
    } catch (const Poco::Exception&) {
        return std::nullopt;  // not well-formed: why does not matter to whoever sent it
    }
    return collector.take();
}

std::optional<std::string> readEncryptedText(std::string_view document, const PushXmlLimits& limits) {
    const auto fields = readPushedFields(document, limits);
    if (!fields) return std::nullopt;
    const auto encrypted = fields->find("Encrypt");
    if (!encrypted || encrypted->empty()) return std::nullopt;
    return std::string{*encrypted};
}

}  // namespace gateway::wechat
