// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/support/RandomArithmetic.h"

#include "tests/core/support/Messages.h"

#include <algorithm>
#include <random>
#include <set>

namespace pleat::test {

namespace {

class Arithmetic final {
public:
    Arithmetic(onnx::ModelProto& model, DataType type, std::uint32_t seed)
        : m_graph(*model.mutable_graph()),
          m_type(type),
          m_random(seed)
    {
        for (const auto& import : model.opset_import())
            m_opset = import.domain().empty() ? import.version() : m_opset;
        m_listed = model.ir_version() < 4;
    }

    void run()
    {
        static const std::set<std::string> layers{"Conv", "Relu", "BatchNormalization", "MaxPool", "MatMul"};
        const std::vector<onnx::NodeProto> nodes(m_graph.node().begin(), m_graph.node().end());
        m_graph.clear_node();
        for (onnx::NodeProto node : nodes) {
            if (m_opset >= 11 && node.op_type() == "Conv" && node.domain().empty() && roll(3) == 0)
                padBefore(node);
            const bool grows = layers.contains(node.op_type()) && node.domain().empty() &&
                               node.output_size() == 1 && m_opset >= 7 && roll(2) == 0;
            if (!grows) {
                *m_graph.add_node() = node;
                continue;
            }
            const std::string name = node.output(0);
            m_value = fresh();
            node.set_output(0, m_value);
            *m_graph.add_node() = node;
            for (std::size_t more = 1 + roll(4); more-- > 0;)
                step(node);
            m_graph.mutable_node()->rbegin()->set_output(0, name);
        }
    }

private:
    std::size_t roll(std::size_t sides) { return m_random() % sides; }
    std::string fresh() { return "arithmetic" + std::to_string(m_count++); }

    std::string constant(const Dims& dims, const std::vector<double>& values, DataType type)
    {
        const std::string name = fresh();
        *m_graph.add_initializer() = tensorProto(name, dims, values, type);
        if (m_listed) {
            onnx::ValueInfoProto& input = *m_graph.add_input();
            setType(input, name, type);
            auto& shape = *input.mutable_type()->mutable_tensor_type()->mutable_shape();
            for (const std::int64_t dim : dims)
                shape.add_dim()->set_dim_value(dim);
        }
        return name;
    }

    std::string made(const std::string& op, const std::vector<std::string>& inputs,
                     const Attributes& attributes = {})
    {
        onnx::NodeProto& node = *m_graph.add_node();
        node.set_op_type(op);
        node.set_name(fresh());
        for (const std::string& input : inputs)
            node.add_input(input);
        const std::string output = fresh();
        node.add_output(output);
        for (const auto& [name, value] : attributes)
            setAttribute(node, name, value);
        return output;
    }

    // Between ½ and 1½, of either sign; one number, or one for each channel of a convolution.
    std::string number(const onnx::NodeProto& layer)
    {
        Dims dims = roll(2) == 0 ? Dims{} : Dims{1};
        if (layer.op_type() == "Conv" && roll(2) == 0) {
            for (const auto& tensor : m_graph.initializer()) {
                if (tensor.name() == layer.input(1) && tensor.dims_size() == 4)
                    dims = {tensor.dims(0), 1, 1};
            }
        }
        std::vector<double> values;
        for (std::int64_t e = 0; e < elementCount(dims); ++e)
            values.push_back((0.5 + static_cast<double>(roll(1000)) / 1000) * (roll(2) == 0 ? 1 : -1));
        const std::string stored = constant(dims, values, m_type);
        return roll(3) == 0 ? made("Neg", {stored}) : stored;
    }

    void step(const onnx::NodeProto& layer)
    {
        static constexpr const char* ops[] = {"Add", "Sub", "Mul", "Div"};
        const std::size_t kind = roll(7);
        if (kind < 4)
            m_value = made(ops[kind], {m_value, number(layer)});
        else if (kind == 4)
            m_value = roll(2) == 0 ? made("Neg", {m_value}) : made("Sub", {number(layer), m_value});
        else if (kind == 5)
            m_value = made("Reshape", {m_value, sizes()});
        else
            m_value = made("Div", {m_value, made("Cast", {extent()}, {{"to", static_cast<int>(m_type)}})});
    }

    // All sizes of the current value, computed in one way or another.
    std::string sizes()
    {
        const std::string shape = made("Shape", {m_value});
        const std::string one = constant({1}, {1}, DataType::Int64);
        const std::size_t way = roll(m_opset >= 9 ? 3 : 2);
        if (way == 1)
            return made("Mul", {shape, one});
        return way == 2 ? made("Where", {made("Equal", {shape, one}), one, shape}) : shape;
    }

    // One size, as a scalar.
    std::string extent()
    {
        return made("Gather", {made("Shape", {m_value}),
                               constant({}, {static_cast<double>(roll(2))}, DataType::Int64)});
    }

    // Takes one from each of the pads of a convolution and pads before it.
    void padBefore(onnx::NodeProto& conv)
    {
        for (onnx::AttributeProto& attribute : *conv.mutable_attribute()) {
            if (attribute.name() != "pads" || attribute.ints_size() != 4 ||
                std::ranges::any_of(attribute.ints(), [](std::int64_t pad) { return pad < 1; }))
                continue;
            for (std::int64_t& pad : *attribute.mutable_ints())
                --pad;
            conv.set_input(
                0, made("Pad", {conv.input(0), constant({8}, {0, 0, 1, 1, 0, 0, 1, 1}, DataType::Int64)}));
        }
    }

    onnx::GraphProto& m_graph;
    DataType m_type;
    std::mt19937 m_random;
    std::int64_t m_opset = 0;
    bool m_listed = false;
    std::string m_value; // behind the layer
    int m_count = 0;
};

} // namespace

onnx::ModelProto withArithmetic(onnx::ModelProto model, DataType type, std::uint32_t seed)
{
    Arithmetic(model, type, seed).run();
    return model;
}

} // namespace pleat::test
