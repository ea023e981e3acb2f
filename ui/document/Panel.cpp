// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Panel.h"

#include <QAction>

using namespace Qt::StringLiterals;

namespace pleat::ui {

Panel::Panel(Workspace& workspace, Place place) : m_workspace(workspace), m_place(std::move(place))
{
    setProperty("surface", u"panel"_s);
    setAttribute(Qt::WA_StyledBackground);
    setAccessibleName(m_place.title);
    if (m_place.area == Qt::LeftDockWidgetArea || m_place.area == Qt::RightDockWidgetArea)
        setMinimumWidth(200);
    connect(&m_workspace, &Workspace::markActivated, this,
            [this](const QString& panel, const std::string& id) {
                if (panel == m_place.id)
                    markActivated(id);
            });
}

Panel::~Panel()
{
    setMarks({});
}

void Panel::setMarks(MarkSource source)
{
    m_workspace.setMarks(m_place.id, std::move(source));
}

void Panel::markActivated(const std::string&) {}

void Panel::addEntry(Menu menu, QAction* action, Tool tool)
{
    if (!action) {
        action = new QAction(this);
        action->setSeparator(true);
    }
    m_entries.push_back({menu, action, tool});
}

} // namespace pleat::ui
