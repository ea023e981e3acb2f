// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/Apply.h"

#include "core/fold/ShiftSums.h"
#include "core/graph/Attributes.h"

#include <algorithm>
#include <cassert>

namespace pleat {

namespace {

bool allZero(const std::vector<double>& values)
{
    return std::ranges::all_of(values, [](double value) { return value == 0; });
}

onnx::AttributeProto& attributeToSet(onnx::NodeProto& node, const char* name)
{
    for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
        if (attribute.name() != name)
            continue;
        attribute.clear_ref_attr_name(); // in a function, it is the node's own from now on
        return attribute;
    }
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    return attribute;
}

void setInt(onnx::NodeProto& node, const char* name, std::int64_t value)
{
    onnx::AttributeProto& attribute = attributeToSet(node, name);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(value);
}

void setFloat(onnx::NodeProto& node, const char* name, double value)
{
    onnx::AttributeProto& attribute = attributeToSet(node, name);
    attribute.set_type(onnx::AttributeProto::FLOAT);
    attribute.set_f(static_cast<float>(value));
}

} // namespace

Folding::Folding(const std::shared_ptr<const GraphView>& view, Sums sums, std::stop_token stop)
    : m_view(*view),
      m_rewriter(view),
      m_constants(*view, m_rewriter),
      m_sums(sums),
      m_stop(std::move(stop))
{
}

Result<FoldedPair> Folding::fold(FoldPlan plan)
{
    assert(plan.candidate.foldable && plan.candidate.direction && !plan.chain.empty() &&
           !plan.targets.empty());
    FoldedPair pair;
    pair.folded = true;
    takeOut(plan);
    const FoldDirection direction = *plan.candidate.direction;
    const bool after = direction == FoldDirection::After;
    for (const FoldTarget& target : plan.targets) {
        auto bias = after ? Result<std::vector<double>>(target.t) : shift(target);
        if (!bias)
            return tl::make_unexpected(bias.error());
        auto weight = target.layer.quantizedWeight ? m_constants.scaleIntegers(target)
                                                   : m_constants.scaleWeight(target, direction);
        if (!weight)
            return tl::make_unexpected(weight.error());
        const std::vector<double> ones(target.layer.layout.outputs, 1.0);
        if (target.padWith)
            insertPad(target);
        FoldedLayer layer;
        layer.layer = {m_view.id(target.layer.node), m_view.label(target.layer.node),
                       std::string(m_view.op(target.layer.node))};
        layer.weight = std::move(*weight);
        layer.bias = setBias(target.layer, after ? target.s : ones, *bias);
        pair.layers.push_back(std::move(layer));
    }
    for (const PadChange& change : plan.pads)
        changePad(change, plan.targets.front().layer.dataType());
    for (const ConstantChange& change : plan.constants) {
        auto after = changed(m_view, change);
        if (!after)
            return tl::make_unexpected(after.error());
        m_constants.replace(change.reader, change.slot, after->values, after->dims);
    }
    pair.candidate = std::move(plan.candidate);
    pair.parameters = std::move(plan.parameters);
    pair.s = std::move(plan.affine.s);
    pair.t = std::move(plan.affine.t);
    return pair;
}

Result<std::vector<double>> Folding::shift(const FoldTarget& target) const
{
    return m_sums == Sums::Compute
               ? shiftOfOutputs(target, m_stop)
               : Result<std::vector<double>>(std::vector<double>(target.layer.layout.outputs));
}

// The chain goes. After a layer, what makes its input makes its output instead; before one, its readers
// read its input.
void Folding::takeOut(const FoldPlan& plan)
{
    const ValueIndex input = m_view.input(plan.chain.front(), plan.dataSlot);
    const ValueIndex output = m_view.output(plan.chain.back(), 0);
    if (plan.candidate.direction == FoldDirection::After) {
        const NodeIndex producer = m_view.producer(input);
        m_rewriter.rewire(producer).set_output(static_cast<int>(m_view.producerSlot(input)),
                                               std::string(m_view.name(output)));
    } else {
        for (const Use& use : m_view.uses(output))
            m_rewriter.rewire(use.node).set_input(static_cast<int>(use.slot),
                                                  std::string(m_view.name(input)));
    }
    for (const NodeIndex node : plan.chain)
        m_rewriter.remove(node);
    for (const ValueIndex value : valuesOnTheWay(m_view, plan))
        m_rewriter.changeNumbers(value);
}

// Returns the bias's name; empty when the layer has none and needs none.
std::string Folding::setBias(const Layer& layer, const std::vector<double>& s, const std::vector<double>& t)
{
    const NewBias bias = *biasAfter(m_view, layer, s, t); // planning has seen that it can be made
    if (biasOf(m_view, layer) == ValueIndex::None && allZero(bias.values))
        return {};
    if (layer.biasSlot) {
        std::optional<std::string> integers;
        if (layer.quantizedBias)
            integers = m_constants.setIntegerBias(layer, s, bias);
        std::string name =
            integers ? *integers : m_constants.setBias(layer, layer.node, *layer.biasSlot, bias);
        if (m_view.op(layer.node) == "Gemm")
            completeGemm(layer, bias);
        return name;
    }
    if (layer.biasAdd != NodeIndex::None)
        return m_constants.setBias(layer, layer.biasAdd, layer.biasAddSlot, bias);
    return layer.rank == 2 && layer.weightSlot == 1 && layer.weight.dims.size() == 2 ? becomeGemm(layer, bias)
                                                                                     : appendAdd(layer, bias);
}

// C' already holds β; before opset 7 a C that is not [M, N] needs broadcast=1.
void Folding::completeGemm(const Layer& layer, const NewBias& bias)
{
    onnx::NodeProto& gemm = m_rewriter.change(layer.node);
    auto& attributes = *gemm.mutable_attribute();
    for (int a = attributes.size(); a-- > 0;) {
        if (attributes[a].name() == "beta")
            attributes.DeleteSubrange(a, 1);
    }
    if (opsetOf(m_view, layer.node) < 7 && bias.dims.size() < 2)
        setInt(gemm, "broadcast", 1);
}

std::string Folding::becomeGemm(const Layer& layer, const NewBias& bias)
{
    onnx::NodeProto& node = m_rewriter.change(layer.node);
    node.set_op_type("Gemm");
    const std::string name = m_constants.addBias(layer, bias);
    node.add_input(name);
    if (opsetOf(m_view, layer.node) < 7)
        setInt(node, "broadcast", 1);
    return name;
}

std::string Folding::appendAdd(const Layer& layer, const NewBias& bias)
{
    onnx::NodeProto& node = m_rewriter.change(layer.node);
    const std::string name = m_constants.addBias(layer, bias);
    onnx::NodeProto add;
    add.set_op_type("Add");
    if (!node.name().empty())
        add.set_name(m_rewriter.uniqueName(node.name() + "_bias"));
    add.add_output(node.output(0));
    node.set_output(0, m_rewriter.uniqueName(node.output(0) + "_unbiased"));
    add.add_input(node.output(0));
    add.add_input(name);
    if (opsetOf(m_view, layer.node) < 7)
        setInt(add, "broadcast", 1);
    m_rewriter.insertAfter(layer.node, std::move(add));
    return name;
}

// The Conv's pads, or those that its auto_pad makes, become a Pad before it.
void Folding::insertPad(const FoldTarget& target)
{
    const Layer& layer = target.layer;
    const double value = *target.padWith;
    const std::vector<std::int64_t> spatial =
        target.pads.empty() ? intsAttribute(m_view.proto(layer.node), "pads") : target.pads;
    const auto half = spatial.begin() + std::ssize(spatial) / 2;
    std::vector<std::int64_t> pads{0, 0};
    pads.insert(pads.end(), spatial.begin(), half);
    pads.insert(pads.end(), {0, 0});
    pads.insert(pads.end(), half, spatial.end());
    onnx::NodeProto& conv = m_rewriter.change(layer.node);
    onnx::NodeProto pad;
    pad.set_op_type("Pad");
    if (!conv.name().empty())
        pad.set_name(m_rewriter.uniqueName(conv.name() + "_pad"));
    pad.add_input(conv.input(0));
    pad.add_output(m_rewriter.uniqueName(conv.output(0) + "_padded"));
    if (opsetOf(m_view, layer.node) < 11) {
        onnx::AttributeProto& amounts = attributeToSet(pad, "pads");
        amounts.set_type(onnx::AttributeProto::INTS);
        amounts.mutable_ints()->Add(pads.begin(), pads.end());
        setFloat(pad, "value", value);
    } else {
        pad.add_input(m_constants.addInts(layer.node, pads));
        pad.add_input(m_constants.addScalar(layer.node, value, layer.type()));
    }
    conv.set_input(0, pad.output(0));
    auto& attributes = *conv.mutable_attribute();
    for (int a = attributes.size(); a-- > 0;) {
        if (attributes[a].name() == "pads" || attributes[a].name() == "auto_pad")
            attributes.DeleteSubrange(a, 1);
    }
    m_rewriter.insertBefore(layer.node, std::move(pad));
}

void Folding::changePad(const PadChange& change, DataType type)
{
    onnx::NodeProto& pad = m_rewriter.change(change.pad);
    if (opsetOf(m_view, change.pad) < 11) {
        setFloat(pad, "value", change.value);
        return;
    }
    while (pad.input_size() < 3)
        pad.add_input();
    pad.set_input(2, m_constants.addScalar(change.pad, change.value, type));
}

} // namespace pleat
