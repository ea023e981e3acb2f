// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/inspector/InspectorPanel.h"

#include "ui/widgets/PlainText.h"
#include "ui/widgets/Theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QScrollBar>
#include <QTextBrowser>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

QString escaped(const QString& text)
{
    constexpr qsizetype longest = 8000; // more than anybody reads here
    const QString cut = text.size() <= longest ? text : text.first(longest - 1) + u'…';
    QString html = manyLines(cut).toHtmlEscaped();
    return html.replace(u'\n', u"<br/>"_s);
}

// Shows what it is given and loads nothing: no text of a file can name another one.
class InertBrowser final : public QTextBrowser {
public:
    QVariant loadResource(int, const QUrl&) override { return {}; }
};

QString rowHtml(const InspectorRow& row, bool wideName, const Theme& theme)
{
    QString value;
    if (!row.value.isEmpty()) {
        value = u"<span style='font-weight:600;'>%1</span>"_s.arg(escaped(oneLine(row.value)));
        if (!row.link.isEmpty())
            value = u"<a href='%1' style='color:%2; text-decoration:none;'>%3</a>"_s.arg(
                row.link, theme.text.name(), value);
    }
    if (!row.detail.isEmpty()) {
        if (!value.isEmpty())
            value += u"<br/>"_s;
        value += u"<span style='color:%1;'>%2</span>"_s.arg(theme.quiet.name(), escaped(oneLine(row.detail)));
    }
    return u"<tr><td width='%1' style='color:%2; padding:2px 8px 3px 0;'>%3</td>"
           "<td style='padding:2px 0 3px 0;'>%4</td></tr>"_s.arg(
               wideName ? u"68%"_s : u"36%"_s, theme.quiet.name(), escaped(oneLine(row.name)), value);
}

} // namespace

InspectorPanel::InspectorPanel(QWidget* parent) : QWidget(parent)
{
    setProperty("surface", u"panel"_s);
    setAttribute(Qt::WA_StyledBackground);
    setAccessibleName(tr("Inspector"));
    setMinimumWidth(200);
    auto* caption = new PlainLabel(tr("INSPECTOR"));
    m_kind = new PlainLabel;
    for (PlainLabel* label : {caption, m_kind}) {
        label->setProperty("role", u"caption"_s);
        label->setFont(captionFont(font()));
    }
    auto* top = new QHBoxLayout;
    top->setContentsMargins(14, 12, 14, 0);
    top->addWidget(caption);
    top->addStretch();
    top->addWidget(m_kind);

    m_text = new InertBrowser;
    m_text->setObjectName(u"inspectorText"_s);
    m_text->setAccessibleName(tr("Properties of what is selected"));
    m_text->setFrameShape(QFrame::NoFrame);
    m_text->setStyleSheet(u"QTextBrowser { border: none; padding: 0; background: transparent; }"_s);
    m_text->setOpenLinks(false);
    m_text->setOpenExternalLinks(false);
    m_text->setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    m_text->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_text->document()->setDocumentMargin(14);
    m_text->setTextInteractionFlags(Qt::TextBrowserInteraction | Qt::TextSelectableByKeyboard);
    connect(m_text, &QTextBrowser::anchorClicked, this,
            [this](const QUrl& url) { Q_EMIT linkActivated(url.toString()); });

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(top);
    layout->addWidget(m_text, 1);
    showNothing();
}

void InspectorPanel::show(InspectorContent content)
{
    const bool same = m_content.title == content.title && m_content.subtitle == content.subtitle;
    const int scroll = m_text->verticalScrollBar()->value();
    m_content = std::move(content);
    render();
    m_text->verticalScrollBar()->setValue(same ? scroll : 0);
}

void InspectorPanel::showNothing()
{
    show({});
}

QString InspectorPanel::plainText() const
{
    return m_text->toPlainText();
}

void InspectorPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange)
        render();
}

void InspectorPanel::render()
{
    if (!m_text)
        return;
    const Theme theme = Theme::of(*this);
    m_kind->setText(m_content.kind);
    if (m_content.kind.isEmpty()) {
        m_text->setHtml(u"<p style='color:%1;'>%2</p>"_s.arg(theme.quiet.name(),
                                                             tr("Open a model to see what it is made of.")));
        return;
    }
    QString html = u"<p style='font-size:12pt; font-weight:600; margin:0;'>%1</p>"_s.arg(
        escaped(oneLine(m_content.title)));
    for (const QString& line : {m_content.subtitle, m_content.summary})
        if (!line.isEmpty())
            html += u"<p style='color:%1; margin:3px 0 0 0;'>%2</p>"_s.arg(theme.quiet.name(), escaped(line));
    const QString captionStyle = u"color:%1; font-size:8pt; font-weight:600; letter-spacing:1px; "
                                 "margin:18px 0 7px 0;"_s.arg(theme.quiet.name());
    for (const InspectorSection& section : m_content.sections) {
        html +=
            u"<p style='%1'>%2</p><table width='100%' cellspacing='0' cellpadding='0' style='margin-top:6px;'>"_s
                .arg(captionStyle, escaped(section.caption));
        for (const InspectorRow& row : section.rows)
            html += rowHtml(row, section.wideNames, theme);
        html += u"</table>"_s;
    }
    m_text->setHtml(html);
}

} // namespace pleat::ui
