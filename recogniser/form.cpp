#include "recogniser/form.h"

#include <array>

namespace recogniser {
namespace {

constexpr double kFrontFirstRow = 13.4;
constexpr double kFrontRowPitch = 6.6;
constexpr double kBackFirstRow = 5.6;
constexpr double kBackRowPitch = 6.3;
constexpr double kCharacter = 2.646;  // 7.5 point
constexpr double kValueDrop = 0.3;    // values stand a little lower than the row of their labels

constexpr double frontRow(int index) {
    return kFrontFirstRow + kFrontRowPitch * index;
}

constexpr double backRow(int index) {
    return kBackFirstRow + kBackRowPitch * index;
}

/// A Chinese label of the main page, which has an English one below it.
constexpr Label chinese(double left, int row, int characters, bool blank_after = true) {
    return {
        {left, frontRow(row) - 1.75, left + characters * kCharacter, frontRow(row) + 0.8}, 1, true, false, blank_after};
}

constexpr Label english(double left, int row, double width) {
    return {{left, frontRow(row) + 1.3, left + width, frontRow(row) + 2.7}, 0.5, false, true, false};
}

/// A label of the sub page, Chinese only, `below` millimetres under the given row.
constexpr Label ruled(double left, int row, int characters, bool blank_after = true, double below = 0) {
    const double middle = backRow(row) + below + 0.05;
    return {{left, middle - 1.25, left + characters * kCharacter, middle + 1.3}, 1, true, true, blank_after};
}

constexpr std::array kFrontLabels = {
    Label{{16.4, 3.4, 71.6, 7.4}, 3, true, false, true},       // title
    Label{{14.9, 8.5, 73.1, 10.6}, 1.5, false, false, false},  // title in English
    chinese(4.5, 0, 4),
    english(4.5, 0, 7.6),
    chinese(44, 0, 4),
    english(44, 0, 10.8),
    chinese(4.5, 1, 3),
    english(4.5, 1, 5.7),
    chinese(4.5, 2, 2),
    english(4.5, 2, 6.8),
    chinese(4.5, 3, 4),
    english(4.5, 3, 12),
    chinese(39.5, 3, 4),
    english(39.5, 3, 5.3),
    chinese(28, 4, 6),
    english(28, 4, 3.3),
    chinese(28, 5, 5),
    english(28, 5, 9.4),
    chinese(28, 6, 4, false),
    english(28, 6, 11.4),
    chinese(58, 6, 4, false),
    english(58, 6, 8.8),
};

constexpr std::array kBackLabels = {
    ruled(3, 0, 4),
    ruled(46, 0, 4),
    ruled(3, 1, 5, false),
    ruled(46, 1, 3),
    ruled(3, 2, 4),
    ruled(46, 2, 5, false),
    ruled(3, 3, 4),
    ruled(46, 3, 6),
    ruled(3, 3, 2, true, 5.6),
    ruled(3, 3, 4, true, 13.4),
};

constexpr std::array kFrontValues = {
    ValuePlace{Field::kPlateNumber, 17.5, 42.0, frontRow(0) + kValueDrop, 1},
    ValuePlace{Field::kVehicleType, 57.5, 86.5, frontRow(0) + kValueDrop, 1},
    ValuePlace{Field::kOwner, 17.5, 86.0, frontRow(1) + kValueDrop, 1},
    ValuePlace{Field::kAddress, 17.5, 87.0, frontRow(2) + kValueDrop, 2},
    ValuePlace{Field::kUseCharacter, 18.5, 38.6, frontRow(3) + kValueDrop, 1},
    ValuePlace{Field::kModel, 51.5, 87.0, frontRow(3) + kValueDrop, 1},
    ValuePlace{Field::kVin, 46.0, 86.5, frontRow(4) + kValueDrop, 1},
    ValuePlace{Field::kEngineNumber, 46.0, 86.5, frontRow(5) + kValueDrop, 1},
    ValuePlace{Field::kRegisterDate, 40.0, 57.4, frontRow(6) + kValueDrop, 1},
    ValuePlace{Field::kIssueDate, 70.0, 87.7, frontRow(6) + kValueDrop, 1},
};

constexpr std::array kBackValues = {
    ValuePlace{Field::kPlateNumberBack, 17.5, 44.3, backRow(0), 1},
    ValuePlace{Field::kRecord, 60.0, 85.6, backRow(0), 1},
    ValuePlace{Field::kPassengers, 17.5, 44.3, backRow(1), 1},
    ValuePlace{Field::kTotalQuality, 60.0, 85.6, backRow(1), 1},
    ValuePlace{Field::kPrepareQuality, 17.5, 44.3, backRow(2), 1},
    ValuePlace{Field::kOverallSize, 17.5, 44.7, backRow(3), 1},
};

}  // namespace

std::span<const Label> labelsOf(Side side) {
    if (side == Side::kFront) return kFrontLabels;
    return kBackLabels;
}

std::span<const ValuePlace> valuesOf(Side side) {
    if (side == Side::kFront) return kFrontValues;
    return kBackValues;
}

}  // namespace recogniser
