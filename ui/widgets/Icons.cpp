// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/Icons.h"

#include "ui/widgets/Theme.h"

#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QSvgRenderer>

using namespace Qt::StringLiterals;

// A static library's resources have to be asked for, outside any namespace.
static void loadIconResources()
{
    Q_INIT_RESOURCE(pleat);
}

namespace pleat::ui {

namespace {

// Draws one SVG in a colour for the normal and one for the disabled state, sharp at any size.
class SvgEngine final : public QIconEngine {
public:
    SvgEngine(QByteArray svg, const QColor& normal, const QColor& disabled)
        : m_svg(std::move(svg)),
          m_normal(normal),
          m_disabled(disabled)
    {
    }
    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override
    {
        QByteArray svg = m_svg;
        svg.replace("currentColor", (mode == QIcon::Disabled ? m_disabled : m_normal).name().toLatin1());
        QSvgRenderer(svg).render(painter, rect);
    }
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override
    {
        QPixmap pixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        painter.setRenderHint(QPainter::Antialiasing);
        paint(&painter, QRect(QPoint(0, 0), size), mode, state);
        return pixmap;
    }
    QIconEngine* clone() const override { return new SvgEngine(m_svg, m_normal, m_disabled); }

private:
    QByteArray m_svg;
    QColor m_normal;
    QColor m_disabled;
};

QByteArray resource(const QString& path)
{
    loadIconResources();
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

QIcon themedIcon(const QString& name, const Theme& theme)
{
    return QIcon(new SvgEngine(resource(u":/pleat/icons/%1.svg"_s.arg(name)), theme.text,
                               blend(theme.panel, theme.quiet, 0.6)));
}

QIcon applicationIcon()
{
    return QIcon(new SvgEngine(resource(u":/pleat/icons/pleat.svg"_s), Qt::black, Qt::black));
}

} // namespace pleat::ui
