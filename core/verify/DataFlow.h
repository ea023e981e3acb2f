// SPDX-License-Identifier: GPL-3.0-or-later
// What is computed from the data, and what is the same in every run. In functions, too: an input of one is a
// constant where all of its calls pass the same. An immutable value of a view, which must outlive it.
#pragma once

#include "core/graph/GraphView.h"

#include <unordered_set>

namespace pleat {

class DataFlow final {
public:
    // O(nodes in functions).
    explicit DataFlow(const GraphView& view);

    bool isData(ValueIndex value) const; // None: no

    // The value itself; of an input of a function, the constant that all of its calls pass.
    ValueIndex source(ValueIndex value) const;

private:
    bool isInFunction(ValueIndex value) const;
    const GraphView& m_view;
    std::unordered_set<ValueIndex> m_inFunctions; // data in functions and in bodies in them
};

} // namespace pleat
