#include "tenants/scan/trouble_step.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tenants/authorization/refresh_trouble.h"

namespace tenants {
namespace {

TEST(TroubleStep, EachTroubleOfARefreshHasAStepOfItsOwn) {
    std::map<std::string_view, std::string_view> steps;
    for (const int errcode : {-1, 61023, 42007, 61003, 50002, 45009, 45011, 61004, 40164, 45035, 40125, 61005, 61006,
                              61011, 40001, 40014, 42001, 42006, 48001}) {
        Error error{ErrorCode::kUpstreamRefused, ""};
        error.upstream = UpstreamRefusal{errcode, ""};
        const std::string_view trouble = troubleOf(error).text;
        steps.emplace(trouble, stepOfTrouble(trouble));
    }
    for (const ErrorCode code : {ErrorCode::kUpstreamUnreachable, ErrorCode::kUpstreamTimeout, ErrorCode::kUpstreamBusy,
                                 ErrorCode::kStoreUnavailable}) {
        const std::string_view trouble = troubleOf(Error{code, ""}).text;
        steps.emplace(trouble, stepOfTrouble(trouble));
    }

    std::map<std::string_view, std::string_view> troubles;
    for (const auto& [trouble, step] : steps) {
        EXPECT_NE(step, stepOfTrouble("no such trouble")) << trouble;
        EXPECT_TRUE(troubles.emplace(step, trouble).second) << trouble << " and " << troubles[step];
    }
    EXPECT_EQ(steps.size(), 14U);
}

TEST(TroubleStep, TroubleThatIsNotKnownPointsToTheLog) {
    EXPECT_NE(stepOfTrouble("conflict").find("log"), std::string_view::npos);
}

}  // namespace
}  // namespace tenants
