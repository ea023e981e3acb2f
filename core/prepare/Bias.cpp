// SPDX-License-Identifier: GPL-3.0-or-later
// A constant that is added behind a layer becomes the layer's bias:
//   (W∗x + b) + c = W∗x + (b + c)   for Conv, ConvTranspose; c has one number for each channel, or one for
//   all (αAB + βC) + c = αAB + 1·(βC + c)   for Gemm; c has one number for each column, or one for all
// by the operator pages of Conv-11, ConvTranspose-11, Gemm-13 and their earlier versions from opset 7 on,
// where Add and Sub broadcast as NumPy does. Behind a Sub, c is taken negative. The sum b + c is rounded
// once; a layer adds its bias in the same or in another place of its sum, so results may differ in the last
// place. The layer stays as it is where something else reads its result, its bias is not constant, or c
// differs from place to place.
#include "core/graph/Attributes.h"
#include "core/graph/Opsets.h"
#include "core/prepare/ConstantOperand.h"
#include "core/prepare/PassFiles.h"

#include <algorithm>
#include <functional>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

// What a bias of the layer looks like.
struct BiasPlace {
    std::int64_t channels = unknownSize;
    std::size_t axesBehind = 0; // axes of the result behind that of the channels
    std::size_t rank = 0;       // of the result
};

std::optional<BiasPlace> biasPlace(const Round& round, NodeIndex layer)
{
    const GraphView& view = round.view();
    const std::string_view op = view.op(layer);
    const KnownShape* const weight = round.shapes().of(view.input(layer, 1));
    if (!weight || refersToCall(view.proto(layer)))
        return std::nullopt;
    if (op == "Gemm") {
        if (weight->size() != 2)
            return std::nullopt;
        return BiasPlace{(*weight)[intAttribute(view.proto(layer), "transB", 0) != 0 ? 0 : 1], 0, 2};
    }
    if (weight->size() < 3)
        return std::nullopt;
    BiasPlace place{(*weight)[0], weight->size() - 2, weight->size()};
    if (op == "ConvTranspose") {
        const std::int64_t group = intAttribute(view.proto(layer), "group", 1);
        if ((*weight)[1] < 0 || group < 1 || __builtin_mul_overflow((*weight)[1], group, &place.channels))
            return std::nullopt;
    }
    return place;
}

// One number for each channel, of a constant that has that or one for all; nothing when it has others.
std::optional<std::vector<double>> perChannel(const Numbers& numbers, const BiasPlace& place)
{
    const std::vector<std::int64_t>& dims = numbers.dims;
    if (dims.size() > place.rank)
        return std::nullopt;
    for (std::size_t back = 0; back < dims.size(); ++back) {
        const std::int64_t dim = dims[dims.size() - 1 - back];
        if (dim != 1 && (back != place.axesBehind || dim != place.channels))
            return std::nullopt;
    }
    if (numbers.size() == 1)
        return std::vector<double>(static_cast<std::size_t>(place.channels), numbers.reals().front());
    return numbers.reals();
}

class BiasFolding final {
public:
    BiasFolding(Round& round, NodeIndex add, NodeIndex layer)
        : m_round(round),
          m_view(round.view()),
          m_add(add),
          m_layer(layer)
    {
    }

    void run(const ConstantOperand& operand)
    {
        if (!m_round.isFree(m_add) || !m_round.isFree(m_layer) || !isPossible(operand))
            return;
        const auto sum = newBias(operand);
        if (!sum)
            return;
        const ValueIndex from = m_view.output(m_add, 0), to = m_view.output(m_layer, 0);
        Rewriter& pen = m_round.pen();
        if (!pen.canReplace(from, to) ||
            !m_round.claim({m_add, m_layer}, sentence("{} becomes the bias of {}", operation(m_view, m_add),
                                                      operation(m_view, m_layer))))
            return;
        const std::string bias = pen.add(m_view.scope(m_layer), std::string(m_view.name(to)) + "_bias",
                                         sum->type(), sum->dims(), sum->payload());
        pen.replace(from, to);
        pen.remove(m_add);
        onnx::NodeProto& message = pen.change(m_layer);
        if (message.input_size() < 3)
            message.add_input();
        message.set_input(2, bias);
        auto& attributes = *message.mutable_attribute();
        if (isGemm())
            attributes.erase(std::remove_if(attributes.begin(), attributes.end(),
                                            [](const auto& each) { return each.name() == "beta"; }),
                             attributes.end());
    }

private:
    bool isGemm() const { return m_view.op(m_layer) == "Gemm"; }
    bool hasBias() const { return m_view.input(m_layer, 2) != ValueIndex::None; }

    bool isPossible(const ConstantOperand& operand)
    {
        if (m_view.op(m_add) == "Sub" && operand.dataSlot != 0)
            return false; // c − layer
        if (!isReadOnlyBy(m_view, operand.data, m_add)) {
            leave("read-elsewhere", sentence("{} stays: the result of {} is read elsewhere, too",
                                             operation(m_view, m_add), operation(m_view, m_layer)));
            return false;
        }
        m_place = biasPlace(m_round, m_layer).value_or(BiasPlace{});
        if (m_place.channels < 1) {
            leave("unknown-channels", sentence("{} stays: how many channels {} makes is not known",
                                               operation(m_view, m_add), operation(m_view, m_layer)));
            return false;
        }
        return true;
    }

    // b + c; nothing, and the reason is said, when that cannot be a bias.
    std::optional<TensorView> newBias(const ConstantOperand& operand)
    {
        const auto added = numbersIn(operand.constant, m_place);
        if (!added)
            return std::nullopt;
        std::vector<double> sum = *added;
        if (m_view.op(m_add) == "Sub")
            std::ranges::transform(sum, sum.begin(), std::negate());
        if (hasBias()) {
            const auto old = constantOf(m_view, m_view.input(m_layer, 2));
            if (!old || old->type != operand.constant.type) {
                leave("bias-not-constant", sentence("{} stays: the bias of {} is not constant",
                                                    operation(m_view, m_add), operation(m_view, m_layer)));
                return std::nullopt;
            }
            // The bias of a convolution has one axis.
            const auto bias = numbersIn(*old, isGemm() ? m_place : BiasPlace{m_place.channels, 0, 1});
            if (!bias)
                return std::nullopt;
            const double beta =
                isGemm() ? static_cast<double>(floatAttribute(m_view.proto(m_layer), "beta", 1)) : 1;
            for (std::size_t i = 0; i < sum.size(); ++i)
                sum[i] += beta * (*bias)[i];
        }
        const std::vector<std::int64_t> dims{std::ssize(sum)};
        auto tensor = finiteTensorOf(Numbers{operand.constant.type, dims, std::move(sum)});
        if (!tensor)
            leave("overflow", sentence("{} stays: the sum of the constants is not finite in {}",
                                       operation(m_view, m_add), name(operand.constant.type)));
        return tensor;
    }

    std::optional<std::vector<double>> numbersIn(const Constant& constant, const BiasPlace& place)
    {
        if (elementCount(constant.dims) > static_cast<std::size_t>(m_place.channels)) {
            leavePerElement();
            return std::nullopt;
        }
        const auto numbers = numbersOf(constant);
        if (!numbers || !numbers->isReal()) {
            leave("unreadable", sentence("{} stays: its constant cannot be read", operation(m_view, m_add)));
            return std::nullopt;
        }
        auto channels = perChannel(*numbers, place);
        if (!channels)
            leavePerElement();
        return channels;
    }

    void leavePerElement()
    {
        leave("per-element", sentence("{} stays: its constant is not one number for each channel of {}",
                                      operation(m_view, m_add), operation(m_view, m_layer)));
    }

    void leave(const char* code, Sentence why) { m_round.leave(m_add, code, std::move(why)); }

    Round& m_round;
    const GraphView& m_view;
    NodeIndex m_add, m_layer;
    BiasPlace m_place;
};

bool isBiasedLayer(const GraphView& view, NodeIndex node)
{
    return node != NodeIndex::None && view.domain(node).empty() &&
           (view.op(node) == "Conv" || view.op(node) == "ConvTranspose" || view.op(node) == "Gemm") &&
           view.outputs(node).size() == 1;
}

} // namespace

Result<void> lookForBiases(Round& round, Progress&, const std::stop_token& stop)
{
    const GraphView& view = round.view();
    for (const NodeIndex node : round.nodes()) {
        if (stop.stop_requested())
            return cancelled();
        if (!view.domain(node).empty() || (view.op(node) != "Add" && view.op(node) != "Sub") ||
            (!isBiasedLayer(view, view.producer(view.input(node, 0))) &&
             !isBiasedLayer(view, view.producer(view.input(node, 1)))))
            continue;
        const auto operand = constantOperand(view, node);
        if (operand && isBiasedLayer(view, view.producer(operand->data)))
            BiasFolding(round, node, view.producer(operand->data)).run(*operand);
    }
    return {};
}

} // namespace pleat
