#include "recogniser/reader.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <variant>
#include <vector>

#include "recogniser/fields.h"
#include "recogniser/image.h"
#include "recogniser/locate.h"
#include "recogniser/value_crop.h"

namespace recogniser {
namespace {

/// Whether a page that may be a licence is one: the form fits as it does in a scan, or two values at least have the
/// grammar of their fields, which chance print does not give them.
bool credible(const Sheet& sheet, const std::map<Field, FieldReading>& fields) {
    constexpr std::ptrdiff_t kValidMin = 2;
    if (sheet.pose.score >= kScoreSure) return true;
    return std::count_if(fields.begin(), fields.end(), [](const auto& entry) { return entry.second.valid; }) >=
           kValidMin;
}

}  // namespace

Outcome LicenceReader::read(std::span<const char> file, std::chrono::steady_clock::time_point deadline) {
    const auto late = [deadline] { return std::chrono::steady_clock::now() >= deadline; };
    const auto decoded = decodePicture(file);
    if (const Failure* failure = std::get_if<Failure>(&decoded)) return *failure;
    const Picture& picture = std::get<Picture>(decoded);

    const std::vector<Sheet> sheets = locateSheets(picture, deadline);
    if (late()) return Failure::kDeadline;
    if (sheets.empty()) return Failure::kNoCard;

    Reading reading;
    reading.image_size = picture.size;
    for (const Sheet& sheet : sheets) {
        std::map<Field, FieldReading> fields;
        for (const auto& [field, lines] : cropValues(picture.brightest, sheet.pose)) {
            if (late()) return Failure::kDeadline;
            fields[field] = readField(line_reader_, field, lines);
        }
        if (!credible(sheet, fields)) continue;
        (sheet.pose.side == Side::kFront ? reading.front : reading.back) = sheet.corners;
        reading.fields.merge(fields);
    }
    if (!reading.front && !reading.back) return Failure::kNoCard;
    return reading;
}

}  // namespace recogniser
