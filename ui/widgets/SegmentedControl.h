// SPDX-License-Identifier: GPL-3.0-or-later
// A row of joined buttons of which exactly one is chosen ("Before | After"). One widget, one tab stop; arrow
// keys move the choice. Belongs to its parent like any widget; UI thread only.
#pragma once

#include <QStringList>
#include <QWidget>
#include <vector>

namespace pleat::ui {

class SegmentedControl final : public QWidget {
    Q_OBJECT
    Q_PROPERTY(int current READ current WRITE setCurrent NOTIFY currentChanged)
public:
    explicit SegmentedControl(QWidget* parent = nullptr);

    void setSegments(const QStringList& texts);
    QStringList segments() const { return m_texts; }
    int current() const { return m_current; }
    void setCurrent(int index); // emits currentChanged if it is another one
    void setSegmentEnabled(int index, bool enabled);
    void setRoom(int width); // the words stand closer where there is less

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

Q_SIGNALS:
    void currentChanged(int index);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QRect segmentRect(int index) const;
    int segmentAt(QPoint position) const;
    int segmentWidth(int index) const;
    void step(int direction);

    QStringList m_texts;
    std::vector<bool> m_enabled;
    int m_current = 0;
    int m_hovered = -1;
    int m_padding = 13;        // px, on both sides of the words
    bool m_showsFocus = false; // it came by keyboard
};

} // namespace pleat::ui
