#include "tenants/usage/entry_chain.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tenants/base/digest.h"

namespace tenants {
namespace {

UsageEntry entry() {
    UsageEntry entry;
    entry.merchant = MerchantId{"mer_a"};
    entry.number = 7;
    entry.id = EntryId{"ent_1"};
    entry.kind = EntryKind::kCharge;
    entry.units = 1;
    entry.request = RequestId{"r-1"};
    entry.key = KeyId{"key_1"};
    entry.x_request_id = "x-1";
    entry.at = UtcTime{std::chrono::milliseconds{1'795'708'800'001}};
    entry.recorded_at = UtcTime{std::chrono::milliseconds{1'795'708'800'250}};
    entry.period = *Period::parse("2026-11");
    return entry;
}

std::string field(const std::string& text) {
    return std::string{"\0\0\0", 3} + static_cast<char>(text.size()) + text;
}

TEST(EntryChain, CanonicalBytesAreThoseOfTheDocument) {
    const std::string absent = "\xff\xff\xff\xff";
    const std::string before_absent = field("tollgate-entry-1") + field("mer_a") + field("7") + field("ent_1") +
                                      field("charge") + field("1") + field("r-1") + field("key_1") + field("x-1") +
                                      field("billed") + field("1795708800001") + field("1795708800250") +
                                      field("2026-11");

    EXPECT_EQ(canonicalBytes(entry()), before_absent + absent + absent + absent + absent + field(""));

    UsageEntry full = entry();
    full.kind = EntryKind::kCorrection;
    full.units = -1;
    full.plan_version = PlanVersionId{PlanId{"std"}, 7};
    full.pack = PackId{"pack_1"};
    full.corrects = 3;
    full.price = Money{120'000};
    full.reason = "扫错了";
    const std::string bytes = canonicalBytes(full);
    const std::string tail = field("std@7") + field("pack_1") + field("3") + field("120000") + field("扫错了");
    EXPECT_NE(bytes.find(field("correction") + field("-1")), std::string::npos);
    EXPECT_EQ(bytes.substr(bytes.size() - tail.size()), tail);
}

// Also in docs/ledger-format.md, as the example that a verifier is tried with. It must never change.
TEST(EntryChain, HashOfTheDocumentsExampleStaysForEver) {
    EXPECT_EQ(hexText(chainHash({}, entry())), "606d4d12f784cdc85484d854c488db02a4d8cb837468fbbd939161ff807a0a34");
}

TEST(EntryChain, EveryFieldAndTheHashBeforeAreInTheHash) {
    using Change = std::function<void(UsageEntry&)>;
    const std::vector<Change> changes{
        [](UsageEntry& e) { e.merchant = MerchantId{"mer_b"}; },
        [](UsageEntry& e) { e.number = 8; },
        [](UsageEntry& e) { e.id = EntryId{"ent_2"}; },
        [](UsageEntry& e) { e.kind = EntryKind::kCorrection; },
        [](UsageEntry& e) { e.kind = EntryKind::kWaiver; },
        [](UsageEntry& e) { e.units = 2; },
        [](UsageEntry& e) { e.request = RequestId{"r-2"}; },
        [](UsageEntry& e) { e.key = KeyId{"key_2"}; },
        [](UsageEntry& e) { e.x_request_id = ""; },
        [](UsageEntry& e) { e.at += std::chrono::milliseconds{1}; },
        [](UsageEntry& e) { e.recorded_at += std::chrono::milliseconds{1}; },
        [](UsageEntry& e) { e.period = e.period.next(); },
        [](UsageEntry& e) {
            e.plan_version = PlanVersionId{PlanId{"std"}, 1};
        },
        [](UsageEntry& e) { e.pack = PackId{"pack_1"}; },
        [](UsageEntry& e) { e.pack = PackId{""}; },  // there and empty is not absent
        [](UsageEntry& e) { e.corrects = 3; },
        [](UsageEntry& e) { e.price = Money{0}; },
        [](UsageEntry& e) { e.reason = "r"; },
        // What moves from the end of one field to the beginning of the next is another entry.
        [](UsageEntry& e) { e.request = RequestId{"r-"}, e.key = KeyId{"1key_1"}; },
    };
    std::set<ChainHash> hashes{chainHash({}, entry())};
    for (const Change& change : changes) {
        UsageEntry changed = entry();
        change(changed);
        EXPECT_TRUE(hashes.insert(chainHash({}, changed)).second) << hashes.size();
    }
    EXPECT_TRUE(hashes.insert(chainHash(chainHash({}, entry()), entry())).second);
    UsageEntry other_hash = entry();
    other_hash.hash.fill(9);
    EXPECT_EQ(chainHash({}, other_hash), chainHash({}, entry())) << "an entry's own hash is not part of it";
}

}  // namespace
}  // namespace tenants
