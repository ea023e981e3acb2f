// SPDX-License-Identifier: GPL-3.0-or-later
// Rows that several of the inspector's subjects have. Private to ui/inspector; pure functions.
#pragma once

#include "ui/inspector/InspectorContent.h"

namespace pleat::ui {

QString typeText(const ValueType& type); // "float 1×32×112×112"
QString nodeLink(NodeIndex node);
QString valueLink(ValueIndex value);
InspectorLink wayFrom(const GraphView& view, NodeIndex producer); // "from Conv features.0.0"
InspectorLink wayTo(const GraphView& view, NodeIndex reader);
void addIfAny(InspectorContent& content, InspectorSection section);

} // namespace pleat::ui
