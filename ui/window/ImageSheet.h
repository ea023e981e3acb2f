// SPDX-License-Identifier: GPL-3.0-or-later
// Asked after the file name and before an image of the graph is written: what is in it, in which colours, and
// of how many pixels, which it says.
#pragma once

#include "ui/canvas/GraphImage.h"

#include <QDialog>

class QComboBox;

namespace pleat::ui {

class GraphCanvas;
class PlainLabel;

class ImageSheet final : public QDialog {
    Q_OBJECT
public:
    // The canvas outlives the sheet.
    ImageSheet(const GraphCanvas& canvas, const QString& target, QWidget* parent = nullptr);

    GraphImageOptions options() const;

private:
    enum What : int { All, View, Chosen };
    What what() const;
    void showSize();

    const GraphCanvas& m_canvas;
    const bool m_isRaster;
    QComboBox *m_what, *m_colours, *m_scale;
    PlainLabel* m_size;
};

} // namespace pleat::ui
