#include "recogniser/fields.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <utility>

namespace recogniser {
namespace {

/// Answers from a list, whatever it is shown; empty when the list is used up.
class ScriptedReader : public LineReader {
public:
    explicit ScriptedReader(std::deque<LineText> answers) : answers_(std::move(answers)) {}

    LineText read(const GreyImage& /*line*/, Alphabet /*alphabet*/) override {
        ++reads_;
        if (answers_.empty()) return {};
        LineText answer = answers_.front();
        answers_.pop_front();
        return answer;
    }

    int reads() const { return reads_; }

private:
    std::deque<LineText> answers_;
    int reads_ = 0;
};

/// A line with some print on it.
ValueLines someLine() {
    GreyImage line{200, 60};
    for (int x = 20; x < 180; ++x) {
        for (int y = 15; y < 45; ++y) line.set(x, y, 0);
    }
    return {line};
}

TEST(ReadField, NoLineIsEmptyAndReadsNothing) {
    ScriptedReader reader{{{"2016-02-03", 90}}};

    const FieldReading reading = readField(reader, Field::kIssueDate, {});

    EXPECT_EQ(reading.text, "");
    EXPECT_FALSE(reading.valid);
    EXPECT_EQ(reader.reads(), 0);
}

TEST(ReadField, StopsWhenTwoReadingsAgree) {
    ScriptedReader reader{{{"2016-02-03", 90}, {"2016-02-03", 80}, {"2016-02-08", 99}}};

    const FieldReading reading = readField(reader, Field::kIssueDate, someLine());

    EXPECT_EQ(reading.text, "2016-02-03");
    EXPECT_TRUE(reading.valid);
    EXPECT_EQ(reader.reads(), 2);
}

TEST(ReadField, MajorityBeatsConfidence) {
    ScriptedReader reader{{{"2016-02-08", 99}, {"2016-02-03", 60}, {"2016-02-03", 60}}};

    EXPECT_EQ(readField(reader, Field::kIssueDate, someLine()).text, "2016-02-03");
}

TEST(ReadField, TextThatFitsTheGrammarBeatsTheMajority) {
    ScriptedReader reader{{{"2016-02-3", 90}, {"2016-02-3", 90}, {"2016-02-03", 60}, {"2016-02-3", 90}}};

    const FieldReading reading = readField(reader, Field::kIssueDate, someLine());

    EXPECT_EQ(reading.text, "2016-02-03");
    EXPECT_EQ(reading.confidence, 60);
}

TEST(ReadField, NothingReadableIsEmpty) {
    ScriptedReader reader{{}};

    const FieldReading reading = readField(reader, Field::kOwner, someLine());

    EXPECT_EQ(reading.text, "");
    EXPECT_EQ(reading.confidence, 0);
    EXPECT_FALSE(reading.valid);
}

TEST(ReadField, WhatDoesNotFitIsGivenAsReadAndNotValid) {
    ScriptedReader reader{{{"LSV", 30}, {"LSV", 30}, {"LSV", 30}, {"LSV", 30}}};

    const FieldReading reading = readField(reader, Field::kVin, someLine());

    EXPECT_EQ(reading.text, "LSV");
    EXPECT_FALSE(reading.valid);
}

}  // namespace
}  // namespace recogniser
