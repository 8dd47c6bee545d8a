#pragma once

#include <memory>

#include "recogniser/line_reader.h"

namespace recogniser {

/// Reads lines with Tesseract's LSTM models `chi_sim` and `eng`, kept loaded (some 0.25 s to construct, 100 MB).
/// The process must have been started with OMP_THREAD_LIMIT=1: with OpenMP's threads it is five times slower.
/// Throws std::runtime_error if a model is not installed.
class TesseractLineReader : public LineReader {
public:
    TesseractLineReader();
    ~TesseractLineReader() override;
    TesseractLineReader(const TesseractLineReader&) = delete;
    TesseractLineReader& operator=(const TesseractLineReader&) = delete;

    LineText read(const GreyImage& line, Alphabet alphabet) override;

private:
    class Model;
    std::unique_ptr<Model> chinese_;
    std::unique_ptr<Model> latin_;
};

}  // namespace recogniser
