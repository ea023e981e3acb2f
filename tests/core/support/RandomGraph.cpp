// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/support/RandomGraph.h"

#include <onnx/shape_inference/implementation.h>
#include <random>

namespace pleat::test {

RandomGraph::RandomGraph(std::uint32_t seed) : m_model(seed)
{
    const std::int64_t opsets[] = {9, 11, 13, 14, 15, 17, 18, 19, 21};
    m_opset = opsets[m_model.integer(0, 8)];
    if (chance(8))
        m_type = DataType::Float16;
    m_model.dataType(m_type);
    m_model.opset(m_opset).ir(m_model.integer(0, 3) == 0 ? 3 : 8);
    if (chance(4))
        m_model.weightsAsConstantNodes();
    else if (chance(4))
        m_model.weightsAsTypedData();
    const std::int64_t channels = m_model.integer(1, 3) * 2;
    const auto data = static_cast<int>(channels);
    m_model.input("x", chance(2) ? Shape{"N", data, 6, 6} : Shape{2, data, 6, 6});
    m_values.push_back({"x", channels, 6});
    for (std::int64_t steps = m_model.integer(3, 9); steps > 0; --steps)
        grow();
    if (chance(2))
        addMatrices();
    if (m_outputs.insert(m_model.current()).second)
        m_model.output();
    if (m_model.modelProto().ir_version() < 4)
        m_model.listInitializersAsInputs();
}

// Names are anything that a file can hold.
std::string RandomGraph::named(const char* what)
{
    const char* odd[] = {"/a b.", "<b>", "\x1b[2J", "{}", "\n", "\xe2\x80\xae", "it", "\"'\\"};
    const std::string name = what + std::to_string(m_count++);
    return chance(6) ? odd[m_model.integer(0, 7)] + name : name;
}

// Mostly the newest value, so that chains arise; sometimes an older one, so that values are read twice.
RandomGraph::Value RandomGraph::pick()
{
    const auto last = static_cast<std::int64_t>(m_values.size()) - 1;
    return chance(5) ? m_values[static_cast<std::size_t>(m_model.integer(0, last))] : m_values.back();
}

void RandomGraph::push(std::int64_t channels, std::int64_t size)
{
    m_values.push_back({m_model.current(), channels, size});
}

void RandomGraph::grow()
{
    const Value from = pick();
    m_model.from(from.name, from.channels);
    const std::int64_t what = m_model.integer(0, 23);
    if (what > 15)
        addMove(from);
    else if (what < 3)
        addConv(from, false);
    else if (what == 3)
        addConv(from, true);
    else if (what < 8)
        addBatchNorm(from);
    else if (what == 8)
        addArithmetic(from);
    else if (what == 9)
        addPool(from);
    else if (what == 10)
        addPad(from);
    else if (what == 11)
        addJoin(from);
    else
        addShapeOperator(from);
    if (chance(8) && m_values.size() > 1 && m_outputs.insert(m_values.back().name).second)
        m_model.output(m_values.back().name);
    m_model.from(m_values.back().name, m_values.back().channels);
}

void RandomGraph::addConv(const Value& from, bool transposed)
{
    ConvSpec spec{.in = from.channels};
    const std::int64_t kernel = m_model.integer(1, 3), stride = chance(4) ? 2 : 1,
                       pad = m_model.integer(0, 1);
    if (!transposed && from.size + 2 * pad < kernel)
        return;
    spec.group = chance(3) ? from.channels : chance(3) && from.channels % 2 == 0 ? 2 : 1;
    spec.out = spec.group * m_model.integer(1, 3);
    spec.kernel = {kernel, kernel};
    spec.strides = {stride, stride};
    spec.bias = chance(2);
    spec.emptyBias = !spec.bias && chance(3);
    const std::int64_t size = transposed ? stride * (from.size - 1) + kernel - 2 * pad
                                         : (from.size + 2 * pad - kernel) / stride + 1;
    if (size < 1 || size > 14)
        return;
    spec.pads = {pad, pad, pad, pad};
    // The same shape again may be the same tensor again.
    const std::string key = (transposed ? "shared_t" : "shared_c") + std::to_string(spec.out) + "_" +
                            std::to_string(spec.in) + "_" + std::to_string(spec.group) + "_" +
                            std::to_string(kernel) + ".weight";
    if (chance(3))
        spec.weight = key;
    const std::string name = named(transposed ? "deconv" : "conv");
    if (transposed)
        m_model.convTranspose(name, spec);
    else
        m_model.conv(name, spec);
    push(spec.out, size);
    if (!chance(3))
        addBatchNorm(m_values.back());
}

void RandomGraph::addBatchNorm(const Value& from)
{
    BatchNormSpec spec{.channels = from.channels};
    const std::string suffix = std::to_string(from.channels);
    if (chance(4))
        spec.scaleName = "shared_scale" + suffix;
    if (chance(4))
        spec.biasName = "shared_bias" + suffix;
    if (chance(6))
        spec.varianceName = "shared_variance" + suffix;
    if (chance(8))
        spec.epsilon.reset();
    spec.positive = chance(4);
    if (chance(5))
        spec.bias = spec.mean = std::vector(static_cast<std::size_t>(from.channels), 0.0);
    m_model.batchNorm(named("bn"), spec);
    push(from.channels, from.size);
}

void RandomGraph::addArithmetic(const Value& from)
{
    const char* ops[] = {"Mul", "Add", "Sub", "Div"};
    const std::vector<Dims> shapes = {{from.channels, 1, 1}, {1, from.channels, 1, 1}, {}, {1}, {from.size}};
    const char* op = ops[m_model.integer(0, 3)];
    m_model.affine(op, named(op), shapes[static_cast<std::size_t>(m_model.integer(0, 4))],
                   chance(3) && std::string(op) != "Div");
    push(from.channels, from.size);
}

void RandomGraph::addPool(const Value& from)
{
    if (chance(4)) {
        m_model.then(chance(2) ? "GlobalAveragePool" : "GlobalMaxPool", named("pool"));
        return push(from.channels, 1);
    }
    if (from.size < 2)
        return;
    const std::int64_t pad = m_model.integer(0, 1);
    Attributes attributes = {{"kernel_shape", Dims{2, 2}}, {"pads", Dims{pad, pad, pad, pad}}};
    const bool average = chance(2);
    if (average && chance(2))
        attributes.emplace_back("count_include_pad", 1);
    m_model.then(average ? "AveragePool" : "MaxPool", named("pool"), {}, attributes);
    push(from.channels, from.size + 2 * pad - 1);
}

void RandomGraph::addPad(const Value& from)
{
    if (m_opset < 11 || from.size < 3 || from.size > 10)
        return;
    const std::string name = named("pad");
    std::vector<std::string> inputs = {m_model.shapeConstant(name + ".pads", {0, 0, 1, 0, 0, 0, 0, 1})};
    const char* modes[] = {"constant", "reflect", "edge"};
    const std::string mode = modes[m_model.integer(0, 2)];
    if (mode == "constant" && chance(2))
        inputs.push_back(m_model.random(name + ".value", {}, -1, 1));
    m_model.from(from.name, from.channels).then("Pad", name, inputs, {{"mode", mode}});
    push(from.channels, from.size + 1);
}

// What moves values about, and activations.
void RandomGraph::addShapeOperator(const Value& from)
{
    const std::string name = named("op");
    switch (m_model.integer(0, 9)) {
    case 0:
        m_model.then("Transpose", name, {}, {{"perm", chance(3) ? Dims{0, 1, 2, 3} : Dims{0, 1, 3, 2}}});
        break;
    case 1:
        if (from.channels % 4 != 0 || from.size > 6)
            return;
        m_model.then("DepthToSpace", name, {}, {{"blocksize", 2}});
        return push(from.channels / 4, from.size * 2);
    case 2: {
        std::vector<std::int64_t> order;
        for (std::int64_t c = from.channels; c > 0; --c)
            order.push_back(c - 1);
        const std::string which = m_model.shapeConstant(name + ".order", order);
        m_model.from(from.name, from.channels).then("Gather", name, {which}, {{"axis", 1}});
        break;
    }
    case 3: {
        if (m_opset < 13 || from.size > 6)
            return;
        const std::string scales = m_model.constant(name + ".scales", {4}, {1, 1, 1, 2}, DataType::Float);
        m_model.node("Resize", {from.name, "", scales}, {name + "_wide"}, {{"mode", std::string("linear")}},
                     name);
        m_model.then("AveragePool", name + "_back", {},
                     {{"kernel_shape", Dims{1, 2}}, {"strides", Dims{1, 2}}});
        break;
    }
    case 4:
        m_model.then("LeakyRelu", name, {}, {{"alpha", 0.2}});
        break;
    case 5:
        m_model.then("Sigmoid", name);
        break;
    case 6:
        m_model.then("Identity", name);
        break;
    case 7:
        m_model.then("Dropout", name);
        break;
    default:
        m_model.then("Relu", name);
    }
    push(from.channels, from.size);
}

void RandomGraph::addJoin(const Value& from)
{
    for (const Value& other : m_values) {
        if (other.name == from.name || other.size != from.size)
            continue;
        const std::string name = named("join");
        if (chance(2) && from.channels + other.channels <= 12) {
            m_model.node("Concat", {other.name, from.name}, {name + "_out"}, {{"axis", 1}}, name);
            return push(from.channels + other.channels, from.size);
        }
        if (other.channels != from.channels)
            continue;
        const char* ops[] = {"Add", "Sub", "Sum"};
        m_model.node(ops[m_model.integer(0, 2)], {from.name, other.name}, {name + "_out"}, {}, name);
        return push(from.channels, from.size);
    }
}

void RandomGraph::addMatrices()
{
    const Value from = m_values.back();
    const std::string name = named("flatten");
    const std::int64_t features = from.channels * from.size * from.size;
    m_model.node("Flatten", {from.name}, {name + "_out"}, {}, name);
    if (chance(4))
        m_model.from(name + "_out", features).batchNorm(named("bn"));
    if (chance(3)) {
        m_model.matMul(named("matmul"), features, 5);
        if (chance(2))
            m_model.affine("Add", named("bias"), {5});
        m_model.batchNorm(named("bn"));
        return;
    }
    GemmSpec spec{.out = m_model.integer(1, 6), .in = features};
    spec.transB = chance(2);
    if (chance(3))
        spec.alpha = m_model.uniform(-2, 2);
    if (chance(3))
        spec.beta = m_model.uniform(-2, 2);
    std::vector<Dims> shapes = {{-1}, {1, -1}, {}, {1}, {1, 1}, {2, 1}, {2, -1}};
    spec.c = shapes[static_cast<std::size_t>(m_model.integer(0, 6))];
    m_model.gemm(named("gemm"), spec).batchNorm(named("bn"));
    if (chance(3))
        m_model.relu();
}

onnx::ModelProto declaring(onnx::ModelProto model, std::uint32_t seed)
{
    try {
        onnx::shape_inference::InferShapes(model);
    } catch (const std::exception&) {
        return model;
    }
    std::mt19937 random(seed);
    auto& graph = *model.mutable_graph();
    auto& infos = *graph.mutable_value_info();
    for (int i = infos.size(); i-- > 0;) {
        if (random() % 2 == 0)
            infos.DeleteSubrange(i, 1);
    }
    for (onnx::ValueInfoProto& input : *graph.mutable_input()) {
        if (random() % 3 == 0)
            input.mutable_type()->mutable_tensor_type()->clear_shape();
    }
    for (onnx::ValueInfoProto& output : *graph.mutable_output()) {
        if (random() % 2 == 0)
            output.mutable_type()->mutable_tensor_type()->clear_shape();
    }
    return model;
}

onnx::ModelProto randomModel(std::uint32_t seed)
{
    RandomGraph graph(seed);
    onnx::ModelProto model = graph.model().proto();
    return seed % 2 == 0 ? declaring(std::move(model), seed) : model;
}

} // namespace pleat::test
