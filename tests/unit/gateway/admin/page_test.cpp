#include "gateway/admin/page.h"

#include <gtest/gtest.h>

#include <string>

namespace gateway::admin {
namespace {

http::RequestHead head(const std::string& query) {
    http::RequestHead made;
    made.query = query;
    return made;
}

TEST(Pages, SizeHasADefaultAMaximumAndNoNegative) {
    const Pages pages{tenants::Secret{"key"}};

    EXPECT_EQ(pages.read(head(""), "merchants")->size, 50U);
    EXPECT_EQ(pages.read(head("page_size=0"), "merchants")->size, 50U);
    EXPECT_EQ(pages.read(head("page_size=7"), "merchants")->size, 7U);
    EXPECT_EQ(pages.read(head("page_size=501"), "merchants")->size, 500U);
    EXPECT_FALSE(pages.read(head("page_size=-1"), "merchants"));
    EXPECT_FALSE(pages.read(head("page_size=7x"), "merchants"));
    EXPECT_FALSE(pages.read(head("page_size=99999999999999999999"), "merchants"));
}

TEST(Pages, TokenLeadsBackToItsKey) {
    const Pages pages{tenants::Secret{"key"}};

    const auto page = pages.read(head("page_token=" + pages.token("merchants", "mer_1")), "merchants");

    ASSERT_TRUE(page);
    EXPECT_EQ(page->after, "mer_1");
}

TEST(Pages, TokenWorksForItsListOnly) {
    const Pages pages{tenants::Secret{"key"}};
    const std::string token = pages.token("entries of mer_1", "5");

    EXPECT_FALSE(pages.read(head("page_token=" + token), "entries of mer_2"));
    EXPECT_FALSE(pages.read(head("page_token=" + token), "entries of mer_15"));
}

TEST(Pages, ForgedTokenIsRefused) {
    const Pages pages{tenants::Secret{"key"}};
    const Pages others{tenants::Secret{"another key"}};

    EXPECT_FALSE(pages.read(head("page_token=" + others.token("merchants", "mer_1")), "merchants"));
    for (const char* text : {"a", "!!!", "MTIz", "%00", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA"}) {
        EXPECT_FALSE(pages.read(head(std::string{"page_token="} + text), "merchants")) << text;
    }
}

TEST(Pages, EachAlteredCharacterIsRefused) {
    const Pages pages{tenants::Secret{"key"}};
    const std::string token = pages.token("merchants", "mer_1");

    // The last character carries surplus bits; what it decodes to may be the same.
    for (std::size_t i = 0; i + 1 < token.size(); ++i) {
        std::string altered = token;
        altered[i] = altered[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(pages.read(head("page_token=" + altered), "merchants")) << i;
    }
}

}  // namespace
}  // namespace gateway::admin
