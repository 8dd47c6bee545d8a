#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "recogniser/reading.h"

namespace recogniser {

/// The worker's answer as JSON: {"img_size":{"w","h"},"front":[[x,y] x 4],"back":[...],"fields":{name:{"text",
/// "confidence","valid"}}}, a page that was not found left out; or {"failure":"no_card"}. Corners are rounded to 0.1 pixel.
std::string toJson(const Outcome& outcome);

/// The reverse; nothing if the text is not such an answer.
std::optional<Outcome> outcomeFromJson(std::string_view json);

}  // namespace recogniser
