#include "gateway/exports/part_file.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <system_error>

#include "tenants/base/digest.h"
#include "tests/unit/tenants/sqlite/store_fixture.h"

namespace {

using gateway::exports::PartFile;
using test_support::fileBytes;

std::string unpacked(const std::filesystem::path& path) {
    gzFile file = gzopen(path.c_str(), "rb");
    std::string text(1 << 20, '\0');
    text.resize(static_cast<std::size_t>(gzread(file, text.data(), static_cast<unsigned>(text.size()))));
    gzclose(file);
    return text;
}

TEST(PartFile, IsThereOnlyWhenItIsWholeAndItsFactsAreThoseOfTheBytes) {
    test_support::TemporaryFolder folder;
    PartFile part{folder.path(), "part-1.csv", false};
    part.write("a,b\r\n");
    part.write("1,2\r\n");
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "part-1.csv"));

    const auto facts = part.finish(1, tenants::Money{5});

    EXPECT_EQ(fileBytes(folder.path() / "part-1.csv"), "a,b\r\n1,2\r\n");
    EXPECT_EQ(facts.bytes, 10);
    EXPECT_EQ(facts.sha256, tenants::sha256Hex("a,b\r\n1,2\r\n"));
    EXPECT_EQ(facts.rows, 1);
    EXPECT_EQ(facts.billed, tenants::Money{5});
}

TEST(PartFile, OneThatIsLeftUnfinishedIsTakenAway) {
    test_support::TemporaryFolder folder;
    { PartFile{folder.path(), "part-1.csv", false}.write("half"); }

    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(PartFile, GzipIsTheSameBytesEachTimeAndUnpacksToTheText) {
    test_support::TemporaryFolder folder;
    std::string text;
    for (int line = 0; line < 20'000; ++line) text += std::to_string(line * 7919) + ",row\r\n";
    for (const char* name : {"one.gz", "two.gz"}) {
        PartFile part{folder.path(), name, true};
        for (std::size_t at = 0; at < text.size(); at += 4096) part.write(std::string_view{text}.substr(at, 4096));
        const auto facts = part.finish(20'000, {});
        EXPECT_EQ(facts.sha256, tenants::sha256Hex(fileBytes(folder.path() / name)));
        EXPECT_EQ(facts.bytes, static_cast<std::int64_t>(std::filesystem::file_size(folder.path() / name)));
    }

    EXPECT_EQ(fileBytes(folder.path() / "one.gz"), fileBytes(folder.path() / "two.gz"));
    EXPECT_EQ(fileBytes(folder.path() / "one.gz").substr(4, 4), std::string(4, '\0'));  // no time in it
    EXPECT_EQ(unpacked(folder.path() / "one.gz"), text);
}

TEST(PartFile, DiskThatRefusesIsAnError) {
    EXPECT_THROW((PartFile{"/nowhere/at/all", "part-1.csv", false}), std::system_error);
}

}  // namespace
