#include "gateway/wechat/redacted_url.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "gateway/wechat/query_parameter.h"

namespace gateway::wechat {
namespace {

TEST(RedactedUrl, TokenAndPictureUrlOfAScanAreHiddenAndNamed) {
    EXPECT_EQ(redactedUrl("https://api.weixin.qq.com/cv/ocr/driving?access_token=71_Emu&img_url=https%3A%2F%2Fa.b%2Fc"),
              "https://api.weixin.qq.com/cv/ocr/driving?access_token=REDACTED&img_url=REDACTED");
}

TEST(RedactedUrl, SecretsHideInEveryParameterOfEverySpelling) {
    for (const std::string parameter : {"access_token=SECRET",
                                        "component_access_token=SECRET",
                                        "secret=SECRET",
                                        "appsecret=SECRET",
                                        "auth_code=SECRET",
                                        "pre_auth_code=SECRET",
                                        "signature=SECRET",
                                        "msg_signature=SECRET",
                                        "ACCESS_TOKEN=SECRET",
                                        "access%5Ftoken=SECRET",
                                        "unheard_of=SECRET",
                                        "a=b=SECRET",
                                        "SECRET",
                                        "=SECRET",
                                        "type=SECRET",
                                        "type=x;access_token=SECRET",
                                        "grant_type=x%26access_token%3DSECRET",
                                        "x=1&access_token=SECRET",
                                        "access_token=SECRET&access_token=SECRET",
                                        "&access_token=SECRET",
                                        "?access_token=SECRET"}) {
        EXPECT_EQ(redactedUrl("/p?" + parameter).find("SECRET"), std::string::npos) << parameter;
    }
}

TEST(RedactedUrl, HarmlessPartsStayReadable) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"/cgi-bin/token?grant_type=client_credential&appid=wx1",
         "/cgi-bin/token?grant_type=client_credential&appid=REDACTED"},
        {"/livez", "/livez"},
        {"", ""},
        {"/p?", "/p?"},
        {"/p?a=&b=1", "/p?a=&b=REDACTED"},
        {"/p/with@sign?x=1", "/p/with@sign?x=REDACTED"},
    };

    for (const auto& [url, shown] : cases) EXPECT_EQ(redactedUrl(url), shown);
}

TEST(RedactedUrl, UserInformationAndFragmentAreHidden) {
    EXPECT_EQ(redactedUrl("https://me:SECRET@host/p?a=1#SECRET"), "https://REDACTED@host/p?a=REDACTED#REDACTED");
    EXPECT_EQ(redactedUrl("https://me:SEC@RET@host"), "https://REDACTED@host");
    EXPECT_EQ(redactedUrl("/p#a?access_token=SECRET"), "/p#REDACTED");
}

TEST(QueryParameter, ValueIsEncodedOnceDownToUnreservedCharacters) {
    std::string target = "/p";

    appendQueryParameter(target, "a", "AZaz09-._~");
    appendQueryParameter(target, "b", "https://x.y/z?q=%41&r=s t+#\xE8\r\n");

    EXPECT_EQ(target, "/p?a=AZaz09-._~&b=https%3A%2F%2Fx.y%2Fz%3Fq%3D%2541%26r%3Ds%20t%2B%23%E8%0D%0A");
}

}  // namespace
}  // namespace gateway::wechat
