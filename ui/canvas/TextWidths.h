// SPDX-License-Identifier: GPL-3.0-or-later
// How wide words are in a face. Networks repeat the same few: measuring each once is what makes this fast.
#pragma once

#include <QFontMetricsF>
#include <QHash>
#include <QString>

namespace pleat::ui {

class TextWidths final {
public:
    explicit TextWidths(const QFont& font) : m_metrics(font) {}

    double of(const QString& text)
    {
        const auto known = m_widths.constFind(text);
        if (known != m_widths.constEnd())
            return *known;
        return *m_widths.insert(text, m_metrics.horizontalAdvance(text));
    }
    QString elided(const QString& text, Qt::TextElideMode mode, double width)
    {
        return of(text) <= width ? text : m_metrics.elidedText(text, mode, width);
    }

private:
    QFontMetricsF m_metrics;
    QHash<QString, double> m_widths;
};

} // namespace pleat::ui
