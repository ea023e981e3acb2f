// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/PartModel.h"

#include "core/graph/Attributes.h"
#include "core/graph/Constants.h"
#include "core/graph/Opsets.h"
#include "core/model/Assemble.h"
#include "core/tensor/Kernels.h"
#include "core/verify/Magnitude.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <unordered_map>

namespace pleat {

namespace {

constexpr std::uint64_t mostWithMagnitudes = std::uint64_t{1} << 29; // bytes of the constants of a part

// The same numbers in another type: what a fold has rounded to its own stays so where the other is wider.
Result<void> convert(onnx::TensorProto& tensor, bool asFloat)
{
    const auto type = static_cast<DataType>(tensor.data_type());
    const DataType now = computedType(type, asFloat);
    if (now == type)
        return {};
    const auto numbers = tensorView(tensor, nullptr).doubles();
    if (!numbers)
        return tl::make_unexpected(numbers.error());
    std::string bytes(static_cast<std::size_t>(storedBytes(now, numbers->size())), '\0');
    narrow(now, *numbers, std::as_writable_bytes(std::span(bytes)));
    tensor.clear_int32_data();
    tensor.clear_double_data();
    tensor.set_raw_data(std::move(bytes));
    tensor.set_data_type(static_cast<std::int32_t>(now));
    return {};
}

Result<void> convert(onnx::NodeProto& node, bool asFloat)
{
    for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
        if (attribute.has_t())
            if (auto done = convert(*attribute.mutable_t(), asFloat); !done)
                return done;
        if (node.op_type() == "Cast" && attribute.name() == "to")
            attribute.set_i(
                static_cast<std::int64_t>(computedType(static_cast<DataType>(attribute.i()), asFloat)));
    }
    return {};
}

// How many products one number is the sum of.
double addends(const onnx::NodeProto& node, const TensorView& weight)
{
    const double all = static_cast<double>(weight.elements());
    const auto& dims = weight.dims();
    if (dims.size() < 2)
        return all;
    const std::size_t outputs = node.op_type() == "MatMul" ? dims.size() - 1
                                : node.op_type() == "Gemm" && intAttribute(node, "transB", 0) == 0 ? 1
                                : node.op_type() == "ConvTranspose"                                ? 1
                                                                                                   : 0;
    return all / static_cast<double>(std::max<std::int64_t>(dims[outputs], 1));
}

} // namespace

// One part on its way into the model.
class PartModel::Writer final {
public:
    Writer(PartModel& model, const PartSide& side, std::size_t number)
        : m_view(model.m_view),
          m_flow(model.m_flow),
          m_graph(*model.m_model.mutable_graph()),
          m_bytes(model.m_bytes),
          m_bytesBefore(model.m_bytes),
          m_asFloat(model.m_asFloat),
          m_side(side),
          m_prefix("p" + std::to_string(number) + "_")
    {
    }

    Result<PartPorts> write(const std::vector<DataType>& types)
    {
        for (std::size_t i = 0; i < m_side.inputs.size(); ++i) {
            coarsen(types[i]);
            const std::string name = m_prefix + "i" + std::to_string(i);
            m_names.emplace(m_side.inputs[i], name);
            onnx::ValueInfoProto& input = *m_graph.add_input();
            input.set_name(name);
            input.mutable_type()->mutable_tensor_type()->set_elem_type(
                static_cast<std::int32_t>(computedType(types[i], m_asFloat)));
        }
        for (const NodeIndex node : m_side.nodes)
            if (auto written = writeNode(node); !written)
                return tl::make_unexpected(written.error());
        PartPorts ports{.output = nameOf(m_side.output),
                        .magnitude = {},
                        .roundings = m_roundings,
                        .steps = m_steps,
                        .coarsest = m_coarsest};
        m_graph.add_output()->set_name(ports.output);
        auto hasMagnitude = writeMagnitudes(types);
        if (!hasMagnitude)
            return tl::make_unexpected(hasMagnitude.error());
        if (*hasMagnitude) {
            ports.magnitude = magnitudeName(m_side.output);
            m_graph.add_output()->set_name(ports.magnitude);
        }
        return ports;
    }

private:
    std::string nameOf(ValueIndex value)
    {
        if (value == ValueIndex::None)
            return {};
        const auto known = m_names.find(value);
        return known == m_names.end() ? m_prefix + "v" + std::to_string(index(value)) : known->second;
    }
    std::string magnitudeName(ValueIndex value) const
    {
        return m_prefix + "m" + std::to_string(index(value));
    }

    Result<onnx::TensorProto> stored(ValueIndex value) const
    {
        const TensorMessage& tensor = m_view.initializer(value)->tensor;
        onnx::TensorProto message = *tensor.message();
        if (auto read = readIn(message, tensor.payload()); !read)
            return tl::make_unexpected(std::move(read.error()));
        return message;
    }

    void store(onnx::TensorProto tensor, const std::string& name)
    {
        tensor.set_name(name);
        m_bytes += tensor.ByteSizeLong();
        *m_graph.add_initializer() = std::move(tensor);
    }

    Result<void> writeNode(NodeIndex node)
    {
        onnx::NodeProto message = m_view.proto(node);
        if (auto read = readIn(message, m_view.payloads(node)); !read)
            return read;
        if (auto widened = convert(message, m_asFloat); !widened)
            return widened;
        const auto inputs = m_view.inputs(node);
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            const ValueIndex value = m_flow.source(inputs[i]);
            if (m_view.isSparse(value))
                return failure(ErrorCode::Unsupported, "One of its constants is stored sparse.");
            if (m_view.initializer(value) && m_stored.emplace(value, true).second) {
                auto tensor = stored(value);
                if (!tensor)
                    return tl::make_unexpected(std::move(tensor.error()));
                coarsen(static_cast<DataType>(tensor->data_type()));
                if (auto widened = convert(*tensor, m_asFloat); !widened)
                    return widened;
                store(std::move(*tensor), nameOf(value));
            }
            message.set_input(static_cast<int>(i), nameOf(value));
        }
        const auto outputs = m_view.outputs(node);
        for (std::size_t o = 0; o < outputs.size(); ++o)
            message.set_output(static_cast<int>(o), nameOf(outputs[o]));
        message.clear_name();
        if (m_view.op(node) == "DequantizeLinear")
            countSteps(inputs);
        if (m_flow.isData(m_view.output(node, 0)))
            count(message, node);
        *m_graph.add_node() = std::move(message);
        return {};
    }

    void countSteps(std::span<const ValueIndex> inputs)
    {
        const auto stored = [&](std::size_t slot) { return m_view.initializer(m_flow.source(inputs[slot])); };
        const Initializer* const integers = inputs.size() < 2 ? nullptr : stored(0);
        const Initializer* const scale = integers ? stored(1) : nullptr;
        if (!scale || integers->tensor.type() != DataType::Int32)
            return;
        double largest = 0;
        if (const auto scales = tensorView(scale->tensor).doubles())
            for (const double each : *scales)
                largest = std::max(largest, std::abs(each));
        m_steps += largest / 2;
    }

    // The products that are added up have independent signs where the data does, that is in the first layer;
    // the error of a sum of others grows with the square root of their number.
    void count(const onnx::NodeProto& message, NodeIndex node)
    {
        m_roundings += rounds(message);
        if (!addsUp(message))
            return;
        const ValueIndex data = m_view.input(node, 0), weight = m_flow.source(m_view.input(node, 1));
        const bool isFirst = std::ranges::find(m_side.inputs, data) != m_side.inputs.end();
        if (const Initializer* constant = m_view.initializer(weight); constant && !isFirst)
            m_roundings += std::sqrt(addends(message, tensorView(constant->tensor)));
    }

    void coarsen(DataType type)
    {
        if (unitRoundoff(type) > unitRoundoff(m_coarsest))
            m_coarsest = type;
    }

    bool isConstant(ValueIndex value) const { return value != ValueIndex::None && !m_flow.isData(value); }

    // False where there is an operator in it that has none, or where a message has no room for it.
    Result<bool> writeMagnitudes(const std::vector<DataType>& types)
    {
        if (m_bytes - m_bytesBefore > mostWithMagnitudes)
            return false;
        std::vector<onnx::NodeProto> nodes;
        for (const NodeIndex node : m_side.nodes) {
            if (isConstant(m_view.output(node, 0)))
                continue; // its readers have what it makes
            auto magnitude = magnitudeOf(m_view.proto(node));
            if (!magnitude || (magnitude->op_type() == "Div" && !isConstant(m_view.input(node, 1))) ||
                !m_view.payloads(node).empty())
                return false;
            nodes.push_back(std::move(*magnitude));
        }
        for (std::size_t i = 0; i < m_side.inputs.size(); ++i) {
            const ValueIndex value = m_side.inputs[i];
            if (value == ValueIndex::None)
                continue; // the other side reads it
            if (unitRoundoff(types[i]) == 0) {
                addNode("Identity", nameOf(value), magnitudeName(value));
                continue;
            }
            const std::string positive = magnitudeName(value) + "_abs";
            addNode("Abs", nameOf(value), positive);
            onnx::AttributeProto& to = *addNode("Cast", positive, magnitudeName(value)).add_attribute();
            to.set_name("to");
            to.set_type(onnx::AttributeProto::INT);
            to.set_i(static_cast<std::int64_t>(magnitudeType(computedType(types[i], m_asFloat))));
        }
        std::size_t at = 0;
        for (const NodeIndex node : m_side.nodes) {
            if (isConstant(m_view.output(node, 0)))
                continue;
            auto written = writeMagnitude(node, std::move(nodes[at++]));
            if (!written || !*written)
                return written;
        }
        return true;
    }

    Result<bool> writeMagnitude(NodeIndex node, onnx::NodeProto message)
    {
        const onnx::NodeProto& original = m_view.proto(node);
        const auto inputs = m_view.inputs(node);
        for (int i = 0; i < message.input_size(); ++i) {
            const ValueIndex value = m_flow.source(inputs[static_cast<std::size_t>(i)]);
            if (value == ValueIndex::None)
                continue;
            if (!isConstant(value)) {
                message.set_input(i, magnitudeName(value));
                continue;
            }
            const std::string name =
                magnitudeName(value) + "_" + std::to_string(index(node)) + "_" + std::to_string(i);
            auto tensor = constantTensor(value);
            if (!tensor)
                return tl::make_unexpected(std::move(tensor.error()));
            if (!*tensor)
                return false;
            auto magnitude = magnitudeOf(**tensor, original, static_cast<std::size_t>(i));
            if (!magnitude)
                return tl::make_unexpected(std::move(magnitude.error()));
            if (auto converted = convert(*magnitude, m_asFloat); !converted)
                return tl::make_unexpected(converted.error());
            store(std::move(*magnitude), name);
            message.set_input(i, name);
        }
        const auto outputs = m_view.outputs(node);
        for (int o = 0; o < message.output_size(); ++o)
            if (const ValueIndex value = outputs[static_cast<std::size_t>(o)]; value != ValueIndex::None)
                message.set_output(o, magnitudeName(value));
        message.clear_name();
        *m_graph.add_node() = std::move(message);
        return true;
    }

    // Nothing where it is computed in a way that nobody can follow here.
    Result<std::optional<onnx::TensorProto>> constantTensor(ValueIndex value) const
    {
        if (m_view.initializer(value)) {
            auto tensor = stored(value);
            if (!tensor)
                return tl::make_unexpected(std::move(tensor.error()));
            return std::optional(std::move(*tensor));
        }
        const auto constant = constantOf(m_view, value);
        if (!constant || !TensorView::areNumbers(constant->type))
            return std::optional<onnx::TensorProto>();
        const auto numbers = values(*constant);
        if (!numbers)
            return tl::make_unexpected(numbers.error());
        onnx::TensorProto tensor;
        tensor.mutable_dims()->Add(constant->dims.begin(), constant->dims.end());
        std::string bytes(static_cast<std::size_t>(storedBytes(constant->type, numbers->size())), '\0');
        if (isFoldable(constant->type))
            narrow(constant->type, *numbers, std::as_writable_bytes(std::span(bytes)));
        else if (constant->type == DataType::Int64)
            for (std::size_t e = 0; e < numbers->size(); ++e) {
                const auto number = static_cast<std::int64_t>((*numbers)[e]);
                std::memcpy(bytes.data() + e * sizeof number, &number, sizeof number);
            }
        else
            return std::optional<onnx::TensorProto>();
        tensor.set_data_type(static_cast<std::int32_t>(constant->type));
        tensor.set_raw_data(std::move(bytes));
        return std::optional(std::move(tensor));
    }

    onnx::NodeProto& addNode(const char* op, const std::string& input, const std::string& output)
    {
        onnx::NodeProto& node = *m_graph.add_node();
        node.set_op_type(op);
        node.add_input(input);
        node.add_output(output);
        return node;
    }

    const GraphView& m_view;
    const DataFlow& m_flow;
    onnx::GraphProto& m_graph;
    std::uint64_t& m_bytes;
    std::uint64_t m_bytesBefore; // of the parts that are there
    bool m_asFloat;
    const PartSide& m_side;
    std::string m_prefix;
    std::unordered_map<ValueIndex, std::string> m_names;
    std::unordered_map<ValueIndex, bool> m_stored;
    double m_roundings = 0, m_steps = 0;
    DataType m_coarsest = DataType::Undefined;
};

DataType computedType(DataType type, bool asFloat)
{
    const bool isOther = type == DataType::Double || type == DataType::Float16;
    return type == DataType::BFloat16 || (isOther && asFloat) ? DataType::Float : type;
}

PartModel::PartModel(const GraphView& view, bool asFloat) : m_view(view), m_flow(view), m_asFloat(asFloat)
{
    Model empty = view.model();
    auto graph = std::make_shared<Graph>();
    auto header = std::make_shared<onnx::GraphProto>();
    header->set_name("parts");
    graph->header = std::move(header);
    empty.graph = std::move(graph);
    // A function whose constants cannot be read is missed by its calls alone.
    auto around = assemble(empty, LeftOut::Whole);
    m_model.set_ir_version(std::max(view.model().irVersion(), irOfFreeInitializers));
    *m_model.mutable_opset_import() = view.model().header->opset_import();
    if (around)
        *m_model.mutable_functions() = around->functions();
    m_model.mutable_graph()->set_name("parts");
}

Result<PartPorts> PartModel::add(const PartSide& side, std::size_t number,
                                 const std::vector<DataType>& inputs)
{
    const int nodes = m_model.graph().node_size(), initializers = m_model.graph().initializer_size(),
              ins = m_model.graph().input_size(), outs = m_model.graph().output_size();
    auto ports = Writer(*this, side, number).write(inputs);
    if (!ports) {
        onnx::GraphProto& graph = *m_model.mutable_graph();
        graph.mutable_node()->DeleteSubrange(nodes, graph.node_size() - nodes);
        graph.mutable_initializer()->DeleteSubrange(initializers, graph.initializer_size() - initializers);
        graph.mutable_input()->DeleteSubrange(ins, graph.input_size() - ins);
        graph.mutable_output()->DeleteSubrange(outs, graph.output_size() - outs);
    }
    return ports;
}

std::string PartModel::nameOf(std::size_t number, std::size_t input)
{
    return "p" + std::to_string(number) + "_i" + std::to_string(input);
}

Result<std::string> PartModel::message() const
{
    std::string bytes;
    if (!m_model.SerializeToString(&bytes))
        return failure(ErrorCode::Unsupported, "They are larger than 2 GiB.");
    return bytes;
}

} // namespace pleat
