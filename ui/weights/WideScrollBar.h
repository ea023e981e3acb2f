// SPDX-License-Identifier: GPL-3.0-or-later
// A scroll bar over more steps than an int counts: above some 10⁹ of them one step of the bar is several.
#pragma once

#include <QScrollBar>

namespace pleat::ui {

class WideScrollBar final : public QScrollBar {
    Q_OBJECT
public:
    explicit WideScrollBar(Qt::Orientation orientation, QWidget* parent = nullptr);

    // `total` steps, of which `seen` are in view from `first` on. Tells nobody.
    void setExtent(quint64 total, quint64 seen, quint64 first);

Q_SIGNALS:
    void moved(quint64 first); // by whoever sits before it

private:
    quint64 m_last = 0; // of `first`
    quint64 m_step = 1; // of one step of the bar
};

} // namespace pleat::ui
