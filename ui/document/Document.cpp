// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Document.h"

#include "core/model/ModelReader.h"
#include "core/model/ModelWriter.h"
#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/jobs/Job.h"

#include <QFileInfo>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

const auto openLane = u"open"_s;
const auto foldLane = u"fold"_s;
const auto exportLane = u"export"_s;
const auto shapeLane = u"shapes"_s;
constexpr int inferenceSeconds = 120;

} // namespace

// Undo is keeping the old value.
class FoldCommand final : public QUndoCommand {
public:
    FoldCommand(Document& document, SnapshotPointer before, SnapshotPointer after, const QString& text)
        : QUndoCommand(text),
          m_document(document),
          m_before(std::move(before)),
          m_after(std::move(after))
    {
    }
    void undo() override { m_document.setCurrent(m_before); }
    void redo() override { m_document.setCurrent(m_after); }

private:
    Document& m_document;
    SnapshotPointer m_before;
    SnapshotPointer m_after;
};

struct Document::Opening {
    SnapshotPointer snapshot;
    std::shared_ptr<const ValueTypes> types;
    std::vector<std::string> notices;
};

Document::Document(JobRunner& jobs, std::filesystem::path worker, QObject* parent)
    : QObject(parent),
      m_jobs(jobs),
      m_worker(std::move(worker))
{
    connect(&m_undo, &QUndoStack::cleanChanged, this, [this](bool clean) { Q_EMIT unsavedChanged(!clean); });
    connect(&m_watcher, &QFileSystemWatcher::fileChanged, this, [this](const QString& path) {
        if (QFileInfo::exists(path))
            m_watcher.addPath(path); // a rename over the file ended the watch
        Q_EMIT changedOnDisk();
    });
    connect(&m_jobs, &JobRunner::laneFinished, this, [this](const QString& lane) {
        if (lane == openLane || lane == foldLane || lane == exportLane)
            Q_EMIT busyChanged();
    });
}

Document::~Document()
{
    m_undo.disconnect(this); // it says that it is clean once more while it goes
}

QString Document::fileName() const
{
    return QFileInfo(m_path).fileName();
}

bool Document::isBusy() const
{
    return m_jobs.isBusy(openLane) || m_jobs.isBusy(foldLane) || m_jobs.isBusy(exportLane);
}

void Document::openPath(const QString& path)
{
    const QString absolute = QFileInfo(path).absoluteFilePath();
    const QString name = QFileInfo(absolute).fileName();
    m_jobs.cancel(foldLane);
    m_jobs.start(
        openLane, tr("Opening %1…").arg(name), this,
        [target = toPath(absolute)](Progress& progress, std::stop_token stop) -> Result<Opening> {
            auto model = openModel(target, progress, stop);
            if (!model)
                return tl::make_unexpected(model.error());
            auto types = std::make_shared<const ValueTypes>(declaredTypes(model->model));
            auto snapshot = makeSnapshot(std::move(model->model), {}, progress, stop);
            if (!snapshot)
                return tl::make_unexpected(snapshot.error());
            return Opening{std::move(*snapshot), std::move(types), std::move(model->notices)};
        },
        [this, absolute, name](Result<Opening> opening) {
            if (opening)
                takeOver(std::move(*opening), absolute);
            else
                Q_EMIT failed(tr("%1 cannot be opened.").arg(name), opening.error());
        });
    Q_EMIT busyChanged();
}

void Document::takeOver(Opening opening, const QString& path)
{
    m_jobs.cancel(foldLane);
    m_jobs.cancel(shapeLane);
    m_path = path;
    m_opened = opening.snapshot;
    m_current = opening.snapshot;
    m_types = opening.types;
    m_typesProblem.clear();
    m_undo.clear();
    watch(path);
    Q_EMIT openedModel();
    QStringList sentences;
    for (const std::string& notice : opening.notices)
        sentences += toQt(notice);
    if (!sentences.isEmpty())
        Q_EMIT notices(sentences);
    inferShapes();
}

void Document::inferShapes()
{
    if (m_worker.empty())
        return;
    m_jobs.start(
        shapeLane, tr("Inferring shapes…"), this,
        [snapshot = m_opened, worker = m_worker](Progress&, std::stop_token stop) {
            return inferTypes(snapshot->view->model(), worker, inferenceSeconds, std::move(stop));
        },
        [this](InferredTypes inferred) {
            m_types = std::make_shared<const ValueTypes>(std::move(inferred.types));
            m_typesProblem = toQt(inferred.problem);
            Q_EMIT typesChanged();
        });
}

void Document::reload()
{
    if (!isEmpty())
        openPath(m_path);
}

std::vector<FoldId> Document::foldable() const
{
    std::vector<FoldId> ids;
    if (m_current)
        for (const FoldCandidate& candidate : m_current->candidates)
            if (candidate.foldable && candidate.batchNorm)
                ids.push_back(candidate.id);
    return ids;
}

void Document::foldAll()
{
    foldChosen(foldable());
}

void Document::foldChosen(const std::vector<FoldId>& ids)
{
    if (isEmpty() || ids.empty())
        return;
    const FoldCandidate* only = ids.size() == 1 ? m_current->candidate(ids.front()) : nullptr;
    const QString text =
        only ? tr("fold %1").arg(foldName(*only)) : tr("fold %n pairs", nullptr, int(ids.size()));
    m_jobs.start(
        foldLane, tr("Folding…"), this,
        [before = m_current, ids](Progress& progress, std::stop_token stop) {
            return foldSnapshot(before, ids, progress, std::move(stop));
        },
        [this, before = m_current, text](Result<SnapshotPointer> after) {
            if (!after) {
                Q_EMIT failed(tr("Nothing was folded."), after.error());
                return;
            }
            if (m_current == before) // undone or folded otherwise in the meantime: the answer is out of date
                m_undo.push(new FoldCommand(*this, before, std::move(*after), text));
        });
    Q_EMIT busyChanged();
}

void Document::setCurrent(SnapshotPointer snapshot)
{
    if (m_current == snapshot)
        return;
    m_current = std::move(snapshot);
    Q_EMIT currentChanged();
}

void Document::exportTo(const QString& path)
{
    if (isEmpty())
        return;
    const QString absolute = QFileInfo(path).absoluteFilePath();
    const QString name = QFileInfo(absolute).fileName();
    if (absolute == m_path)
        m_watcher.removePath(m_path); // what changes now is our own doing
    m_jobs.start(
        exportLane, tr("Exporting %1…").arg(name), this,
        [snapshot = m_current, target = toPath(absolute)](Progress& progress, std::stop_token stop) {
            return saveModel(snapshot->view->model(), target, progress, std::move(stop));
        },
        [this, absolute, name, saved = m_current](Result<Saved> result) {
            if (absolute == m_path)
                watch(m_path);
            if (!result) {
                Q_EMIT failed(tr("%1 was not written.").arg(name), result.error());
                return;
            }
            if (m_current == saved)
                m_undo.setClean();
            Q_EMIT exported(absolute);
            QStringList sentences;
            for (const std::string& notice : result->notices)
                sentences += toQt(notice);
            if (!sentences.isEmpty())
                Q_EMIT notices(sentences);
        });
    Q_EMIT busyChanged();
}

void Document::watch(const QString& path)
{
    if (!m_watcher.files().isEmpty())
        m_watcher.removePaths(m_watcher.files());
    m_watcher.addPath(path);
}

} // namespace pleat::ui
