#include "recogniser/tesseract_line_reader.h"

#include <tesseract/baseapi.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace recogniser {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    const auto last = text.find_last_not_of(kSpace);
    return std::string{text.substr(first, last - first + 1)};
}

/// The characters that Tesseract may choose from; all of them where empty.
const char* allowed(Alphabet alphabet) {
    switch (alphabet) {
        // The Chinese model loses characters under an allow-list instead of choosing among the rest (tesseract issue 2760).
        case Alphabet::kChinese: return "";
        case Alphabet::kCode: return "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        case Alphabet::kPlate: return "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
        case Alphabet::kVin: return "0123456789ABCDEFGHJKLMNPRSTUVWXYZ";
        case Alphabet::kDigits: return "0123456789";
        case Alphabet::kDate: return "0123456789-";
        case Alphabet::kQuantity: return "0123456789kg";
        case Alphabet::kSize: return "0123456789xXm";
    }
    return "";
}

}  // namespace

class TesseractLineReader::Model {
public:
    explicit Model(const char* language) {
        // Values are names and numbers, which dictionaries only bend towards words.
        const std::vector<std::string> names = {"load_system_dawg", "load_freq_dawg", "load_punc_dawg",
                                                "load_number_dawg"};
        const std::vector<std::string> values(names.size(), "0");
        if (tesseract_.Init(nullptr, language, tesseract::OEM_LSTM_ONLY, nullptr, 0, &names, &values, false) != 0) {
            throw std::runtime_error{std::string{"Tesseract has no model "} + language +
                                     ": install the package tesseract-ocr-" +
                                     (std::string_view{language} == "eng" ? "eng" : "chi-sim")};
        }
        tesseract_.SetPageSegMode(tesseract::PSM_SINGLE_LINE);
        tesseract_.SetVariable("debug_file", "/dev/null");
    }

    LineText read(const GreyImage& line, const char* characters) {
        tesseract_.SetVariable("tessedit_char_whitelist", characters);
        tesseract_.SetImage(line.data(), line.width(), line.height(), 1, line.width());
        tesseract_.SetSourceResolution(300);  // a guess would only be a warning and the same result
        const std::unique_ptr<char[]> text{tesseract_.GetUTF8Text()};
        if (text == nullptr) return {};
        LineText result{trimmed(text.get()), std::clamp(tesseract_.MeanTextConf(), 0, 100)};
        tesseract_.Clear();
        return result;
    }

private:
    tesseract::TessBaseAPI tesseract_;
};

TesseractLineReader::TesseractLineReader()
    : chinese_(std::make_unique<Model>("chi_sim")), latin_(std::make_unique<Model>("eng")) {}

TesseractLineReader::~TesseractLineReader() = default;

LineText TesseractLineReader::read(const GreyImage& line, Alphabet alphabet) {
    if (line.width() < 4 || line.height() < 4) return {};
    Model& model = alphabet == Alphabet::kChinese ? *chinese_ : *latin_;
    return model.read(line, allowed(alphabet));
}

}  // namespace recogniser
