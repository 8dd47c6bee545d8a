#include "recogniser/grammar.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "recogniser/text.h"
#include "recogniser/words.h"

namespace recogniser {
namespace {

constexpr std::size_t kVinLength = 17;
constexpr std::size_t kVinCheckPlace = 8;
constexpr std::size_t kVinDigitsFrom = 13;

using Exchange = std::pair<char32_t, char32_t>;

/// Letters and the digits they are taken for.
constexpr std::array<Exchange, 13> kLetterAsDigit = {{{U'O', U'0'},
                                                      {U'Q', U'0'},
                                                      {U'D', U'0'},
                                                      {U'I', U'1'},
                                                      {U'L', U'1'},
                                                      {U'Z', U'2'},
                                                      {U'A', U'4'},
                                                      {U'S', U'5'},
                                                      {U'G', U'6'},
                                                      {U'T', U'7'},
                                                      {U'B', U'8'},
                                                      {U'l', U'1'},
                                                      {U'o', U'0'}}};

char32_t asDigit(char32_t character) {
    for (const auto& [letter, digit] : kLetterAsDigit) {
        if (letter == character) return digit;
    }
    return character;
}

char32_t asLetter(char32_t character) {
    for (const auto& [letter, digit] : kLetterAsDigit) {
        if (digit == character && letter != U'O' && letter != U'I' && letter != U'Q') return letter;
    }
    return character;
}

/// Capital letters and digits alone.
std::u32string codeOf(std::u32string_view text) {
    std::u32string code;
    for (char32_t character : compact(text)) {
        if (character >= U'a' && character <= U'z') character = character - U'a' + U'A';
        if (isCapital(character) || isDigit(character)) code.push_back(character);
    }
    return code;
}

std::u32string digitsOf(std::u32string_view text) {
    std::u32string digits;
    std::copy_if(text.begin(), text.end(), std::back_inserter(digits), isDigit);
    return digits;
}

int numberOf(std::u32string_view digits) {
    int number = 0;
    for (const char32_t digit : digits) number = number * 10 + static_cast<int>(digit - U'0');
    return number;
}

/// A character's value in the check sum of ISO 3779, nothing for I, O and Q.
std::optional<int> vinValue(char32_t character) {
    constexpr std::u32string_view kLetters = U"ABCDEFGHJKLMNPRSTUVWXYZ";
    constexpr std::array kValues = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9};
    if (isDigit(character)) return static_cast<int>(character - U'0');
    const auto place = kLetters.find(character);
    if (place == std::u32string_view::npos) return std::nullopt;
    return kValues[place];
}

/// All texts that one exchange of these look-alikes makes of a VIN and whose check digit fits.
std::vector<std::u32string> repairedVins(const std::u32string& vin, std::span<const Exchange> look_alikes) {
    std::vector<std::u32string> repaired;
    for (std::size_t i = 0; i < vin.size(); ++i) {
        for (const auto& [one, other] : look_alikes) {
            if (vin[i] != one && vin[i] != other) continue;
            std::u32string changed = vin;
            changed[i] = vin[i] == one ? other : one;
            if (i >= kVinDigitsFrom && !isDigit(changed[i])) continue;
            if (vinCheckDigitFits(changed)) repaired.push_back(changed);
        }
    }
    return repaired;
}

/// The one VIN that the likeliest exchanges allow: first those that Tesseract makes most, then the others.
std::optional<std::u32string> repairedVin(const std::u32string& vin) {
    constexpr std::array<Exchange, 5> kFrequent = {
        {{U'5', U'S'}, {U'8', U'B'}, {U'2', U'Z'}, {U'0', U'D'}, {U'6', U'G'}}};
    constexpr std::array<Exchange, 15> kRare = {{{U'1', U'L'},
                                                 {U'1', U'T'},
                                                 {U'1', U'J'},
                                                 {U'3', U'B'},
                                                 {U'4', U'A'},
                                                 {U'7', U'T'},
                                                 {U'0', U'8'},
                                                 {U'3', U'8'},
                                                 {U'6', U'8'},
                                                 {U'5', U'6'},
                                                 {U'U', U'V'},
                                                 {U'V', U'Y'},
                                                 {U'M', U'N'},
                                                 {U'C', U'G'},
                                                 {U'P', U'R'}}};
    for (const std::span<const Exchange> look_alikes :
         {std::span<const Exchange>{kFrequent}, std::span<const Exchange>{kRare}}) {
        const std::vector<std::u32string> repaired = repairedVins(vin, look_alikes);
        if (repaired.size() == 1) return repaired.front();
        if (!repaired.empty()) break;
    }
    return std::nullopt;
}

/// The characters that names and addresses consist of.
bool isNameCharacter(char32_t character) {
    constexpr std::u32string_view kSigns = U"()（）·-";
    return isChinese(character) || isDigit(character) || isCapital(character) ||
           (character >= U'a' && character <= U'z') || kSigns.find(character) != std::u32string_view::npos;
}

std::u32string nameOf(std::u32string_view text) {
    std::u32string name;
    for (const char32_t character : compact(text)) {
        if (isNameCharacter(character)) name.push_back(character);
    }
    while (!name.empty() && name.front() == U'-') name.erase(name.begin());
    while (!name.empty() && name.back() == U'-') name.pop_back();
    return name;
}

bool hasChinese(std::u32string_view text, std::ptrdiff_t at_least) {
    return std::count_if(text.begin(), text.end(), isChinese) >= at_least;
}

/// The nearest listed word, if at most two in five characters differ.
Judged judgeListed(std::u32string_view text, std::span<const std::u32string_view> words) {
    const std::u32string name = nameOf(text);
    if (name.empty()) return {};
    const std::u32string_view nearest = nearestWord(name, words, name.size() * 2 / 5);
    if (nearest.empty()) return {name, false};
    return {std::u32string{nearest}, true};
}

bool isDate(int year, int month, int day) {
    constexpr std::array kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1980 || year > 2079 || month < 1 || month > 12 || day < 1) return false;
    const bool leap = year % 4 == 0;  // right for 1980 to 2079
    const int days = kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
    return day <= days;
}

}  // namespace

bool vinCheckDigitFits(std::u32string_view vin) {
    constexpr std::array kWeights = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
    if (vin.size() != kVinLength) return false;
    int sum = 0;
    for (std::size_t i = 0; i < kVinLength; ++i) {
        const auto value = vinValue(vin[i]);
        if (!value) return false;
        sum += *value * kWeights[i];
    }
    const int rest = sum % 11;
    return vin[kVinCheckPlace] == (rest == 10 ? U'X' : U'0' + static_cast<char32_t>(rest));
}

Judged judgeVin(std::u32string_view text) {
    std::u32string vin = codeOf(text);
    for (std::size_t i = 0; i < vin.size(); ++i) {
        const bool never = vin[i] == U'I' || vin[i] == U'O' || vin[i] == U'Q';
        if (never || (vin.size() == kVinLength && i >= kVinDigitsFrom)) vin[i] = asDigit(vin[i]);
    }
    if (vin.size() != kVinLength) return {vin, false};
    if (vinCheckDigitFits(vin)) return {vin, true};
    if (const auto repaired = repairedVin(vin)) return {*repaired, true};
    return {vin, false};
}

bool isProvince(char32_t character) {
    constexpr std::u32string_view kProvinces = U"京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
    return kProvinces.find(character) != std::u32string_view::npos;
}

bool isPlate(std::u32string_view text) {
    constexpr std::size_t kUsualLength = 7;
    if (text.size() != kUsualLength && text.size() != kUsualLength + 1) return false;
    if (!isProvince(text[0]) || !isCapital(text[1])) return false;
    const std::u32string_view number = text.substr(2);
    const auto allowed = [](char32_t c) { return (isCapital(c) || isDigit(c)) && c != U'I' && c != U'O'; };
    if (!std::all_of(text.begin() + 1, text.end(), allowed)) return false;
    if (text.size() == kUsualLength) return std::count_if(number.begin(), number.end(), isCapital) <= 2;
    // New-energy cars: small ones have the kind's letter first, then a letter or digit; large ones have it last.
    constexpr std::u32string_view kKinds = U"ABCDEFGHJK";
    const bool small = kKinds.find(number.front()) != std::u32string_view::npos &&
                       std::all_of(number.begin() + 2, number.end(), isDigit);
    const bool large = kKinds.find(number.back()) != std::u32string_view::npos &&
                       std::all_of(number.begin(), number.end() - 1, isDigit);
    return small || large;
}

Judged judgePlate(std::u32string_view text) {
    std::u32string plate;
    for (const char32_t character : compact(text)) {
        if (isProvince(character) || isCapital(character) || isDigit(character)) plate.push_back(character);
    }
    const std::size_t letter_place = !plate.empty() && isProvince(plate.front()) ? 1 : 0;  // the province may be unread
    for (std::size_t i = letter_place; i < plate.size(); ++i) {
        if (i == letter_place) {
            plate[i] = asLetter(plate[i]);
        } else if (plate[i] == U'I' || plate[i] == U'O') {
            plate[i] = asDigit(plate[i]);
        }
    }
    const bool valid = isPlate(plate);
    return {plate, valid};
}

Judged judgeDate(std::u32string_view text) {
    std::u32string digits;
    for (const char32_t character : compact(text)) {
        const char32_t digit = asDigit(character);
        if (isDigit(digit)) digits.push_back(digit);
    }
    if (digits.empty()) return {};
    constexpr std::size_t kDigits = 8;
    if (digits.size() == kDigits + 1) {
        // The end of the label before it, or of the one behind, reads as a stroke more.
        const Judged from_second = judgeDate(digits.substr(1));
        const Judged to_last = judgeDate(digits.substr(0, kDigits));
        if (from_second.valid != to_last.valid) return from_second.valid ? from_second : to_last;
    }
    if (digits.size() != kDigits) return {compact(text), false};
    const std::u32string_view all{digits};
    const bool valid = isDate(numberOf(all.substr(0, 4)), numberOf(all.substr(4, 2)), numberOf(all.substr(6, 2)));
    return {digits.substr(0, 4) + U"-" + digits.substr(4, 2) + U"-" + digits.substr(6, 2), valid};
}

Judged judgeQuantity(std::u32string_view text, std::u32string_view unit) {
    const std::u32string whole = compact(text);
    const auto end = std::find_if_not(whole.begin(), whole.end(), isDigit);
    const std::u32string digits{whole.begin(), end};
    if (digits.empty()) return {};
    const bool has_unit = end != whole.end();  // without one, its letters may stand among the digits
    const bool valid = has_unit && digits.size() <= 6 && digits.front() != U'0';
    return {digits + std::u32string{unit}, valid};
}

Judged judgeSize(std::u32string_view text) {
    const std::u32string whole = compact(text);
    const std::u32string_view numbers = std::u32string_view{whole}.substr(0, whole.find(U'm'));
    std::vector<std::u32string> parts(1);
    for (const char32_t character : numbers) {
        if (isDigit(character)) parts.back().push_back(character);
        const bool cross = character == U'x' || character == U'X' || character == U'×';
        if (cross && !parts.back().empty()) parts.emplace_back();
    }
    // Thin crosses get lost. Width and height of what is not a motorcycle have four digits, so the places are known.
    const std::u32string digits = digitsOf(numbers);
    if (parts.size() < 3 && (digits.size() == 12 || digits.size() == 13)) {
        const std::size_t length_digits = digits.size() - 8;
        parts = {digits.substr(0, length_digits), digits.substr(length_digits, 4), digits.substr(length_digits + 4)};
    }
    const bool valid = parts.size() == 3 && std::all_of(parts.begin(), parts.end(), [](const std::u32string& number) {
                           return number.size() >= 3 && number.size() <= 5 && number.front() != U'0';
                       });
    if (!valid) return {whole, false};
    return {parts[0] + U"x" + parts[1] + U"x" + parts[2] + U"mm", true};
}

Judged judgeRecord(std::u32string_view text) {
    const std::u32string digits = digitsOf(text);
    return {digits, digits.size() == 12};
}

Judged judgeVehicleType(std::u32string_view text) {
    return judgeListed(text, vehicleTypes());
}

Judged judgeUse(std::u32string_view text) {
    return judgeListed(text, useCharacters());
}

Judged judgeModel(std::u32string_view text) {
    const std::u32string whole = nameOf(text);
    const auto end = std::find_if_not(whole.begin(), whole.end(), isChinese);
    std::u32string brand{whole.begin(), end};
    const std::u32string code = codeOf(std::u32string{end, whole.end()});
    const std::u32string_view nearest =
        brand.size() >= 3 ? nearestWord(brand, brands(), brand.size() / 3) : std::u32string_view{};
    if (!nearest.empty()) brand = nearest;
    const bool valid = brand.size() >= 2 && brand.back() == U'牌' && code.size() >= 4;
    return {brand + code, valid};
}

Judged judgeEngine(std::u32string_view text) {
    const std::u32string code = codeOf(text);
    return {code, code.size() >= 4};
}

Judged judgeOwner(std::u32string_view text) {
    std::u32string name = nameOf(text);
    // A works (厂) ends many a name and is misread; what it is misread for ends none.
    constexpr std::size_t kPersonMax = 4;
    if (name.size() > kPersonMax && (name.back() == U'广' || name.back() == U'三')) name.back() = U'厂';
    return {name, hasChinese(name, 2)};
}

Judged judgeAddress(std::u32string_view text) {
    std::u32string address = nameOf(text);
    for (std::size_t i = 1; i < address.size(); ++i) {
        const bool after_digit = isDigit(address[i - 1]);
        const bool before_digit = i + 1 < address.size() && isDigit(address[i + 1]);
        if ((after_digit || before_digit) && !isDigit(address[i]) && !isChinese(address[i]))
            address[i] = asDigit(address[i]);
    }
    // A number of a room ends in 室; so do its look-alikes, none of which follows a number.
    constexpr std::u32string_view kLikeRoom = U"宣宜富空宝窒";
    if (address.size() > 1 && isDigit(address[address.size() - 2]) &&
        kLikeRoom.find(address.back()) != std::u32string_view::npos) {
        address.back() = U'室';
    }
    return {address, hasChinese(address, 4)};
}

}  // namespace recogniser
