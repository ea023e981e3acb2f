// SPDX-License-Identifier: GPL-3.0-or-later
// Constants that are computed from constants: ConstantOfShape, arithmetic, Cast, Concat, Slice, Gather, … as
// ONNX's operator pages define them, each number rounded once into its type. A GraphView keeps what was
// computed, each value once; any thread may ask.
#pragma once

#include "core/graph/Constants.h"

#include <mutex>
#include <unordered_map>

namespace pleat {

class ComputedConstants final {
public:
    using Answer = tl::expected<TensorView, NotConstant>;

    // What the producer of `value` makes of its constant inputs. Unevaluated where it is an operator that is
    // not computed here, the result is large (but for ConstantOfShape), or it lies too many operators deep.
    Answer of(const GraphView& view, ValueIndex value);

private:
    std::mutex m_mutex;
    std::unordered_map<ValueIndex, Answer> m_answers;
};

} // namespace pleat
