// SPDX-License-Identifier: GPL-3.0-or-later
// Constants that are computed from constants, by the rules of Evaluate.h, and by ConstantOfShape. A GraphView
// keeps what was computed, each value once, up to a limit; any thread may ask.
#pragma once

#include "core/graph/Constants.h"

#include <mutex>
#include <unordered_map>

namespace pleat {

class ComputedConstants final {
public:
    using Answer = tl::expected<TensorView, NotConstant>;

    // What the producer of `value` makes of its constant inputs. Unevaluated where it is an operator that is
    // not computed here, the result is large (but for ConstantOfShape), it lies too many operators deep, or
    // much has been computed already.
    Answer of(const GraphView& view, ValueIndex value);

private:
    static constexpr std::uint64_t mostKept = std::uint64_t{1} << 28; // bytes

    std::mutex m_mutex;
    std::uint64_t m_bytes = 0; // of what was computed and is kept
    std::unordered_map<ValueIndex, Answer> m_answers;
};

} // namespace pleat
