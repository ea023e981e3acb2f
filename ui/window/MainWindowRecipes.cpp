// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Convert.h"
#include "ui/document/Session.h"
#include "ui/history/HistoryPanel.h"
#include "ui/widgets/PlainText.h"
#include "ui/window/MainWindow.h"
#include "ui/window/Settings.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QLocale>
#include <QPushButton>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

QString recipeFilter()
{
    return MainWindow::tr("Recipes (*.json);;All files (*)");
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

void MainWindow::askForRecipe()
{
    auto* dialog = new QFileDialog(this, tr("Apply a recipe"), Settings::lastFolder(), recipeFilter());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::applyRecipe);
    dialog->open();
}

void MainWindow::applyRecipe(const QString& path)
{
    const QString name = QFileInfo(path).fileName();
    m_jobs.start(
        u"read-recipe"_s, tr("Reading %1…").arg(name), this,
        [model = m_document.opened()->view->model().source, file = toPath(path)](
            Progress& progress, std::stop_token stop) { return readFor(model, file, progress, stop); },
        [this, name, path, opened = m_document.opened()](Result<ReadRecipe> read) {
            if (!read) {
                showError(tr("%1 cannot be applied.").arg(name), read.error());
                return;
            }
            if (m_document.opened() != opened)
                return; // another model by now
            m_recipeNote.clear();
            if (!read->sameSource)
                m_recipeNote = tr("It was made with another file, %1.").arg(toQt(read->recipe.source->file));
            if (read->recipe.steps.empty())
                m_messages->show(
                    {MessageBar::Kind::Notice, tr("There is no step in %1.").arg(name), {}, {}, {}});
            else
                m_document.applyRecipe(read->recipe);
        });
}

void MainWindow::askToSaveRecipe()
{
    auto* dialog = new QFileDialog(this, tr("Save the recipe"), Settings::lastFolder(), recipeFilter());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(u"json"_s);
    dialog->selectFile(QFileInfo(m_document.path()).completeBaseName() + u".recipe.json"_s);
    connect(dialog, &QFileDialog::fileSelected, &m_document, &Document::saveRecipe);
    dialog->open();
}

void MainWindow::recipeApplied(int applied, int changed, const QString& problem)
{
    QString sentence = applied == 1 ? tr("One step applied") : tr("%n steps applied", nullptr, applied);
    sentence += changed == applied ? tr(".") : tr(", %n of them with something to do.", nullptr, changed);
    if (!problem.isEmpty())
        sentence = applied == 0 ? tr("The recipe does not apply.")
                                : tr("%1 Step %2 does not apply.").arg(sentence).arg(applied + 1);
    QStringList details;
    for (const QString& detail : {problem, std::exchange(m_recipeNote, {})})
        if (!detail.isEmpty())
            details += detail;
    const auto kind = !problem.isEmpty()  ? MessageBar::Kind::Error
                      : details.isEmpty() ? MessageBar::Kind::Done
                                          : MessageBar::Kind::Notice;
    m_messages->show({kind, sentence, details.join(u'\n'), {}, {}, {}, true});
    if (const auto lost = std::exchange(m_lost, nullptr); lost && applied > 0) {
        m_session->writeNow(); // what was recovered is in the new session from now on
        Session::discard(*lost);
    }
}

bool MainWindow::offerRecovery()
{
    for (LostSession& lost : Session::lost(m_session->folder())) {
        const QString name = QFileInfo(lost.model).fileName();
        const bool gone = lost.isSourceGone();
        PlainQuestion box(
            this, tr("Unsaved changes"),
            tr("Pleat ended while %1 had changes that were not exported.").arg(name),
            (lost.recipe.steps.size() == 1 ? tr("One step, done on %1 to %2.")
                                           : tr("%n steps, the last on %1, done to %2.", nullptr,
                                                static_cast<int>(lost.recipe.steps.size())))
                    .arg(QLocale().toString(lost.written, QLocale::ShortFormat), lost.model) +
                (gone ? u"\n"_s + tr("The file is gone: put it back to recover them.") : QString()));
        box.setObjectName(u"recoveryQuestion"_s);
        QPushButton* recover = gone ? nullptr : box.addButton(tr("&Recover"), QMessageBox::AcceptRole);
        QPushButton* discard = box.addButton(tr("&Discard"), QMessageBox::DestructiveRole);
        QPushButton* later = box.addButton(tr("Not &Now"), QMessageBox::RejectRole);
        if (recover)
            recover->setProperty("main", true);
        box.setDefaultButton(recover ? recover : later);
        box.exec();
        if (box.clickedButton() == discard)
            Session::discard(lost);
        if (!recover || box.clickedButton() != recover)
            continue;
        m_lost = std::make_unique<LostSession>(std::move(lost));
        m_document.openPath(m_lost->model);
        return true;
    }
    return false;
}

// The lost model is open again: its steps follow, unless the file is another one and nobody wants that.
void MainWindow::recover()
{
    if (!m_lost || m_document.path() != m_lost->model) {
        m_lost.reset(); // something else was opened; it is offered again
        return;
    }
    m_jobs.start(
        u"read-recipe"_s, tr("Comparing…"), this,
        [lost = *m_lost](Progress&, std::stop_token) { return lost.isSourceChanged(); },
        [this](bool isChanged) {
            if (!m_lost)
                return;
            m_recipeNote.clear();
            if (isChanged) {
                PlainQuestion box(
                    this, tr("Changed file"), tr("%1 has changed since.").arg(m_document.fileName()),
                    tr("What was done then can be done to the file as it is now, as far as it applies."));
                box.setObjectName(u"changedQuestion"_s);
                QPushButton* apply = box.addButton(tr("&Apply"), QMessageBox::AcceptRole);
                box.addButton(QMessageBox::Cancel);
                apply->setProperty("main", true);
                box.exec();
                if (box.clickedButton() != apply) {
                    m_lost.reset();
                    return;
                }
                m_recipeNote = tr("The file has changed since.");
            }
            m_document.applyRecipe(m_lost->recipe);
        });
}

} // namespace pleat::ui
