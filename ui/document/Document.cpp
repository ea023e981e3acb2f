// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Document.h"

#include "core/graph/DeclaredShapes.h"
#include "core/model/ModelReader.h"
#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/jobs/Job.h"

#include <QFileInfo>
#include <algorithm>
#include <iterator>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

const auto openLane = u"open"_s;
const auto foldLane = u"fold"_s;
const auto exportLane = u"export"_s;
const auto shapeLane = u"shapes"_s;
constexpr int inferenceSeconds = 120;

QStringList sentences(const std::vector<std::string>& notices)
{
    QStringList result;
    for (const std::string& notice : notices)
        result += toQt(notice);
    return result;
}

// Says that files are being written for as long as it lives, whatever becomes of the job.
class OwnWrite final {
public:
    explicit OwnWrite(std::shared_ptr<OwnWrites> writes) : m_writes(std::move(writes)) { m_writes->begin(); }
    OwnWrite(const OwnWrite&) = delete;
    OwnWrite& operator=(const OwnWrite&) = delete;
    ~OwnWrite() { m_writes->end(m_written); }

    void wrote(const std::filesystem::path& path)
    {
        if (const auto stamp = FileStamp::of(path))
            m_written.push_back(*stamp);
    }

private:
    std::shared_ptr<OwnWrites> m_writes;
    std::vector<FileStamp> m_written;
};

} // namespace

// Undo is keeping the old value.
class SnapshotCommand final : public QUndoCommand {
public:
    SnapshotCommand(Document& document, SnapshotPointer before, SnapshotPointer after, const QString& text)
        : QUndoCommand(text),
          m_document(document),
          m_before(std::move(before)),
          m_after(std::move(after))
    {
    }
    void undo() override { m_document.setCurrent(m_before); }
    void redo() override { m_document.setCurrent(m_after); }
    bool freezesInputs() const { return m_after->inputsFrozen && !m_before->inputsFrozen; }

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
    connect(&m_source, &SourceWatch::changed, this, &Document::sourceChanged);
    connect(&m_jobs, &JobRunner::laneFinished, this, [this](const QString& lane) {
        if (lane == exportLane)
            exportEnded();
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
    return m_jobs.isBusy(openLane) || m_jobs.isBusy(foldLane) || isExporting();
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
            auto snapshot = makeSnapshot(std::move(model->model), progress, stop);
            if (!snapshot)
                return tl::make_unexpected(snapshot.error());
            std::vector<std::string> notices = std::move(model->notices);
            const GraphView& view = *(*snapshot)->view;
            std::ranges::move(noticesOf(view, Shapes(view)), std::back_inserter(notices));
            return Opening{std::move(*snapshot), std::move(types), std::move(notices)};
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
    m_reloadedFrom = path == m_path ? m_current : nullptr;
    m_path = path;
    m_exported.reset();
    m_opened = opening.snapshot;
    m_current = opening.snapshot;
    m_types = opening.types;
    m_typesProblem.clear();
    m_undo.clear();
    m_source.watch({}); // whoever hears of the model asks for the state of its files
    Q_EMIT openedModel();
    m_reloadedFrom.reset();
    if (!opening.notices.empty())
        Q_EMIT notices(sentences(opening.notices));
    m_source.watch(filesOf(m_opened->view->model()));
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
        },
        JobDisplay::Shown, JobPriority::Background);
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
    if (isEmpty() || ids.empty() || refusesUnreadable(tr("Nothing was folded.")))
        return;
    const FoldCandidate* only = ids.size() == 1 ? m_current->candidate(ids.front()) : nullptr;
    const QString text =
        only ? tr("fold %1").arg(foldName(*only)) : tr("fold %n pairs", nullptr, int(ids.size()));
    m_jobs.start(
        foldLane, tr("Folding…"), this,
        [before = m_current, ids](Progress& progress, std::stop_token stop) {
            return foldSnapshot(before, ids, progress, std::move(stop));
        },
        [this, before = m_current, text, count = int(ids.size())](Result<SnapshotPointer> after) {
            if (!after) {
                Q_EMIT failed(tr("Nothing was folded."), after.error());
                return;
            }
            if (m_current != before) // undone or folded otherwise in the meantime: the answer is out of date
                return;
            m_undo.push(new SnapshotCommand(*this, before, std::move(*after), text));
            Q_EMIT foldedPairs(count);
        });
    Q_EMIT busyChanged();
}

bool Document::canThawInputs() const
{
    const auto* last =
        m_undo.canUndo() ? static_cast<const SnapshotCommand*>(m_undo.command(m_undo.index() - 1)) : nullptr;
    return last && last->freezesInputs();
}

void Document::setInputsFrozen(bool frozen)
{
    if (isEmpty() || frozen == areInputsFrozen())
        return;
    if (!frozen) {
        if (canThawInputs())
            m_undo.undo();
        return;
    }
    m_jobs.start(
        foldLane, tr("Looking for pairs…"), this,
        [before = m_current](Progress& progress, std::stop_token stop) {
            return freezeSnapshot(before, progress, std::move(stop));
        },
        [this, before = m_current](Result<SnapshotPointer> after) {
            if (!after) {
                Q_EMIT failed(tr("The inputs stay as they are."), after.error());
                return;
            }
            if (m_current == before)
                m_undo.push(new SnapshotCommand(*this, before, std::move(*after), tr("freeze inputs")));
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

// A fold is only computed when somebody looks or when it is written: too late to say this then.
bool Document::refusesUnreadable(const QString& what)
{
    m_source.look();
    if (sourceState().isReadable())
        return false;
    Q_EMIT failed(what,
                  {ErrorCode::Changed,
                   toStd(tr("The weights of %1 were overwritten by another program and cannot be read any "
                            "more. Open it again.")
                             .arg(fileName())),
                   toStd(m_path)});
    return true;
}

bool Document::isLastCopy() const
{
    return sourceState().kind == SourceState::Kind::Deleted && m_exported != m_current;
}

void Document::exportTo(const QString& path, DataPlacement data)
{
    if (isEmpty())
        return;
    m_exports.push_back({m_current, QFileInfo(path).absoluteFilePath(), data});
    if (m_exports.size() == 1) {
        m_allWritten = true;
        startExport();
    }
    Q_EMIT busyChanged();
}

void Document::startExport()
{
    const Export& next = m_exports.front();
    m_jobs.start(
        exportLane, tr("Exporting %1…").arg(QFileInfo(next.path).fileName()), this,
        [snapshot = next.snapshot, target = toPath(next.path), data = next.data,
         own = std::make_shared<OwnWrite>(m_source.ownWrites())](Progress& progress, std::stop_token stop) {
            auto saved = saveModel(snapshot->view->model(), target, progress, std::move(stop), data);
            if (saved) {
                own->wrote(target);
                if (!saved->dataFile.empty())
                    own->wrote(saved->dataFile);
            }
            return saved;
        },
        [this, path = next.path, snapshot = next.snapshot](Result<Saved> saved) {
            m_exports.front().snapshot.reset(); // it was answered
            if (!saved) {
                m_allWritten = false;
                Q_EMIT failed(tr("%1 was not written.").arg(QFileInfo(path).fileName()), saved.error());
                return;
            }
            m_exported = snapshot;
            if (m_current == snapshot)
                m_undo.setClean();
            Q_EMIT exported(path, fromPath(saved->dataFile), sentences(saved->notices));
        });
}

void Document::exportEnded()
{
    if (m_exports.empty())
        return;
    m_allWritten = m_allWritten && !m_exports.front().snapshot; // cancelled otherwise
    m_exports.pop_front();
    if (!m_exports.empty())
        startExport();
    else
        Q_EMIT exportsEnded(m_allWritten);
}

void Document::cancelExports()
{
    if (m_exports.size() > 1)
        m_exports.resize(1);
    m_jobs.cancel(exportLane);
}

QStringList Document::beingExported() const
{
    QStringList names;
    for (const Export& each : m_exports)
        names += QFileInfo(each.path).fileName();
    return names;
}

} // namespace pleat::ui
