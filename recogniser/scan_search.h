#pragma once

#include <chrono>
#include <vector>

#include "recogniser/grey_image.h"
#include "recogniser/registration.h"

namespace recogniser {

/// Looks for the printed form at every place, every likely size and in four ways up, for scans in which the sheet's edge
/// cannot be told from the ground. Finds sheets that lie straight to about one degree; gives the best rough pose of
/// each side, unrefined. Stops at `deadline` with what it has.
std::vector<SheetPose> searchPicture(const Pyramid& picture, std::chrono::steady_clock::time_point deadline);

}  // namespace recogniser
