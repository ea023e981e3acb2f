// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/support/ModelBuilder.h"

#include <algorithm>
#include <onnx/shape_inference/implementation.h>
#include <stdexcept>

namespace pleat::test {

namespace {

void setUnlessEmpty(onnx::NodeProto& node, const std::string& name, const Dims& value)
{
    if (!value.empty())
        setAttribute(node, name, value);
}

void setConvAttributes(onnx::NodeProto& node, const ConvSpec& spec)
{
    setAttribute(node, "kernel_shape", spec.kernel);
    if (spec.group != 1)
        setAttribute(node, "group", static_cast<int>(spec.group));
    setUnlessEmpty(node, "strides", spec.strides);
    setUnlessEmpty(node, "pads", spec.pads);
    setUnlessEmpty(node, "dilations", spec.dilations);
    setUnlessEmpty(node, "output_padding", spec.outputPadding);
    setUnlessEmpty(node, "output_shape", spec.outputShape);
    if (!spec.autoPad.empty())
        setAttribute(node, "auto_pad", spec.autoPad);
}

} // namespace

ModelBuilder::ModelBuilder(std::uint32_t seed) : m_state(seed * 0x9e3779b97f4a7c15ULL + 0x1234567ULL)
{
    m_model.set_ir_version(7);
    m_model.set_producer_name("pleat tests");
    graphProto().set_name("test");
    opset(13);
}

ModelBuilder& ModelBuilder::ir(std::int64_t version)
{
    m_model.set_ir_version(version);
    return *this;
}

ModelBuilder& ModelBuilder::opset(std::int64_t version, const std::string& domain)
{
    for (auto& import : *m_model.mutable_opset_import()) {
        if (import.domain() == domain) {
            import.set_version(version);
            return *this;
        }
    }
    auto& import = *m_model.add_opset_import();
    import.set_domain(domain);
    import.set_version(version);
    return *this;
}

ModelBuilder& ModelBuilder::dataType(DataType type)
{
    m_type = type;
    return *this;
}

ModelBuilder& ModelBuilder::weightsAsConstantNodes()
{
    m_constantNodes = true;
    return *this;
}

ModelBuilder& ModelBuilder::weightsAsTypedData()
{
    m_typedData = true;
    return *this;
}

// splitmix64 (Steele, Lea, Flood 2014): the same numbers on every platform, which std's distributions are
// not.
double ModelBuilder::uniform(double low, double high)
{
    m_state += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = m_state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    z ^= z >> 31;
    return low + (high - low) * static_cast<double>(z >> 11) * 0x1p-53;
}

std::int64_t ModelBuilder::integer(std::int64_t low, std::int64_t high)
{
    const auto count = static_cast<double>(high - low + 1);
    return low + std::min(static_cast<std::int64_t>(uniform(0, count)), high - low);
}

ModelBuilder& ModelBuilder::input(const std::string& name, const Shape& shape, std::optional<DataType> type)
{
    onnx::ValueInfoProto& value = *graphProto().add_input();
    setType(value, name, type.value_or(m_type));
    auto& dims = *value.mutable_type()->mutable_tensor_type()->mutable_shape();
    for (const Dim& dim : shape) {
        if (const int* number = std::get_if<int>(&dim))
            dims.add_dim()->set_dim_value(*number);
        else
            dims.add_dim()->set_dim_param(std::get<std::string>(dim));
    }
    m_current = name;
    m_channels = 0;
    if (shape.size() > 1 && std::holds_alternative<int>(shape[1]))
        m_channels = std::get<int>(shape[1]);
    return *this;
}

ModelBuilder& ModelBuilder::from(const std::string& value, std::int64_t channels)
{
    m_current = value;
    if (channels != 0)
        m_channels = channels;
    return *this;
}

bool ModelBuilder::has(const std::string& name) const
{
    const onnx::GraphProto& graph = m_model.graph();
    return std::any_of(graph.initializer().begin(), graph.initializer().end(),
                       [&](const auto& tensor) { return tensor.name() == name; }) ||
           std::any_of(graph.input().begin(), graph.input().end(),
                       [&](const auto& input) { return input.name() == name; }) ||
           std::any_of(graph.node().begin(), graph.node().end(), [&](const auto& node) {
               return std::find(node.output().begin(), node.output().end(), name) != node.output().end();
           });
}

std::string ModelBuilder::constant(const std::string& name, const Dims& dims,
                                   const std::vector<double>& values, std::optional<DataType> type)
{
    const auto tensor = tensorProto(name, dims, values, type.value_or(m_type), m_typedData);
    if (m_constantNodes) {
        const std::string current = m_current;
        addNode("Constant", name + "_constant", {}, {name}, {{"value", tensor}});
        m_current = current;
    } else {
        *graphProto().add_initializer() = tensor;
    }
    return name;
}

std::string ModelBuilder::random(const std::string& name, const Dims& dims, double low, double high,
                                 std::optional<DataType> type)
{
    std::vector<double> values(static_cast<std::size_t>(elementCount(dims)));
    for (double& value : values)
        value = uniform(low, high);
    return constant(name, dims, values, type);
}

std::string ModelBuilder::shapeConstant(const std::string& name, const Dims& values)
{
    return constant(name, {static_cast<std::int64_t>(values.size())}, {values.begin(), values.end()},
                    DataType::Int64);
}

std::string ModelBuilder::weight(const std::string& given, const std::string& fallback, const Dims& dims,
                                 double low, double high)
{
    const std::string name = given.empty() ? fallback : given;
    return !given.empty() ? (has(name) ? name : random(name, dims, low, high))
                          : random(name, dims, low, high);
}

std::string ModelBuilder::statistic(const std::string& given, const std::string& fallback,
                                    std::vector<double> values, std::optional<DataType> type)
{
    if (!given.empty() && has(given))
        return given;
    return constant(given.empty() ? fallback : given, {static_cast<std::int64_t>(values.size())}, values,
                    type);
}

onnx::NodeProto& ModelBuilder::addNode(const std::string& op, const std::string& name,
                                       const std::vector<std::string>& inputs,
                                       const std::vector<std::string>& outputs, const Attributes& attributes)
{
    onnx::NodeProto& node = *graphProto().add_node();
    node.set_op_type(op);
    node.set_name(name);
    for (const std::string& input : inputs)
        node.add_input(input);
    for (const std::string& output : outputs)
        node.add_output(output);
    for (const auto& [key, value] : attributes)
        setAttribute(node, key, value);
    if (!outputs.empty())
        m_current = outputs.front();
    return node;
}

ModelBuilder& ModelBuilder::conv(const std::string& name, const ConvSpec& spec)
{
    Dims dims = {spec.out, spec.in / spec.group};
    dims.insert(dims.end(), spec.kernel.begin(), spec.kernel.end());
    std::vector<std::string> inputs = {m_current, weight(spec.weight, name + ".weight", dims, -1, 1)};
    if (spec.bias)
        inputs.push_back(random(name + ".bias", {spec.out}, -1, 1));
    else if (spec.emptyBias)
        inputs.emplace_back();
    setConvAttributes(addNode("Conv", name, inputs, {spec.output.empty() ? name + "_out" : spec.output}, {}),
                      spec);
    m_channels = spec.out;
    return *this;
}

ModelBuilder& ModelBuilder::convTranspose(const std::string& name, const ConvSpec& spec)
{
    Dims dims = {spec.in, spec.out / spec.group};
    dims.insert(dims.end(), spec.kernel.begin(), spec.kernel.end());
    std::vector<std::string> inputs = {m_current, weight(spec.weight, name + ".weight", dims, -1, 1)};
    if (spec.bias)
        inputs.push_back(random(name + ".bias", {spec.out}, -1, 1));
    else if (spec.emptyBias)
        inputs.emplace_back();
    setConvAttributes(
        addNode("ConvTranspose", name, inputs, {spec.output.empty() ? name + "_out" : spec.output}, {}),
        spec);
    m_channels = spec.out;
    return *this;
}

ModelBuilder& ModelBuilder::gemm(const std::string& name, const GemmSpec& spec)
{
    const Dims dims = spec.transB ? Dims{spec.out, spec.in} : Dims{spec.in, spec.out};
    std::vector<std::string> inputs = {m_current, weight(spec.weight, name + ".weight", dims, -1, 1)};
    if (spec.c) {
        Dims shape = *spec.c;
        for (std::int64_t& dim : shape)
            dim = dim == -1 ? spec.out : dim;
        const auto count = static_cast<std::size_t>(elementCount(shape));
        inputs.push_back(spec.cValue
                             ? constant(name + ".bias", shape, std::vector<double>(count, *spec.cValue))
                             : random(name + ".bias", shape, -1, 1));
    }
    Attributes attributes;
    if (spec.transA)
        attributes.emplace_back("transA", 1);
    if (spec.transB)
        attributes.emplace_back("transB", 1);
    if (spec.alpha)
        attributes.emplace_back("alpha", *spec.alpha);
    if (spec.beta)
        attributes.emplace_back("beta", *spec.beta);
    addNode("Gemm", name, inputs, {spec.output.empty() ? name + "_out" : spec.output}, attributes);
    m_channels = spec.out;
    return *this;
}

ModelBuilder& ModelBuilder::matMul(const std::string& name, std::int64_t k, std::int64_t n)
{
    const std::string data = m_current;
    addNode("MatMul", name, {data, random(name + ".weight", {k, n}, -1, 1)}, {name + "_out"}, {});
    m_channels = n;
    return *this;
}

ModelBuilder& ModelBuilder::batchNorm(const std::string& name, const BatchNormSpec& spec)
{
    const auto channels = static_cast<std::size_t>(spec.channels != 0 ? spec.channels : m_channels);
    if (channels == 0)
        throw std::logic_error("test: give the channels of batch norm " + name);
    auto values = [&](const std::vector<double>& given, double low, double high, bool eitherSign = false) {
        std::vector<double> made = given;
        for (std::size_t i = 0; given.empty() && i < channels; ++i)
            made.push_back(uniform(low, high) * (eitherSign && i % 3 == 1 ? -1 : 1));
        return made;
    };
    const std::string data = m_current;
    std::vector<std::string> inputs = {
        data,
        statistic(spec.scaleName, name + ".weight", values(spec.scale, 0.5, 1.5, !spec.positive),
                  spec.scaleType),
        statistic(spec.biasName, name + ".bias", values(spec.bias, -1, 1), spec.scaleType),
        statistic(spec.meanName, name + ".running_mean", values(spec.mean, -1, 1), spec.statisticsType),
        statistic(spec.varianceName, name + ".running_var", values(spec.variance, 0.3, 1.8),
                  spec.statisticsType)};
    std::vector<std::string> outputs = {spec.output.empty() ? name + "_out" : spec.output};
    outputs.insert(outputs.end(), spec.extraOutputs.begin(), spec.extraOutputs.end());
    Attributes attributes = spec.attributes;
    if (spec.epsilon)
        attributes.emplace_back("epsilon", *spec.epsilon);
    addNode("BatchNormalization", name, inputs, outputs, attributes);
    m_channels = static_cast<std::int64_t>(channels);
    return *this;
}

ModelBuilder& ModelBuilder::affine(const std::string& op, const std::string& name, const Dims& dims,
                                   bool constantFirst, const Attributes& attributes)
{
    std::vector<double> values(static_cast<std::size_t>(elementCount(dims)));
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = uniform(0.5, 1.5) * (i % 3 == 1 ? -1 : 1);
    const std::string data = m_current;
    const std::string value = constant(name + ".constant", dims, values);
    addNode(op, name, constantFirst ? std::vector{value, data} : std::vector{data, value}, {name + "_out"},
            attributes);
    return *this;
}

ModelBuilder& ModelBuilder::then(const std::string& op, const std::string& name,
                                 const std::vector<std::string>& moreInputs, const Attributes& attributes)
{
    const std::string given = name.empty() ? op + "_" + std::to_string(m_unnamed++) : name;
    std::vector<std::string> inputs = {m_current};
    inputs.insert(inputs.end(), moreInputs.begin(), moreInputs.end());
    addNode(op, given, inputs, {given + "_out"}, attributes);
    return *this;
}

ModelBuilder& ModelBuilder::node(const std::string& op, const std::vector<std::string>& inputs,
                                 const std::vector<std::string>& outputs, const Attributes& attributes,
                                 const std::string& name, const std::string& domain)
{
    const std::string given = name.empty() ? op + "_" + std::to_string(m_unnamed++) : name;
    onnx::NodeProto& added = addNode(op, given, inputs, outputs, attributes);
    if (!domain.empty())
        added.set_domain(domain);
    return *this;
}

ModelBuilder& ModelBuilder::output(const std::string& name)
{
    graphProto().add_output()->set_name(name.empty() ? m_current : name);
    return *this;
}

ModelBuilder& ModelBuilder::listInitializersAsInputs()
{
    for (const auto& tensor : m_model.graph().initializer()) {
        onnx::ValueInfoProto& input = *graphProto().add_input();
        setType(input, tensor.name(), static_cast<DataType>(tensor.data_type()));
        auto& shape = *input.mutable_type()->mutable_tensor_type()->mutable_shape();
        for (const std::int64_t dim : tensor.dims())
            shape.add_dim()->set_dim_value(dim);
    }
    return *this;
}

onnx::GraphProto ModelBuilder::body() const
{
    onnx::GraphProto graph = m_model.graph();
    if (graph.output().empty())
        graph.add_output()->set_name(m_current);
    for (auto& output : *graph.mutable_output()) {
        if (!output.has_type())
            setType(output, output.name(), m_type);
    }
    return graph;
}

ModelBuilder& ModelBuilder::function(const ModelBuilder& inner, const std::string& domain,
                                     const std::string& name, const std::vector<std::string>& inputs,
                                     const std::vector<std::string>& outputs)
{
    onnx::FunctionProto& function = *m_model.add_functions();
    function.set_domain(domain);
    function.set_name(name);
    for (const std::string& input : inputs)
        function.add_input(input);
    for (const std::string& output : outputs)
        function.add_output(output);
    *function.mutable_opset_import() = m_model.opset_import();
    *function.mutable_node() = inner.m_model.graph().node();
    return opset(1, domain);
}

onnx::ModelProto ModelBuilder::proto() const
{
    onnx::ModelProto model = m_model;
    auto& outputs = *model.mutable_graph()->mutable_output();
    if (outputs.empty())
        outputs.Add()->set_name(m_current);
    // The checker wants a shape on every output; inference knows it.
    onnx::ModelProto inferred = model;
    try {
        onnx::shape_inference::InferShapes(inferred);
    } catch (const std::exception&) {
        // Some tests want models that it refuses; their outputs stay without a shape.
    }
    for (auto& output : outputs) {
        if (output.has_type())
            continue;
        setType(output, output.name(), m_type);
        for (const auto& known : inferred.graph().value_info())
            if (known.name() == output.name())
                *output.mutable_type() = known.type();
    }
    return model;
}

std::string ModelBuilder::bytes() const
{
    return proto().SerializeAsString();
}

ModelBuilder chainOfPairs(int pairs)
{
    ModelBuilder model;
    model.input("x", {1, 4, 8, 8});
    for (int pair = 1; pair <= pairs; ++pair)
        model.conv("c" + std::to_string(pair), {.out = 4, .in = 4, .kernel = {1, 1}})
            .batchNorm("bn" + std::to_string(pair))
            .relu();
    return model;
}

} // namespace pleat::test
