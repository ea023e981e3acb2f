// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/TensorAlone.h"

#include "core/graph/StoredTensors.h"
#include "ui/weights/WeightsComparison.h"

#include <algorithm>

namespace pleat::ui {

namespace {

// As the file has it.
const TensorView& storedWeight(const LayerWeights& weights)
{
    return weights.dequantized ? weights.dequantized->quantized() : weights.weight;
}

// A value, and the view that it is one of: what is there no more is shown as it was.
struct Subject {
    const GraphView* view = nullptr;
    ValueIndex value = ValueIndex::None;
};

Subject subjectOf(const WeightsQuery& query)
{
    const GraphView& now = *query.current->view;
    const NodeIndex node = query.node == NodeId::None ? NodeIndex::None : now.find(query.node);
    const auto weights = node == NodeIndex::None ? std::nullopt : layerWeights(now, node);
    if (query.value.empty()) {
        const auto stored = weights || node == NodeIndex::None || !query.fold.empty()
                                ? std::vector<ValueIndex>()
                                : storedInputs(now, node);
        return {&now, stored.empty() ? ValueIndex::None : stored.front()};
    }
    if (weights && weights->weight.name() == query.value)
        return {&now, ValueIndex::None};
    for (const GraphView* view : {&now, query.opened->view.get()})
        if (const ValueIndex value = findValue(*view, query.scope, query.value); value != ValueIndex::None)
            return {view, value};
    return {&now, ValueIndex::None};
}

// The same initializer when the model was opened, if it was another one.
std::optional<Elements> elementsBefore(const WeightsQuery& query, const Subject& subject)
{
    const Initializer* now = subject.view->initializer(subject.value);
    const GraphView& opened = *query.opened->view;
    const ValueIndex value = now ? opened.find(now->id) : ValueIndex::None;
    const Initializer* then = value == ValueIndex::None ? nullptr : opened.initializer(value);
    return then && !then->tensor.isSame(now->tensor) ? storedElements(opened, value) : std::nullopt;
}

std::optional<TensorSides> sidesOf(const WeightsQuery& query, const Subject& subject)
{
    auto after = storedElements(*subject.view, subject.value);
    if (!after)
        return std::nullopt;
    return TensorSides{elementsBefore(query, subject), std::move(*after)};
}

} // namespace

LayerWeights asWeights(const TensorView& tensor)
{
    constexpr std::int64_t mostChannels = 1 << 20;
    const std::vector<std::int64_t>& dims = tensor.dims();
    const std::uint64_t count = tensor.elements();
    if (dims.empty() || dims.front() > mostChannels || count == 0)
        return {tensor, WeightLayout::plain(count), std::nullopt, {}};
    const auto outputs = static_cast<std::uint64_t>(dims.front());
    return {tensor, WeightLayout::matrix(count / outputs, outputs, true), std::nullopt, {}};
}

ValueIndex findValue(const GraphView& view, const std::string& scope, const std::string& name)
{
    const auto found = std::ranges::find(view.scopes(), scope, &Scope::path);
    return found == view.scopes().end()
               ? ValueIndex::None
               : view.find(static_cast<ScopeIndex>(found - view.scopes().begin()), name);
}

std::optional<TensorAlone> tensorAlone(const WeightsQuery& query)
{
    const auto sides = sidesOf(query, subjectOf(query));
    if (!sides)
        return std::nullopt;
    TensorAlone alone{std::nullopt, asWeights(sides->after.tensor())};
    if (sides->before)
        alone.before = asWeights(sides->before->tensor());
    return alone;
}

std::vector<TensorSides> tensorSides(const WeightsQuery& query, const std::optional<LayerWeights>& before,
                                     const std::optional<LayerWeights>& after)
{
    std::vector<TensorSides> result;
    if (const auto alone = sidesOf(query, subjectOf(query))) {
        result.push_back(*alone); // with its strings
    } else if (after) {
        const auto add = [&](const std::optional<TensorView>& was, const std::optional<TensorView>& now) {
            if (now)
                result.push_back({was ? std::optional<Elements>(*was) : std::nullopt, Elements(*now)});
        };
        add(before ? std::optional(storedWeight(*before)) : std::nullopt, storedWeight(*after));
        if (!after->dequantized)
            add(before ? before->bias : std::nullopt, after->bias);
    }
    const GraphView& view = *query.current->view;
    const NodeIndex node = query.node == NodeId::None ? NodeIndex::None : view.find(query.node);
    if (node == NodeIndex::None || result.empty())
        return result;
    for (const ValueIndex value : storedInputs(view, node)) {
        auto sides = sidesOf(query, {&view, value});
        const auto isSame = [&](const TensorSides& each) {
            return each.after.tensor().name() == sides->after.tensor().name();
        };
        if (sides && std::ranges::none_of(result, isSame))
            result.push_back(std::move(*sides));
    }
    return result;
}

} // namespace pleat::ui
