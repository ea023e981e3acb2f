// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Workspace.h"

#include "core/graph/Pages.h"
#include "ui/document/Convert.h"
#include "ui/document/Settings.h"

#include <algorithm>
#include <chrono>
#include <utility>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {
constexpr std::chrono::milliseconds aWhile(100);
} // namespace

Workspace::Workspace(std::filesystem::path worker, QObject* parent)
    : QObject(parent),
      m_worker(std::move(worker))
{
    const Document& document = addDocument();
    connect(&document, &Document::openedModel, this, &Workspace::documentOpened);
    connect(&document, &Document::currentChanged, this, &Workspace::documentChanged);
    connect(&document, &Document::typesChanged, this, [this] {
        Q_EMIT typesChanged();
        Q_EMIT comparedChanged();
        describe();
    });
    connect(&document, &Document::recipeApplied, this, &Workspace::recipeApplied);
    connect(&m_jobs, &JobRunner::failed, this, &Workspace::failed);
    m_describe.setSingleShot(true);
    m_describe.setInterval(aWhile);
    connect(&m_describe, &QTimer::timeout, this, &Workspace::describe);
}

Document& Workspace::addDocument()
{
    m_documents.push_back(makeDocument());
    return *m_documents.back();
}

std::unique_ptr<Document> Workspace::makeDocument()
{
    auto made = std::make_unique<Document>(m_jobs, m_worker);
    connect(made.get(), &Document::failed, this, &Workspace::failed);
    return made;
}

SnapshotPointer Workspace::shown() const
{
    return m_side == Side::Before && !m_hasOther ? document().opened() : document().current();
}

std::shared_ptr<const ValueTypes> Workspace::types() const
{
    return m_side == Side::Before ? document().openedTypes() : document().types();
}

void Workspace::edit(std::vector<EditStep> steps, Document::Answer answered)
{
    const auto* const renaming = steps.size() == 1 ? std::get_if<RenameTensor>(&steps.front()) : nullptr;
    const std::string name = renaming ? renaming->to : std::string();
    document().edit(std::move(steps), [this, name, selected = m_selection.value(),
                                       answered = std::move(answered)](const std::optional<Error>& refusal) {
        const GraphView& view = *document().current()->view;
        const ValueIndex value = refusal || name.empty() || selected.value.empty()
                                     ? ValueIndex::None
                                     : view.find(findPage(view, selected.scope), name);
        if (m_selection.value() == selected && value != ValueIndex::None)
            selectValue(value);
        if (answered)
            answered(refusal);
        else if (refusal)
            Q_EMIT failed(tr("Nothing was changed."), *refusal);
    });
}

void Workspace::setSide(Side side)
{
    if (side == m_side)
        return;
    m_side = side;
    keepSelection();
    Q_EMIT sideChanged();
    Q_EMIT changed();
    m_describe.start();
}

void Workspace::compareWith(const QString& path)
{
    if (!m_other) {
        m_other = makeDocument();
        connect(m_other.get(), &Document::openedModel, this, [this] {
            m_hasOther = true;
            if (!m_other->reloadedFrom())
                m_side = Side::Both;
            Q_EMIT sideChanged();
            Q_EMIT changed();
            Q_EMIT comparedChanged();
            Q_EMIT otherSourceChanged();
        });
        connect(m_other.get(), &Document::typesChanged, this, &Workspace::comparedChanged);
        connect(m_other.get(), &Document::sourceChanged, this, &Workspace::otherSourceChanged);
    }
    if (m_hasOther && path == m_other->path())
        setSide(Side::Both); // what else a reload leaves as it was
    m_other->openPath(path);
}

void Workspace::endComparison()
{
    if (!std::exchange(m_hasOther, false))
        return;
    m_side = Side::After;
    m_partners = {};
    m_other.reset();
    Q_EMIT sideChanged();
    Q_EMIT changed();
    Q_EMIT comparedChanged();
    Q_EMIT otherSourceChanged();
}

void Workspace::reload()
{
    document().reload();
    reloadOther();
}

void Workspace::reloadOther()
{
    if (m_hasOther)
        m_other->reload();
}

void Workspace::lookAtSources()
{
    document().lookAtSource();
    if (m_hasOther)
        m_other->lookAtSource();
}

const Document* Workspace::other() const
{
    return m_hasOther ? m_other.get() : nullptr;
}

Workspace::Compared Workspace::compared() const
{
    if (const Document* second = other())
        return {document().current(), second->current(), document().types(), second->types()};
    return {document().opened(), document().current(), document().types(), document().types()};
}

void Workspace::setPartners(Partners partners)
{
    m_partners = std::move(partners);
    Q_EMIT partnersChanged();
}

std::optional<Workspace::Partner> Workspace::partnerOf(NodeId node) const
{
    const auto found = m_partners.nodes.find(node);
    const bool isKnown =
        other() && m_partners.document == document().current() && m_partners.other == other()->current();
    if (!isKnown || found == m_partners.nodes.end())
        return std::nullopt;
    return Partner{m_partners.other, found->second};
}

void Workspace::documentOpened()
{
    const SnapshotPointer before = document().reloadedFrom();
    const Selection::Value selected = m_selection.value();
    m_facts.reset();
    m_preparation = {};
    m_hasOther &= before != nullptr; // the same file read again is what was compared
    if (!m_hasOther)
        m_other.reset();
    const bool otherSide = !m_hasOther && std::exchange(m_side, Side::After) != Side::After;
    m_selection.clear();
    if (otherSide)
        Q_EMIT sideChanged();
    Q_EMIT opened();
    Q_EMIT changed();
    Q_EMIT comparedChanged();
    if (!m_hasOther) // else it says so when it is read again
        Q_EMIT otherSourceChanged();
    describe();
    if (before)
        selectAgain(selected, *before->view);
}

void Workspace::documentChanged()
{
    keepSelection();
    Q_EMIT changed();
    Q_EMIT comparedChanged();
    m_describe.start();
}

void Workspace::describe()
{
    m_describe.stop();
    if (document().isEmpty())
        return;
    m_jobs.start(
        u"describe"_s, tr("Counting…"), this,
        [snapshot = shown(), types = types()](Progress&, std::stop_token) {
            return std::make_shared<const ModelFacts>(factsOf(*snapshot->view, *types));
        },
        [this](std::shared_ptr<const ModelFacts> facts) {
            m_facts = std::move(facts);
            Q_EMIT factsChanged();
        },
        JobDisplay::Quiet, JobPriority::Background);
}

// What is selected must be there.
void Workspace::keepSelection()
{
    const Selection::Value& selected = m_selection.value();
    if (document().isEmpty() || selected.node == NodeId::None ||
        shown()->view->find(selected.node) != NodeIndex::None)
        return;
    // Folded away: its layer stands for it from now on.
    const FoldRecord* record = document().current()->record(selected.fold);
    if (record && record->candidate.layer)
        selectNode(record->candidate.layer->id, FoldId(selected.fold), Reveal::No);
    else
        m_selection.clear();
}

// What bears the same names in a file that was read again.
void Workspace::selectAgain(const Selection::Value& selected, const GraphView& before)
{
    const GraphView& view = *document().current()->view;
    const NodeIndex old = selected.node == NodeId::None ? NodeIndex::None : before.find(selected.node);
    const auto pathOf = [](const GraphView& of, NodeIndex node) -> const std::string& {
        return of.scopes()[index(of.scope(node))].path;
    };
    if (old != NodeIndex::None) {
        for (std::uint32_t i = 0; i < view.nodeCount(); ++i) {
            const NodeIndex node{i};
            if (view.exists(node) && pathOf(view, node) == pathOf(before, old) &&
                view.label(node) == before.label(old))
                return selectNode(view.id(node));
        }
    } else if (!selected.value.empty()) {
        for (std::uint32_t i = 0; i < view.valueCount(); ++i) {
            const ValueIndex value{i};
            if (view.exists(value) && view.name(value) == selected.value &&
                view.scopes()[index(view.scope(value))].path == selected.scope)
                return selectValue(value);
        }
    }
    m_selection.clear();
}

void Workspace::selectNode(NodeId node, Reveal reveal)
{
    selectNode(node, foldOf(node), reveal);
}

void Workspace::selectNode(NodeId node, const FoldId& fold, Reveal reveal)
{
    if (reveal == Reveal::Yes)
        Q_EMIT leaving();
    Selection::Value value;
    const SnapshotPointer snapshot = shown();
    if (const NodeIndex at = snapshot && node != NodeId::None ? snapshot->view->find(node) : NodeIndex::None;
        at != NodeIndex::None)
        value.scope = snapshot->view->scopes()[index(snapshot->view->scope(at))].path;
    value.node = node;
    value.fold = fold;
    m_selection.set(std::move(value));
    if (reveal == Reveal::Yes)
        Q_EMIT revealed();
}

void Workspace::selectValue(ValueIndex value, Reveal reveal)
{
    if (reveal == Reveal::Yes)
        Q_EMIT leaving();
    const GraphView& view = *shown()->view;
    Selection::Value selected;
    selected.scope = view.scopes()[index(view.scope(value))].path;
    selected.value = std::string(view.name(value));
    m_selection.set(std::move(selected));
    if (reveal == Reveal::Yes)
        Q_EMIT revealed();
}

void Workspace::follow(const QString& link)
{
    if (document().isEmpty())
        return;
    const GraphView& view = *shown()->view;
    const quint32 number = link.section(u':', 1).toUInt();
    if (link.startsWith(u"node:") && number < view.nodeCount() && view.exists(NodeIndex{number}))
        selectNode(view.id(NodeIndex{number}), Reveal::Yes);
    else if (link.startsWith(u"value:") && number < view.valueCount() && view.exists(ValueIndex{number}))
        selectValue(ValueIndex{number}, Reveal::Yes);
}

FoldId Workspace::foldOf(NodeId node) const
{
    if (document().isEmpty() || node == NodeId::None)
        return {};
    const auto has = [node](const FoldCandidate& candidate) {
        const auto is = [node](const NodeRef& each) { return each.id == node; };
        return (candidate.layer && candidate.layer->id == node) ||
               std::any_of(candidate.affine.begin(), candidate.affine.end(), is);
    };
    // What can still be done says more than what has been done.
    for (const FoldCandidate* candidate : document().current()->candidates())
        if (has(*candidate))
            return candidate->id;
    for (const auto& record : document().current()->folded)
        if (has(record->candidate))
            return record->candidate.id;
    return {};
}

void Workspace::setMarks(const QString& panel, MarkSource source)
{
    const auto known = std::ranges::find(m_marks, panel, &PanelMarks::panel);
    if (known == m_marks.end() && !source)
        return;
    if (known == m_marks.end())
        m_marks.push_back({panel, std::move(source)});
    else if (source)
        known->source = std::move(source);
    else
        m_marks.erase(known);
    Q_EMIT marksChanged();
}

void Workspace::setHeat(HeatPointer heat)
{
    if (heat == m_heat)
        return;
    m_heat = std::move(heat);
    Q_EMIT heatChanged();
}

void Workspace::setOnnxRuntime(const QString& path)
{
    if (path == Settings::onnxRuntime())
        return;
    Settings::setOnnxRuntime(path);
    Q_EMIT onnxRuntimeChanged();
}

const Workspace::Preparation* Workspace::preparation() const
{
    return m_preparation.of && m_preparation.of == document().current() ? &m_preparation : nullptr;
}

void Workspace::setPreparation(Preparation preparation)
{
    m_preparation = std::move(preparation);
    Q_EMIT preparationChanged();
}

void Workspace::setProblems(int count)
{
    if (std::exchange(m_problems, count) != count)
        Q_EMIT problemsChanged();
}

void Workspace::prepareAndFold()
{
    if (!preparation())
        return;
    std::vector<Step> steps = preparation()->steps;
    steps.emplace_back(FoldStep{});
    document().applySteps(std::move(steps), tr("Preparing and folding…"));
}

void Workspace::applyRecipe(const Recipe& recipe, const QString& note)
{
    m_recipeNote = note;
    document().applyRecipe(recipe);
}

void Workspace::recipeApplied(int applied, int changed, const QString& problem)
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
    Q_EMIT said({kind, sentence, details.join(u'\n'), {}, {}, {}, true});
}

} // namespace pleat::ui
