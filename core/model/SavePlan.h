// SPDX-License-Identifier: GPL-3.0-or-later
// What a model file and its data file will consist of, piece by piece, before a byte of them is written:
// bytes at hand, ranges of the opened files that are copied as they are, and payloads that are copied or
// computed when their turn comes. All enclosing lengths and all offsets are known when the plan is made. A
// plan refers to the Model, which must outlive it.
#pragma once

#include "core/model/Placement.h"

#include <deque>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace pleat {

struct SavePlan {
    // A hundred thousand folds make half a million of them, most of them bytes.
    using Segment = std::variant<std::string, SourceRange, std::shared_ptr<const TensorView>>;

    // A tensor in the data file; between one and the next lie zeros.
    struct Piece {
        std::uint64_t offset = 0;
        TensorView tensor;
    };

    std::deque<Segment> segments;
    std::uint64_t bytes = 0;   // of the model file
    std::vector<Piece> pieces; // none: no data file
    std::uint64_t dataBytes = 0;
};

// `dataFile` is what the model will call its data file. Errors: the source's own; MissingData for bytes that
// would have to be copied and are not there.
Result<SavePlan> planSave(const Model& model, const Placement& placement, const std::string& dataFile);

} // namespace pleat
