// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/ModelFacts.h"

namespace pleat::ui {

ModelFacts factsOf(const GraphView& view, const ValueTypes& types)
{
    ModelFacts facts;
    facts.info = describe(view, types);
    for (const Scope& scope : view.scopes()) {
        for (const NodeIndex node : scope.nodes) {
            if (view.op(node) != "Conv" && view.op(node) != "ConvTranspose")
                continue;
            ++facts.convolutions;
            facts.convolutionsWithBias += view.input(node, 2) != ValueIndex::None;
        }
    }
    return facts;
}

} // namespace pleat::ui
