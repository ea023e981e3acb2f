// SPDX-License-Identifier: GPL-3.0-or-later
// Where two models differ: both are cut at the values that they have in common, and what makes such a value
// of the ones before it is a part. A part that is not the same in both, node by node and byte by byte, is
// what somebody changed: a layer with its batch norm before, and the folded layer after. Each body and each
// function is cut as the main graph is: what it reads of outer graphs is an input of its parts. Values.
#pragma once

#include "core/verify/CommonValues.h"

#include <string>

namespace pleat {

// What one of the models makes of the inputs.
struct PartSide {
    std::vector<NodeIndex> nodes;   // of one graph, producers first; those that make constants, too
    std::vector<ValueIndex> inputs; // from the data, outer graphs included; in the order of their names
    ValueIndex output = ValueIndex::None;
};

struct Part {
    PartSide before, after;
    std::string problem; // why it cannot be looked at by itself; a sentence, mostly empty
};

// Finds the parts of two models; these and what they have in common must outlive it.
class Parts final {
public:
    Parts(const GraphView& before, const GraphView& after, const CommonValues& common);
    ~Parts();

    // Those that are not the same in both, in the order of the model before. Reads the constants that could
    // be: errors are those of reading; Cancelled.
    Result<std::vector<Part>> changed(Progress& progress, const std::stop_token& stop) const;

    // The same value, made from what lies further back: for a part whose inputs are not as independent as
    // they look. The part itself where there is nothing further back, or it would become too large.
    Part widened(const Part& part) const;

private:
    class Side;
    class Sameness;
    bool reconcile(Part& part, std::vector<ValueIndex> open) const;
    const GraphView& m_before;
    const GraphView& m_after;
    const CommonValues& m_common;
    std::unique_ptr<Side> m_sideBefore, m_sideAfter;
};

} // namespace pleat
