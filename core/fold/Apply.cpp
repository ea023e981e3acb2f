// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/Apply.h"

#include "core/graph/Attributes.h"
#include "core/graph/Rewriter.h"
#include "core/tensor/Scaling.h"

#include <algorithm>

namespace pleat {

namespace {

// Whether one layer alone reads the stored constant, so that it can be changed where it is stored.
bool isReadOnce(const GraphView& view, const Constant& constant)
{
    const auto once = [&](ValueIndex value) {
        return !view.isGraphOutput(value) && view.uses(value).size() == 1;
    };
    return once(constant.storedAt) &&
           std::ranges::all_of(constant.through, [&](NodeIndex node) { return once(view.output(node, 0)); });
}

// A PyTorch state dict keeps its shape: "features.0.0.weight" gets "features.0.0.bias".
std::string biasName(const GraphView& view, const Layer& layer)
{
    constexpr std::string_view ending = ".weight";
    std::string weight(view.name(layer.weight.storedAt));
    if (weight.ends_with(ending))
        return weight.replace(weight.size() - ending.size(), ending.size(), ".bias");
    const std::string_view name = view.name(layer.node);
    return std::string(name.empty() ? view.name(view.output(layer.node, 0)) : name) + ".bias";
}

class Folding final {
public:
    explicit Folding(const std::shared_ptr<const GraphView>& view) : m_view(*view), m_rewriter(view) {}

    Result<FoldedPair> fold(const FoldPlan& plan)
    {
        auto weight = scaleWeight(plan);
        if (!weight)
            return tl::make_unexpected(weight.error());
        FoldedPair pair;
        pair.folded = true;
        pair.weight = std::move(*weight);
        pair.bias = setBias(plan);
        onnx::NodeProto& layer = m_rewriter.change(plan.layer.node);
        layer.set_output(0, std::string(m_view.name(m_view.output(plan.chain.back(), 0))));
        if (m_view.op(plan.layer.node) == "Gemm")
            adjustGemm(plan, layer);
        for (const NodeIndex node : plan.chain)
            m_rewriter.remove(node);
        return pair;
    }

    Model apply() const { return m_rewriter.apply(); }

private:
    Result<std::string> scaleWeight(const FoldPlan& plan)
    {
        const Constant& weight = plan.layer.weight;
        const std::string name(m_view.name(weight.storedAt));
        auto payload = scaled(weight.tensor, plan.layer.layout,
                              std::make_shared<const std::vector<double>>(plan.affine.s), nullptr);
        if (!payload)
            return tl::make_unexpected(payload.error());
        if (isReadOnce(m_view, weight)) {
            m_rewriter.replaceData(weight.storedAt, weight.tensor.type(), weight.tensor.dims(),
                                   std::move(*payload));
            return name;
        }
        const std::string copy = m_rewriter.add(m_view.scope(plan.layer.node), name, weight.tensor.type(),
                                                weight.tensor.dims(), std::move(*payload));
        m_rewriter.change(plan.layer.node).set_input(static_cast<int>(plan.layer.weightSlot), copy);
        return copy;
    }

    std::string setBias(const FoldPlan& plan)
    {
        const Layer& layer = plan.layer;
        const ValueIndex old = m_view.input(layer.node, layer.biasSlot);
        const auto constant = constantOf(m_view, old);
        const DataType type = constant ? constant->tensor.type() : layer.type();
        Payload payload = stored(type, plan.bias.values);
        if (constant && isReadOnce(m_view, *constant)) {
            m_rewriter.replaceData(constant->storedAt, type, plan.bias.dims, std::move(payload));
            return std::string(m_view.name(constant->storedAt));
        }
        const std::string wanted =
            constant ? std::string(m_view.name(constant->storedAt)) : biasName(m_view, layer);
        const std::string name =
            m_rewriter.add(m_view.scope(layer.node), wanted, type, plan.bias.dims, std::move(payload));
        onnx::NodeProto& node = m_rewriter.change(layer.node);
        while (node.input_size() <= static_cast<int>(layer.biasSlot))
            node.add_input();
        node.set_input(static_cast<int>(layer.biasSlot), name);
        return name;
    }

    // C' already holds β; before opset 7 a C that is not [M, N] needs broadcast=1.
    void adjustGemm(const FoldPlan& plan, onnx::NodeProto& gemm)
    {
        auto& attributes = *gemm.mutable_attribute();
        for (int a = attributes.size(); a-- > 0;) {
            if (attributes[a].name() == "beta")
                attributes.DeleteSubrange(a, 1);
        }
        if (opsetOf(m_view, plan.layer.node) >= 7 || plan.bias.dims.size() == 2)
            return;
        const auto found = std::ranges::find(attributes, "broadcast", &onnx::AttributeProto::name);
        onnx::AttributeProto& broadcast = found != attributes.end() ? *found : *gemm.add_attribute();
        broadcast.set_name("broadcast");
        broadcast.set_type(onnx::AttributeProto::INT);
        broadcast.set_i(1);
    }

    const GraphView& m_view;
    Rewriter m_rewriter;
};

} // namespace

Result<FoldOutcome> applyPlans(const std::shared_ptr<const GraphView>& view, std::vector<FoldPlan> plans,
                               const std::vector<bool>& marked)
{
    FoldOutcome outcome;
    Folding folding(view);
    bool changed = false;
    for (std::size_t p = 0; p < plans.size(); ++p) {
        FoldedPair pair;
        if (marked[p]) {
            auto folded = folding.fold(plans[p]);
            if (!folded)
                return tl::make_unexpected(folded.error());
            pair = std::move(*folded);
            changed = true;
        }
        pair.candidate = std::move(plans[p].candidate);
        pair.parameters = std::move(plans[p].parameters);
        pair.s = std::move(plans[p].affine.s);
        pair.t = std::move(plans[p].affine.t);
        outcome.pairs.push_back(std::move(pair));
    }
    outcome.after = changed ? folding.apply() : view->model();
    return outcome;
}

} // namespace pleat
