// SPDX-License-Identifier: GPL-3.0-or-later
// The tensors that a model stores, for whoever wants to look at any of them, not only at the weights of
// layers: initializers, also those that a caller may replace, and what Constant nodes hold. Sparse ones are
// seen with all their elements.
#pragma once

#include "core/graph/GraphView.h"
#include "core/tensor/Elements.h"

#include <optional>
#include <vector>

namespace pleat {

// Of all graphs: graph after graph, each one's initializers first, in the order of the file.
std::vector<ValueIndex> storedValues(const GraphView& view);

// What is stored, as bytes; nothing for what is computed, and for None.
std::optional<TensorView> storedTensor(const GraphView& view, ValueIndex value);

// The same as elements, strings included; also where only Identity, Reshape and the like lie between the
// value and what is stored. Nothing where the value is computed.
std::optional<Elements> storedElements(const GraphView& view, ValueIndex value);

// What a node reads of them, in the order of its inputs; each once. What a body reads does not count.
std::vector<ValueIndex> storedInputs(const GraphView& view, NodeIndex node);

} // namespace pleat
