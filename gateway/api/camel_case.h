#pragma once

#include <string>
#include <string_view>

namespace gateway::api {

/// A JSON text with each member's name, at every depth, as WeChat's cloud calls spell it: `plate_num` becomes `plateNum`,
/// `errcode` and `errmsg` become `errCode` and `errMsg`. An underscore between a character and a lower-case letter or a
/// digit goes, and the letter is raised; all other bytes, values above all, stay as they are. `json` is a strict text
/// without escapes in its names, as gateway/json accepts it.
std::string camelCased(std::string_view json);

}  // namespace gateway::api
