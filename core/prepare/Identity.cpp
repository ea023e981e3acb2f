// SPDX-License-Identifier: GPL-3.0-or-later
// Identity: y = x, of whatever type (ONNX's operator page), so what reads y reads x. One stays where y is an
// output of the graph and x has a name that must not change: an input, an initializer, another output.
#include "core/prepare/PassFiles.h"

namespace pleat {

Result<void> lookForIdentities(Round& round, Progress&, const std::stop_token&)
{
    const GraphView& view = round.view();
    for (const NodeIndex node : round.nodes()) {
        if (view.op(node) == "Identity" && view.domain(node).empty() && view.inputs(node).size() == 1 &&
            view.outputs(node).size() == 1)
            round.bypass(
                node, view.output(node, 0), view.input(node, 0),
                sentence("{} goes: it hands on {}", operation(view, node), named(view, view.input(node, 0))));
    }
    return {};
}

} // namespace pleat
