#pragma once

#include "recogniser/line_reader.h"
#include "recogniser/reading.h"
#include "recogniser/value_crop.h"

namespace recogniser {

/// Reads one value from its lines: the right alphabet for each part of it, several readings until two agree, then the
/// field's grammar. No line, or nothing readable on it: an empty text. Never looks at another field.
FieldReading readField(LineReader& reader, Field field, const ValueLines& lines);

}  // namespace recogniser
