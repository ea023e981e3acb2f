// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/Theme.h"

#include "ui/widgets/PleatStyle.h"

#include <QApplication>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QStyle>
#include <QStyleFactory>
#include <QStyleHints>
#include <QToolTip>
#include <QWidget>
#include <algorithm>
#include <cmath>
#include <memory>

using namespace Qt::StringLiterals;

// A static library's resources have to be asked for, outside any namespace.
static void loadWidgetResources()
{
    Q_INIT_RESOURCE(pleat_widgets);
}

namespace pleat::ui {

namespace {

double linear(double channel)
{
    return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
}

double luminance(const QColor& colour)
{
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) +
           0.0722 * linear(colour.blueF());
}

} // namespace

Theme Theme::lightTheme()
{
    Theme t;
    t.dark = false;
    t.window = QColor(0xf6f7f9);
    t.panel = QColor(0xffffff);
    t.canvas = QColor(0xfbfcfd);
    t.line = QColor(0xe2e5ea);
    t.text = QColor(0x1f2530);
    t.quiet = QColor(0x6b7280);
    t.accent = QColor(0x2f6fed);
    t.onAccent = QColor(0xffffff);
    t.accentSoft = QColor(0xedf2fd);
    t.before = QColor(0x9aa4b5);
    t.canFold = QColor(0x1f9d61);
    t.blocked = QColor(0xc77d0a);
    t.folded = QColor(0x94a0b3);
    t.gone = QColor(0xd0455a);
    t.hover = QColor(0xf1f3f6);
    t.pressed = QColor(0xe6e9ee);
    t.grid = QColor(0xdfe3e9);
    t.edge = QColor(0xa9b1bf);
    return t;
}

Theme Theme::darkTheme()
{
    Theme t;
    t.dark = true;
    t.window = QColor(0x1b1e24);
    t.panel = QColor(0x23272f);
    t.canvas = QColor(0x1e2128);
    t.line = QColor(0x343a45);
    t.text = QColor(0xe6e9ee);
    t.quiet = QColor(0x9aa3b2);
    t.accent = QColor(0x6ea0ff);
    t.onAccent = QColor(0x0d1626);
    t.accentSoft = QColor(0x2b3547);
    t.before = QColor(0x7b8599);
    t.canFold = QColor(0x3cc98a);
    t.blocked = QColor(0xe6a23c);
    t.folded = QColor(0x94a0b3);
    t.gone = QColor(0xf2778a);
    t.hover = QColor(0x2b303a);
    t.pressed = QColor(0x343a45);
    t.grid = QColor(0x333945);
    t.edge = QColor(0x6d7686);
    return t;
}

Theme Theme::of(const QWidget& widget)
{
    return widget.palette().color(QPalette::Window).lightness() < 128 ? darkTheme() : lightTheme();
}

bool Theme::systemIsDark()
{
    const std::unique_ptr<QStyle> fusion(QStyleFactory::create(u"Fusion"_s));
    return fusion && fusion->standardPalette().color(QPalette::Window).lightness() < 128;
}

void Theme::apply(QApplication& application, const Theme& theme)
{
    loadWidgetResources();
    if (!qobject_cast<PleatStyle*>(QApplication::style()) && application.styleSheet().isEmpty())
        QApplication::setStyle(new PleatStyle);
    QApplication::setFont(uiFont());
    QApplication::setPalette(theme.palette());
    QToolTip::setPalette(theme.palette());
    application.setStyleSheet(theme.styleSheet());
}

QPalette Theme::palette() const
{
    QPalette p;
    p.setColor(QPalette::Window, window);
    p.setColor(QPalette::WindowText, text);
    p.setColor(QPalette::Base, panel);
    p.setColor(QPalette::AlternateBase, blend(panel, text, 0.025));
    p.setColor(QPalette::Text, text);
    p.setColor(QPalette::Button, panel);
    p.setColor(QPalette::ButtonText, text);
    p.setColor(QPalette::BrightText, onAccent);
    p.setColor(QPalette::ToolTipBase, panel);
    p.setColor(QPalette::ToolTipText, text);
    p.setColor(QPalette::PlaceholderText, quiet);
    p.setColor(QPalette::Highlight, accent);
    p.setColor(QPalette::HighlightedText, onAccent);
    p.setColor(QPalette::Link, readable(accent, panel));
    p.setColor(QPalette::LinkVisited, readable(accent, panel));
    p.setColor(QPalette::Light, blend(panel, Qt::white, dark ? 0.08 : 1.0));
    p.setColor(QPalette::Midlight, blend(panel, line, 0.5));
    p.setColor(QPalette::Mid, line);
    p.setColor(QPalette::Dark, blend(line, text, 0.25));
    p.setColor(QPalette::Shadow, dark ? QColor(0x0e1014) : QColor(0xb8bec8));
    const QColor faint = blend(panel, quiet, 0.6);
    for (const auto role :
         {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::PlaceholderText})
        p.setColor(QPalette::Disabled, role, faint);
    p.setColor(QPalette::Disabled, QPalette::Highlight, line);
    p.setColor(QPalette::Disabled, QPalette::HighlightedText, quiet);
    return p;
}

QColor Theme::category(Category category) const
{
    if (category == Category::Scope)
        return blend(panel, accent, dark ? 0.28 : 0.16);
    const QColor wanted = [&]() -> QColor {
        switch (category) {
        case Category::Convolution:
            return QColor(0x3b6fb6);
        case Category::Normalisation:
            return QColor(0x8a63c9);
        case Category::Activation:
            return QColor(0xc2503f);
        case Category::PoolShape:
            return QColor(0x2f8f6b);
        case Category::Arithmetic:
            return QColor(0x5d6b7e);
        case Category::Other:
            return QColor(0x7a7466);
        case Category::GraphInput:
        case Category::GraphOutput:
            return QColor(0x2b6777);
        case Category::Scope:
            break;
        }
        return QColor(0x5d6b7e);
    }();
    return readable(wanted, Qt::white);
}

QColor Theme::onCategory(Category category) const
{
    return category == Category::Scope ? text : QColor(Qt::white);
}

QColor Theme::mark(MarkColour colour) const
{
    switch (colour) {
    case MarkColour::Good:
        return canFold;
    case MarkColour::Warning:
        return blocked;
    case MarkColour::Done:
        return folded;
    case MarkColour::Gone:
        return gone;
    case MarkColour::Note:
        break;
    }
    return accent;
}

QColor Theme::markText(MarkColour colour) const
{
    return readable(mark(colour), blend(panel, mark(colour), 0.08));
}

QColor Theme::badge(MarkColour colour) const
{
    return dark ? mark(colour) : readable(mark(colour), Qt::white);
}

QColor Theme::onBadge(MarkColour colour) const
{
    return dark ? readable(QColor(0x0f141b), badge(colour)) : QColor(Qt::white);
}

QFont uiFont()
{
    // To ask for a family takes a millisecond.
    static const QString family = [] {
        for (const auto& each : {u"Inter"_s, u"Noto Sans"_s})
            if (QFontDatabase::hasFamily(each))
                return each;
        return QString();
    }();
    QFont font = QFontDatabase::systemFont(QFontDatabase::GeneralFont);
    if (!family.isEmpty())
        font.setFamily(family);
    font.setPointSizeF(9.5);
    font.setStyleStrategy(QFont::PreferAntialias);
    return font;
}

QFont tabularFont(const QFont& base)
{
    // Qt 6.4 cannot switch OpenType features on; these faces have digits of one width without.
    for (const auto& family : {u"Noto Sans"_s, u"DejaVu Sans"_s}) {
        if (QFontDatabase::hasFamily(family)) {
            QFont font = base;
            font.setFamily(family);
            return font;
        }
    }
    return base;
}

QFont captionFont(const QFont& base)
{
    QFont font = base;
    font.setPointSizeF(std::max(7.5, base.pointSizeF() - 1.5));
    font.setWeight(QFont::DemiBold);
    font.setLetterSpacing(QFont::AbsoluteSpacing, 1.0);
    return font;
}

double contrast(const QColor& a, const QColor& b)
{
    const auto [low, high] = std::minmax({luminance(a), luminance(b)});
    return (high + 0.05) / (low + 0.05);
}

QColor readable(const QColor& colour, const QColor& background, double wanted)
{
    const QColor target = luminance(background) > 0.18 ? Qt::black : Qt::white;
    for (int step = 0; step <= 50; ++step) {
        const QColor candidate = blend(colour, target, step / 50.0);
        if (contrast(candidate, background) >= wanted)
            return candidate;
    }
    return target;
}

QColor blend(const QColor& under, const QColor& over, double opacity)
{
    const auto mix = [opacity](int a, int b) { return static_cast<int>(std::lround(a + (b - a) * opacity)); };
    return {mix(under.red(), over.red()), mix(under.green(), over.green()), mix(under.blue(), over.blue())};
}

} // namespace pleat::ui
