// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/edit/Ports.h"
#include "ui/canvas/GraphPane.h"
#include "ui/document/Convert.h"
#include "ui/document/Session.h"
#include "ui/document/Settings.h"
#include "ui/widgets/MessageBar.h"
#include "ui/widgets/PlainText.h"
#include "ui/window/AppendSheet.h"
#include "ui/window/ExportSheet.h"
#include "ui/window/ImageSheet.h"
#include "ui/window/Keepsakes.h"
#include "ui/window/MainWindow.h"
#include "ui/window/Sample.h"
#include "ui/window/SourceMessage.h"
#include "ui/window/StartPage.h"
#include "ui/window/WindowActions.h"

#include <QAction>
#include <QCloseEvent>
#include <QDir>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

const auto sourceTopic = u"source"_s, otherSourceTopic = u"otherSource"_s;
const auto keepLane = u"keep"_s;
const auto appendLane = u"append"_s;

QString modelFilter()
{
    return MainWindow::tr("ONNX models (*.onnx);;All files (*)");
}

QFileDialog* fileDialog(QWidget* parent, const QString& title, const QString& filter)
{
    auto* dialog = new QFileDialog(parent, title, Settings::lastFolder(), filter);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    return dialog;
}

QString droppedFile(const QMimeData* data)
{
    for (const QUrl& url : data->urls())
        if (url.isLocalFile() && QFileInfo(url.toLocalFile()).isFile())
            return url.toLocalFile();
    return {};
}

QString whatIsLost(const SourceState& state, bool unsaved)
{
    if (!unsaved)
        return MainWindow::tr("Discarding loses the model.");
    if (state.isIntact())
        return MainWindow::tr("The file on disk is as it was. Discarding loses what was folded here.");
    if (state.isReadable())
        return sourceSentence(state) + u' ' + MainWindow::tr("Discarding loses what was folded here.");
    return sourceSentence(state) + u' ' + MainWindow::tr("What was folded here can no longer be exported.");
}

} // namespace

void MainWindow::askForModel()
{
    QFileDialog* dialog = fileDialog(this, tr("Open a model"), modelFilter());
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::openPath);
    dialog->open();
}

void MainWindow::askForOther()
{
    QFileDialog* dialog =
        fileDialog(this, tr("Compare %1 with").arg(titleText(m_document.fileName())), modelFilter());
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::compareWith);
    dialog->open();
}

void MainWindow::compareWith(const QString& path)
{
    Settings::setLastFolder(QFileInfo(path).absolutePath());
    m_workspace.compareWith(path);
}

void MainWindow::openBeside(const QString& before, const QString& after)
{
    openPath(before);
    m_openBeside = after;
}

void MainWindow::openDropped(const QString& path)
{
    if (m_document.isEmpty())
        return openPath(path);
    auto* box = new PlainQuestion(
        this, tr("Open or compare"),
        tr("Open %1, or compare %2 with it?").arg(QFileInfo(path).fileName(), m_document.fileName()), {});
    box->setObjectName(u"dropQuestion"_s);
    box->setAttribute(Qt::WA_DeleteOnClose);
    connect(box->addButton(tr("&Open"), QMessageBox::AcceptRole), &QPushButton::clicked, this,
            [this, path] { openPath(path); });
    QPushButton* compare = box->addButton(tr("&Compare"), QMessageBox::ActionRole);
    connect(compare, &QPushButton::clicked, this, [this, path] { compareWith(path); });
    box->addButton(QMessageBox::Cancel);
    box->setDefaultButton(compare);
    box->open();
}

void MainWindow::openPath(const QString& path)
{
    m_openBeside.clear();
    whenSaved([this, path] { load(path); });
}

void MainWindow::load(const QString& path)
{
    Settings::setLastFolder(QFileInfo(path).absolutePath());
    m_document.openPath(path);
}

void MainWindow::openSample()
{
    m_openBeside.clear();
    whenSaved([this] {
        const auto path = sampleOnDisk();
        if (!path) {
            showError(tr("The sample cannot be opened."), path.error());
            return;
        }
        m_samplePath = *path;
        m_document.openPath(*path);
    });
}

void MainWindow::askToAppend()
{
    if (m_document.isEmpty())
        return;
    QFileDialog* dialog = fileDialog(this, tr("Append a model"), modelFilter());
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::append);
    dialog->open();
}

void MainWindow::append(const QString& path)
{
    Settings::setLastFolder(QFileInfo(path).absolutePath());
    m_workspace.jobs().start(
        appendLane, tr("Reading %1…").arg(QFileInfo(path).fileName()), this,
        [first = m_document.current()->view, path](Progress& progress, const std::stop_token& stop) {
            return readAppendable(first, toPath(path), progress, stop);
        },
        [this](Result<Appendable> model) {
            if (!model) {
                showError(tr("The model cannot be appended."), model.error());
                return;
            }
            auto* sheet = new AppendSheet(std::move(*model), this);
            sheet->setAttribute(Qt::WA_DeleteOnClose);
            connect(sheet, &QDialog::accepted, this, [this, sheet] { m_workspace.edit({sheet->step()}); });
            sheet->open();
        });
}

void MainWindow::askForExport(bool withOptions)
{
    if (m_document.isEmpty())
        return;
    m_document.lookAtSource();
    if (!m_document.sourceState().isReadable()) {
        m_afterExport = nullptr;
        sourceChanged(); // says why not
        return;
    }
    if (!exportsAnyway()) {
        m_afterExport = nullptr;
        return;
    }
    QFileDialog* dialog = fileDialog(this, tr("Export the model"), modelFilter());
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(u"onnx"_s);
    const bool folded = m_document.current() != m_document.opened();
    const QString name = QFileInfo(m_document.path()).completeBaseName();
    dialog->selectFile(folded ? name + u".folded.onnx"_s : name + u".onnx"_s);
    connect(dialog, &QFileDialog::fileSelected, this, [this, withOptions](const QString& path) {
        Settings::setLastFolder(QFileInfo(path).absolutePath());
        exportTo(path, withOptions);
    });
    connect(dialog, &QFileDialog::rejected, this, [this] { m_afterExport = nullptr; });
    dialog->open();
}

bool MainWindow::exportsAnyway()
{
    const int problems = m_workspace.problems();
    if (problems == 0)
        return true;
    PlainQuestion box(this, tr("Export"),
                      problems == 1 ? tr("The model has a problem.")
                                    : tr("The model has %n problems.", nullptr, problems),
                      tr("Something does not fit together any more since it was edited. A runtime may refuse "
                         "the exported file."));
    box.setObjectName(u"problemsQuestion"_s);
    QPushButton* see = box.addButton(tr("&See Problems"), QMessageBox::RejectRole);
    QPushButton* anyway = box.addButton(tr("&Export Anyway"), QMessageBox::AcceptRole);
    box.addButton(QMessageBox::Cancel);
    box.setDefaultButton(see);
    box.exec();
    if (box.clickedButton() == see)
        m_workspace.askForProblems();
    return box.clickedButton() == anyway;
}

void MainWindow::exportTo(const QString& path, bool withOptions)
{
    const auto view = m_document.current()->view;
    const bool changed = m_document.current() != m_document.opened();
    const auto verified = [](bool verifies) {
        return verifies ? Document::Verified::Yes : Document::Verified::No;
    };
    if (!withOptions && !ExportSheet::isWorthAsking(view->model())) {
        m_document.exportTo(path, DataPlacement::Keep, verified(changed && Settings::verifiesExports()));
        return;
    }
    auto* sheet = new ExportSheet(m_workspace.jobs(), view, path, changed, this);
    sheet->setAttribute(Qt::WA_DeleteOnClose);
    connect(sheet, &QDialog::accepted, this, [this, sheet, path, changed, verified] {
        if (changed)
            Settings::setVerifiesExports(sheet->verifies());
        m_document.exportTo(path, sheet->placement(), verified(sheet->verifies()));
    });
    connect(sheet, &QDialog::rejected, this, [this] { m_afterExport = nullptr; });
    sheet->open();
}

void MainWindow::exported(const QString& path, const QString& dataFile, const QStringList& notices)
{
    const QString sentence =
        dataFile.isEmpty()
            ? tr("Exported to %1").arg(path)
            : tr("Exported to %1, the weights to %2 beside it").arg(path, QFileInfo(dataFile).fileName());
    m_messages->show({notices.isEmpty() ? MessageBar::Kind::Done : MessageBar::Kind::Notice,
                      sentence,
                      notices.join(u'\n'),
                      {},
                      {},
                      {},
                      true});
}

QStringList MainWindow::beingWritten() const
{
    QStringList names = m_document.beingExported();
    if (m_graph->isWritingImage())
        names += m_imageName;
    return names;
}

void MainWindow::stopWriting()
{
    m_document.cancelExports();
    m_graph->cancelImage();
}

void MainWindow::writingEnded(bool allWritten)
{
    updateActions();
    if (!allWritten)
        m_afterExport = nullptr;
    if (!m_afterExport || !beingWritten().isEmpty())
        return;
    std::exchange(m_afterExport, nullptr)();
}

void MainWindow::sourceChanged()
{
    const SourceState& state = m_document.sourceState();
    updateTitle();
    if (state.isIntact()) {
        m_messages->dismissTopic(sourceTopic);
        return;
    }
    MessageBar::Message message{state.isReadable() ? MessageBar::Kind::Notice : MessageBar::Kind::Error,
                                sourceSentence(state),
                                {},
                                {},
                                {},
                                sourceTopic};
    offerRemedy(message, m_document);
    m_messages->show(std::move(message));
}

void MainWindow::otherSourceChanged()
{
    const Document* other = m_workspace.other();
    if (!other || other->sourceState().isIntact()) {
        m_messages->dismissTopic(otherSourceTopic);
        return;
    }
    const SourceState& state = other->sourceState();
    MessageBar::Message message{state.isReadable() ? MessageBar::Kind::Notice : MessageBar::Kind::Error,
                                comparedSourceSentence(state),
                                {},
                                {},
                                {},
                                otherSourceTopic};
    offerRemedy(message, *other);
    m_messages->show(std::move(message));
}

void MainWindow::offerRemedy(MessageBar::Message& message, const Document& changed)
{
    const bool isOther = &changed != &m_document;
    switch (sourceRemedy(changed.sourceState())) {
    case SourceRemedy::None:
        break;
    case SourceRemedy::Reload:
        message.actionText = tr("Reload");
        message.action = [this, isOther] {
            if (isOther)
                m_workspace.reloadOther();
            else
                m_actions->reload->trigger();
        };
        break;
    case SourceRemedy::Export:
        if (isOther)
            break; // it is only looked at
        message.actionText = tr("Export…");
        message.action = [this] { m_actions->exportModel->trigger(); };
        break;
    }
}

// `write` gives what there is to add, or nothing. `open`, where it can be: opens it.
void MainWindow::keep(const QString& path, const QString& label,
                      std::function<Result<QString>(Progress& progress, const std::stop_token& stop)> write,
                      std::function<void()> open)
{
    Settings::setLastFolder(QFileInfo(path).absolutePath());
    m_workspace.jobs().start(
        keepLane, label, this, std::move(write),
        [this, path, open = std::move(open)](const Result<QString>& written) {
            if (written)
                m_messages->show({written->isEmpty() ? MessageBar::Kind::Done : MessageBar::Kind::Notice,
                                  tr("Saved as %1").arg(path),
                                  *written,
                                  open ? tr("Open") : QString(),
                                  open,
                                  {}});
            else if (written.error().code != ErrorCode::Cancelled)
                showError(tr("%1 was not written.").arg(path), written.error());
        });
}

void MainWindow::askToExtract()
{
    const ViewPointer view = m_workspace.shown()->view;
    std::vector<NodeIndex> nodes;
    for (const NodeId chosen : m_graph->chosenNodes()) // of the graph as it is drawn, perhaps a step ago
        if (const NodeIndex node = view->find(chosen); node != NodeIndex::None)
            nodes.push_back(node);
    if (nodes.empty() || view->scope(nodes.front()) != ScopeIndex::Main) {
        m_messages->show({MessageBar::Kind::Notice,
                          tr("Choose the nodes of the main graph first that are to be a model of their own."),
                          tr("Shift and a click add a node, Shift and drag those in a rectangle."),
                          {},
                          {},
                          {}});
        return;
    }
    QFileDialog* dialog = fileDialog(this, tr("Extract as a model"), modelFilter());
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(u"onnx"_s);
    dialog->selectFile(QFileInfo(m_document.path()).completeBaseName() + u".part.onnx"_s);
    connect(dialog, &QFileDialog::fileSelected, this,
            [this, view, cut = cutAround(*view, nodes)](const QString& path) {
                keep(
                    path, tr("Extracting…"),
                    [view, cut, path = toPath(path),
                     place = m_document.workerPlace()](Progress& progress, const std::stop_token& stop) {
                        return savePart(path, view, cut, place, progress, stop);
                    },
                    [this, path] { openPath(path); });
            });
    dialog->open();
}

void MainWindow::askForReport()
{
    QFileDialog* dialog = fileDialog(this, tr("Save a report of what was folded"), tr("Page (*.html)"));
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(u"html"_s);
    dialog->selectFile(QFileInfo(m_document.path()).completeBaseName() + u".html"_s);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        keep(path, tr("Writing the report…"),
             [path = toPath(path), opened = m_document.opened(), now = m_document.current()](
                 Progress& progress, const std::stop_token& stop) -> Result<QString> {
                 if (auto saved = saveFoldReport(path, *opened, *now, progress, stop); !saved)
                     return tl::make_unexpected(std::move(saved.error()));
                 return QString();
             });
    });
    dialog->open();
}

void MainWindow::askForWeights()
{
    QFileDialog* dialog = fileDialog(this, tr("Save all tensors as they are now"),
                                     tr("safetensors (*.safetensors);;NumPy (*.npz)"));
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(u"safetensors"_s);
    dialog->selectFile(QFileInfo(m_document.path()).completeBaseName() + u".safetensors"_s);
    connect(dialog, &QFileDialog::filterSelected, dialog, [dialog](const QString& filter) {
        dialog->setDefaultSuffix(filter.contains(u"npz"_s) ? u"npz"_s : u"safetensors"_s);
    });
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        keep(path, tr("Writing tensors…"),
             [path = toPath(path),
              view = m_document.current()->view](Progress&, const std::stop_token& stop) -> Result<QString> {
                 const auto left = saveAllTensors(path, *view, stop);
                 if (!left)
                     return tl::make_unexpected(left.error());
                 QStringList lines;
                 for (const LeftOutTensor& tensor : *left)
                     lines += tr("Left out %1: %2.").arg(toQt(tensor.name), toQt(tensor.why));
                 return lines.join(u'\n');
             });
    });
    dialog->open();
}

void MainWindow::askForImage()
{
    QFileDialog* dialog =
        fileDialog(this, tr("Export an image of the graph"), tr("SVG (*.svg);;PNG (*.png);;PDF (*.pdf)"));
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(u"svg"_s);
    dialog->selectFile(QFileInfo(m_document.path()).completeBaseName() + u".svg"_s);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        auto* sheet = new ImageSheet(m_graph->canvas(), path, this);
        sheet->setAttribute(Qt::WA_DeleteOnClose);
        connect(sheet, &QDialog::accepted, this, [this, sheet, path] { writeImage(path, sheet->options()); });
        sheet->open();
    });
    dialog->open();
}

void MainWindow::writeImage(const QString& path, const GraphImageOptions& chosen)
{
    GraphImageOptions options = chosen;
    m_imageName = QFileInfo(path).fileName();
    options.title = QFileInfo(m_document.path()).fileName();
    m_graph->saveImage(path, std::move(options), [this, path](const QString& problem) {
        m_imageWritten = problem.isEmpty();
        if (problem.isEmpty())
            m_messages->show({MessageBar::Kind::Done, tr("Exported to %1").arg(path), {}, {}, {}});
        else
            showError(tr("The image was not written."), {ErrorCode::Unwritable, toStd(problem), toStd(path)});
    });
    updateActions();
}

MainWindow::Unsaved MainWindow::askAboutChanges()
{
    const bool unsaved = m_document.hasUnsavedChanges();
    if (!unsaved && !m_document.isLastCopy())
        return Unsaved::Discard;
    const SourceState& state = m_document.sourceState();
    PlainQuestion box(this, unsaved ? tr("Unsaved changes") : tr("Deleted file"),
                      unsaved ? tr("%1 has changes that were not exported.").arg(m_document.fileName())
                              : sourceSentence(state),
                      whatIsLost(state, unsaved));
    box.setObjectName(u"unsavedQuestion"_s);
    QPushButton* write =
        state.isReadable() ? box.addButton(tr("&Export…"), QMessageBox::AcceptRole) : nullptr;
    QPushButton* discard = box.addButton(tr("&Discard"), QMessageBox::DestructiveRole);
    QPushButton* stay = box.addButton(QMessageBox::Cancel);
    if (write)
        write->setProperty("main", true);
    box.setDefaultButton(write ? write : stay);
    box.exec();
    return box.clickedButton() == discard          ? Unsaved::Discard
           : write && box.clickedButton() == write ? Unsaved::Export
                                                   : Unsaved::Stay;
}

MainWindow::Running MainWindow::askAboutExport()
{
    const QStringList names = beingWritten();
    if (names.isEmpty())
        return Running::None;
    PlainQuestion box(this, tr("Export"),
                      names.size() == 1 ? tr("%1 is being written.").arg(names.constFirst())
                                        : tr("%1 are being written.").arg(names.join(tr(" and "))),
                      tr("Waiting goes on by itself when that is done. Stopping leaves the file as it was."));
    box.setObjectName(u"exportQuestion"_s);
    QPushButton* wait = box.addButton(tr("&Wait"), QMessageBox::AcceptRole);
    QPushButton* stop = box.addButton(tr("&Stop Exporting"), QMessageBox::DestructiveRole);
    box.addButton(QMessageBox::Cancel);
    wait->setProperty("main", true);
    box.setDefaultButton(wait);
    box.exec();
    return box.clickedButton() == wait   ? Running::Wait
           : box.clickedButton() == stop ? Running::Stop
                                         : Running::Stay;
}

bool MainWindow::mayGoOn(const std::function<void()>& later)
{
    switch (askAboutExport()) {
    case Running::Stay:
        return false;
    case Running::Wait:
        if (!beingWritten().isEmpty()) { // it may have ended while the question was open
            m_afterExport = later;
            return false;
        }
        break;
    case Running::Stop:
        stopWriting();
        break;
    case Running::None:
        break;
    }
    const Unsaved answer = askAboutChanges();
    if (answer == Unsaved::Export) {
        m_afterExport = later;
        askForExport();
    }
    return answer == Unsaved::Discard;
}

void MainWindow::whenSaved(const std::function<void()>& then)
{
    if (mayGoOn([this, then] { whenSaved(then); }))
        then();
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    if (!mayGoOn([this] { close(); })) {
        event->ignore();
        return;
    }
    // The panels of an empty window are hidden, which nobody wants back.
    Settings::setWindow(saveGeometry(), m_document.isEmpty() ? Settings::windowState() : saveState());
    m_session->end();
    m_workspace.jobs().cancelAll();
    event->accept();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event)
{
    if (droppedFile(event->mimeData()).isEmpty())
        return;
    event->acceptProposedAction();
    m_start->setDropping(true);
}

void MainWindow::dragLeaveEvent(QDragLeaveEvent*)
{
    m_start->setDropping(false);
}

void MainWindow::dropEvent(QDropEvent* event)
{
    m_start->setDropping(false);
    const QString path = droppedFile(event->mimeData());
    if (path.isEmpty())
        return;
    event->acceptProposedAction();
    openDropped(path);
}

} // namespace pleat::ui
