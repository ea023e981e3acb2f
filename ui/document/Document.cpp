// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Document.h"

#include "core/graph/DeclaredShapes.h"
#include "core/model/ModelReader.h"
#include "core/prepare/WorkerEngine.h"
#include "core/verify/Verify.h"
#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/document/Settings.h"
#include "ui/document/Verdict.h"
#include "ui/jobs/Job.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/Translate.h"

#include <QFileInfo>
#include <algorithm>
#include <chrono>
#include <iterator>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

const auto openLane = u"open"_s;
const auto foldLane = u"fold"_s;
const auto exportLane = u"export"_s;
const auto recipeLane = u"recipe"_s;
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

// Undo is keeping the old value; the step is for whoever wants to do it again.
class StepCommand final : public QUndoCommand {
public:
    StepCommand(Document& document, Step step, SnapshotPointer before, SnapshotPointer after,
                const QString& text)
        : QUndoCommand(oneLine(text)), // the names of layers in it are a stranger's
          m_document(document),
          m_step(std::move(step)),
          m_before(std::move(before)),
          m_after(std::move(after))
    {
    }
    void undo() override { m_document.setCurrent(m_before); }
    void redo() override { m_document.setCurrent(m_after); }
    const Step& step() const { return m_step; }
    const SnapshotPointer& before() const { return m_before; }

private:
    Document& m_document;
    Step m_step;
    SnapshotPointer m_before;
    SnapshotPointer m_after;
};

namespace {

// What undo calls it, in the words of what is folded by hand.
QString nameOf(const Step& step, const SteppedSnapshot& result)
{
    if (const auto* prepare = std::get_if<PrepareStep>(&step))
        return Document::tr("prepare: %1 (%2)").arg(tr(findPass(prepare->pass)->name)).arg(result.changed);
    if (!std::holds_alternative<FoldStep>(step))
        return toQt(result.what.text());
    return result.changed == 1
               ? Document::tr("fold %1").arg(foldName(result.snapshot->folded.back()->candidate))
               : Document::tr("fold %n pairs", nullptr, static_cast<int>(result.changed));
}

const StepCommand& commandAt(const QUndoStack& stack, int index)
{
    return *static_cast<const StepCommand*>(stack.command(index));
}

const Step& stepAt(const QUndoStack& stack, int index)
{
    return commandAt(stack, index).step();
}

// Errors: Unwritable with the reason where it is another model; Unsupported where nobody can say.
Result<void> requireSame(const Snapshot& before, const Snapshot& after, const WorkerPlace& place,
                         Progress& progress, const std::stop_token& stop)
{
    const auto found = verify(*before.view, *after.view, {}, place, progress, stop);
    if (!found)
        return tl::make_unexpected(found.error());
    if (found->verdict == Equivalence::Same)
        return {};
    const Verdict verdict = verdictOf(*found);
    return failure(found->verdict == Equivalence::Different ? ErrorCode::Unwritable : ErrorCode::Unsupported,
                   toStd(verdict.sentence + u' ' + verdict.details));
}

} // namespace

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
    // A fold takes some milliseconds mostly: nothing is to flicker then.
    m_longFold.setSingleShot(true);
    m_longFold.setInterval(std::chrono::milliseconds(150));
    connect(&m_longFold, &QTimer::timeout, this, &Document::busyChanged);
    connect(&m_undo, &QUndoStack::cleanChanged, this, [this](bool clean) { Q_EMIT unsavedChanged(!clean); });
    connect(&m_source, &SourceWatch::changed, this, &Document::sourceChanged);
    connect(&m_jobs, &JobRunner::laneFinished, this, [this](const QObject* owner, const QString& lane) {
        if (owner != this)
            return;
        if (lane == exportLane)
            exportEnded();
        if (lane == foldLane && !m_jobs.isBusy(this, foldLane)) { // nothing follows, or it was cancelled
            m_waiting.clear();
            m_longFold.stop();
        }
        if (lane == openLane || lane == foldLane || lane == exportLane)
            Q_EMIT busyChanged();
    });
}

Document::~Document()
{
    m_undo.disconnect(this); // it says that it is clean once more while it goes
}

WorkerPlace Document::workerPlace() const
{
    return {m_worker, toPath(Settings::onnxRuntime())};
}

QString Document::fileName() const
{
    return QFileInfo(m_path).fileName();
}

bool Document::isBusy() const
{
    return m_jobs.isBusy(this, openLane) || m_jobs.isBusy(this, foldLane) || isExporting();
}

void Document::openPath(const QString& path)
{
    const QString absolute = QFileInfo(path).absoluteFilePath();
    const QString name = QFileInfo(absolute).fileName();
    m_jobs.cancel(this, foldLane);
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
            std::ranges::move(noticesOf(view, (*snapshot)->table->shapes()), std::back_inserter(notices));
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
    m_waiting.clear();
    m_jobs.cancel(this, foldLane);
    m_jobs.cancel(this, shapeLane);
    m_reloadedFrom = path == m_path ? m_current : nullptr;
    m_path = path;
    m_exported.reset();
    m_opened = opening.snapshot;
    m_current = opening.snapshot;
    m_types = m_openedTypes = opening.types;
    m_isOpenedInferred = false;
    m_typesProblem.clear();
    m_undo.clear();
    m_source.watch({}); // whoever hears of the model asks for the state of its files
    Q_EMIT openedModel();
    m_reloadedFrom.reset();
    if (!opening.notices.empty())
        Q_EMIT notices(sentences(opening.notices));
    m_source.watch(filesOf(m_opened->view->model()));
    if (!m_worker.empty())
        inferShapes(m_opened);
}

void Document::inferShapes(const SnapshotPointer& of)
{
    m_jobs.start(
        shapeLane, tr("Inferring shapes…"), this,
        [snapshot = of, worker = m_worker](Progress&, std::stop_token stop) -> InferredTypes {
            const Model& model = snapshot->view->model();
            if (worker.empty())
                return {declaredTypes(model), {}};
            return inferTypes(model, worker, inferenceSeconds, std::move(stop));
        },
        [this, of](InferredTypes inferred) {
            auto types = std::make_shared<const ValueTypes>(std::move(inferred.types));
            if (of == m_opened) {
                m_openedTypes = types;
                m_isOpenedInferred = true;
            }
            m_types = std::move(types);
            m_typesProblem = toQt(inferred.problem);
            Q_EMIT typesChanged();
        },
        JobDisplay::Shown, JobPriority::Background);
}

void Document::followTypes()
{
    if (m_current->typesDiffer) {
        inferShapes(m_current);
    } else if (m_types != m_openedTypes) {
        m_jobs.cancel(this, shapeLane);
        m_types = m_openedTypes;
        m_typesProblem.clear();
        Q_EMIT typesChanged();
        if (!m_isOpenedInferred && !m_worker.empty()) // an edit came before that
            inferShapes(m_opened);
    }
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
        for (const FoldCandidate* candidate : m_current->candidates())
            if (candidate->foldable && candidate->batchNorm)
                ids.push_back(candidate->id);
    return ids;
}

bool Document::waits(std::function<void()> ask)
{
    if (!m_jobs.isBusy(this, foldLane))
        return false;
    m_waiting.push_back(std::move(ask));
    return true;
}

void Document::foldAll()
{
    if (waits([this] { foldAll(); }))
        return;
    const auto count = static_cast<int>(foldable().size());
    if (count > 0)
        take({FoldStep{}}, tr("Folding…"), tr("fold %n pairs", nullptr, count));
}

void Document::foldChosen(std::vector<FoldId> ids)
{
    if (waits([this, ids] { foldChosen(ids); }))
        return;
    if (!isEmpty())
        std::erase_if(ids, [this](const FoldId& id) { // asked for twice
            return !m_current->candidate(id) && m_current->record(id);
        });
    if (isEmpty() || ids.empty())
        return;
    const FoldCandidate* only = ids.size() == 1 ? m_current->candidate(ids.front()) : nullptr;
    take({FoldStep{ids, {}}}, tr("Folding…"),
         only ? tr("fold %1").arg(foldName(*only)) : tr("fold %n pairs", nullptr, int(ids.size())));
}

bool Document::canThawInputs() const
{
    return m_undo.canUndo() && std::holds_alternative<FreezeInputsStep>(stepAt(m_undo, m_undo.index() - 1));
}

void Document::setInputsFrozen(bool frozen)
{
    if (waits([this, frozen] { setInputsFrozen(frozen); }))
        return;
    if (isEmpty() || frozen == areInputsFrozen())
        return;
    if (frozen)
        take({FreezeInputsStep{}}, tr("Looking for pairs…"), tr("freeze inputs"));
    else if (canThawInputs())
        m_undo.undo();
}

void Document::applyRecipe(const Recipe& recipe)
{
    if (waits([this, recipe] { applyRecipe(recipe); }))
        return;
    take(recipe.steps, tr("Applying the recipe…"), {}, Told::Recipe);
}

void Document::applySteps(std::vector<Step> steps, const QString& label)
{
    if (waits([this, steps, label] { applySteps(steps, label); }))
        return;
    take(std::move(steps), label, {});
}

void Document::edit(std::vector<EditStep> steps, Answer answered)
{
    if (waits([this, steps, answered] { edit(steps, answered); }))
        return;
    take({std::make_move_iterator(steps.begin()), std::make_move_iterator(steps.end())}, tr("Editing…"), {},
         Told::Steps, answered);
}

SnapshotPointer Document::beforeLastStep() const
{
    return m_undo.canUndo() ? commandAt(m_undo, m_undo.index() - 1).before() : nullptr;
}

QString Document::writtenTo(const SnapshotPointer& snapshot) const
{
    return snapshot && snapshot == m_exported ? m_exportedTo : QString();
}

std::vector<Step> Document::steps() const
{
    std::vector<Step> steps;
    steps.reserve(static_cast<std::size_t>(m_undo.index()));
    for (int done = 0; done < m_undo.index(); ++done)
        steps.push_back(stepAt(m_undo, done));
    return steps;
}

// What became of some steps: as many as could be done, and why the next could not.
struct Document::Taken {
    struct Done {
        Step step;
        SteppedSnapshot result;
    };
    std::vector<Done> done;
    std::optional<Error> problem;
};

// Does the steps one after the other, in one job; each is one of undo's. `text` is what a single one is
// called; empty: by what it did.
void Document::take(std::vector<Step> steps, const QString& label, const QString& text, Told told,
                    const Answer& answered)
{
    if (isEmpty() || steps.empty() || refusesUnreadable(tr("Nothing was changed.")))
        return;
    m_jobs.start(
        foldLane, label, this,
        [before = m_current, steps = std::move(steps),
         place = workerPlace()](Progress& progress, std::stop_token stop) -> Result<Taken> {
            const auto engine = workerEngine(place);
            Taken taken;
            SnapshotPointer last = before;
            for (const Step& step : steps) {
                auto result = stepSnapshot(last, step, progress, stop, engine.get());
                if (!result && result.error().code == ErrorCode::Cancelled)
                    return tl::make_unexpected(result.error());
                if (!result) {
                    taken.problem = std::move(result.error());
                    break;
                }
                last = result->snapshot;
                taken.done.push_back({step, std::move(*result)});
            }
            return taken;
        },
        [this, before = m_current, text, told, answered](Result<Taken> taken) {
            if (!taken)
                Q_EMIT failed(tr("Nothing was changed."), taken.error());
            else if (m_current == before) // otherwise undone in the meantime: the answer is out of date
                push(std::move(*taken), text, told, answered);
            while (!m_waiting.empty() && !m_jobs.isBusy(this, foldLane)) {
                const std::function<void()> next = std::move(m_waiting.front());
                m_waiting.pop_front();
                next();
            }
        });
    m_longFold.start();
}

void Document::push(Taken taken, const QString& text, Told told, const Answer& answered)
{
    std::size_t pairs = 0;
    int pushed = 0;
    QStringList found;
    const SnapshotPointer first = m_current;
    m_pushing = true; // whoever looks sees the last of them only
    for (Taken::Done& done : taken.done) {
        if (done.result.changed == 0)
            continue;
        if (std::holds_alternative<FoldStep>(done.step))
            pairs += done.result.changed;
        if (std::holds_alternative<EditStep>(done.step))
            for (const Finding& finding : done.result.findings)
                found += toQt(finding.message.text()) + u'.';
        const QString called = text.isEmpty() ? nameOf(done.step, done.result) : text;
        m_undo.push(new StepCommand(*this, std::move(done.step), m_current, done.result.snapshot, called));
        ++pushed;
    }
    m_pushing = false;
    if (m_current != first) {
        Q_EMIT currentChanged();
        followTypes();
    }
    if (!found.isEmpty())
        Q_EMIT notices(found);
    if (answered)
        return answered(taken.problem);
    if (told == Told::Recipe)
        Q_EMIT recipeApplied(static_cast<int>(taken.done.size()), pushed,
                             taken.problem ? toQt(taken.problem->message) : QString());
    else if (taken.problem)
        Q_EMIT failed(pushed == 0 ? tr("Nothing was changed.") : tr("Not all of it was done."),
                      *taken.problem);
    else if (pairs > 0)
        Q_EMIT foldedPairs(static_cast<int>(pairs));
}

void Document::saveRecipe(const QString& path)
{
    if (isEmpty())
        return;
    const QString name = QFileInfo(path).fileName();
    m_jobs.start(
        recipeLane, tr("Saving %1…").arg(name), this,
        [source = m_opened->view->model().source, recipe = Recipe{{}, steps()},
         target = toPath(path)](Progress& progress, std::stop_token stop) mutable -> Result<void> {
            if (source) {
                auto known = recipeSource(*source, progress, stop);
                if (!known)
                    return tl::make_unexpected(known.error());
                recipe.source = std::move(*known);
            }
            return writeRecipe(recipe, target);
        },
        [this, path, name](Result<void> written) {
            if (written)
                Q_EMIT recipeSaved(path);
            else
                Q_EMIT failed(tr("%1 was not written.").arg(name), written.error());
        });
}

void Document::setCurrent(SnapshotPointer snapshot)
{
    if (m_current == snapshot)
        return;
    m_current = std::move(snapshot);
    if (m_pushing)
        return;
    Q_EMIT currentChanged();
    followTypes();
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

void Document::exportTo(const QString& path, DataPlacement data, Verified verified)
{
    if (isEmpty())
        return;
    m_exports.push_back({m_current, QFileInfo(path).absoluteFilePath(), data, verified});
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
         own = std::make_shared<OwnWrite>(m_source.ownWrites()),
         opened = next.verified == Verified::Yes ? m_opened : nullptr,
         place = workerPlace()](Progress& progress, std::stop_token stop) -> Result<Saved> {
            if (opened) {
                if (const auto same = requireSame(*opened, *snapshot, place, progress, stop); !same)
                    return tl::make_unexpected(same.error());
            }
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
            m_exportedTo = path;
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
    m_jobs.cancel(this, exportLane);
}

QStringList Document::beingExported() const
{
    QStringList names;
    for (const Export& each : m_exports)
        names += QFileInfo(each.path).fileName();
    return names;
}

} // namespace pleat::ui
