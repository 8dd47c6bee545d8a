#include "recogniser/reading.h"

#include <cstddef>
#include <utility>

namespace recogniser {
namespace {

constexpr std::array<std::string_view, kFieldCount> kFieldNames = {
    "plate_num",       "vehicle_type",  "owner",      "addr",        "use_character", "model",          "vin",
    "engine_num",      "register_date", "issue_date", "plate_num_b", "record",        "passengers_num", "total_quality",
    "prepare_quality", "overall_size",
};

constexpr std::array<std::pair<Failure, std::string_view>, 5> kFailureNames = {{
    {Failure::kNotAnImage, "not_an_image"},
    {Failure::kTooLarge, "too_large"},
    {Failure::kNoCard, "no_card"},
    {Failure::kDeadline, "deadline"},
    {Failure::kCrashed, "crashed"},
}};

}  // namespace

std::string_view fieldName(Field field) {
    return kFieldNames.at(static_cast<std::size_t>(field));
}

std::optional<Field> fieldOfName(std::string_view name) {
    for (std::size_t i = 0; i < kFieldNames.size(); ++i) {
        if (kFieldNames[i] == name) return static_cast<Field>(i);
    }
    return std::nullopt;
}

std::string_view failureName(Failure failure) {
    return kFailureNames.at(static_cast<std::size_t>(failure)).second;
}

std::optional<Failure> failureOfName(std::string_view name) {
    for (const auto& [failure, known] : kFailureNames) {
        if (known == name) return failure;
    }
    return std::nullopt;
}

}  // namespace recogniser
