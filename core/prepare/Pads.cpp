// SPDX-License-Identifier: GPL-3.0-or-later
// A Pad becomes the pads of the layer behind it (operator pages of Pad-1 to 24, Conv-1 and later,
// AveragePool-7 and later, MaxPool-1 and later), where it pads spatial axes alone, by constants, with what
// the layer itself takes for what lies outside:
//   Conv: 0. Its own pads and those of the Pad add up.
//   AveragePool: 0, which the Pad makes count: count_include_pad is 1 afterwards. So it must be 1 already, or
//     the pool must have no pads of its own. With ceil_mode, what counts at the end is not agreed upon.
//   MaxPool: −∞; each window holds an element of the data, since pads are smaller than the kernel.
// Engines want the pads of a pool to be smaller than its kernel; where they would not be, the Pad stays. The
// same numbers are added up, so the result is the same. ConvTranspose has pads of another meaning.
#include "core/graph/Attributes.h"
#include "core/graph/Opsets.h"
#include "core/graph/ShapeRules.h"
#include "core/prepare/ConstantOperand.h"
#include "core/prepare/PassFiles.h"

#include <algorithm>
#include <cmath>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

using Ints = std::vector<std::int64_t>;

// Why a Pad stays.
struct Reason {
    const char* code;
    Sentence why;
};
using Merged = tl::expected<Ints, Reason>; // the layer's pads afterwards: all that begin, all that end

void setInts(onnx::NodeProto& node, const char* name, const Ints& values)
{
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t value : values)
        attribute.add_ints(value);
}

class PadMerging final {
public:
    PadMerging(Round& round, NodeIndex pad, NodeIndex layer)
        : m_round(round),
          m_view(round.view()),
          m_pad(pad),
          m_layer(layer),
          m_op(m_view.op(layer))
    {
    }

    void run()
    {
        if (!m_round.isFree(m_pad) || !m_round.isFree(m_layer) || refersToCall(m_view.proto(m_pad)) ||
            refersToCall(m_view.proto(m_layer)))
            return;
        const Merged pads = merged();
        if (!pads) {
            m_round.leave(m_pad, pads.error().code, pads.error().why);
            return;
        }
        if (!m_round.claim({m_pad, m_layer}, sentence("{} becomes pads of {}", operation(m_view, m_pad),
                                                      operation(m_view, m_layer))))
            return;
        Rewriter& pen = m_round.pen();
        pen.replace(m_view.output(m_pad, 0), m_view.input(m_pad, 0));
        pen.remove(m_pad);
        onnx::NodeProto& message = pen.change(m_layer);
        auto& attributes = *message.mutable_attribute();
        const auto isStale = [](const onnx::AttributeProto& each) {
            return each.name() == "pads" || each.name() == "auto_pad" || each.name() == "count_include_pad";
        };
        attributes.erase(std::remove_if(attributes.begin(), attributes.end(), isStale), attributes.end());
        setInts(message, "pads", *pads);
        if (m_op == "AveragePool") {
            onnx::AttributeProto& counts = *message.add_attribute();
            counts.set_name("count_include_pad");
            counts.set_type(onnx::AttributeProto::INT);
            counts.set_i(1);
        }
    }

private:
    Reason stays(const char* code, Sentence why) const
    {
        return {code, sentence("{} stays: {}", operation(m_view, m_pad), std::move(why))};
    }

    Merged merged() const
    {
        const auto refuse = [this](const char* code, Sentence why) {
            return tl::make_unexpected(stays(code, std::move(why)));
        };
        const onnx::NodeProto& layer = m_view.proto(m_layer);
        const bool pools = m_op != "Conv";
        const auto rank = rankOfLayer();
        if (!rank || *rank < 3)
            return refuse("dynamic-shape", sentence("how many axes it pads is not known"));
        const std::size_t spatial = *rank - 2;
        if (stringAttribute(m_view.proto(m_pad), "mode", "constant") != "constant" || !hasValueOf(pools))
            return refuse("value", sentence("what it pads with is not what {} takes for what lies outside",
                                            operation(m_view, m_layer)));
        const auto padded = padsOf(m_view, m_pad, rank);
        if (!padded)
            return refuse("dynamic-shape", sentence("how much it pads is not constant"));
        const std::string automatic = stringAttribute(layer, "auto_pad", "NOTSET");
        if (automatic != "NOTSET" && automatic != "VALID")
            return refuse("auto-pad",
                          sentence("{} chooses its own pads ({})", operation(m_view, m_layer), automatic));
        Ints pads = automatic == "VALID" ? Ints{} : intsAttribute(layer, "pads");
        if (pads.empty())
            pads.resize(2 * spatial);
        if (pads.size() != 2 * spatial)
            return refuse("dynamic-shape",
                          sentence("the pads of {} are not those of its axes", operation(m_view, m_layer)));
        const bool hasOwn = std::ranges::any_of(pads, [](std::int64_t pad) { return pad != 0; });
        if (m_op == "AveragePool" && hasOwn && intAttribute(layer, "count_include_pad", 0) == 0)
            return refuse("counts",
                          sentence("{} has pads of its own that do not count", operation(m_view, m_layer)));
        for (const PaddedAxis& axis : *padded) {
            if (axis.before == 0 && axis.behind == 0)
                continue;
            if (axis.before < 0 || axis.behind < 0)
                return refuse("crops", sentence("it takes away"));
            if (axis.axis < 2)
                return refuse("not-spatial",
                              sentence("it pads axis {}, which is none of the image's", axis.axis));
            pads[axis.axis - 2] += axis.before;
            pads[axis.axis - 2 + spatial] += axis.behind;
        }
        if (pools && !fitPool(pads, spatial))
            return refuse("pool", sentence("{} cannot have such pads", operation(m_view, m_layer)));
        return pads;
    }

    std::optional<std::size_t> rankOfLayer() const
    {
        if (m_op == "Conv")
            return m_round.shapes().rank(m_view.input(m_layer, 1));
        return intsAttribute(m_view.proto(m_layer), "kernel_shape").size() + 2;
    }

    // Attribute `value`, or since opset 11 an input; 0 where it is absent.
    bool hasValueOf(bool pools) const
    {
        const double wanted = pools && m_op == "MaxPool" ? -HUGE_VAL : 0;
        if (attribute(m_view.proto(m_pad), "value"))
            return static_cast<double>(floatAttribute(m_view.proto(m_pad), "value", 0)) == wanted;
        if (m_view.input(m_pad, 2) == ValueIndex::None)
            return wanted == 0;
        const auto constant = constantOf(m_view, m_view.input(m_pad, 2));
        const auto numbers = constant ? numbersOf(*constant) : std::nullopt;
        return numbers && numbers->isReal() && numbers->size() == 1 && numbers->reals().front() == wanted;
    }

    bool fitPool(const Ints& pads, std::size_t spatial) const
    {
        const onnx::NodeProto& pool = m_view.proto(m_layer);
        const Ints kernel = intsAttribute(pool, "kernel_shape"), dilations = intsAttribute(pool, "dilations");
        const bool isDense = std::ranges::all_of(dilations, [](std::int64_t step) { return step == 1; });
        if (intAttribute(pool, "ceil_mode", 0) != 0 || !isDense || m_view.outputs(m_layer).size() != 1 ||
            (m_op == "AveragePool" && opsetOf(m_view, m_layer) < 7))
            return false;
        for (std::size_t p = 0; p < pads.size(); ++p) {
            if (pads[p] < 0 || pads[p] >= kernel[p % spatial])
                return false;
        }
        return true;
    }

    Round& m_round;
    const GraphView& m_view;
    NodeIndex m_pad, m_layer;
    std::string_view m_op;
};

// The layer that reads what a Pad makes, if that is all that reads it.
NodeIndex layerBehind(const GraphView& view, NodeIndex pad)
{
    const ValueIndex made = view.output(pad, 0);
    const auto uses = view.uses(made);
    if (uses.size() != 1 || uses.front().slot != 0 || view.input(pad, 0) == ValueIndex::None ||
        !isReadOnlyBy(view, made, uses.front().node))
        return NodeIndex::None;
    const NodeIndex layer = uses.front().node;
    const std::string_view op = view.op(layer);
    const bool known = op == "Conv" || op == "AveragePool" || op == "MaxPool";
    return known && view.domain(layer).empty() ? layer : NodeIndex::None;
}

} // namespace

Result<void> lookForPads(Round& round, Progress&, const std::stop_token& stop)
{
    const GraphView& view = round.view();
    for (const NodeIndex node : round.nodes()) {
        if (stop.stop_requested())
            return cancelled();
        if (view.op(node) != "Pad" || !view.domain(node).empty())
            continue;
        if (const NodeIndex layer = layerBehind(view, node); layer != NodeIndex::None)
            PadMerging(round, node, layer).run();
    }
    return {};
}

} // namespace pleat
