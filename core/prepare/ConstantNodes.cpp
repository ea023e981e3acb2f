// SPDX-License-Identifier: GPL-3.0-or-later
// A Constant node makes the tensor of its attribute (ONNX's operator page), which an initializer of the same
// name holds as well; the bytes stay where they are. Functions have no initializers. Sparse and string
// constants stay as they are.
#include "core/graph/Attributes.h"
#include "core/graph/Constants.h"
#include "core/prepare/PassFiles.h"

namespace pleat {

Result<void> lookForConstantNodes(Round& round, Progress&, const std::stop_token&)
{
    const GraphView& view = round.view();
    for (const NodeIndex node : round.nodes()) {
        if (view.op(node) != "Constant" || !view.domain(node).empty())
            continue;
        const ValueIndex value = view.output(node, 0);
        ScopeIndex root = view.scope(node);
        if (value == ValueIndex::None || view.scopes()[index(root)].function >= 0)
            continue;
        const auto constant = constantOf(view, value);
        if (!constant || constant->storedAt != value || elementBits(constant->tensor.type()) == 0)
            continue;
        if (!round.claim({node}, sentence("{} becomes an initializer", operation(view, node))))
            continue;
        round.pen().remove(node);
        round.pen().store(value, makeTensor(std::string(view.name(value)), constant->tensor.type(),
                                            constant->tensor.dims(), constant->tensor.payload()));
    }
    return {};
}

} // namespace pleat
