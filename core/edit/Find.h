// SPDX-License-Identifier: GPL-3.0-or-later
// What an edit is about, by the names that last: a tensor by the path of its scope and its name, a node by
// its first output (lastingId() in Named.h). The same name on a similar model means the same thing there.
#pragma once

#include "core/base/Result.h"
#include "core/graph/Named.h"

namespace pleat {

// Errors: Usage with the sentence that there is none.
Result<NodeIndex> findNode(const GraphView& view, const std::string& id);
Result<ValueIndex> findTensor(const GraphView& view, const std::string& id);

// What bears the name where `scope` sees it, or in a body in it; None: it is free there.
ValueIndex holderOf(const GraphView& view, ScopeIndex scope, std::string_view name);

// The function that a scope is in or of, and how many nodes call it: an edit there concerns them all.
struct CalledFunction {
    std::string path;
    std::size_t calls = 0;
};
std::optional<CalledFunction> functionAround(const GraphView& view, ScopeIndex scope);

// The lasting id of the node that a person calls so: by its name, where it is the only one, or by the id.
Result<std::string> idOfNodeCalled(const GraphView& view, const std::string& called);

// A refusal: code Usage, `where` is the id.
tl::unexpected<Error> refused(const Sentence& why, std::string where = {});

} // namespace pleat
