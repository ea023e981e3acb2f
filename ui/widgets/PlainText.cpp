// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/PlainText.h"

#include <QPainter>
#include <QStyle>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr qsizetype longestTip = 4000;
constexpr qsizetype longestAction = 80;

// The rules of the command line (visible() in core/base/Visible.h, which can take this over): control
// characters, the bidirectional controls, separators of lines and paragraphs, and invisible tags.
bool steers(char32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c || code == 0x200e ||
           code == 0x200f || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
           code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb) || (code >= 0xe0000 && code <= 0xe007f);
}

QString escaped(char32_t code)
{
    switch (code) {
    case U'\n':
        return u"\\n"_s;
    case U'\r':
        return u"\\r"_s;
    case U'\t':
        return u"\\t"_s;
    default:
        break;
    }
    const auto number = [code](int digits) {
        return QString::number(uint(code), 16).rightJustified(digits, u'0');
    };
    return code < 0x80 ? u"\\x"_s + number(2) : code < 0x10000 ? u"\\u"_s + number(4) : u"\\U"_s + number(8);
}

QString shown(const QString& text, bool keepsLines)
{
    QString result;
    result.reserve(text.size());
    for (qsizetype i = 0; i < text.size(); ++i) {
        const bool pair = text[i].isHighSurrogate() && i + 1 < text.size() && text[i + 1].isLowSurrogate();
        const char32_t code = pair ? QChar::surrogateToUcs4(text[i], text[i + 1]) : text[i].unicode();
        if (steers(code) && !(keepsLines && code == U'\n'))
            result += escaped(code);
        else
            result += QStringView(text).mid(i, pair ? 2 : 1);
        i += pair;
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
