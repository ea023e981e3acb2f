// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/support/Rewritten.h"

namespace pleat::test {

namespace {

// What a rewriter leaves of a graph after an edit: no range of the whole, and none of what was changed.
std::shared_ptr<Graph> withoutSources(const Graph& graph)
{
    auto made = std::make_shared<Graph>(graph);
    made->source = {};
    made->initializers.changeAll([](Initializer& initializer) { initializer.source = {}; });
    made->descriptions.changeAll([](Description& description) { description.source = {}; });
    made->nodes.changeAll([](Node& node) {
        node.source = {};
        if (!node.parts)
            return;
        NodeParts parts = *node.parts;
        for (Body& body : parts.bodies)
            body.graph = withoutSources(*body.graph);
        node.setParts(std::move(parts));
    });
    return made;
}

} // namespace

Model allRewritten(const Model& model)
{
    Model made = model;
    made.edited = true;
    made.graph = withoutSources(*model.graph);
    for (Function& function : made.functions) {
        function.source = {};
        function.body = withoutSources(*function.body);
    }
    return made;
}

} // namespace pleat::test
