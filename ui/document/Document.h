// SPDX-License-Identifier: GPL-3.0-or-later
// The model that is open: as it was opened (before) and as it is now (after), its undo stack, its file and
// what the rest of the window has to know when one of them changes. Long work runs in jobs of the runner that
// it is given; every change arrives as a signal on the UI thread. One document belongs to one window, and is
// empty until openPath() succeeds. A failed edit, export or opening leaves it as it was.
#pragma once

#include "core/base/Result.h"
#include "core/model/ModelWriter.h"
#include "core/recipe/Recipe.h"
#include "core/worker/OnnxRuntimeLibrary.h"
#include "core/worker/ShapeInference.h"
#include "ui/document/Snapshot.h"
#include "ui/document/SourceWatch.h"

#include <QObject>
#include <QStringList>
#include <QTimer>
#include <QUndoStack>
#include <deque>
#include <filesystem>
#include <functional>
#include <optional>

namespace pleat::ui {

class JobRunner;

class Document final : public QObject {
    Q_OBJECT
public:
    // `worker` is the program that infers shapes, and computes what preparation leaves to ONNX Runtime (that
    // of the settings), when it is started in the private mode (core/worker); an empty path means: declared
    // shapes only, and what is not computed here stays.
    Document(JobRunner& jobs, std::filesystem::path worker, QObject* parent = nullptr);
    ~Document() override;

    WorkerPlace workerPlace() const; // of the jobs that start now

    bool isEmpty() const { return !m_opened; }
    QString path() const { return m_path; }
    QString fileName() const;
    bool hasUnsavedChanges() const { return !m_undo.isClean(); }
    bool isLastCopy() const; // the file was deleted, and what is shown now is nowhere else

    // What has become of the files since they were opened.
    const SourceState& sourceState() const { return m_source.state(); }
    void lookAtSource() { m_source.look(); } // when somebody has a reason to doubt

    // Null while empty. They are the same until something is folded.
    SnapshotPointer opened() const { return m_opened; }
    SnapshotPointer current() const { return m_current; }
    // Shapes and types, of the current model and of the opened one. They follow an edit in the background,
    // and until then are what they were; a fold keeps the names of the values that survive.
    std::shared_ptr<const ValueTypes> types() const { return m_types; }
    std::shared_ptr<const ValueTypes> openedTypes() const { return m_openedTypes; }
    QString typesProblem() const { return m_typesProblem; } // why shapes are unknown; empty when they are not
    // During openedModel(): what was shown before of the same file. Null for another file.
    SnapshotPointer reloadedFrom() const { return m_reloadedFrom; }
    QUndoStack& undoStack() { return m_undo; }
    const QUndoStack& undoStack() const { return m_undo; }

    // Each starts a job and returns. Errors come as failed().
    void openPath(const QString& path);
    void reload(); // opens path() again
    // What is asked for while a fold is running comes after it.
    void foldChosen(std::vector<FoldId> ids);
    void foldAll(); // all that can be folded and hold a batch norm
    // Inputs with an initializer are taken away, so that these are constants; or, as long as that was the
    // last thing done, given back.
    void setInputsFrozen(bool frozen);
    // Does what the recipe says, each step one of undo's, up to the first that does not apply.
    void applyRecipe(const Recipe& recipe);
    // Does the steps, each one of undo's; `label` is what it is called while it runs.
    void applySteps(std::vector<Step> steps, const QString& label);
    // Edits by hand, each one of undo's, up to the first that is refused. `answered` hears why that one was,
    // or nothing where all are done; without it failed() says so. What is to be known of them: notices().
    using Answer = std::function<void(const std::optional<Error>& refusal)>;
    void edit(std::vector<EditStep> steps, Answer answered = {});
    // What was done so far, with the source that it was done to.
    void saveRecipe(const QString& path);
    // Writes what is current now; behind the exports that are running already, one after the other. Verified:
    // only where it computes the same as the opened model, else failed() says why not.
    enum class Verified { No, Yes };
    void exportTo(const QString& path, DataPlacement data = DataPlacement::Keep,
                  Verified verified = Verified::No);
    void cancelExports();

    std::vector<Step> steps() const; // that were done and not undone
    bool areInputsFrozen() const { return m_current && m_current->inputsFrozen; }
    bool canThawInputs() const; // freezing them was the last thing done

    SnapshotPointer beforeLastStep() const; // of those that are done; null where there is none
    // The file that this very state was written to last; empty: to none.
    QString writtenTo(const SnapshotPointer& snapshot) const;

    std::vector<FoldId> foldable() const; // what foldAll() takes
    bool isBusy() const;                  // opening, folding or exporting
    bool isExporting() const { return !m_exports.empty(); }
    QStringList beingExported() const; // the names of the files, the one that is being written first

Q_SIGNALS:
    void openedModel();    // another model: opened(), current(), path() and types() are new
    void currentChanged(); // folded, undone or redone
    void typesChanged();
    void unsavedChanged(bool unsaved);
    // `dataFile` is empty when all of it is in the model file.
    void exported(const QString& path, const QString& dataFile, const QStringList& notices);
    void exportsEnded(bool allWritten); // none is running any more; false: failed or cancelled
    // After currentChanged(): how many steps apply, how many of them had something to change, and why the
    // next one does not apply; nothing where all do.
    void recipeApplied(int applied, int changed, const QString& problem);
    void recipeSaved(const QString& path);
    void foldedPairs(int count);                // after currentChanged(), for a fold and not for a redo
    void notices(const QStringList& sentences); // of opening, of an edit
    void failed(const QString& what, const pleat::Error& error);
    void sourceChanged(); // sourceState() is another, or the same happened once more
    void busyChanged();

private:
    friend class StepCommand;
    struct Opening;
    struct Taken;
    enum class Told { Recipe, Steps };
    // What is asked for while something else is being done comes after it; then this is true.
    bool waits(std::function<void()> ask);
    void take(std::vector<Step> steps, const QString& label, const QString& text, Told told = Told::Steps,
              const Answer& answered = {});
    void push(Taken taken, const QString& text, Told told, const Answer& answered);
    void takeOver(Opening opening, const QString& path);
    struct Export {
        SnapshotPointer snapshot;
        QString path;
        DataPlacement data;
        Verified verified;
    };
    void startExport();
    void exportEnded(); // the first of them, however it did
    void inferShapes(const SnapshotPointer& of);
    void followTypes(); // those of the current model
    void setCurrent(SnapshotPointer snapshot);
    bool refusesUnreadable(const QString& what);

    JobRunner& m_jobs;
    std::filesystem::path m_worker;
    QString m_path;
    SnapshotPointer m_opened;
    SnapshotPointer m_current;
    std::shared_ptr<const ValueTypes> m_types = std::make_shared<const ValueTypes>();
    std::shared_ptr<const ValueTypes> m_openedTypes = m_types;
    bool m_isOpenedInferred = false;
    QString m_typesProblem;
    QUndoStack m_undo;
    bool m_pushing = false;                      // several steps at once
    std::deque<std::function<void()>> m_waiting; // for the steps that are being done
    QTimer m_longFold;                           // until it is worth to say that it is busy
    SnapshotPointer m_exported;                  // the last one that was written
    QString m_exportedTo;                        // its file
    std::deque<Export> m_exports;                // the first one is running
    bool m_allWritten = true;                    // of the exports since none was running
    SnapshotPointer m_reloadedFrom;              // only during openedModel()
    SourceWatch m_source;
};

} // namespace pleat::ui
