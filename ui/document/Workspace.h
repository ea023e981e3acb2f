// SPDX-License-Identifier: GPL-3.0-or-later
// What all parts of a window share: the documents, what is selected, which side is shown, the jobs, and what
// there is to say. Canvas and panels watch it, and change nothing of each other but through it. When a signal
// comes, everything here has its new value. UI thread only.
#pragma once

#include "ui/document/Document.h"
#include "ui/document/Heat.h"
#include "ui/document/Mark.h"
#include "ui/document/ModelFacts.h"
#include "ui/document/Selection.h"
#include "ui/jobs/Job.h"
#include "ui/widgets/MessageBar.h"

#include <QObject>
#include <QTimer>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace pleat::ui {

// The model as it was opened, as it is now, or both beside each other; of a comparison with another file the
// document's, the other one's, or both.
enum class Side { Before, After, Both };

class Workspace final : public QObject {
    Q_OBJECT
public:
    // `worker`: as for Document.
    explicit Workspace(std::filesystem::path worker, QObject* parent = nullptr);

    JobRunner& jobs() { return m_jobs; }
    // For jobs that start now; no program: there are no workers.
    WorkerPlace workerPlace() const { return document().workerPlace(); }
    // Which ONNX Runtime workers load, remembered (Settings::onnxRuntime()).
    void setOnnxRuntime(const QString& path);
    Selection& selection() { return m_selection; }

    // The document that is shown and edited; empty at first.
    Document& document() { return *m_documents.front(); }
    const Document& document() const { return *m_documents.front(); }
    // All of them, that one first; another one, still empty. A document's place in here is what
    // Selection::Value says, and never changes.
    const std::vector<std::unique_ptr<Document>>& documents() const { return m_documents; }
    Document& addDocument();

    Side side() const { return m_side; }
    void setSide(Side side);
    // That side of the document, of both and beside another file as it is now; null while it is empty.
    SnapshotPointer shown() const;
    std::shared_ptr<const ValueTypes> types() const; // of its values

    // Reads another file, in a job, to look at it beside the document; failed() says why it cannot be read,
    // and all stays as it is.
    void compareWith(const QString& path);
    void endComparison();
    const Document* other() const; // null: there is none
    void reload();                 // the files of all that is open
    void reloadOther();            // of the second model only
    void lookAtSources(); // where their file systems do not tell of changes: Document::lookAtSource()
    // Whether that is what there is to see, instead of one graph.
    bool isSideBySide() const { return m_hasOther || m_side == Side::Both; }
    // The two that are to be looked at side by side.
    struct Compared {
        SnapshotPointer before, after;
        std::shared_ptr<const ValueTypes> typesBefore, typesAfter;
        bool operator==(const Compared&) const = default;
    };
    Compared compared() const;
    // Which nodes of the document's model and of the other one belong together; whoever compares them says
    // it.
    struct Partners {
        SnapshotPointer document, other;
        std::unordered_map<NodeId, NodeId> nodes;
    };
    void setPartners(Partners partners);
    struct Partner {
        SnapshotPointer model; // the other one
        NodeId node;
    };
    std::optional<Partner> partnerOf(NodeId node) const; // nothing where there is none, or nobody knows
    // Does it to the document (Document::edit()); a tensor stays selected under its new name.
    void edit(std::vector<EditStep> steps, Document::Answer answered = {});
    // Of what is shown; null until a job has counted them.
    std::shared_ptr<const ModelFacts> facts() const { return m_facts; }

    // Selects it, with the fold that it belongs to; brings it into view where `reveal` says so.
    enum class Reveal { No, Yes };
    void selectNode(NodeId node, Reveal reveal = Reveal::No);
    void selectValue(ValueIndex value, Reveal reveal = Reveal::No); // of shown()
    void selectNode(NodeId node, const FoldId& fold, Reveal reveal);
    // Where a link of the inspector or of Find leads: "node:17", "value:42", indices of shown().
    void follow(const QString& link);
    // The fold that the node is a part of; empty where there is none.
    FoldId foldOf(NodeId node) const;

    // What the panels have to say about nodes, in the order in which they began to. Null: nothing any more.
    struct PanelMarks {
        QString panel; // Panel::Place::id
        MarkSource source;
    };
    const std::vector<PanelMarks>& marks() const { return m_marks; }
    void setMarks(const QString& panel, MarkSource source);

    // The colours of the graph; null: those of its operators.
    const HeatPointer& heat() const { return m_heat; }
    void setHeat(HeatPointer heat);

    // What the passes that are on by default would do to a model, as far as others want to know.
    struct Preparation {
        SnapshotPointer of;
        std::vector<Step> steps;
        int moreFolds = 0; // batch norms that can be folded after it and not before
    };
    // Of the document as it is now; null: nobody has looked. Whoever looks, in a job, sets it.
    const Preparation* preparation() const;
    void setPreparation(Preparation preparation);
    // Does these steps and folds all, each step one of undo's.
    void prepareAndFold();

    // How many places of the current model do not fit together since it was edited. Whoever looks, in a job,
    // sets it, and shows them when somebody wants to see.
    int problems() const { return m_problems; }
    void setProblems(int count);
    void askForProblems() { Q_EMIT problemsWanted(); }

    // Somebody wants to know whether the model still computes the same: whoever can tell does.
    void askToVerify() { Q_EMIT verificationWanted(); }

    // Applies it to the document and says what became of it, `note` below that.
    void applyRecipe(const Recipe& recipe, const QString& note);

Q_SIGNALS:
    void opened();  // another model is there, or the same read again (Document::reloadedFrom())
    void changed(); // shown() or the document's current model is another; after opened(), too
    void typesChanged();
    void otherSourceChanged(); // of other(): Document::sourceChanged(), or there is no other any more
    void sideChanged();        // before changed()
    void comparedChanged();    // compared() is another; after the others
    void partnersChanged();
    void factsChanged();
    void marksChanged();
    void heatChanged();
    void markActivated(const QString& panel, const std::string& id); // somebody acts on it
    void leaving();  // another selection is about to come, and to be brought into view
    void revealed(); // the selection is to be brought into view
    void preparationChanged();
    void onnxRuntimeChanged();
    void verificationWanted();
    void problemsChanged();
    void problemsWanted();

    // What a part of the window has to say to who sits before it, and that it is true no more.
    void said(const pleat::ui::MessageBar::Message& message);
    void withdrawn(const QString& topic);
    void failed(const QString& what, const pleat::Error& error);

private:
    void documentOpened();
    void documentChanged();
    void describe();
    void keepSelection();
    void selectAgain(const Selection::Value& selected, const GraphView& before);
    void recipeApplied(int applied, int changed, const QString& problem);
    std::unique_ptr<Document> makeDocument();

    JobRunner m_jobs;
    std::filesystem::path m_worker;
    std::vector<std::unique_ptr<Document>> m_documents; // at least one
    Selection m_selection;
    Side m_side = Side::After;
    std::unique_ptr<Document> m_other; // to be compared with; not one of the documents, it is only looked at
    bool m_hasOther = false;           // and it is there
    Partners m_partners;
    std::shared_ptr<const ModelFacts> m_facts;
    QTimer m_describe; // what is counted can wait until the change is on the screen
    std::vector<PanelMarks> m_marks;
    HeatPointer m_heat;
    Preparation m_preparation;
    int m_problems = 0;
    QString m_recipeNote; // of the recipe that is being applied
};

} // namespace pleat::ui
