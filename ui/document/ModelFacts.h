// SPDX-License-Identifier: GPL-3.0-or-later
// What the window says about a model as a whole: counted once a model, in a job. A plain value.
#pragma once

#include "core/graph/Describe.h"

namespace pleat::ui {

struct ModelFacts {
    ModelInfo info;
    std::uint64_t convolutions = 0; // transposed ones too, bodies included
    std::uint64_t convolutionsWithBias = 0;
};

ModelFacts factsOf(const GraphView& view, const ValueTypes& types);

} // namespace pleat::ui
