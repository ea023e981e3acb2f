// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/Opsets.h"

#include <onnx/onnx_pb.h>

namespace pleat {

std::int64_t opsetOf(const GraphView& view, NodeIndex node)
{
    ScopeIndex scope = view.scope(node);
    while (view.scopes()[index(scope)].parent != ScopeIndex::None)
        scope = view.scopes()[index(scope)].parent;
    const std::int32_t function = view.scopes()[index(scope)].function;
    if (function < 0)
        return view.model().opset(std::string(view.domain(node)));
    for (const auto& import :
         view.model().functions[static_cast<std::size_t>(function)].header->opset_import()) {
        if (import.domain() == view.domain(node) ||
            (view.domain(node).empty() && import.domain() == "ai.onnx"))
            return import.version();
    }
    return 0;
}

} // namespace pleat
