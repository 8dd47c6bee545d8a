#include "recogniser/fields.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "recogniser/grammar.h"
#include "recogniser/province.h"
#include "recogniser/text.h"

namespace recogniser {
namespace {

/// One attempt at a value.
struct Attempt {
    Judged judged;
    int confidence = 0;
};

/// The same line at another size. Tesseract's errors change with it, its right answers do not.
GreyImage scaled(const GreyImage& line, double factor) {
    if (factor == 1) return line;
    GreyImage result{std::max(1, static_cast<int>(line.width() * factor)),
                     std::max(1, static_cast<int>(line.height() * factor))};
    for (int y = 0; y < result.height(); ++y) {
        for (int x = 0; x < result.width(); ++x) {
            result.set(x, y,
                       static_cast<std::uint8_t>(
                           std::lround(line.sample((x + 0.5) / factor - 0.5, (y + 0.5) / factor - 0.5))));
        }
    }
    return result;
}

/// The lines side by side: a lone last character of an address cannot be read by itself.
GreyImage joined(const ValueLines& lines) {
    int width = 0;
    int height = 0;
    for (const GreyImage& line : lines) {
        width += line.width();
        height = std::max(height, line.height());
    }
    GreyImage strip{width, height};
    int left = 0;
    for (const GreyImage& line : lines) {
        const int top = (height - line.height()) / 2;
        for (int y = 0; y < line.height(); ++y)
            std::copy(line.row(y), line.row(y) + line.width(), strip.row(top + y) + left);
        left += line.width();
    }
    return strip;
}

/// The first and the last column with print; a value's line always has some.
std::pair<int, int> printedExtent(const std::vector<bool>& printed) {
    const auto first = std::find(printed.begin(), printed.end(), true);
    const auto last = std::find(printed.rbegin(), printed.rend(), true);
    return {static_cast<int>(first - printed.begin()), static_cast<int>(printed.rend() - last)};
}

/// The height of the print in the first columns, which for Chinese characters is nearly one em. Capital letters would
/// do as well, but some have tails.
double emOf(const GreyImage& whole, int columns) {
    const GreyImage line = whole.cropped(0, 0, columns, whole.height());
    int top = line.height();
    int bottom = 0;
    for (int y = 0; y < line.height(); ++y) {
        const std::uint8_t* row = line.row(y);
        if (std::none_of(row, row + line.width(), [](std::uint8_t value) { return value < 128; })) continue;
        top = std::min(top, y);
        bottom = y + 1;
    }
    return std::max(1, bottom - top) / 0.93;
}

/// The blank column nearest to `wanted`, at most `reach` away: where to cut between two characters.
std::optional<int> gapNear(const std::vector<bool>& printed, double wanted, double reach) {
    std::optional<int> nearest;
    double nearest_away = reach;
    for (std::size_t x = 0; x < printed.size(); ++x) {
        const double away = std::abs(static_cast<double>(x) - wanted);
        if (printed[x] || away > nearest_away) continue;
        nearest = static_cast<int>(x);
        nearest_away = away;
    }
    return nearest;
}

/// The part of a line from column `from` to `to`, with blank paper before and after it.
GreyImage part(const GreyImage& line, int from, int to) {
    constexpr int kBlank = 10;
    GreyImage result{to - from + 2 * kBlank, line.height()};
    for (int y = 0; y < line.height(); ++y) std::copy(line.row(y) + from, line.row(y) + to, result.row(y) + kBlank);
    return result;
}

/// A line that begins with Chinese characters and goes on in letters and digits, cut in two between them.
struct Cut {
    GreyImage head;
    GreyImage tail;
};

/// Cuts a line after so many Chinese characters; nothing if there is no gap where it should be.
std::optional<Cut> cutAfter(const GreyImage& line, std::size_t characters) {
    const std::vector<bool> printed = printedColumns(line);
    const auto [first, last] = printedExtent(printed);
    const double em_at_most = line.height() * 0.7;  // less the frame
    const double em = emOf(line, first + static_cast<int>(0.85 * em_at_most * static_cast<double>(characters)));
    const auto cut = gapNear(printed, first + (static_cast<double>(characters) - 0.05) * em, 0.45 * em);
    if (!cut || *cut >= last) return std::nullopt;
    return Cut{part(line, 0, *cut), part(line, *cut, line.width())};
}

/// The province of a plate: by its own classifier, or as Tesseract read it where that is not sure.
ProvinceGuess provinceOf(LineReader& reader, const GreyImage& line, const GreyImage& head) {
    constexpr int kSure = 50;
    const ProvinceGuess guess = classifyProvince(head);
    if (guess.confidence >= kSure) return guess;
    const LineText whole = reader.read(line, Alphabet::kChinese);
    const std::u32string characters = compact(toCodePoints(whole.text));
    const auto province = std::find_if(characters.begin(), characters.end(), isProvince);
    if (province == characters.end()) return {};
    return {*province, whole.confidence};
}

Attempt attemptPlate(LineReader& reader, const GreyImage& line) {
    const auto cut = cutAfter(line, 1);
    if (!cut) {
        const LineText whole = reader.read(line, Alphabet::kChinese);
        return {judgePlate(toCodePoints(whole.text)), whole.confidence};
    }
    const ProvinceGuess province = provinceOf(reader, line, cut->head);
    const LineText code = reader.read(cut->tail, Alphabet::kPlate);
    std::u32string plate = toCodePoints(code.text);
    if (province.character != 0) plate.insert(plate.begin(), province.character);
    return {judgePlate(plate), std::min(province.confidence, code.confidence)};
}

Attempt attemptModel(LineReader& reader, const GreyImage& line) {
    const LineText whole = reader.read(line, Alphabet::kChinese);
    const std::u32string characters = compact(toCodePoints(whole.text));
    const auto end = std::find_if_not(characters.begin(), characters.end(), isChinese);
    const auto brand_length = static_cast<std::size_t>(end - characters.begin());
    const auto cut = cutAfter(line, brand_length);
    if (brand_length == 0 || !cut) return {judgeModel(characters), whole.confidence};
    const LineText code = reader.read(cut->tail, Alphabet::kCode);
    return {judgeModel(characters.substr(0, brand_length) + toCodePoints(code.text)),
            std::min(whole.confidence, code.confidence)};
}

/// Seats: the digits before the last character, which the form wants to be 人.
Attempt attemptPassengers(LineReader& reader, const GreyImage& line) {
    const std::vector<bool> printed = printedColumns(line);
    const auto [first, last] = printedExtent(printed);
    const double em = emOf(line, line.width());
    const auto cut = gapNear(printed, last - 0.95 * em, 0.3 * em);
    if (!cut || *cut <= first) {
        const LineText whole = reader.read(line, Alphabet::kChinese);
        return {judgeQuantity(toCodePoints(whole.text), U"人"), whole.confidence};
    }
    const LineText digits = reader.read(part(line, 0, *cut), Alphabet::kDigits);
    if (digits.text.empty()) return {};
    return {judgeQuantity(toCodePoints(digits.text) + U"人", U"人"), digits.confidence};
}

using Judge = Judged (*)(std::u32string_view);

Attempt attemptPlain(LineReader& reader, const GreyImage& line, Alphabet alphabet, Judge judge) {
    const LineText text = reader.read(line, alphabet);
    return {judge(toCodePoints(text.text)), text.confidence};
}

/// A VIN read in two halves. In one piece the reader now and then drops a place among look-alikes.
Attempt attemptVinInHalves(LineReader& reader, const GreyImage& line) {
    const std::vector<bool> printed = printedColumns(line);
    const auto [first, last] = printedExtent(printed);
    const auto cut = gapNear(printed, (first + last) / 2.0, 0.1 * (last - first));
    if (!cut) return {};
    const LineText left = reader.read(part(line, 0, *cut), Alphabet::kVin);
    const LineText right = reader.read(part(line, *cut, line.width()), Alphabet::kVin);
    return {judgeVin(toCodePoints(left.text + right.text)), std::min(left.confidence, right.confidence)};
}

Judged judgeKilograms(std::u32string_view text) {
    return judgeQuantity(text, U"kg");
}

Attempt attempt(LineReader& reader, Field field, const GreyImage& line) {
    switch (field) {
        case Field::kPlateNumber:
        case Field::kPlateNumberBack: return attemptPlate(reader, line);
        case Field::kVehicleType: return attemptPlain(reader, line, Alphabet::kChinese, judgeVehicleType);
        case Field::kOwner: return attemptPlain(reader, line, Alphabet::kChinese, judgeOwner);
        case Field::kAddress: return attemptPlain(reader, line, Alphabet::kChinese, judgeAddress);
        case Field::kUseCharacter: return attemptPlain(reader, line, Alphabet::kChinese, judgeUse);
        case Field::kModel: return attemptModel(reader, line);
        case Field::kVin: return attemptPlain(reader, line, Alphabet::kVin, judgeVin);
        case Field::kEngineNumber: return attemptPlain(reader, line, Alphabet::kPlate, judgeEngine);
        case Field::kRegisterDate:
        case Field::kIssueDate: return attemptPlain(reader, line, Alphabet::kDate, judgeDate);
        case Field::kRecord: return attemptPlain(reader, line, Alphabet::kDigits, judgeRecord);
        case Field::kPassengers: return attemptPassengers(reader, line);
        case Field::kTotalQuality:
        case Field::kPrepareQuality: return attemptPlain(reader, line, Alphabet::kQuantity, judgeKilograms);
        case Field::kOverallSize: return attemptPlain(reader, line, Alphabet::kSize, judgeSize);
    }
    return {};
}

/// A text that fits the grammar before one that does not, then the text that most attempts gave, then the most confident.
FieldReading elect(const std::vector<Attempt>& attempts) {
    using Rank = std::tuple<bool, std::ptrdiff_t, int>;
    const Attempt* best = nullptr;
    Rank best_rank;
    for (const Attempt& candidate : attempts) {
        if (candidate.judged.text.empty()) continue;
        const auto votes = std::count_if(attempts.begin(), attempts.end(), [&](const Attempt& other) {
            return other.judged.text == candidate.judged.text;
        });
        const Rank rank{candidate.judged.valid, votes, candidate.confidence};
        if (best != nullptr && rank <= best_rank) continue;
        best = &candidate;
        best_rank = rank;
    }
    if (best == nullptr) return {};
    return {toUtf8(best->judged.text), best->confidence, best->judged.valid};
}

}  // namespace

FieldReading readField(LineReader& reader, Field field, const ValueLines& lines) {
    constexpr std::array kSizes = {1.0, 0.8, 1.2, 0.7};
    if (lines.empty()) return {};
    const GreyImage line = joined(lines);
    std::vector<Attempt> attempts;
    for (const double size : kSizes) {
        attempts.push_back(attempt(reader, field, scaled(line, size)));
        const Judged& latest = attempts.back().judged;
        const bool agreed =
            latest.valid && std::any_of(attempts.begin(), attempts.end() - 1,
                                        [&](const Attempt& earlier) { return earlier.judged.text == latest.text; });
        if (agreed) break;
    }
    const bool any_valid =
        std::any_of(attempts.begin(), attempts.end(), [](const Attempt& made) { return made.judged.valid; });
    if (field == Field::kVin && !any_valid) attempts.push_back(attemptVinInHalves(reader, line));
    return elect(attempts);
}

}  // namespace recogniser
