// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/ModelFacts.h"

namespace pleat::ui {

ModelFacts factsOf(const GraphView& view, const ValueTypes& types)
{
    ModelFacts facts;
    const ModelInfo info = describe(view, types);
    facts.parameters = info.parameters;
    facts.content = aboutModel(info, view);
    for (std::uint32_t i = 0; i < view.nodeCount(); ++i) {
        const NodeIndex node{i};
        if (view.op(node) != "Conv" && view.op(node) != "ConvTranspose")
            continue;
        ++facts.convolutions;
        facts.convolutionsWithBias += view.input(node, 2) != ValueIndex::None;
    }
    return facts;
}

} // namespace pleat::ui
