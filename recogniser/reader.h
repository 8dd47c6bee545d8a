#pragma once

#include <chrono>
#include <span>

#include "recogniser/line_reader.h"
#include "recogniser/reading.h"

namespace recogniser {

/// Reads vehicle licences from pictures. Keeps nothing from one picture to the next: equal pictures, equal readings.
/// Not for two threads at once, because its line reader is not.
class LicenceReader {
public:
    /// `line_reader` must outlive this.
    explicit LicenceReader(LineReader& line_reader) : line_reader_(line_reader) {}

    /// Reads one JPEG or PNG file. The pages that were found have their corners and all their fields in the reading, a
    /// field that could not be read with an empty text.
    /// Failures: kNotAnImage, kTooLarge, kNoCard, kDeadline. The deadline is looked at between steps, of which the longest
    /// takes some 0.1 s; a step that hangs is for whoever watches the process.
    Outcome read(std::span<const char> file, std::chrono::steady_clock::time_point deadline);

private:
    LineReader& line_reader_;
};

}  // namespace recogniser
