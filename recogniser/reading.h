#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace recogniser {

/// A point in the picture as it was sent, in pixels from its left top corner.
struct Point {
    double x = 0;
    double y = 0;
};

/// A size in pixels.
struct Size {
    int width = 0;
    int height = 0;
};

/// The corners of a sheet in the picture: left top, right top, right bottom, left bottom as one reads the sheet.
using Quad = std::array<Point, 4>;

/// The values on a vehicle licence: ten on the main page (front), then six on the sub page (back).
enum class Field {
    kPlateNumber,
    kVehicleType,
    kOwner,
    kAddress,
    kUseCharacter,
    kModel,
    kVin,
    kEngineNumber,
    kRegisterDate,
    kIssueDate,
    kPlateNumberBack,
    kRecord,
    kPassengers,
    kTotalQuality,
    kPrepareQuality,
    kOverallSize,
};

inline constexpr int kFieldCount = 16;

/// The field's name in WeChat's answer, such as "plate_num". Source: WeChat API page "drivingocr", list of result fields.
std::string_view fieldName(Field field);

/// The field of that name, or nothing.
std::optional<Field> fieldOfName(std::string_view name);

/// One value as read. `text` is UTF-8 and empty where nothing could be read; `confidence` goes from 0 to 100 and is not
/// calibrated; `valid` says that the text fits the grammar of its field, not that it is right.
struct FieldReading {
    std::string text;
    int confidence = 0;
    bool valid = false;
};

/// What one picture showed. A page that was not found has no corners and no entries in `fields`.
struct Reading {
    Size image_size;
    std::optional<Quad> front;
    std::optional<Quad> back;
    std::map<Field, FieldReading> fields;
};

/// Why a picture gave no reading.
enum class Failure {
    kNotAnImage,  ///< neither JPEG nor PNG, or damaged
    kTooLarge,    ///< more pixels than the reader decodes
    kNoCard,      ///< a picture, but no vehicle licence in it
    kDeadline,    ///< not finished in time
    kCrashed,     ///< the worker process ended over it; the pool has started another
};

/// The failure's name on the worker's pipe, such as "no_card".
std::string_view failureName(Failure failure);

/// The failure of that name, or nothing.
std::optional<Failure> failureOfName(std::string_view name);

using Outcome = std::variant<Reading, Failure>;

}  // namespace recogniser
