#include "tenants/scan/upstream_verdict.h"

#include <gtest/gtest.h>

#include "tests/support/fake_upstream.h"

namespace tenants {
namespace {

using test_support::FakeUpstream;
using Effect = Verdict::Effect;

TEST(UpstreamVerdict, SuccessWithTheFieldsIsRecognised) {
    EXPECT_EQ(judgeAnswer(FakeUpstream::recognised()).effect, Effect::kRecognised);
}

TEST(UpstreamVerdict, SuccessWithoutTheFieldsIsUnknown) {
    UpstreamAnswer answer = FakeUpstream::recognised();
    answer.has_licence = false;

    const Verdict verdict = judgeAnswer(answer);

    EXPECT_EQ(verdict.effect, Effect::kUnknown);
    EXPECT_EQ(verdict.code, ErrorCode::kUpstreamUnreachable);
}

TEST(UpstreamVerdict, EveryKnownErrorCodeHasItsMeaning) {
    struct Row {
        int errcode;
        Effect effect;
        ErrorCode code;
        bool token_refused = false;
        bool upstream_full = false;
        bool grants_doubted = false;
    };
    const Row rows[] = {
        {-1, Effect::kNone, ErrorCode::kUpstreamBusy},
        {40001, Effect::kNone, ErrorCode::kUpstreamRefused, true},
        {40014, Effect::kNone, ErrorCode::kUpstreamRefused, true},
        {42001, Effect::kNone, ErrorCode::kUpstreamRefused, true},
        {40005, Effect::kNone, ErrorCode::kImageInvalid},
        {40137, Effect::kNone, ErrorCode::kImageInvalid},
        {40006, Effect::kNone, ErrorCode::kImageTooLarge},
        {40009, Effect::kNone, ErrorCode::kImageTooLarge},
        {45001, Effect::kNone, ErrorCode::kImageTooLarge},
        {41005, Effect::kNone, ErrorCode::kImageMissing},
        {44001, Effect::kNone, ErrorCode::kImageMissing},
        {45009, Effect::kNone, ErrorCode::kUpstreamQuotaExceeded, false, true},
        {101003, Effect::kNone, ErrorCode::kUpstreamQuotaExceeded, false, true},
        {45011, Effect::kNone, ErrorCode::kRateLimited},
        {42007, Effect::kNone, ErrorCode::kMerchantNotAuthorized, false, false, true},
        {61003, Effect::kNone, ErrorCode::kMerchantNotAuthorized, false, false, true},
        {61007, Effect::kNone, ErrorCode::kPermission117Missing, false, false, true},
        {61016, Effect::kNone, ErrorCode::kPermission117Missing, false, false, true},
        {61017, Effect::kNone, ErrorCode::kPermission117Missing, false, false, true},
        {48001, Effect::kNone, ErrorCode::kAccountNotEligible, false, false, true},
        {50002, Effect::kNone, ErrorCode::kAccountNotEligible, false, false, true},
        {101000, Effect::kNone, ErrorCode::kImageUrlInvalid},
        {101001, Effect::kNotRecognised, ErrorCode::kNotRecognised},
        {101002, Effect::kNotRecognised, ErrorCode::kNotRecognised},
        {61004, Effect::kNone, ErrorCode::kUpstreamRefused},
        {48004, Effect::kNone, ErrorCode::kUpstreamRefused},
        {123456, Effect::kNone, ErrorCode::kUpstreamRefused},
    };
    for (const Row& row : rows) {
        const Verdict verdict = judgeAnswer(FakeUpstream::refused(row.errcode));

        EXPECT_EQ(verdict.effect, row.effect) << row.errcode;
        EXPECT_EQ(verdict.code, row.code) << row.errcode;
        EXPECT_EQ(verdict.token_refused, row.token_refused) << row.errcode;
        EXPECT_EQ(verdict.upstream_full, row.upstream_full) << row.errcode;
        EXPECT_EQ(verdict.grants_doubted, row.grants_doubted) << row.errcode;
    }
}

TEST(UpstreamVerdict, TheTextTellsThe101002OfTheQuotaFromTheOther) {
    const Verdict verdict = judgeAnswer(FakeUpstream::refused(101002, "not enough market quota rid: 1-2-3"));

    EXPECT_EQ(verdict.effect, Effect::kNone);
    EXPECT_EQ(verdict.code, ErrorCode::kUpstreamQuotaExceeded);
    EXPECT_TRUE(verdict.upstream_full);
}

}  // namespace
}  // namespace tenants
