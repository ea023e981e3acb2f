// SPDX-License-Identifier: GPL-3.0-or-later
// ⤓, ! and ✓ as drawings, since not every face has the first. Pure; the painter's state is kept.
#pragma once

#include "ui/widgets/Theme.h"

#include <QIcon>
#include <QRectF>

class QPainter;

namespace pleat::ui {

void paintStateSymbol(QPainter& painter, FoldState state, const QRectF& box, const QColor& colour);
QIcon stateIcon(FoldState state, const QColor& colour);

} // namespace pleat::ui
