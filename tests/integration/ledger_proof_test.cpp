#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/integration/support/installation.h"

namespace integration {
namespace {

using testing::HasSubstr;

constexpr const char* kPython = "/usr/bin/python3";

/// `ledger verify` of the real program beside the gateway that it checks, the verifier of docs/ over its export, and the
/// operator's corrections.
class LedgerProof : public testing::Test {
protected:
    void SetUp() override {
        installation_.sandbox().scriptAnswer(licenceAnswer("京P00001"));
        for (std::int64_t number = 1; number <= 3; ++number) {
            ASSERT_EQ(installation_.clientOf(merchant_.key.text).scan(picture(number)).errcode, 0);
        }
    }
    Finished verify(std::vector<std::string> more = {}) const {
        std::vector<std::string> words{programFile("tollgate").string(), "ledger", "verify", "--config",
                                       installation_.configurationFile().string()};
        words.insert(words.end(), more.begin(), more.end());
        return runToEnd(words);
    }
    Finished verifyByScript(std::vector<std::string> words) const {
        words.insert(words.begin(), {kPython, (sourceFolder() / "docs" / "verify-ledger.py").string()});
        return runToEnd(words);
    }
    HttpAnswer post(const std::string& path, const std::string& body) {
        return installation_.admin().send("POST", "/merchants/" + merchant_.id + path, body);
    }
    /// The merchant's, which is printed first.
    static std::string headOf(const Finished& verified) {
        return verified.standard_output.substr(0, verified.standard_output.find('\n'));
    }
    static std::string textOf(const std::filesystem::path& path) {
        std::ifstream file{path, std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
    }
    static void replace(std::string& text, const std::string& from, const std::string& to) {
        const std::size_t at = text.find(from);
        ASSERT_NE(at, std::string::npos) << from;
        text.replace(at, from.size(), to);
    }

    Installation installation_;
    Merchant merchant_ = installation_.onboard("Proof");
};

TEST_F(LedgerProof, HeadsArePrintedAndTheScriptOfTheDocumentsAgrees) {
    const HttpAnswer corrected = post("/usage-entries/2:correct", R"({"reason":"拍了两次"})");
    ASSERT_EQ(corrected.status, 200) << corrected.body;
    const std::string file = (installation_.folder() / "ledger.jsonl").string();

    const Finished ours = verify({"--export", file});

    ASSERT_EQ(ours.exit_code, 0) << ours.standard_error;
    const std::string head = headOf(ours);
    EXPECT_EQ(head, merchant_.id + "=4:" + Json{corrected.body}.at("hash").text());
    const std::string audit_head =
        ours.standard_output.substr(head.size() + 1, ours.standard_output.size() - head.size() - 2);
    EXPECT_THAT(audit_head, testing::MatchesRegex("audit=[0-9]*:[0-9a-f]*"));
    const Finished script = verifyByScript({file, head, audit_head});
    EXPECT_EQ(script.exit_code, 0) << script.standard_error;
    EXPECT_EQ(script.standard_output, head + "\n");
    EXPECT_EQ(verify({"--expect", head, "--expect", audit_head}).exit_code, 0);
    const Finished contradicted = verify({"--expect", "audit=1:" + std::string(64, '0')});
    EXPECT_EQ(contradicted.exit_code, 6);
    EXPECT_THAT(contradicted.standard_error, HasSubstr("the audit up to audit entry 1 was changed"));
}

TEST_F(LedgerProof, ScriptNamesWhatWasChangedInAnExport) {
    const std::filesystem::path file = installation_.folder() / "ledger.jsonl";
    const Finished ours = verify({"--export", file.string()});
    ASSERT_EQ(ours.exit_code, 0) << ours.standard_error;
    const std::string head = headOf(ours);
    const std::string whole = textOf(file);

    std::string changed = whole;
    replace(changed, R"("number":2,)", R"("number":5,)");
    std::ofstream{file, std::ios::binary} << changed;
    EXPECT_THAT(verifyByScript({file.string()}).standard_error, HasSubstr("entry 5 comes after entry 1"));

    changed = whole;
    replace(changed, R"("units":1)", R"("units":2)");
    std::ofstream{file, std::ios::binary} << changed;
    const Finished found = verifyByScript({file.string()});
    EXPECT_EQ(found.exit_code, 1);
    EXPECT_THAT(found.standard_error, HasSubstr("entry 1 was changed"));

    const std::size_t last_line = whole.rfind('\n', whole.size() - 2) + 1;
    std::ofstream{file, std::ios::binary} << whole.substr(0, last_line);
    EXPECT_EQ(verifyByScript({file.string()}).exit_code, 0) << "nothing in the file itself tells of a cut tail";
    EXPECT_THAT(verifyByScript({file.string(), head}).standard_error, HasSubstr("entry 3, which is known, is missing"));
}

TEST_F(LedgerProof, WhatIsKnownOutsideAndContradictedIsExitCode6) {
    const std::string head = headOf(verify());
    std::string other_hash = head;
    other_hash.back() = other_hash.back() == '0' ? '1' : '0';
    std::string later = head;
    replace(later, "=3:", "=9:");

    const Finished rewritten = verify({"--expect", other_hash});
    const Finished older = verify({"--expect", later, "--expect", head});

    EXPECT_EQ(rewritten.exit_code, 6);
    EXPECT_THAT(rewritten.standard_error, HasSubstr("the ledger up to entry 3 was changed"));
    EXPECT_EQ(older.exit_code, 6);
    EXPECT_THAT(older.standard_error, HasSubstr("entry 9 is missing"));
}

TEST_F(LedgerProof, WrongUseIsExitCode2AndAForeignFile4) {
    for (const char* wrong : {"mer_a", "mer_a=1", "mer_a=x:00", "=1:00", "mer_a=1:zz"}) {
        EXPECT_EQ(verify({"--expect", wrong}).exit_code, 2) << wrong;
    }
    const Finished nobody = verify({"--merchant", "mer_nope"});
    EXPECT_EQ(nobody.exit_code, 2) << nobody.standard_error;
    EXPECT_THAT(nobody.standard_error, testing::StartsWith("error: --merchant: there is no merchant mer_nope\n"));
    EXPECT_EQ(nobody.standard_output, "");
    EXPECT_THAT(verify({"--merchant", merchant_.id}).standard_error,
                testing::StartsWith("3 entries of 1 merchant, 0 faults\n"));
    const std::filesystem::path foreign = installation_.folder() / "foreign.db";
    std::ofstream{foreign} << "not a database, but long enough to be looked at as one would be";
    EXPECT_EQ(
        runToEnd({programFile("tollgate").string(), "ledger", "verify", "--database", foreign.string()}).exit_code, 4);
}

TEST_F(LedgerProof, ExportWritesOverNothingButAnExport) {
    const std::filesystem::path database = installation_.dataFolder() / "tollgate.sqlite";
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
        const Finished refused = verify({"--export", database.string() + suffix});
        EXPECT_EQ(refused.exit_code, 2) << suffix;
        EXPECT_THAT(refused.standard_error, HasSubstr("is a file of the database"));
    }
    EXPECT_EQ(verify().exit_code, 0) << "it is as it was";

    const std::filesystem::path kept = installation_.folder() / "kept.jsonl";
    std::ofstream{kept} << "an older export";
    EXPECT_EQ(verify({"--merchant", "mer_nope", "--export", kept.string()}).exit_code, 2);
    EXPECT_EQ(readFile(kept), "an older export");
    EXPECT_EQ(verify({"--export", kept.string()}).exit_code, 0);
    EXPECT_THAT(readFile(kept), testing::StartsWith("{"));
    EXPECT_FALSE(std::filesystem::exists(kept.string() + ".part"));

    EXPECT_EQ(verify({"--merchant", ""}).exit_code, 2) << "an empty variable of the shell is not everybody";
}

TEST_F(LedgerProof, GuardsThatWereTakenFromTheFileAreNamed) {
    const std::string copy = (installation_.folder() / "copy.db").string();
    const std::string tamper =
        "import sqlite3, sys\n"
        "sqlite3.connect(sys.argv[1]).execute('VACUUM INTO ?', (sys.argv[2],))\n"
        "copy = sqlite3.connect(sys.argv[2])\n"
        "copy.execute('DROP TRIGGER usage_entry_unchanged')\n"
        "copy.execute(\"INSERT INTO plan_tier VALUES (99, 1, NULL, 1)\")\n"
        "copy.commit()\n";
    const Finished changed =
        runToEnd({kPython, "-c", tamper, (installation_.dataFolder() / "tollgate.sqlite").string(), copy});
    ASSERT_EQ(changed.exit_code, 0) << changed.standard_error;

    const Finished found = verify({"--database", copy});

    EXPECT_EQ(found.exit_code, 6);
    EXPECT_THAT(found.standard_error,
                HasSubstr("fault: -: the schema was changed: trigger usage_entry_unchanged is missing\n"));
    EXPECT_THAT(found.standard_error, HasSubstr("fault: -: tier 1 at 1 micro-yuan was added, moved or changed: its "
                                                "plan_version_row 99 names no plan_version\n"));
    EXPECT_THAT(found.standard_error, HasSubstr(" 2 faults\n"));
}

TEST_F(LedgerProof, OptionOfAnotherFormIsNamedWithTheOneThatIsNeeded) {
    const std::string config = installation_.configurationFile().string();
    const std::vector<std::pair<std::vector<std::string>, std::string>> wrong{
        {{"period", "close", "2026-13", "--config", config}, "period close needs a month such as 2026-11, not 2026-13"},
        {{"statement", "show", "--config", config, "--period", "11/2026", "--merchant", "m"},
         "--period needs a month such as 2026-11, not 11/2026"},
        {{"usage", "reconcile", "--config", config, "--day", "2026-11-28T00:00:00+08:00"},
         "--day needs a date such as 2026-11-28, not 2026-11-28T00:00:00+08:00"},
        {{"price", "compare", "--config", config, "--period", "2026-11", "--plan-version", "std"},
         "--plan-version needs a plan and a number such as std@2"},
        {{"export", "--config", config, "--format", "csv", "--out", "x", "--merchant", "m", "--first-number", "1.5"},
         "--first-number needs a whole number from 1, not 1.5"}};
    for (const auto& [words, error] : wrong) {
        std::vector<std::string> command{programFile("tollgate").string()};
        command.insert(command.end(), words.begin(), words.end());
        const Finished refused = runToEnd(command);
        EXPECT_EQ(refused.exit_code, 2) << error;
        EXPECT_EQ(refused.standard_error, "error: " + error + "\nsee: tollgate --help\n");
    }
}

TEST_F(LedgerProof, CorrectionIsMadeOnceAndIsInTheAuditWithItsReason) {
    const HttpAnswer first = post("/usage-entries/2:correct", R"({"reason":"scanned twice"})");
    const HttpAnswer again = post("/usage-entries/2:correct", R"({"reason":"scanned twice"})");
    const HttpAnswer other = post("/usage-entries/2:correct", R"({"reason":"because"})");

    ASSERT_EQ(first.status, 200) << first.body;
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(other.status, 409);
    EXPECT_EQ(Json{other.body}.at("code").text(), "conflict");
    const Json entries =
        installation_.admin().call("GET", "/merchants/" + merchant_.id + "/usage-entries").at("usage_entries");
    ASSERT_EQ(entries.size(), 4U);
    EXPECT_EQ(entries.at(0).at("kind").text(), "correction");
    EXPECT_EQ(entries.at(0).at("units").integer(), -1);
    EXPECT_EQ(entries.at(0).at("corrects").integer(), 2);
    EXPECT_EQ(entries.at(0).at("reason").text(), "scanned twice");
    EXPECT_EQ(entries.at(0).at("outcome").text(), "billed");
    const Json audit = installation_.admin()
                           .call("GET", "/audit-entries?action=usage_entry.correct&merchant=" + merchant_.id)
                           .at("audit_entries");
    ASSERT_EQ(audit.size(), 1U);
    EXPECT_EQ(audit.at(0).at("action").text(), "usage_entry.correct");
    EXPECT_EQ(audit.at(0).at("target").text(), "usage-entries/2");
    EXPECT_EQ(audit.at(0).at("reason").text(), "scanned twice");
    EXPECT_EQ(audit.at(0).at("request_id").text(), first.header("X-Request-Id"));
    EXPECT_THAT(audit.at(0).at("actor").text(), testing::StartsWith("adm_"));
}

TEST_F(LedgerProof, UnknownScanIsDecidedWithAReason) {
    MerchantClient client = installation_.clientOf(merchant_.key.text);
    for (const char* key : {"lost-1", "lost/2"}) {
        installation_.sandbox().plan(kDrivingPath, R"("mode":"cut")");
        ASSERT_EQ(client.scanWithKey(picture(7), key).errcode, -1);
    }
    ASSERT_EQ(
        installation_.admin().call("GET", "/merchants/" + merchant_.id + "/holds?state=unknown").at("holds").size(),
        2U);

    const HttpAnswer waived =
        post("/holds/lost-1:decide", R"({"decision":"not_billed","reason":"WeChat has no trace"})");
    const HttpAnswer billed =
        post("/holds:decide", R"({"request_id":"lost/2","decision":"billed","reason":"WeChat counted it"})");

    ASSERT_EQ(waived.status, 200) << waived.body;
    ASSERT_EQ(billed.status, 200) << billed.body;
    const Json entries =
        installation_.admin().call("GET", "/merchants/" + merchant_.id + "/usage-entries").at("usage_entries");
    ASSERT_EQ(entries.size(), 5U);
    EXPECT_EQ(entries.at(0).at("kind").text(), "charge");
    EXPECT_EQ(entries.at(0).at("reason").text(), "WeChat counted it");
    EXPECT_EQ(entries.at(1).at("kind").text(), "waiver");
    EXPECT_EQ(entries.at(1).at("units").integer(), 0);
    EXPECT_EQ(entries.at(1).at("outcome").text(), "not_billed");
    EXPECT_EQ(
        installation_.admin().call("GET", "/merchants/" + merchant_.id + "/holds?state=unknown").at("holds").size(),
        0U);
    EXPECT_EQ(verify().exit_code, 0) << verify().standard_error;
    for (const char* action : {"hold.billed", "hold.not_billed"}) {
        const std::string path = std::string{"/audit-entries?action="} + action;
        EXPECT_EQ(installation_.admin().call("GET", path).at("audit_entries").size(), 1U) << action;
    }
}

TEST_F(LedgerProof, MalformedDecisionsAreRefusedAndLeaveNoTrace) {
    EXPECT_EQ(post("/usage-entries/2:correct", "{}").status, 400);
    EXPECT_EQ(post("/usage-entries/2:correct", R"({"reason":""})").status, 400);
    EXPECT_EQ(post("/usage-entries/2:correct", R"({"reason":"r","price":1})").status, 400);
    EXPECT_EQ(post("/usage-entries/99:correct", R"({"reason":"r"})").status, 404);
    EXPECT_EQ(post("/usage-entries/two:correct", R"({"reason":"r"})").status, 404);
    EXPECT_EQ(post("/holds/none:decide", R"({"decision":"billed","reason":"r"})").status, 404);
    EXPECT_EQ(post("/holds/none:decide", R"({"decision":"perhaps","reason":"r"})").status, 400);
    EXPECT_EQ(post("/holds/none:decide", R"({"decision":"billed"})").status, 400);
    EXPECT_EQ(post("/holds:decide", R"({"decision":"billed","reason":"r"})").status, 400);
    EXPECT_EQ(installation_.admin().entries(merchant_.id).size(), 3U);
    for (const char* action : {"usage_entry.correct", "hold.billed", "hold.not_billed"}) {
        const std::string path = std::string{"/audit-entries?action="} + action;
        EXPECT_EQ(installation_.admin().call("GET", path).at("audit_entries").size(), 0U) << action;
    }
}

}  // namespace
}  // namespace integration
