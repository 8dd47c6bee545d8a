#include "tenants/authorization/consent_address.h"

#include <gtest/gtest.h>

namespace tenants {
namespace {

const ConsentRequest kRequest{"wxcomponent", "preauthcode@@@1", "https://gw.example.com/wechat/authorized?state=st_1",
                              AccountChoice::kBoth, ""};

TEST(ConsentAddress, BothPagesHaveTheFormThatWeChatDocuments) {
    EXPECT_EQ(pcConsentAddress("https://mp.weixin.qq.com", kRequest),
              "https://mp.weixin.qq.com/cgi-bin/componentloginpage?component_appid=wxcomponent"
              "&pre_auth_code=preauthcode%40%40%401"
              "&redirect_uri=https%3A%2F%2Fgw.example.com%2Fwechat%2Fauthorized%3Fstate%3Dst_1&auth_type=3");
    EXPECT_EQ(h5ConsentAddress("https://open.weixin.qq.com", kRequest),
              "https://open.weixin.qq.com/wxaopen/safe/bindcomponent?action=bindcomponent&no_scan=1"
              "&component_appid=wxcomponent&pre_auth_code=preauthcode%40%40%401"
              "&redirect_uri=https%3A%2F%2Fgw.example.com%2Fwechat%2Fauthorized%3Fstate%3Dst_1&auth_type=3"
              "#wechat_redirect");
}

TEST(ConsentAddress, ChoiceAndTheOneAccountAreNamed) {
    ConsentRequest request = kRequest;
    request.choice = AccountChoice::kMiniPrograms;
    request.only_appid = "wx1&x=2";

    EXPECT_TRUE(pcConsentAddress("https://mp.weixin.qq.com", request).ends_with("&auth_type=2&biz_appid=wx1%26x%3D2"));
    EXPECT_TRUE(h5ConsentAddress("https://open.weixin.qq.com", request)
                    .ends_with("&auth_type=2&biz_appid=wx1%26x%3D2#wechat_redirect"));
}

}  // namespace
}  // namespace tenants
