#include "gateway/wechat/push_xml.h"

#include <string>

#include <gtest/gtest.h>

namespace gateway::wechat {
namespace {

std::string textOf(const std::optional<PushedFields>& fields, std::string_view name) {
    if (!fields) return "<refused>";
    const auto found = fields->find(name);
    return found ? std::string{*found} : "<absent>";
}

TEST(PushXml, FieldsAreReadWithAndWithoutCdata) {
    const auto fields = readPushedFields(
        "<xml><AppId><![CDATA[wx1]]></AppId><CreateTime>1717747200</CreateTime><Empty></Empty><None/></xml>");

    EXPECT_EQ(textOf(fields, "AppId"), "wx1");
    EXPECT_EQ(textOf(fields, "CreateTime"), "1717747200");
    EXPECT_EQ(textOf(fields, "Empty"), "");
    EXPECT_EQ(textOf(fields, "None"), "");
    EXPECT_EQ(textOf(fields, "appid"), "<absent>");
}

TEST(PushXml, SpaceBetweenElementsAndAPrologChangeNothing) {
    const auto fields =
        readPushedFields("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<xml>\n  <A>1</A>\n  <B>2</B>\n</xml>\n");

    EXPECT_EQ(textOf(fields, "A"), "1");
    EXPECT_EQ(textOf(fields, "B"), "2");
}

TEST(PushXml, PredefinedEntitiesAndChineseTextAreRead) {
    const auto fields = readPushedFields("<xml><A>a&lt;b&amp;&#x63;</A><B><![CDATA[行驶证 <&>]]></B></xml>");

    EXPECT_EQ(textOf(fields, "A"), "a<b&c");
    EXPECT_EQ(textOf(fields, "B"), "行驶证 <&>");
}

TEST(PushXml, ElementWithChildrenIsNoField) {
    const auto fields = readPushedFields("<xml><info>x<name>n</name>y<deep><er>z</er></deep></info><A>1</A></xml>");

    EXPECT_EQ(textOf(fields, "info"), "<absent>");
    EXPECT_EQ(textOf(fields, "name"), "<absent>");
    EXPECT_EQ(textOf(fields, "A"), "1");
}

TEST(PushXml, ElementNamedTwiceIsRefused) {
    EXPECT_FALSE(readPushedFields("<xml><A>1</A><A>2</A></xml>"));
    EXPECT_FALSE(readPushedFields("<xml><A><b/></A><A>2</A></xml>"));
    EXPECT_FALSE(readPushedFields("<xml><A>2</A><A><b/></A></xml>"));
}

TEST(PushXml, DepthOfFourIsReadAndFiveIsRefused) {
    EXPECT_TRUE(readPushedFields("<xml><a><b>1</b></a></xml>"));
    EXPECT_TRUE(readPushedFields("<xml><a><b><c>1</c></b></a></xml>"));
    EXPECT_FALSE(readPushedFields("<xml><a><b><c><d>1</d></c></b></a></xml>"));
}

TEST(PushXml, HundredThousandNestedTagsAreRefusedWithoutHarm) {
    std::string nested;
    for (int depth = 0; depth < 100'000; ++depth) nested += "<a>";

    EXPECT_FALSE(readPushedFields(nested));
    EXPECT_FALSE(readPushedFields("<xml>" + nested + "</xml>"));
}

TEST(PushXml, AsManyNestedTagsAsFitAreRefusedWithoutHarm) {
    constexpr int kDepth = 9'000;  // with their ends just below the limit of 64 KiB
    std::string nested = "<xml>";
    for (int depth = 0; depth < kDepth; ++depth) nested += "<a>";
    for (int depth = 0; depth < kDepth; ++depth) nested += "</a>";
    nested += "</xml>";
    ASSERT_LT(nested.size(), PushXmlLimits{}.bytes_max);

    EXPECT_FALSE(readPushedFields(nested));
}

TEST(PushXml, OpeningsAreCountedBeforeTheParserRuns) {
    std::string fits = "<xml>";
    for (int element = 0; element < 509; ++element) fits += "<a" + std::to_string(element) + "/>";
    fits += "</xml>";

    EXPECT_TRUE(readPushedFields(fits));
    fits += "<!-- the last -->";
    EXPECT_TRUE(readPushedFields(fits));
    EXPECT_FALSE(readPushedFields(fits + "<!-- one more -->"));
}

TEST(PushXml, LimitsAreThoseOfTheCaller) {
    const std::string text = "<xml><a><b>1</b></a></xml>";  // 26 bytes, three deep, six '<'
    ASSERT_EQ(text.size(), 26U);
    const auto isRead = [&text](const PushXmlLimits& limits) {
        const bool is_read = readPushedFields(text, limits).has_value();
        EXPECT_EQ(readEncryptedText("<xml><Encrypt>a</Encrypt></xml>", limits).has_value(), limits.bytes_max >= 31);
        return is_read;
    };

    for (const std::size_t more : {0U, 1U}) {
        EXPECT_TRUE(isRead({.bytes_max = 26 + more, .depth_max = 4, .openings_max = 512}));
        EXPECT_TRUE(isRead({.bytes_max = 100, .depth_max = 3 + more, .openings_max = 512}));
        EXPECT_TRUE(isRead({.bytes_max = 100, .depth_max = 4, .openings_max = 6 + more}));
    }
    EXPECT_FALSE(isRead({.bytes_max = 25, .depth_max = 4, .openings_max = 512}));
    EXPECT_FALSE(isRead({.bytes_max = 100, .depth_max = 2, .openings_max = 512}));
    EXPECT_FALSE(isRead({.bytes_max = 100, .depth_max = 4, .openings_max = 5}));
}

TEST(PushXml, DocumentTypeIsRefused) {
    EXPECT_FALSE(readPushedFields("<!DOCTYPE xml><xml><A>1</A></xml>"));
    EXPECT_FALSE(readPushedFields("<!DOCTYPE xml [<!ENTITY e \"v\">]><xml><A>&e;</A></xml>"));
    EXPECT_FALSE(readPushedFields("<!DOCTYPE xml [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><xml><A>&e;</A></xml>"));
    EXPECT_FALSE(readPushedFields("<!doctype xml><xml><A>1</A></xml>"));
}

TEST(PushXml, DocumentTypeHiddenInUtf16IsRefused) {
    const std::string plain = "<!DOCTYPE xml [<!ENTITY e \"v\">]><xml><A>&e;</A></xml>";
    std::string little_endian = "\xFF\xFE";
    for (const char character : plain) {
        little_endian += character;
        little_endian += '\0';
    }

    EXPECT_FALSE(readPushedFields(little_endian));
    EXPECT_FALSE(readPushedFields(little_endian.substr(2)));
}

TEST(PushXml, DeclaredForeignEncodingDoesNotChangeTheReading) {
    const auto fields = readPushedFields("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><xml><A>证</A></xml>");

    EXPECT_EQ(textOf(fields, "A"), "证");
}

TEST(PushXml, LimitOf64KibibytesIsExact) {
    const std::string head = "<xml><A>";
    const std::string tail = "</A></xml>";
    const std::string fill(PushXmlLimits{}.bytes_max - head.size() - tail.size(), 'a');

    EXPECT_TRUE(readPushedFields(head + fill.substr(1) + tail));
    EXPECT_EQ(textOf(readPushedFields(head + fill + tail), "A").size(), fill.size());
    EXPECT_FALSE(readPushedFields(head + fill + "a" + tail));
}

TEST(PushXml, WhatIsNotOneWholeDocumentIsRefused) {
    for (const std::string& document :
         {std::string{}, std::string{" "}, std::string{"text"}, std::string{"<xml>"}, std::string{"<xml><A>1</A><xml>"},
          std::string{"<xml><A>1</B></xml>"}, std::string{"<xml/><xml/>"}, std::string{"<xml><A>&e;</A></xml>"},
          std::string{"<XML><A>1</A></XML>"}, std::string{"<root><A>1</A></root>"},
          std::string{"<xml><A>\xFF</A></xml>"}, std::string{"<xml><A>\0</A></xml>", 18},
          std::string{"<xml><A>&#0;</A></xml>"}, std::string{"{}"}})
        EXPECT_FALSE(readPushedFields(document)) << document;
}

TEST(PushXml, EncryptedTextIsGivenExactly) {
    EXPECT_EQ(readEncryptedText("<xml><AppId>wx1</AppId><Encrypt><![CDATA[ab+/=\n cd]]></Encrypt></xml>"),
              "ab+/=\n cd");
    EXPECT_EQ(readEncryptedText("<xml><Encrypt>abcd</Encrypt><ToUserName>gh_1</ToUserName></xml>"), "abcd");
}

TEST(PushXml, DocumentWithoutEncryptedTextGivesNone) {
    EXPECT_FALSE(readEncryptedText("<xml><AppId>wx1</AppId></xml>"));
    EXPECT_FALSE(readEncryptedText("<xml><Encrypt></Encrypt></xml>"));
    EXPECT_FALSE(readEncryptedText("<xml><outer><Encrypt>abcd</Encrypt></outer></xml>"));
    EXPECT_FALSE(readEncryptedText("<xml><Encrypt>ab</Encrypt><Encrypt>cd</Encrypt></xml>"));
}

}  // namespace
}  // namespace gateway::wechat
