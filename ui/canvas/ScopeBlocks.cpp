// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/ScopeBlocks.h"

#include "core/tensor/DataType.h"
#include "ui/document/Convert.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/Translate.h"

#include <QStringList>
#include <algorithm>

using namespace Qt::StringLiterals;

namespace pleat::ui {

quint32 ScopeBlock::key(std::uint32_t scope)
{
    return 0x40000000u | scope;
}

SceneNode ScopeBlock::node(const NameScope& scope, std::uint32_t number)
{
    SceneNode node;
    node.key = key(number);
    node.title = oneLine(scopeLabel(scope).left(80));
    node.name = toQt(scope.path);
    node.category = Category::Scope;
    return node;
}

void ScopeBlock::add(const GraphView& view, NodeIndex node)
{
    ++m_nodes;
    const std::string_view op = view.op(node);
    const auto known = std::ranges::find(m_operators, op, &std::pair<std::string_view, int>::first);
    if (known == m_operators.end())
        m_operators.emplace_back(op, 1);
    else
        ++known->second;
    for (const ValueIndex input : view.inputs(node)) {
        const Initializer* const weight = input == ValueIndex::None ? nullptr : view.initializer(input);
        // Limits of a Clip, the shape of a Reshape: settings rather than weights.
        if (!weight || weight->tensor.dims().empty() || !isFloating(weight->tensor.type()))
            continue;
        std::uint64_t elements = 1;
        for (const std::int64_t dim : weight->tensor.dims())
            elements *= static_cast<std::uint64_t>(dim);
        m_weights.emplace_back(input, elements);
    }
}

void ScopeBlock::add(const Mark& mark)
{
    if (mark.kind.isEmpty())
        return;
    const auto known = std::ranges::find(m_marks, mark.kind, &Count::kind);
    if (known == m_marks.end())
        m_marks.push_back({mark.kind, mark.look, 1});
    else
        ++known->marks;
}

std::vector<WeightRow> ScopeBlock::rows() const
{
    constexpr std::size_t shown = 3; // operators
    auto weights = m_weights;
    std::ranges::sort(weights);
    std::uint64_t parameters = 0;
    for (auto weight = weights.begin(), end = std::unique(weights.begin(), weights.end()); weight != end;
         ++weight)
        parameters += weight->second;
    std::vector<WeightRow> rows;
    rows.push_back({nodeCountText(m_nodes),
                    parameters > 0 ? tr("%1 parameters").arg(compactCount(parameters)) : QString()});
    auto operators = m_operators;
    std::ranges::stable_sort(operators, std::greater(), &std::pair<std::string_view, int>::second);
    QStringList words;
    for (std::size_t i = 0; i < std::min(shown, operators.size()); ++i)
        words += u"%1 %2"_s.arg(operators[i].second).arg(oneLine(toQt(operators[i].first).left(24)));
    if (operators.size() > shown)
        words += u"…"_s;
    rows.push_back({{}, words.join(u" · "_s)});
    for (const Count& count : m_marks)
        rows.push_back({u"%1 %2"_s.arg(count.marks).arg(count.kind), {}, count.look, count.marks});
    return rows;
}

void addGroups(GraphScene& scene, std::span<const NameScope> all, const std::vector<std::uint32_t>& scopes)
{
    std::vector<char> isSeen(all.size(), 0);
    for (std::uint32_t scope : scopes)
        for (; scope != NameScopes::root && !isSeen[scope]; scope = all[scope].parent)
            isSeen[scope] = 1;
    std::vector<int> groupAt(all.size(), -1);
    for (std::uint32_t s = 1; s < all.size(); ++s) {
        if (!isSeen[s])
            continue;
        groupAt[s] = static_cast<int>(scene.groups.size());
        scene.groups.push_back(
            {s, groupAt[all[s].parent], oneLine(scopeLabel(all[s]).left(80)), all[s].nodes, {}, {}});
    }
    std::vector<int> groups;
    groups.reserve(scopes.size());
    for (const std::uint32_t scope : scopes)
        groups.push_back(groupAt[scope]);
    scene.groupOf = std::move(groups);
}

} // namespace pleat::ui
