// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/SpeedView.h"

#include "ui/document/Convert.h"
#include "ui/widgets/Theme.h"

#include <QPainter>
#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr int nameWidth = 150, numberWidth = 250, margin = 14, rowHeight = 46, widest = 980;

double count(std::chrono::nanoseconds time)
{
    return static_cast<double>(time.count());
}

QString timeText(const Quartiles& time)
{
    return SpeedView::tr("%1 (%2 … %3)")
        .arg(milliseconds(time.median), milliseconds(time.lower), milliseconds(time.upper));
}

QString madeOf(const Speed& speed)
{
    const auto change = [](std::uint64_t before, std::uint64_t after) {
        const QString was = compactCount(before), is = compactCount(after);
        return was == is ? is : was + u" → "_s + is;
    };
    return SpeedView::tr("%1 nodes, %2 parameters")
        .arg(change(speed.before.nodes, speed.after.nodes),
             change(speed.before.parameters, speed.after.parameters));
}

} // namespace

SpeedView::SpeedView(QWidget* parent) : QWidget(parent)
{
    setObjectName(u"speedView"_s);
    setAccessibleName(tr("How long both models take"));
}

void SpeedView::setSpeed(const SpeedPointer& speed)
{
    m_speed = speed;
    setAccessibleDescription(words());
    update();
}

std::vector<SpeedView::Row> SpeedView::rows() const
{
    if (!m_speed)
        return {};
    return {{tr("optimisations on"), m_speed->before.optimised, m_speed->after.optimised},
            {tr("optimisations off"), m_speed->before.plain, m_speed->after.plain}};
}

QString SpeedView::words() const
{
    QStringList lines;
    for (const Row& row : rows())
        lines += tr("%1: before %2, after %3").arg(row.name, timeText(row.before), timeText(row.after));
    if (m_speed)
        lines += madeOf(*m_speed);
    return lines.join(u'\n');
}

void SpeedView::paintRow(QPainter& painter, const Theme& theme, const Row& row, const QRectF& box,
                         double most) const
{
    painter.setPen(theme.text);
    painter.drawText(QRectF(box.left(), box.top(), nameWidth, box.height()), Qt::AlignLeft | Qt::AlignVCenter,
                     row.name);
    const double left = box.left() + nameWidth;
    const double room = box.width() - nameWidth - numberWidth;
    const std::array sides{std::tuple{&row.before, theme.before, 4.0},
                           std::tuple{&row.after, theme.accent, 23.0}};
    for (const auto& [time, colour, top] : sides) {
        const auto at = [&, left](std::chrono::nanoseconds value) {
            return left + count(value) / most * room;
        };
        const QRectF bar(left, box.top() + top, at(time->median) - left, 15);
        painter.setPen(Qt::NoPen);
        painter.setBrush(colour);
        painter.drawRoundedRect(bar, 2, 2);
        painter.setPen(QPen(theme.text, 1.2));
        const double y = bar.center().y();
        painter.drawLine(QPointF(at(time->lower), y), QPointF(at(time->upper), y));
        for (const auto end : {time->lower, time->upper})
            painter.drawLine(QPointF(at(end), y - 4), QPointF(at(end), y + 4));
        painter.drawText(QRectF(at(time->upper) + 8, bar.top(), numberWidth, bar.height()),
                         Qt::AlignLeft | Qt::AlignVCenter, timeText(*time));
    }
}

void SpeedView::paintEvent(QPaintEvent*)
{
    if (!m_speed)
        return;
    const Theme theme = Theme::of(*this);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(tabularFont(font()));
    double most = 1;
    for (const Row& row : rows())
        most = std::max({most, count(row.before.upper), count(row.after.upper)});
    QRectF box(margin, margin, std::min(width() - 2 * margin, widest), rowHeight);
    for (const Row& row : rows()) {
        paintRow(painter, theme, row, box, most);
        box.translate(0, rowHeight + 6);
    }
    painter.setPen(theme.quiet);
    painter.drawText(box, Qt::AlignLeft | Qt::AlignTop, madeOf(*m_speed));
}

} // namespace pleat::ui
