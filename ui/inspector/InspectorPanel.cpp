// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/inspector/InspectorPanel.h"

#include "core/graph/Pages.h"
#include "ui/widgets/Action.h"
#include "ui/widgets/Caption.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/Theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QPointer>
#include <QScrollBar>
#include <QTextBrowser>
#include <QTextDocument>
#include <QVBoxLayout>
#include <utility>

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

InspectorPanel::InspectorPanel(Workspace& workspace)
    : Panel(workspace,
            {.id = u"inspector"_s, .title = tr("Inspector"), .shortcut = tr("Ctrl+3"), .window = {960, 0}})
{
    const CaptionLine top = captionLine(tr("INSPECTOR"));
    top.layout->setContentsMargins(14, 12, 14, 0);
    m_kind = top.note;

    m_text = new InertBrowser;
    m_text->setObjectName(u"inspectorText"_s);
    m_text->setAccessibleName(tr("Properties of what is selected"));
    m_text->setFrameShape(QFrame::NoFrame);
    m_text->setStyleSheet(u"QTextBrowser { border: none; padding: 0; background: transparent; }"_s);
    m_text->setOpenLinks(false);
    m_text->setOpenExternalLinks(false);
    m_text->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_text->setTextInteractionFlags(Qt::TextBrowserInteraction | Qt::TextSelectableByKeyboard);
    connect(m_text, &QTextBrowser::anchorClicked, this,
            [this](const QUrl& url) { this->workspace().follow(url.toString()); });

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(top.layout);
    layout->addWidget(m_text, 1);

    m_properties = makeAction(this, tr("Model &Properties"), {tr("Ctrl+Return")},
                              tr("Show what the model is made of in the inspector"), [this] {
                                  Q_EMIT wanted();
                                  this->workspace().selection().clear();
                              });
    m_properties->setEnabled(false);
    addEntry(Menu::Model, m_properties);

    connect(&workspace.selection(), &Selection::changed, this, &InspectorPanel::showSelected);
    connect(&workspace, &Workspace::changed, this, &InspectorPanel::showSelected);
    connect(&workspace, &Workspace::typesChanged, this, &InspectorPanel::showSelected);
    connect(&workspace, &Workspace::factsChanged, this, [this] {
        const Selection::Value& selected = this->workspace().selection().value();
        if (selected.node == NodeId::None && selected.value.empty())
            showSelected();
    });
    showSelected();
}

InspectorContent InspectorPanel::content() const
{
    const SnapshotPointer shown = workspace().shown();
    if (!shown)
        return {};
    const GraphView& view = *shown->view;
    const ValueTypes& types = *document().types();
    const Selection::Value& selected = workspace().selection().value();
    if (const NodeIndex node = selected.node == NodeId::None ? NodeIndex::None : view.find(selected.node);
        node != NodeIndex::None) {
        std::optional<std::uint64_t> before;
        const GraphView& opened = *document().opened()->view;
        if (const NodeIndex old = opened.find(selected.node); &opened != &view && old != NodeIndex::None)
            before = describe(opened, old, types).parameters;
        return aboutNode(view, node, types, before);
    }
    if (!selected.value.empty()) {
        const ValueIndex value = view.find(findPage(view, selected.scope), selected.value);
        if (value != ValueIndex::None)
            return aboutValue(view, value, types);
    }
    if (const auto facts = workspace().facts())
        return aboutModel(facts->info, view);
    return {};
}

void InspectorPanel::showSelected()
{
    m_properties->setEnabled(!document().isEmpty());
    InspectorContent now = content();
    const bool same = m_content.title == now.title && m_content.subtitle == now.subtitle;
    const int scroll = m_text->verticalScrollBar()->value();
    m_content = std::move(now);
    render();
    m_text->verticalScrollBar()->setValue(same ? scroll : 0);
}

QString InspectorPanel::plainText() const
{
    return m_text->toPlainText();
}

void InspectorPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) {
        m_html.clear();
        render();
    }
}

void InspectorPanel::render()
{
    if (!m_text)
        return;
    const Theme theme = Theme::of(*this);
    m_kind->setText(m_content.kind);
    QString html;
    if (m_content.kind.isEmpty())
        html = u"<p style='color:%1;'>%2</p>"_s.arg(theme.quiet.name(),
                                                    tr("Open a model to see what it is made of."));
    else
        html = contentHtml(theme);
    // The same again would be laid out again, and lose what is selected in it.
    if (html == std::exchange(m_html, html))
        return;
    // In a document of its own, so that it is laid out once: text that is replaced passes through an empty
    // one without a scroll bar.
    const QPointer<QTextDocument> old = m_text->document();
    auto* next = new QTextDocument(m_text);
    next->setDefaultFont(m_text->font());
    next->setDocumentMargin(14);
    QTextOption wrapping = next->defaultTextOption();
    wrapping.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    next->setDefaultTextOption(wrapping);
    next->setHtml(html);
    m_text->setDocument(next);
    delete old; // unless the browser had made it
}

QString InspectorPanel::contentHtml(const Theme& theme) const
{
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
    return html;
}

} // namespace pleat::ui
