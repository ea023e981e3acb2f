// SPDX-License-Identifier: GPL-3.0-or-later
// value_info says of values between inputs and outputs what type and shape they have. It may be wrong, as
// after a change of sizes by hand, and nothing that runs a model needs it: types and shapes follow from the
// operators (ONNX's IR specification calls it optional). What operators of other domains make is known less
// well without it. Inputs and outputs keep theirs.
#include "core/prepare/PassFiles.h"

#include <onnx/onnx_pb.h>

namespace pleat {

Result<void> lookForShapes(Round& round, Progress&, const std::stop_token&)
{
    const GraphView& view = round.view();
    std::vector<ScopeIndex> scopes;
    std::size_t values = 0;
    for (std::size_t s = 0; s < view.scopes().size(); ++s) {
        const auto& described = view.scopes()[s].graph->descriptions;
        values += described.size();
        if (!described.empty())
            scopes.push_back(static_cast<ScopeIndex>(s));
    }
    if (values == 0 || !round.claim(std::span<const NodeIndex>(),
                                    sentence("What is declared of {} values between nodes goes", values)))
        return {};
    for (const ScopeIndex scope : scopes) {
        for (const Description& described : view.scopes()[index(scope)].graph->descriptions)
            round.pen().graph(scope).undescribed.push_back(described.proto->name());
    }
    return {};
}

} // namespace pleat
