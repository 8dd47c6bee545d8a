#include "recogniser/grammar.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "recogniser/text.h"

namespace recogniser {
namespace {

// 1M8GDM9AXKP042788 is the example that descriptions of ISO 3779 give.
constexpr const char32_t* kVin = U"1M8GDM9AXKP042788";

std::string utf8(const Judged& judged) {
    return toUtf8(judged.text);
}

TEST(VinCheckDigit, FitsOnlyTheRightDigit) {
    EXPECT_TRUE(vinCheckDigitFits(kVin));
    EXPECT_TRUE(vinCheckDigitFits(U"11111111111111111"));
    EXPECT_FALSE(vinCheckDigitFits(U"1M8GDM9A1KP042788"));
}

TEST(VinCheckDigit, RefusesOtherLengthsAndLetters) {
    EXPECT_FALSE(vinCheckDigitFits(U""));
    EXPECT_FALSE(vinCheckDigitFits(U"1M8GDM9AXKP04278"));
    EXPECT_FALSE(vinCheckDigitFits(U"1M8GDM9AXKP0427881"));
    EXPECT_FALSE(vinCheckDigitFits(U"IM8GDM9AXKP042788"));
}

TEST(JudgeVin, LettersThatNoVinHasBecomeDigits) {
    EXPECT_EQ(utf8(judgeVin(U"IM8GDM9AXKP042788")), "1M8GDM9AXKP042788");
    EXPECT_EQ(utf8(judgeVin(U"1M8GDM9AXKPO42788")), "1M8GDM9AXKP042788");
    EXPECT_TRUE(judgeVin(U"1M8GDM9AXKPO42788").valid);
}

TEST(JudgeVin, LastFourPlacesAreDigits) {
    EXPECT_EQ(utf8(judgeVin(U"1M8GDM9AXKP04Z7BB")), "1M8GDM9AXKP042788");
}

TEST(JudgeVin, OneLookAlikeIsRepairedByTheCheckDigit) {
    const Judged judged = judgeVin(U"1MBGDM9AXKP042788");

    EXPECT_EQ(utf8(judged), "1M8GDM9AXKP042788");
    EXPECT_TRUE(judged.valid);
}

TEST(JudgeVin, WhatCannotBeRepairedStaysAsReadAndIsNotValid) {
    const Judged wrong_digit = judgeVin(U"1M8GDM9A1KP042788");
    const Judged too_short = judgeVin(U"1M8GDM9AXKP0427");

    EXPECT_FALSE(too_short.valid);
    EXPECT_EQ(utf8(too_short), "1M8GDM9AXKP0427");
    EXPECT_TRUE(!wrong_digit.valid || vinCheckDigitFits(wrong_digit.text));
}

TEST(JudgeVin, NothingReadIsNothing) {
    EXPECT_TRUE(judgeVin(U"").text.empty());
    EXPECT_TRUE(judgeVin(U"。、").text.empty());
}

TEST(IsPlate, AcceptsUsualAndNewEnergyPlates) {
    for (const char32_t* plate :
         {U"粤S483E4", U"京A12345", U"沪AF12345", U"粤B12345D", U"藏A0N948", U"京AD00001", U"鲁BAB123"}) {
        EXPECT_TRUE(isPlate(plate)) << toUtf8(plate);
    }
}

TEST(IsPlate, RefusesWhatNoPlateHas) {
    const std::vector<const char32_t*> not_plates = {
        U"",         U"A12345",    U"粤S483E",  U"粤1483E4",  U"粤SI83E4",   U"粤SO83E4",
        U"人A12345", U"粤S483E45", U"粤SABCE4", U"粤AS54263", U"粤A1234567", U"粤a12345",
    };
    for (const char32_t* text : not_plates) EXPECT_FALSE(isPlate(text)) << toUtf8(text);
}

TEST(JudgePlate, CorrectsOnlyWhereTheGrammarLeavesNoChoice) {
    EXPECT_EQ(utf8(judgePlate(U" 粤8·483E4")), "粤B483E4");
    EXPECT_EQ(utf8(judgePlate(U"粤SO83I4")), "粤S08314");
    EXPECT_EQ(utf8(judgePlate(U"粤S483E4")), "粤S483E4");
}

TEST(JudgePlate, WithoutProvinceKeepsItsPlacesAndIsNotValid) {
    const Judged judged = judgePlate(U"S1S307");

    EXPECT_EQ(utf8(judged), "S1S307");
    EXPECT_FALSE(judged.valid);
}

TEST(JudgeDate, TakesDatesWithAndWithoutHyphens) {
    EXPECT_EQ(utf8(judgeDate(U"2016-02-29")), "2016-02-29");
    EXPECT_EQ(utf8(judgeDate(U"2016 0229")), "2016-02-29");
    EXPECT_TRUE(judgeDate(U"2016-02-29").valid);
}

TEST(JudgeDate, DropsAStrokeTooManyAtOneEnd) {
    EXPECT_EQ(utf8(judgeDate(U"12016-03-04")), "2016-03-04");
    EXPECT_EQ(utf8(judgeDate(U"2008-06-257")), "2008-06-25");
}

TEST(JudgeDate, RefusesDaysThatNeverWere) {
    for (const char32_t* text :
         {U"2015-02-29", U"2016-13-01", U"2016-00-10", U"2016-04-31", U"1201-40-51", U"2016-01-0"}) {
        EXPECT_FALSE(judgeDate(text).valid) << toUtf8(text);
    }
}

TEST(JudgeQuantity, TakesDigitsUpToTheUnit) {
    EXPECT_EQ(utf8(judgeQuantity(U"1790kg", U"kg")), "1790kg");
    EXPECT_EQ(utf8(judgeQuantity(U"1790k9", U"kg")), "1790kg");
    EXPECT_EQ(utf8(judgeQuantity(U"45人", U"人")), "45人");
}

TEST(JudgeQuantity, WithoutUnitOrDigitsIsNotValid) {
    EXPECT_FALSE(judgeQuantity(U"179049", U"kg").valid);
    EXPECT_FALSE(judgeQuantity(U"0kg", U"kg").valid);
    EXPECT_TRUE(judgeQuantity(U"kg", U"kg").text.empty());
}

TEST(JudgeSize, WritesEveryCrossAsSmallX) {
    for (const char32_t* text : {U"4582x1795x1458mm", U"4582X1795X1458mm", U"4582×1795×1458mm"}) {
        EXPECT_EQ(utf8(judgeSize(text)), "4582x1795x1458mm");
    }
}

TEST(JudgeSize, FindsLostCrossesByTheUsualLengths) {
    EXPECT_EQ(utf8(judgeSize(U"458217951458mm")), "4582x1795x1458mm");
    EXPECT_EQ(utf8(judgeSize(U"11015X21852085mm")), "11015x2185x2085mm");
}

TEST(JudgeSize, RefusesWhatIsNotThreeNumbers) {
    for (const char32_t* text : {U"", U"4582x1795mm", U"45x17x14mm", U"4582x1795x1458x3mm", U"45821795145822mm"}) {
        EXPECT_FALSE(judgeSize(text).valid) << toUtf8(text);
    }
}

TEST(JudgeRecord, WantsTwelveDigits) {
    EXPECT_TRUE(judgeRecord(U"440190035865").valid);
    EXPECT_FALSE(judgeRecord(U"44019003586").valid);
}

TEST(JudgeVehicleType, ReplacesNearWordsAndLeavesOthers) {
    EXPECT_EQ(utf8(judgeVehicleType(U"小型轿丰")), "小型轿车");
    EXPECT_FALSE(judgeVehicleType(U"飞机").valid);
    EXPECT_EQ(utf8(judgeVehicleType(U"飞机")), "飞机");
}

TEST(JudgeUse, AWordOnTheListStays) {
    EXPECT_EQ(utf8(judgeUse(U"营转非")), "营转非");
    EXPECT_EQ(utf8(judgeUse(U"非营运")), "非营运");
}

TEST(JudgeModel, CorrectsTheBrandAndKeepsTheCode) {
    EXPECT_EQ(utf8(judgeModel(U"大众汽丰牌SVW7050")), "大众汽车牌SVW7050");
    EXPECT_EQ(utf8(judgeModel(U"未知者牌ABC123")), "未知者牌ABC123");
    EXPECT_FALSE(judgeModel(U"ABC123").valid);
}

TEST(JudgeOwner, DropsSignsThatNoNameHas) {
    EXPECT_EQ(utf8(judgeOwner(U" 青岛市，泰达 建材。")), "青岛市泰达建材");
}

TEST(JudgeOwner, RepairsTheLastCharacterOfAWorks) {
    EXPECT_EQ(utf8(judgeOwner(U"合肥市宏海机械广")), "合肥市宏海机械厂");
    EXPECT_EQ(utf8(judgeOwner(U"张三")), "张三");
}

TEST(JudgeAddress, ReadsLettersBetweenDigitsAsDigitsAndRoomsAsRooms) {
    EXPECT_EQ(utf8(judgeAddress(U"工业大道4Z号30栋1单元1O59宣")), "工业大道42号30栋1单元1059室");
}

}  // namespace
}  // namespace recogniser
