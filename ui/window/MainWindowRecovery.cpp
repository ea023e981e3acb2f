// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Convert.h"
#include "ui/document/Session.h"
#include "ui/document/Settings.h"
#include "ui/widgets/PlainText.h"
#include "ui/window/MainWindow.h"

#include <QFileInfo>
#include <QLocale>
#include <QPushButton>

using namespace Qt::StringLiterals;

namespace pleat::ui {

// What was recovered is in the new session from now on.
void MainWindow::recovered(int applied)
{
    if (const auto lost = std::exchange(m_lost, nullptr); lost && applied > 0) {
        m_session->writeNow();
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
    m_workspace.jobs().start(
        u"read-recipe"_s, tr("Comparing…"), this,
        [lost = *m_lost](Progress&, std::stop_token) { return lost.isSourceChanged(); },
        [this](bool isChanged) {
            if (!m_lost)
                return;
            QString note;
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
                note = tr("The file has changed since.");
            }
            m_workspace.applyRecipe(m_lost->recipe, note);
        });
}

} // namespace pleat::ui
