#pragma once

#include <chrono>
#include <vector>

#include "recogniser/image.h"
#include "recogniser/reading.h"
#include "recogniser/registration.h"

namespace recogniser {

/// A sheet that was found, at most one of each side.
struct Sheet {
    SheetPose pose;  ///< to pixels of the decoded picture
    Quad corners;    ///< in pixels of the picture as sent
};

/// Finds the pages of a licence in a picture without reading a word: candidates, each registered against the printed
/// form, then whatever lies beside a page that was found, then a search of the whole picture. Stops looking at `deadline`.
std::vector<Sheet> locateSheets(const Picture& picture, std::chrono::steady_clock::time_point deadline);

}  // namespace recogniser
