#include "gateway/http/multipart.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace gateway::http {
namespace {

using namespace std::string_literals;

const std::string kType = "multipart/form-data; boundary=xyz";

std::string part(const std::string& head, const std::string& bytes) {
    return "--xyz\r\n" + head + "\r\n\r\n" + bytes + "\r\n";
}
std::string picture(const std::string& bytes) {
    return part("Content-Disposition: form-data; name=\"img\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg", bytes);
}
const std::string kEnd = "--xyz--\r\n";

std::vector<MultipartPart> partsOf(const std::string& body, const std::string& type = kType) {
    MultipartReading reading = readMultipart(type, body);
    if (const auto* refusal = std::get_if<MultipartRefusal>(&reading)) {
        ADD_FAILURE() << refusal->reason << ": " << body;
        return {};
    }
    return std::get<std::vector<MultipartPart>>(std::move(reading));
}

std::string reasonOf(const std::string& body, const std::string& type = kType) {
    const MultipartReading reading = readMultipart(type, body);
    const auto* refusal = std::get_if<MultipartRefusal>(&reading);
    return refusal == nullptr ? "" : std::string{refusal->reason};
}

TEST(Multipart, PartsAreViewsIntoTheBody) {
    const std::string bytes = "\xff\xd8\r\n--xy\r\n\0--xyz"s;  // looks like a boundary, but no line begins with it
    const std::string body = picture(bytes) + part("Content-Disposition: form-data; name=type", "photo") + kEnd;

    const std::vector<MultipartPart> parts = partsOf(body);

    ASSERT_EQ(parts.size(), 2U);
    EXPECT_EQ(parts[0].name, "img");
    EXPECT_EQ(parts[0].filename, "a.jpg");
    EXPECT_EQ(parts[0].content_type, "image/jpeg");
    EXPECT_EQ(parts[0].bytes, bytes);
    EXPECT_GE(parts[0].bytes.data(), body.data());
    EXPECT_LT(parts[0].bytes.data(), body.data() + body.size());
    EXPECT_EQ(parts[1].name, "type");
    EXPECT_EQ(parts[1].filename, std::nullopt);
    EXPECT_EQ(parts[1].content_type, "");
    EXPECT_EQ(parts[1].bytes, "photo");
}

TEST(Multipart, BodyCutAnywhereIsRefused) {
    const std::string body = picture("bytes") + "--xyz--";
    ASSERT_EQ(partsOf(body).size(), 1U);

    for (std::size_t size = 0; size < body.size(); ++size) EXPECT_NE(reasonOf(body.substr(0, size)), "") << size;
}

TEST(Multipart, EmptyPreambleAndFinalLineEndAreOptional) {
    EXPECT_EQ(partsOf("\r\n" + picture("b") + "--xyz--").size(), 1U);
    EXPECT_EQ(partsOf(picture("b") + "--xyz--").size(), 1U);
    EXPECT_EQ(partsOf(picture("b") + "--xyz--\r\n").size(), 1U);
}

TEST(Multipart, EmptyPartIsAPart) {
    EXPECT_EQ(partsOf(picture("") + kEnd)[0].bytes, "");
}

TEST(Multipart, NamesAreReadAsClientsSendThem) {
    struct Row {
        const char* disposition;
        const char* name;
        const char* filename;
    };
    for (const Row& row :
         {Row{R"(form-data; name="a \"b\" \\ c"; filename="C:\dir\x.jpg")", "a \"b\" \\ c", "C:\\dir\\x.jpg"},
          Row{"FORM-DATA;name=img;filename=a.jpg", "img", "a.jpg"},
          Row{"form-data; filename=\"\"; name=\"img\"", "img", ""},
          Row{"form-data; name=\"img\"; filename=\"\xe8\xa1\x8c.jpg\"", "img", "\xe8\xa1\x8c.jpg"},
          Row{"form-data; name=\"img\"; filename*=utf-8''%E8%A1%8c.jpg", "img", "\xe8\xa1\x8c.jpg"},
          Row{"form-data; name=\"img\"; filename=\"?.jpg\"; filename*=UTF-8'zh'%E8%A1%8c.jpg", "img",
              "\xe8\xa1\x8c.jpg"},
          Row{"form-data ; name=\"a;b\" ; filename=\"x\" ; size=3;", "a;b", "x"}}) {
        const std::string body = part("Content-Disposition: "s + row.disposition, "b") + kEnd;
        const std::vector<MultipartPart> parts = partsOf(body);

        ASSERT_EQ(parts.size(), 1U) << row.disposition;
        EXPECT_EQ(parts[0].name, row.name) << row.disposition;
        EXPECT_EQ(parts[0].filename, row.filename) << row.disposition;
    }
}

TEST(Multipart, OtherPartFieldsAreIgnored) {
    const std::string body = part(
                                 "content-disposition: form-data; name=img\r\nContent-Transfer-Encoding: "
                                 "binary\r\nContent-Length: 1\r\nX-Y: z",
                                 "b") +
                             kEnd;

    EXPECT_EQ(partsOf(body).size(), 1U);
}

struct RefusedBody {
    const char* name;
    std::string body;
    const char* reason;
};
void PrintTo(const RefusedBody& body, std::ostream* out) {
    *out << body.name;
}

std::string disposition(const std::string& text) {
    return part("Content-Disposition: " + text, "b") + kEnd;
}

class MultipartRefusals : public testing::TestWithParam<RefusedBody> {};

TEST_P(MultipartRefusals, AreRefusedForTheirReason) {
    EXPECT_EQ(reasonOf(GetParam().body), GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(
    Grammar, MultipartRefusals,
    testing::Values(
        RefusedBody{"Empty", "", "first_boundary_missing"}, RefusedBody{"NoParts", kEnd, "no_parts"},
        RefusedBody{"Preamble", "hello\r\n" + picture("b") + kEnd, "first_boundary_missing"},
        RefusedBody{"Epilogue", picture("b") + kEnd + "x", "bytes_behind_closing_boundary"},
        RefusedBody{"EpilogueLineEnds", picture("b") + kEnd + "\r\n", "bytes_behind_closing_boundary"},
        RefusedBody{"OtherBoundary", "--xyw\r\n\r\n\r\n--xyw--", "first_boundary_missing"},
        RefusedBody{"BoundaryWithPadding", "--xyz \r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--xyz--",
                    "boundary_line_invalid"},
        RefusedBody{"LongerBoundaryInside", picture("a\r\n--xyzw\r\nb") + kEnd, "boundary_line_invalid"},
        RefusedBody{"BareLineFeedAfterBoundary", "--xyz\nContent-Disposition: form-data; name=a\n\nb\n--xyz--\n",
                    "boundary_line_invalid"},
        RefusedBody{"BareLineFeedInHead", "--xyz\r\nContent-Disposition: form-data; name=a\nX: y\r\n\r\nb\r\n--xyz--",
                    "control_byte_in_part_head"},
        RefusedBody{"NulInHead", disposition("form-data; name=\"a\0b\""s), "control_byte_in_part_head"},
        RefusedBody{"Folded", part("Content-Disposition: form-data; name=a\r\n ; filename=b", "b") + kEnd,
                    "part_field_invalid"},
        RefusedBody{"FieldWithoutColon", part("Content-Disposition", "b") + kEnd, "part_field_invalid"},
        RefusedBody{"SpaceBeforeColon", part("Content-Disposition : form-data; name=a", "b") + kEnd,
                    "part_field_invalid"},
        RefusedBody{"NoHead", "--xyz\r\n\r\nb\r\n--xyz--", "disposition_missing"},
        RefusedBody{"HeadWithoutBody", "--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\n--xyz--\r\n--xyz--",
                    "part_head_without_end"},
        RefusedBody{"HeadWithoutEnd", "--xyz\r\nContent-Disposition: form-data; name=a\r\n--xyz--",
                    "part_head_without_end"},
        RefusedBody{
            "NestedMultipart",
            part("Content-Disposition: form-data; name=a\r\nContent-Type: Multipart/mixed; boundary=q", "b") + kEnd,
            "nested_multipart"},
        RefusedBody{"Base64",
                    part("Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64", "Yg==") + kEnd,
                    "transfer_encoding_not_supported"},
        RefusedBody{
            "DispositionTwice",
            part("Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b", "b") + kEnd,
            "disposition_repeated"},
        RefusedBody{
            "ContentTypeTwice",
            part("Content-Disposition: form-data; name=a\r\nContent-Type: a/b\r\nContent-Type: a/b", "b") + kEnd,
            "content_type_repeated"}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Disposition, MultipartRefusals,
    testing::Values(
        RefusedBody{"Attachment", disposition("attachment; name=a"), "disposition_not_form_data"},
        RefusedBody{"NoName", disposition("form-data"), "name_missing"},
        RefusedBody{"FilenameOnly", disposition("form-data; filename=a"), "name_missing"},
        RefusedBody{"NameTwice", disposition("form-data; name=a; name=a"), "name_repeated"},
        RefusedBody{"FilenameTwice", disposition("form-data; name=a; filename=b; filename=c"), "filename_repeated"},
        RefusedBody{"ExtendedFilenameTwice", disposition("form-data; name=a; filename*=UTF-8''b; filename*=UTF-8''c"),
                    "filename_repeated"},
        RefusedBody{"OpenQuote", disposition("form-data; name=\"a"), "disposition_invalid"},
        RefusedBody{"OpenQuoteByEscape", disposition("form-data; name=\"a\\\""), "disposition_invalid"},
        RefusedBody{"TextBehindQuote", disposition("form-data; name=\"a\"b"), "disposition_invalid"},
        RefusedBody{"EmptyToken", disposition("form-data; name="), "disposition_invalid"},
        RefusedBody{"SpaceInToken", disposition("form-data; name=a b"), "disposition_invalid"},
        RefusedBody{"NoEquals", disposition("form-data; name"), "disposition_invalid"},
        RefusedBody{"OtherCharset", disposition("form-data; name=a; filename*=GBK''%D0"), "filename_encoding_invalid"},
        RefusedBody{"BrokenExtendedFilename", disposition("form-data; name=a; filename*=UTF-8''%D"),
                    "filename_encoding_invalid"}),
    [](const auto& row) { return row.param.name; });

TEST(Multipart, PartsOfTheLimitAreTakenOneMoreIsNot) {
    std::string body;
    for (std::size_t i = 0; i < kMultipartPartsMax; ++i) body += part("Content-Disposition: form-data; name=a", "b");

    EXPECT_EQ(partsOf(body + kEnd).size(), kMultipartPartsMax);
    EXPECT_EQ(reasonOf(body + picture("b") + kEnd), "too_many_parts");
}

TEST(Multipart, PartFieldsOfTheLimitAreTakenOneMoreIsNot) {
    std::string head = "Content-Disposition: form-data; name=a";
    for (std::size_t i = 1; i < kMultipartPartFieldsMax; ++i) head += "\r\nX: y";

    EXPECT_EQ(partsOf(part(head, "b") + kEnd).size(), 1U);
    EXPECT_EQ(reasonOf(part(head + "\r\nX: y", "b") + kEnd), "too_many_part_fields");
}

TEST(Multipart, PartHeadOfTheLimitIsTakenOneMoreIsNot) {
    const std::string head = "Content-Disposition: form-data; name=";
    const std::size_t rest = kMultipartPartHeadBytesMax - head.size() - 4;  // two line ends

    EXPECT_EQ(partsOf(part(head + std::string(rest, 'a'), "b") + kEnd).size(), 1U);
    EXPECT_EQ(reasonOf(part(head + std::string(rest + 1, 'a'), "b") + kEnd), "part_head_without_end");
}

TEST(MultipartBoundary, WellFormedBoundariesAreTaken) {
    EXPECT_EQ(multipartBoundary("multipart/form-data; boundary=----WebKitFormBoundaryA1b2"),
              "----WebKitFormBoundaryA1b2");
    EXPECT_EQ(multipartBoundary("Multipart/Form-Data;charset=utf-8;Boundary=\"a b:c\""), "a b:c");
    EXPECT_EQ(multipartBoundary("multipart/form-data; boundary=" + std::string(70, 'a')), std::string(70, 'a'));
    EXPECT_EQ(multipartBoundary("multipart/form-data; boundary=a;"), "a");
}

TEST(MultipartBoundary, OthersAreRefused) {
    for (const std::string& type :
         {"multipart/form-data"s, "multipart/form-data; boundary="s, "multipart/form-data; boundary=\"\""s,
          "multipart/form-data; boundary=a; boundary=a"s, "multipart/form-data; boundary=a; boundary=b"s,
          "multipart/form-data; boundary=\"a \""s, "multipart/form-data; boundary=a*b"s,
          "multipart/form-data; boundary=\"a\xe8\""s, "multipart/form-data; boundary=a b"s,
          "multipart/form-data; boundary=\"a"s, "multipart/form-data; boundary=\"a\r\nb\""s,
          "multipart/form-data; boundary=" + std::string(71, 'a'),
          "multipart/form-data; boundary=" + std::string(1016, 'a'),
          "multipart/form-data; boundary=" + std::string(1017, 'a'), "multipart/mixed; boundary=a"s,
          "multipart/form-data, multipart/form-data; boundary=a"s, ""s}) {
        EXPECT_EQ(multipartBoundary(type), std::nullopt) << type;
        EXPECT_EQ(reasonOf("--a\r\n", type), "boundary_invalid") << type;
    }
}

TEST(MultipartForm, IsToldByItsMediaTypeAlone) {
    EXPECT_TRUE(isMultipartForm("Multipart/form-data"));
    EXPECT_TRUE(isMultipartForm("multipart/form-data ; x"));
    EXPECT_FALSE(isMultipartForm("multipart/form-datas; boundary=a"));
    EXPECT_FALSE(isMultipartForm("image/jpeg"));
}

}  // namespace
}  // namespace gateway::http
