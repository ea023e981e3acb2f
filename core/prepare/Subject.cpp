// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/Subject.h"

namespace pleat {

Subject Subject::after(Model model) const
{
    GraphView::Updated updated = GraphView::after(*m_view, std::move(model));
    Subject made(std::move(updated.view));
    if (m_shapes && updated.change) {
        std::vector<ValueIndex> others;
        made.m_shapes = std::make_shared<const Shapes>(*m_shapes, *made.m_view, *updated.change, others);
    }
    return made;
}

const Shapes& Subject::shapes() const
{
    if (!m_shapes)
        m_shapes = std::make_shared<const Shapes>(*m_view);
    return *m_shapes;
}

const ElementTypes& Subject::types() const
{
    if (!m_types)
        m_types = std::make_shared<const ElementTypes>(*m_view);
    return *m_types;
}

} // namespace pleat
