// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/PlainText.h"

#include <QPainter>
#include <QStyle>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr qsizetype longestTip = 4000;
constexpr qsizetype longestAction = 80;

// Zero-width and direction marks, isolates, overrides, line and paragraph separators: nothing that is seen,
// and everything after them is.
bool isUnseen(char16_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0x00ad;
}

QString escaped(char16_t c)
{
    switch (c) {
    case u'\n':
        return u"\\n"_s;
    case u'\r':
        return u"\\r"_s;
    case u'\t':
        return u"\\t"_s;
    default:
        return c < 0x100 ? u"\\x%1"_s.arg(c, 2, 16, QLatin1Char('0'))
                         : u"\\u%1"_s.arg(c, 4, 16, QLatin1Char('0'));
    }
}

QString shown(const QString& text, bool keepsLines)
{
    const auto isLine = [keepsLines](QChar c) { return keepsLines && c == u'\n'; };
    const auto isBad = [&isLine](QChar c) { return isUnseen(c.unicode()) && !isLine(c); };
    if (std::none_of(text.begin(), text.end(), isBad))
        return text;
    QString result;
    result.reserve(text.size() + 16);
    for (const QChar c : text) {
        if (isBad(c))
            result += escaped(c.unicode());
        else
            result += c;
    }
    return result;
}

QString cut(const QString& text, qsizetype longest)
{
    return text.size() <= longest ? text : text.first(longest - 1) + u'…';
}

} // namespace

QString oneLine(const QString& text)
{
    return shown(text, false);
}

QString manyLines(const QString& text)
{
    return shown(text, true);
}

QString plainTip(const QString& text)
{
    if (text.isEmpty())
        return {};
    // Marked up on purpose: only then does nothing in the text decide what it is taken for.
    return u"<p style='white-space:pre-wrap'>%1</p>"_s.arg(manyLines(cut(text, longestTip)).toHtmlEscaped());
}

QString actionText(const QString& text)
{
    QString line = oneLine(text);
    if (line.size() > longestAction)
        line = line.first(longestAction / 2) + u'…' + line.last(longestAction / 2 - 1);
    return line.replace(u'&', u"&&"_s);
}

QString titleText(const QString& text)
{
    return cut(oneLine(text), 2 * longestAction).replace(u"[*]"_s, u"[*][*]"_s);
}

PlainLabel::PlainLabel(const QString& text, QWidget* parent) : QLabel(parent)
{
    setTextFormat(Qt::PlainText);
    setText(text);
}

void PlainLabel::setText(const QString& text)
{
    QLabel::setText(manyLines(text));
}

void PlainLabel::setToolTip(const QString& text)
{
    QLabel::setToolTip(plainTip(text));
}

void PlainLabel::setElided(Qt::TextElideMode mode)
{
    m_elide = mode;
    setSizePolicy(QSizePolicy::Preferred, sizePolicy().verticalPolicy());
    updateGeometry();
}

QSize PlainLabel::minimumSizeHint() const
{
    const QSize hint = QLabel::minimumSizeHint();
    return m_elide == Qt::ElideNone ? hint : QSize(std::min(hint.width(), 24), hint.height());
}

void PlainLabel::paintEvent(QPaintEvent* event)
{
    const QString line = fontMetrics().elidedText(text(), m_elide, contentsRect().width());
    if (m_elide == Qt::ElideNone || line == text()) {
        QLabel::paintEvent(event);
        return;
    }
    QPainter painter(this);
    style()->drawItemText(&painter, contentsRect(), static_cast<int>(alignment()), palette(), isEnabled(),
                          line, foregroundRole());
}

PlainQuestion::PlainQuestion(QWidget* parent, const QString& title, const QString& sentence,
                             const QString& consequence)
    : QMessageBox(parent)
{
    setWindowTitle(titleText(title));
    setTextFormat(Qt::PlainText);
    setText(manyLines(sentence));
    setInformativeText(manyLines(consequence));
    // The second label does not follow setTextFormat().
    for (auto* label : findChildren<QLabel*>())
        label->setTextFormat(Qt::PlainText);
    if (parent)
        setIconPixmap(parent->window()->windowIcon().pixmap(48));
}

} // namespace pleat::ui
