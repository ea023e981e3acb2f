// SPDX-License-Identifier: GPL-3.0-or-later
// Why one step of a fold is not possible: the reason, a sentence and whom to blame. Functions that recognise
// something answer with this instead of an Error, since a refused fold is a result.
#pragma once

#include "core/fold/FoldCandidate.h"
#include "core/graph/Constants.h"
#include "core/graph/GraphView.h"
#include "core/graph/Named.h"
#include "core/graph/Opsets.h"
#include "core/graph/Shapes.h"

#include <string>
#include <tl/expected.hpp>

namespace pleat {

struct Refusal {
    Reason reason;
    Sentence message;
    std::vector<Blame> blame;
    NodeIndex layer = NodeIndex::None; // the layer that was reached before the refusal
};

template<class T>
using Verdict = tl::expected<T, Refusal>;

// The nodes that a verdict was found at: as long as none of them changes, and no shape, it stays as it is.
// Layers that were only passed by count apart: a fold gives a layer other weights, but it stays one.
class Footprint final {
public:
    void add(NodeIndex node) { m_nodes.push_back(node); }
    void addUnlessLayer(const GraphView& view, NodeIndex node);
    void addReaders(const GraphView& view, ValueIndex value);
    void clear();
    void addEverything() { m_everything = true; }
    void add(const Footprint& other);
    bool isOn(const std::vector<bool>& nodes) const; // by NodeIndex, of those that are not only passed by

    const std::vector<NodeIndex>& nodes() const { return m_nodes; }
    const std::vector<NodeIndex>& passedLayers() const { return m_layers; }
    bool isOnEverything() const { return m_everything; }

private:
    std::vector<NodeIndex> m_nodes, m_layers;
    bool m_everything = false;
};

// What every step of the search looks at.
struct FoldContext {
    const GraphView& view;
    const Shapes& shapes;
    bool quantizedToo = false; // FoldOptions
    bool padUniform = false;   // FoldOptions
    NodeIndex chain =
        NodeIndex::None; // of what is to be folded, for sentences: its batch norm, else its first node
    NodeIndex shifting = NodeIndex::None; // the node of it that shifts its input
    Footprint* footprint = nullptr;       // of the verdict, where somebody wants it
    bool missingToo = false; // a weight whose data is missing is no refusal: it is only to be looked at
};

Blame blame(const GraphView& view, NodeIndex node);
Blame blame(const GraphView& view, ValueIndex value);

inline tl::unexpected<Refusal> refuse(Reason reason, Sentence message, Blame whom)
{
    return tl::make_unexpected(Refusal{reason, std::move(message), {std::move(whom)}, NodeIndex::None});
}

// A constant that a fold needs, or the refusal that names it: `role` is what the operator calls it ("weight",
// "mean").
Verdict<Constant> requireConstant(const GraphView& view, NodeIndex node, std::size_t slot,
                                  const std::string& role);

// Whether the numbers of a constant can be read at all: their type, and that the bytes are there.
Verdict<void> requireReadable(const GraphView& view, const Constant& constant, const std::string& role,
                              NodeIndex node);

// All its numbers as the node reads them, or the refusal when they cannot be read or are more than
// `mostChannels` (Limits.h).
Verdict<std::vector<double>> requireNumbers(const GraphView& view, const Constant& constant,
                                            const std::string& role, NodeIndex node);

// A node of a local function whose attributes depend on the caller cannot be read as if it stood alone.
Verdict<void> requireOwnAttributes(const GraphView& view, NodeIndex node);

} // namespace pleat
