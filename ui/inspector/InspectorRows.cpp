// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/inspector/InspectorRows.h"

#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/widgets/Translate.h"

#include <QStringList>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

QString called(const GraphView& view, NodeIndex node)
{
    const QString op = toQt(view.op(node));
    return op + u' ' + moduleName(toQt(view.label(node)), op);
}

} // namespace

QString typeText(const ValueType& type)
{
    QStringList parts;
    if (type.type != DataType::Undefined)
        parts += toQt(name(type.type));
    if (type.hasShape)
        parts += type.shape.empty() ? tr("scalar") : toQt(type.text());
    return parts.join(u' ');
}

QString nodeLink(NodeIndex node)
{
    return u"node:%1"_s.arg(index(node));
}

QString valueLink(ValueIndex value)
{
    return u"value:%1"_s.arg(index(value));
}

InspectorLink wayFrom(const GraphView& view, NodeIndex producer)
{
    return {tr("from %1").arg(called(view, producer)), nodeLink(producer)};
}

InspectorLink wayTo(const GraphView& view, NodeIndex reader)
{
    return {tr("to %1").arg(called(view, reader)), nodeLink(reader)};
}

void addIfAny(InspectorContent& content, InspectorSection section)
{
    if (!section.rows.empty() || !section.addition.key.isEmpty())
        content.sections.push_back(std::move(section));
}

} // namespace pleat::ui
