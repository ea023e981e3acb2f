// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/WideScrollBar.h"

#include <QSignalBlocker>
#include <algorithm>

namespace pleat::ui {

WideScrollBar::WideScrollBar(Qt::Orientation orientation, QWidget* parent) : QScrollBar(orientation, parent)
{
    connect(this, &QScrollBar::valueChanged, this, [this](int value) {
        // The end of the bar is the end, wherever rounding leads.
        Q_EMIT moved(value == maximum() ? m_last : quint64(value) * m_step);
    });
}

void WideScrollBar::setExtent(quint64 total, quint64 seen, quint64 first)
{
    constexpr quint64 most = 1 << 30;
    const QSignalBlocker quiet(this);
    m_last = total - std::min(total, seen);
    m_step = m_last / most + 1;
    setRange(0, int((m_last + m_step - 1) / m_step));
    setPageStep(std::max(1, int(seen / m_step)));
    setSingleStep(1);
    setValue(first >= m_last ? maximum() : int(first / m_step));
    setVisible(m_last > 0);
}

} // namespace pleat::ui
