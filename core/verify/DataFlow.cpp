// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/DataFlow.h"

#include <algorithm>

namespace pleat {

namespace {

bool isOfFunction(const GraphView& view, ScopeIndex scope)
{
    if (scope == ScopeIndex::None || view.model().functions.empty())
        return false;
    while (view.scopes()[index(scope)].parent != ScopeIndex::None)
        scope = view.scopes()[index(scope)].parent;
    return scope != ScopeIndex::Main;
}

} // namespace

DataFlow::DataFlow(const GraphView& view) : m_view(view)
{
    for (std::size_t s = 1; s < view.scopes().size(); ++s) { // bodies come behind what they are in
        const auto scope = static_cast<ScopeIndex>(s);
        if (!isOfFunction(view, scope))
            continue;
        for (const ValueIndex input : view.scopes()[s].inputs)
            if (source(input) == input && !view.initializer(input))
                m_inFunctions.insert(input);
        for (const NodeIndex node : view.topological(scope))
            for (const ValueIndex output : view.outputs(node))
                if (view.constantDepth(output) == 0 ||
                    std::ranges::any_of(view.inputs(node), [this](ValueIndex read) { return isData(read); }))
                    m_inFunctions.insert(output);
    }
    m_inFunctions.erase(ValueIndex::None);
}

bool DataFlow::isData(ValueIndex value) const
{
    if (value == ValueIndex::None)
        return false;
    return isInFunction(value) ? m_inFunctions.contains(value) : m_view.constantDepth(value) == 0;
}

ValueIndex DataFlow::source(ValueIndex value) const
{
    if (value == ValueIndex::None || m_view.arguments(value).size() != 1)
        return value;
    const ValueIndex origin = m_view.origin(value);
    return isInFunction(origin) || isData(origin) ? value : origin;
}

bool DataFlow::isInFunction(ValueIndex value) const
{
    return isOfFunction(m_view, m_view.scope(value));
}

} // namespace pleat
