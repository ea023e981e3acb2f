// SPDX-License-Identifier: GPL-3.0-or-later
// The bar above the canvas, so that nothing lies over a node: which page it is, which side of the model, and
// the buttons for the view. It places the three and shortens them where there is little room.
#pragma once

#include <QWidget>

namespace pleat::ui {

class Breadcrumb;
class CanvasControls;
class SegmentedControl;

class CanvasBar final : public QWidget {
    Q_OBJECT
public:
    explicit CanvasBar(QWidget* parent = nullptr);

    Breadcrumb& pages() const { return *m_pages; }
    SegmentedControl& sides() const { return *m_sides; }
    CanvasControls& controls() const { return *m_controls; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {200, sizeHint().height()}; }
    void arrange(); // after what is in it has another size

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    Breadcrumb* m_pages;
    SegmentedControl* m_sides;
    CanvasControls* m_controls;
};

} // namespace pleat::ui
