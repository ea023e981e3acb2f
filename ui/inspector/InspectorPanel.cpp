// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/inspector/InspectorPanel.h"

#include "core/graph/Pages.h"
#include "ui/edit/FieldEditor.h"
#include "ui/inspector/InspectorHtml.h"
#include "ui/widgets/Action.h"
#include "ui/widgets/Caption.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/Theme.h"

#include <QAbstractTextDocumentLayout>
#include <QEvent>
#include <QHBoxLayout>
#include <QScrollBar>
#include <QTextBlock>
#include <QTextBrowser>
#include <QTextDocument>
#include <QTextTable>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

// Shows what it is given and loads nothing: no text of a file can name another one.
class InertBrowser final : public QTextBrowser {
public:
    QVariant loadResource(int, const QUrl&) override { return {}; }
};

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
    connect(m_text, &QTextBrowser::anchorClicked, this, [this](const QUrl& url) { follow(url.toString()); });
    connect(m_text->verticalScrollBar(), &QScrollBar::valueChanged, this, &InspectorPanel::placeEditor);
    m_text->viewport()->installEventFilter(this);

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

    m_rename =
        makeAction(this, tr("Re&name…"), {tr("F2")}, tr("Give the node or the tensor another name"), [this] {
            const bool isNode = m_content.kind == tr("node");
            editWhereShown(isNode ? u"name"_s : u"tensor"_s);
        });
    m_replace = makeAction(this, tr("Replace &Operator…"), {tr("Shift+F2")},
                           tr("Make a node of another operator, with the same inputs and outputs"),
                           [this] { editWhereShown(u"operator"_s); });
    addEntry(Menu::Selection, m_rename);
    addEntry(Menu::Selection, m_replace);

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
    const ValueTypes& types = *workspace().types();
    const bool editable = workspace().side() == Side::After;
    const Selection::Value& selected = workspace().selection().value();
    if (const NodeIndex node = selected.node == NodeId::None ? NodeIndex::None : view.find(selected.node);
        node != NodeIndex::None) {
        std::optional<std::uint64_t> before;
        const GraphView& opened = *document().opened()->view;
        if (const NodeIndex old = opened.find(selected.node); &opened != &view && old != NodeIndex::None)
            before = describe(opened, old, *document().openedTypes()).parameters;
        return aboutNode(shown->view, node, types, before, editable);
    }
    if (!selected.value.empty()) {
        const ValueIndex value = view.find(findPage(view, selected.scope), selected.value);
        if (value != ValueIndex::None)
            return aboutValue(shown->view, value, types, editable);
    }
    if (const auto facts = workspace().facts())
        return aboutModel(facts->info, shown->view, editable);
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
    m_rename->setEnabled(!m_content.titleEdit.key.isEmpty());
    m_replace->setEnabled(m_content.titleEdit.key == u"operator");
    const auto isEdited = [this](const Editable& each) { return each.key == m_editing; };
    if (m_editor && (!same || std::ranges::none_of(m_edits, isEdited)))
        m_editor->deleteLater(); // what it is about is shown no more
    placeEditor();
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
    InspectorHtml made;
    if (m_content.kind.isEmpty())
        made.html = u"<p style='color:%1;'>%2</p>"_s.arg(theme.quiet.name(),
                                                         tr("Open a model to see what it is made of."));
    else
        made = htmlOf(m_content, theme);
    m_edits = std::move(made.edits);
    const QString html = made.html + m_content.documentation;
    // The same again would be laid out again, and lose what is selected in it.
    if (html == std::exchange(m_html, html))
        return;
    // In a document of its own, that is laid out once: when the browser has told its width, and with the
    // scroll bar that the text before it needed.
    const QPointer<QTextDocument> old = m_text->document();
    auto* next = new QTextDocument(m_text);
    next->setLayoutEnabled(false);
    next->setDefaultFont(m_text->font());
    next->setDocumentMargin(14);
    QTextOption wrapping = next->defaultTextOption();
    wrapping.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    next->setDefaultTextOption(wrapping);
    addResources(*next, theme, devicePixelRatioF());
    next->setHtml(made.html);
    addDocumentation(*next, m_content.documentation, theme);
    m_text->setVerticalScrollBarPolicy(m_text->verticalScrollBar()->isVisible() ? Qt::ScrollBarAlwaysOn
                                                                                : Qt::ScrollBarAsNeeded);
    m_text->setDocument(next);
    next->setLayoutEnabled(true);
    m_text->setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    delete old; // unless the browser had made it
}

void InspectorPanel::follow(const QString& link)
{
    const QString edits = u"edit:"_s;
    if (!link.startsWith(edits))
        return workspace().follow(link);
    const auto at = link.sliced(edits.size()).toUInt();
    if (at < m_edits.size())
        edit(QString(m_edits[at].key));
}

void InspectorPanel::editWhereShown(const QString& key)
{
    Q_EMIT wanted();
    edit(key);
}

void InspectorPanel::edit(const QString& key)
{
    const auto found = std::ranges::find(m_edits, key, &Editable::key);
    if (found == m_edits.end())
        return;
    if (m_editor)
        m_editor->deleteLater();
    m_editing = key;
    m_editor = new FieldEditor(workspace(), found->field(), m_text->viewport());
    connect(m_editor, &FieldEditor::resized, this, &InspectorPanel::placeEditor);
    connect(m_editor, &FieldEditor::ended, this, [this, editor = m_editor.data()] {
        if (editor == m_editor && editor->isAncestorOf(window()->focusWidget()))
            m_text->setFocus();
    });
    placeEditor();
    if (!m_text->viewport()->rect().contains(m_editor->geometry()))
        m_text->verticalScrollBar()->setValue(m_text->verticalScrollBar()->value() + m_editor->y() -
                                              m_text->viewport()->height() / 4);
    m_editor->show();
    m_editor->begin();
}

QRectF InspectorPanel::placeOf(const QString& link) const
{
    const QTextDocument& document = *m_text->document();
    const auto rectOf = [&](const QTextBlock& block) {
        return document.documentLayout()->blockBoundingRect(block);
    };
    for (QTextBlock block = document.begin(); block.isValid(); block = block.next()) {
        for (auto it = block.begin(); !it.atEnd(); ++it) {
            if (it.fragment().charFormat().anchorHref() != link)
                continue;
            QTextCursor cursor(block);
            if (const QTextTable* table = cursor.currentTable()) {
                const QTextTableCell cell = table->cellAt(cursor);
                return rectOf(table->cellAt(cell.row(), 1).firstCursorPosition().block());
            }
            return rectOf(block);
        }
    }
    return {};
}

void InspectorPanel::placeEditor()
{
    if (!m_editor)
        return;
    const auto found = std::ranges::find(m_edits, m_editing, &Editable::key);
    if (found == m_edits.end())
        return;
    constexpr int margin = 14, raised = 4;
    const QRectF place = placeOf(u"edit:%1"_s.arg(found - m_edits.begin()));
    const int left = static_cast<int>(place.left()) - 4;
    const int width = m_text->viewport()->width() - left - margin;
    const int height = m_editor->layout()->hasHeightForWidth() ? m_editor->layout()->heightForWidth(width)
                                                               : m_editor->sizeHint().height();
    m_editor->setGeometry(left, static_cast<int>(place.top()) - m_text->verticalScrollBar()->value() - raised,
                          width, height);
}

bool InspectorPanel::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Resize)
        placeEditor();
    return Panel::eventFilter(watched, event);
}

} // namespace pleat::ui
