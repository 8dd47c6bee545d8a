#pragma once

#include <vector>

#include "recogniser/image.h"
#include "recogniser/reading.h"

namespace recogniser {

/// A quad in the decoded picture that could be the edge of a sheet. Its corners go clockwise and start with a long side;
/// which way up the sheet is remains open.
struct Candidate {
    Quad quad;
    double misfit =
        1;  ///< how far the area seen in it is from filling it and it from a rectangle; 1 where none was seen
};

/// Bright or dark areas of the right shape at many thresholds, then the picture's own frame and its halves, for scans
/// cut close. Best guesses first, no two nearly alike.
std::vector<Candidate> sheetCandidates(const Picture& picture);

}  // namespace recogniser
