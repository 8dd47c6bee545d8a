#pragma once

#include <string>
#include <string_view>

#include "recogniser/reading.h"

namespace recogniser {

/// A text after the rules of its field: letters that look like digits put right where the grammar leaves no choice,
/// words that are nearly on a list replaced by that word. `valid` if it then fits the grammar.
struct Judged {
    std::u32string text;
    bool valid = false;
};

/// The 17 characters of a vehicle identification number with the right check digit (ISO 3779, ninth place). Not all
/// makers outside North America and China use the digit; in China it is mandatory (GB 16735).
bool vinCheckDigitFits(std::u32string_view vin);

/// I, O and Q as the digits they are misread from, the last four places as digits; if the check digit is wrong and
/// exactly one exchange of look-alikes puts it right, that exchange. Valid if the check digit fits.
Judged judgeVin(std::u32string_view text);

/// One of the 31 provinces' characters on plates.
bool isProvince(char32_t character);

/// A civil plate: province, letter, then five places with two letters at most, or six for new-energy cars with the
/// letter of their kind first or last; no I, no O. Source: GA 36-2018.
bool isPlate(std::u32string_view text);

/// Corrects what follows the province: the second place is a letter, no I, no O.
Judged judgePlate(std::u32string_view text);

/// A calendar date from 1980 to 2079, YYYY-MM-DD, also where hyphens were lost or one stroke too many was read.
Judged judgeDate(std::u32string_view text);

/// Digits and the unit, such as 1790kg or 5人. Only digits are taken from the text: the unit is part of the form.
Judged judgeQuantity(std::u32string_view text, std::u32string_view unit);

/// Length, width and height in millimetres, such as 4582x1795x1458mm, whatever cross was printed, also where crosses were
/// lost between numbers of the usual length.
Judged judgeSize(std::u32string_view text);

/// The file number: twelve digits.
Judged judgeRecord(std::u32string_view text);

/// The nearest entry of the list of vehicle types, or the text as it is.
Judged judgeVehicleType(std::u32string_view text);

/// The nearest entry of the list of uses, or the text as it is.
Judged judgeUse(std::u32string_view text);

/// Brand ending in 牌, then the model's code; a brand one character off a known one is taken for it.
Judged judgeModel(std::u32string_view text);

/// Capital letters and digits, four or more.
Judged judgeEngine(std::u32string_view text);

/// A name: Chinese, letters and digits, brackets and the middle dot; everything else is dropped.
Judged judgeOwner(std::u32string_view text);

/// An address: as a name; a lone letter between digits is the digit it looks like.
Judged judgeAddress(std::u32string_view text);

}  // namespace recogniser
