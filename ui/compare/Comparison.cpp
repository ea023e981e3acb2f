// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/compare/Comparison.h"

#include "core/graph/Pages.h"
#include "core/verify/Structure.h"
#include "ui/document/Convert.h"
#include "ui/widgets/Translate.h"

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

QString formOf(const TensorSide& side)
{
    return dimensions(side.dims, u"×"_s) + u' ' + toQt(name(side.type));
}

// "weight W: 864 of 864 numbers differ, by up to 0.034, 12.1 dB".
QString lineOf(const ComparedTensor& tensor)
{
    QString line = toQt(tensor.after->name) + u": "_s;
    if (const QString was = formOf(*tensor.before), now = formOf(*tensor.after); was != now)
        line += was + u" → "_s + now + u", "_s;
    if (!tensor.difference)
        return line + toQt(tensor.problem);
    const Difference& found = *tensor.difference;
    if (found.differing == 0)
        return line + tr("the same numbers");
    line += tr("%1 of %2 numbers differ, by up to %3")
                .arg(compactCount(found.differing), compactCount(found.count), number(found.largest));
    if (!std::isnan(found.sqnr))
        line += tr(", signal to noise %1 dB").arg(ratioText(found.sqnr));
    if (found.apart > 0)
        line += tr(", %1 NaN or infinite on one side").arg(compactCount(found.apart));
    return line;
}

QString briefOf(const NodeDifference& difference)
{
    switch (difference.what) {
    case NodeDifference::What::Operator:
        return tr("operator");
    case NodeDifference::What::Name:
        return tr("name");
    case NodeDifference::What::Attribute:
        return toQt(difference.which);
    case NodeDifference::What::Input:
        return tr("inputs");
    case NodeDifference::What::Shape:
        return tr("shape");
    }
    return {};
}

class Comparer final {
public:
    Comparer(SnapshotPointer before, SnapshotPointer after)
        : m_before(*before->view),
          m_after(*after->view),
          m_found(std::make_shared<Comparison>())
    {
        m_found->before = std::move(before);
        m_found->after = std::move(after);
        m_found->pageAfter.emplace(ScopeIndex::Main, ScopeIndex::Main);
    }

    Result<ComparisonPointer> run(Progress& progress, const std::stop_token& stop)
    {
        const std::vector<NodeMatch> matches = matchNodes(m_before, m_after);
        const auto nodes = compareNodes(m_before, m_after, matches, stop);
        if (!nodes)
            return tl::make_unexpected(nodes.error());
        m_found->nodes = countsOf(*nodes);
        for (const ComparedNode& node : *nodes)
            add(node);
        const auto take = [this](const ComparedTensor& tensor) -> Result<void> {
            m_found->tensors.add(tensor);
            if (!tensor.isSame())
                add(tensor);
            return {};
        };
        if (const auto measured = compareTensors(m_before, m_after, matches, take, progress, stop); !measured)
            return tl::make_unexpected(measured.error());
        sort();
        for (const std::string& sentence : interfaceDifferences(m_before, m_after))
            m_found->changes.push_back({ChangeKind::Changed,
                                        NodeIndex::None,
                                        NodeIndex::None,
                                        toQt(sentence),
                                        {},
                                        {toQt(sentence)},
                                        tr("interface")});
        for (std::size_t c = 0; c < m_found->changes.size(); ++c) {
            const Change& change = m_found->changes[c];
            if (change.before != NodeIndex::None)
                m_found->changeBefore.emplace(change.before, c);
            if (change.after != NodeIndex::None)
                m_found->changeAfter.emplace(change.after, c);
        }
        for (const auto& [old, now] : m_found->pageAfter)
            m_found->pageBefore.emplace(now, old);
        return ComparisonPointer(m_found);
    }

private:
    Change& changeOf(NodeIndex before, NodeIndex after, ChangeKind kind)
    {
        auto& known = after == NodeIndex::None ? m_ofBefore : m_ofAfter;
        const auto [at, isNew] =
            known.try_emplace(after == NodeIndex::None ? before : after, m_found->changes.size());
        if (isNew) {
            const GraphView& view = after == NodeIndex::None ? m_before : m_after;
            const NodeIndex node = after == NodeIndex::None ? before : after;
            m_found->changes.push_back(
                {kind, before, after, toQt(view.label(node)), toQt(view.op(node)), {}, wordFor(kind)});
            if (kind == ChangeKind::Changed)
                m_found->changes.back().brief.clear();
        }
        return m_found->changes[at->second];
    }

    static void note(Change& change, const QString& line, const QString& brief)
    {
        change.details += line;
        if (change.kind == ChangeKind::Changed && !change.brief.split(u", "_s).contains(brief))
            change.brief += (change.brief.isEmpty() ? QString() : u", "_s) + brief;
    }

    void add(const ComparedNode& node)
    {
        const auto [before, after, by] = node.nodes;
        if (by == NodesMatchedBy::Nobody) {
            changeOf(before, after, after == NodeIndex::None ? ChangeKind::Removed : ChangeKind::Added);
            return;
        }
        m_found->afterOf.emplace(before, after);
        m_found->beforeOf.emplace(after, before);
        m_found->pageAfter.emplace(m_before.scope(before), m_after.scope(after));
        for (const NodeDifference& difference : node.changes)
            note(changeOf(before, after, ChangeKind::Changed), toQt(textOf(difference)), briefOf(difference));
    }

    // The node that reads it, past those that only hand a constant on.
    static NodeIndex readerOf(const GraphView& view, const std::optional<TensorSide>& side)
    {
        constexpr int most = 8;
        const ScopeIndex scope = side ? findPage(view, side->scope) : ScopeIndex::None;
        ValueIndex value = scope == ScopeIndex::None ? ValueIndex::None : view.find(scope, side->name);
        NodeIndex reader = NodeIndex::None;
        for (int step = 0; step < most && value != ValueIndex::None && !view.uses(value).empty(); ++step) {
            reader = view.uses(value).front().node;
            if (view.inputs(reader).size() > 1)
                break;
            value = view.output(reader, 0);
        }
        return reader;
    }

    void add(const ComparedTensor& tensor)
    {
        const NodeIndex old = readerOf(m_before, tensor.before), now = readerOf(m_after, tensor.after);
        const bool isMatched = tensor.before && tensor.after;
        const bool isKnown = (old != NodeIndex::None && m_ofBefore.contains(old)) ||
                             (now != NodeIndex::None && m_ofAfter.contains(now));
        if (!isMatched && (old != NodeIndex::None || now != NodeIndex::None)) {
            // Its node has gone or come, too, or says that it reads something else.
            const auto partner = m_found->afterOf.find(old);
            if (isKnown || (partner != m_found->afterOf.end() && m_ofAfter.contains(partner->second)))
                return;
        }
        const auto partner = m_found->beforeOf.find(now);
        if (isMatched && partner != m_found->beforeOf.end())
            return note(changeOf(partner->second, now, ChangeKind::Changed), lineOf(tensor), tr("weights"));
        const TensorSide& side = tensor.after ? *tensor.after : *tensor.before;
        const ChangeKind kind = isMatched      ? ChangeKind::Changed
                                : tensor.after ? ChangeKind::Added
                                               : ChangeKind::Removed;
        m_loose.push_back({kind,
                           NodeIndex::None,
                           NodeIndex::None,
                           toQt(side.name),
                           tr("tensor"),
                           {isMatched ? lineOf(tensor) : formOf(side)},
                           isMatched ? tr("weights") : wordFor(kind)});
    }

    // Those of nodes as the files have them: what was added stands behind what it follows in its own file.
    void sort()
    {
        std::vector<std::size_t> follows(m_after.nodeCount(), 0);
        std::size_t last = 0;
        for (std::size_t n = 0; n < follows.size(); ++n) {
            if (const auto partner = m_found->beforeOf.find(static_cast<NodeIndex>(n));
                partner != m_found->beforeOf.end())
                last = index(partner->second);
            follows[n] = last;
        }
        const auto place = [&](const Change& change) {
            return change.before != NodeIndex::None
                       ? std::pair(index(change.before), std::size_t(0))
                       : std::pair(follows[index(change.after)], index(change.after) + 1);
        };
        std::ranges::stable_sort(m_found->changes, {}, place);
        std::ranges::move(m_loose, std::back_inserter(m_found->changes));
    }

    const GraphView &m_before, &m_after;
    std::shared_ptr<Comparison> m_found;
    std::unordered_map<NodeIndex, std::size_t> m_ofBefore, m_ofAfter; // changes, before they are sorted
    std::vector<Change> m_loose;                                      // of tensors that no node reads
};

} // namespace

MarkLook lookOf(ChangeKind kind)
{
    switch (kind) {
    case ChangeKind::Removed:
        return {MarkColour::Gone, Outline::Dashed, Symbol::Minus};
    case ChangeKind::Added:
        return {MarkColour::Good, Outline::Solid, Symbol::Plus};
    case ChangeKind::Changed:
        break;
    }
    return {MarkColour::Warning, Outline::Dotted, Symbol::Unequal};
}

QString wordFor(ChangeKind kind)
{
    switch (kind) {
    case ChangeKind::Removed:
        return tr("removed");
    case ChangeKind::Added:
        return tr("added");
    case ChangeKind::Changed:
        break;
    }
    return tr("changed");
}

Result<ComparisonPointer> compareModels(SnapshotPointer before, SnapshotPointer after, Progress& progress,
                                        const std::stop_token& stop)
{
    return Comparer(std::move(before), std::move(after)).run(progress, stop);
}

} // namespace pleat::ui
