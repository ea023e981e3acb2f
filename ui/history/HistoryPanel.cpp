// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/history/HistoryPanel.h"

#include "ui/document/Convert.h"
#include "ui/document/Settings.h"
#include "ui/widgets/Action.h"
#include "ui/widgets/Caption.h"
#include "ui/widgets/PlainText.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QPushButton>
#include <QUndoStack>
#include <QUndoView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

QString recipeFilter()
{
    return HistoryPanel::tr("Recipes (*.json);;All files (*)");
}

// A recipe, and whether it was made with the model that is open.
struct ReadRecipe {
    Recipe recipe;
    bool sameSource = true;
};

Result<ReadRecipe> readFor(const FilePointer& model, const std::filesystem::path& path, Progress& progress,
                           const std::stop_token& stop)
{
    auto recipe = readRecipe(path);
    if (!recipe)
        return tl::make_unexpected(recipe.error());
    ReadRecipe read{std::move(*recipe), true};
    if (!read.recipe.source || !model)
        return read;
    read.sameSource = read.recipe.source->bytes == model->size();
    if (!read.sameSource)
        return read;
    const auto source = recipeSource(*model, progress, stop);
    if (!source)
        return tl::make_unexpected(source.error());
    read.sameSource = source->sha256 == read.recipe.source->sha256;
    return read;
}

} // namespace

HistoryPanel::HistoryPanel(Workspace& workspace)
    : Panel(workspace, {.id = u"history"_s,
                        .title = tr("History"),
                        .shortcut = tr("Ctrl+4"),
                        .size = {316, 250},
                        .window = {960, 800}})
{
    m_save = makeAction(this, tr("Save &Recipe…"), {tr("Ctrl+Alt+S")},
                        tr("Write what was done to a file, to do it again on another model"),
                        [this] { askToSaveRecipe(); });
    m_apply = makeAction(this, tr("Apply Re&cipe…"), {tr("Ctrl+Alt+O")}, tr("Do what a recipe says"),
                         [this] { askForRecipe(); });
    addEntry(Menu::File, m_save);
    addEntry(Menu::File, m_apply);

    const CaptionLine top = captionLine(tr("HISTORY"));
    top.layout->setContentsMargins(14, 12, 14, 6);
    m_count = top.note;
    QUndoStack& stack = document().undoStack();
    m_view = new QUndoView(&stack);
    m_view->setObjectName(u"historyList"_s);
    m_view->setAccessibleName(tr("What was done, in order"));
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setStyleSheet(u"QUndoView::item { padding: 6px 14px; }"_s);
    m_view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_view->setTextElideMode(Qt::ElideMiddle);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(top.layout);
    layout->addWidget(m_view, 1);
    layout->addWidget(makeButtons());

    connect(&stack, &QUndoStack::indexChanged, this, &HistoryPanel::updateState);
    connect(&document(), &Document::busyChanged, this, &HistoryPanel::updateState);
    connect(&workspace, &Workspace::opened, this, &HistoryPanel::showName);
    connect(&document(), &Document::recipeSaved, this, [this](const QString& path) {
        Q_EMIT this->workspace().said({MessageBar::Kind::Done, tr("Saved to %1").arg(path), {}, {}, {}});
    });
    showName();
}

QWidget* HistoryPanel::makeButtons()
{
    auto* bar = new QWidget;
    auto* buttons = new QHBoxLayout(bar);
    buttons->setContentsMargins(14, 8, 14, 12);
    buttons->setSpacing(8);
    const auto button = [&](const QString& text, QAction* action) {
        auto* made = new QPushButton(text);
        made->setToolTip(action->toolTip());
        connect(made, &QPushButton::clicked, action, &QAction::trigger);
        buttons->addWidget(made);
        return made;
    };
    m_saveButton = button(tr("Save recipe…"), m_save);
    m_applyButton = button(tr("Apply recipe…"), m_apply);
    buttons->addStretch();
    return bar;
}

void HistoryPanel::showName()
{
    m_view->setEmptyLabel(document().isEmpty()
                              ? tr("No model is open")
                              : tr("%1 as it was opened").arg(oneLine(document().fileName())));
    updateState();
}

void HistoryPanel::updateState()
{
    const int done = document().undoStack().index();
    const bool free = !document().isEmpty() && !document().isBusy();
    m_count->setText(done == 0 ? QString() : done == 1 ? tr("1 step") : tr("%n steps", nullptr, done));
    m_view->setEnabled(free);
    m_save->setEnabled(free && done > 0);
    m_apply->setEnabled(free);
    m_saveButton->setEnabled(m_save->isEnabled());
    m_applyButton->setEnabled(m_apply->isEnabled());
}

void HistoryPanel::askForRecipe()
{
    auto* dialog = new QFileDialog(this, tr("Apply a recipe"), Settings::lastFolder(), recipeFilter());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &HistoryPanel::applyRecipe);
    dialog->open();
}

void HistoryPanel::applyRecipe(const QString& path)
{
    const QString name = QFileInfo(path).fileName();
    workspace().jobs().start(
        u"read-recipe"_s, tr("Reading %1…").arg(name), this,
        [model = document().opened()->view->model().source, file = toPath(path)](
            Progress& progress, std::stop_token stop) { return readFor(model, file, progress, stop); },
        [this, name, path, opened = document().opened()](Result<ReadRecipe> read) {
            if (!read) {
                Q_EMIT workspace().failed(tr("%1 cannot be applied.").arg(name), read.error());
                return;
            }
            if (document().opened() != opened)
                return; // another model by now
            QString note;
            if (!read->sameSource)
                note = tr("It was made with another file, %1.").arg(toQt(read->recipe.source->file));
            if (read->recipe.steps.empty())
                Q_EMIT workspace().said(
                    {MessageBar::Kind::Notice, tr("There is no step in %1.").arg(name), {}, {}, {}});
            else
                workspace().applyRecipe(read->recipe, note);
        });
}

void HistoryPanel::askToSaveRecipe()
{
    auto* dialog = new QFileDialog(this, tr("Save the recipe"), Settings::lastFolder(), recipeFilter());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(u"json"_s);
    dialog->selectFile(QFileInfo(document().path()).completeBaseName() + u".recipe.json"_s);
    connect(dialog, &QFileDialog::fileSelected, &document(), &Document::saveRecipe);
    dialog->open();
}

} // namespace pleat::ui
