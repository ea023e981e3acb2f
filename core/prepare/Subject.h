// SPDX-License-Identifier: GPL-3.0-or-later
// What passes look at: a view with the shapes and element types of its values, which are derived when the
// first pass asks for them and follow an edit. A cheap value; copies share. One thread.
#pragma once

#include "core/graph/ElementTypes.h"
#include "core/graph/Shapes.h"

#include <memory>

namespace pleat {

class Subject final {
public:
    explicit Subject(std::shared_ptr<const GraphView> view) : m_view(std::move(view)) {}

    // The same model after an edit.
    Subject after(Model model) const;

    const GraphView& view() const { return *m_view; }
    const std::shared_ptr<const GraphView>& viewPointer() const { return m_view; }
    const Shapes& shapes() const;
    const ElementTypes& types() const;

private:
    std::shared_ptr<const GraphView> m_view;
    mutable std::shared_ptr<const Shapes> m_shapes;
    mutable std::shared_ptr<const ElementTypes> m_types;
};

} // namespace pleat
