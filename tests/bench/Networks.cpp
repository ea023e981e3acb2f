// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/Networks.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <onnx/onnx_pb.h>
#include <random>
#include <string>
#include <vector>

namespace pleat::bench {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t alignment = std::uint64_t{1} << 16;

void check(bool good, const fs::path& file)
{
    if (good)
        return;
    std::fprintf(stderr, "%s: cannot be written\n", file.c_str());
    std::exit(1);
}

// 1 MB of random floats, again and again: the disk does not mind.
std::string randomFloats(std::uint64_t count, float from, float to)
{
    static std::mt19937 random(1);
    std::uniform_real_distribution<float> distribution(from, to);
    std::vector<float> some(std::min<std::uint64_t>(count, 1 << 18));
    for (float& value : some)
        value = distribution(random);
    std::string bytes(count * sizeof(float), '\0');
    for (std::size_t at = 0; at < bytes.size(); at += some.size() * sizeof(float))
        std::memcpy(bytes.data() + at, some.data(), std::min(some.size() * sizeof(float), bytes.size() - at));
    return bytes;
}

class Builder final {
public:
    Builder()
    {
        m_model.set_ir_version(8);
        m_model.add_opset_import()->set_version(17);
        m_graph = m_model.mutable_graph();
        m_graph->set_name("network");
    }

    std::string input(const std::string& name, const std::vector<std::int64_t>& shape)
    {
        setShape(*m_graph->add_input(), name, shape);
        return name;
    }

    // All that nodes make is said to have this shape.
    void declareAll(const std::vector<std::int64_t>& shape)
    {
        for (const onnx::NodeProto& node : m_graph->node())
            setShape(*m_graph->add_value_info(), node.output(0), shape);
    }

    void output(const std::string& name, const std::vector<std::int64_t>& shape)
    {
        setShape(*m_graph->add_output(), name, shape);
    }

    onnx::TensorProto& tensor(const std::string& name, const std::vector<std::int64_t>& dims)
    {
        auto& tensor = *m_graph->add_initializer();
        tensor.set_name(name);
        tensor.set_data_type(onnx::TensorProto::FLOAT);
        for (const std::int64_t dim : dims)
            tensor.add_dims(dim);
        return tensor;
    }

    void randomTensor(const std::string& name, const std::vector<std::int64_t>& dims, float from, float to)
    {
        std::uint64_t count = 1;
        for (const std::int64_t dim : dims)
            count *= static_cast<std::uint64_t>(dim);
        tensor(name, dims).set_raw_data(randomFloats(count, from, to));
    }

    // Adds a node with one output of its own name and returns that.
    std::string node(const std::string& op, const std::vector<std::string>& inputs)
    {
        m_node = m_graph->add_node();
        const std::string name = op + "_" + std::to_string(m_graph->node_size());
        m_node->set_op_type(op);
        m_node->set_name(name);
        for (const std::string& from : inputs)
            m_node->add_input(from);
        m_node->add_output(name + "_out");
        return name + "_out";
    }

    void attribute(const std::string& name, const std::vector<std::int64_t>& values)
    {
        auto* attribute = m_node->add_attribute();
        attribute->set_name(name);
        attribute->set_type(onnx::AttributeProto::INTS);
        for (const std::int64_t value : values)
            attribute->add_ints(value);
    }

    std::string batchNorm(const std::string& from, std::int64_t channels)
    {
        const std::string prefix = from + ".bn.";
        randomTensor(prefix + "gamma", {channels}, 0.5f, 2.0f);
        randomTensor(prefix + "beta", {channels}, -1.0f, 1.0f);
        randomTensor(prefix + "mean", {channels}, -1.0f, 1.0f);
        randomTensor(prefix + "var", {channels}, 0.1f, 3.0f);
        return node("BatchNormalization",
                    {from, prefix + "gamma", prefix + "beta", prefix + "mean", prefix + "var"});
    }

    std::string conv(const std::string& from, std::int64_t inputs, std::int64_t outputs, std::int64_t kernel,
                     std::int64_t stride)
    {
        const std::string weight = from + ".w" + std::to_string(m_graph->node_size());
        randomTensor(weight, {outputs, inputs, kernel, kernel}, -0.1f, 0.1f);
        const std::string to = node("Conv", {from, weight});
        const std::int64_t pad = kernel / 2;
        attribute("kernel_shape", {kernel, kernel});
        attribute("strides", {stride, stride});
        attribute("pads", {pad, pad, pad, pad});
        return batchNorm(to, outputs);
    }

    void write(const fs::path& path) const
    {
        std::ofstream file(path, std::ios::binary);
        check(m_model.SerializeToOstream(&file) && file.flush(), path);
    }

private:
    static void setShape(onnx::ValueInfoProto& value, const std::string& name,
                         const std::vector<std::int64_t>& shape)
    {
        value.set_name(name);
        auto* type = value.mutable_type()->mutable_tensor_type();
        type->set_elem_type(onnx::TensorProto::FLOAT);
        for (const std::int64_t dim : shape)
            type->mutable_shape()->add_dim()->set_dim_value(dim);
    }

    onnx::ModelProto m_model;
    onnx::GraphProto* m_graph = nullptr;
    onnx::NodeProto* m_node = nullptr;
};

std::string bottleneck(Builder& network, const std::string& from, std::int64_t inputs, std::int64_t width,
                       std::int64_t stride)
{
    const std::int64_t outputs = width * 4;
    std::string main = network.node("Relu", {network.conv(from, inputs, width, 1, 1)});
    main = network.node("Relu", {network.conv(main, width, width, 3, stride)});
    main = network.conv(main, width, outputs, 1, 1);
    const std::string side = inputs == outputs ? from : network.conv(from, inputs, outputs, 1, stride);
    return network.node("Relu", {network.node("Add", {main, side})});
}

} // namespace

void writeResNet(const fs::path& model, int layers)
{
    const std::array<int, 4> blocks = {3, layers == 152 ? 8 : 4,
                                       layers == 50    ? 6
                                       : layers == 101 ? 23
                                                       : 36,
                                       3};
    Builder network;
    std::string at = network.input("image", {1, 3, 224, 224});
    at = network.node("Relu", {network.conv(at, 3, 64, 7, 2)});
    at = network.node("MaxPool", {at});
    network.attribute("kernel_shape", {3, 3});
    network.attribute("strides", {2, 2});
    network.attribute("pads", {1, 1, 1, 1});
    std::int64_t channels = 64;
    for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
        const std::int64_t width = std::int64_t{64} << stage;
        for (int block = 0; block < blocks[stage]; ++block) {
            at = bottleneck(network, at, channels, width, block == 0 && stage > 0 ? 2 : 1);
            channels = width * 4;
        }
    }
    at = network.node("Flatten", {network.node("GlobalAveragePool", {at})});
    network.randomTensor("fc.w", {channels, 1000}, -0.1f, 0.1f);
    network.randomTensor("fc.b", {1000}, -0.1f, 0.1f);
    network.output(network.node("Gemm", {at, "fc.w", "fc.b"}), {1, 1000});
    network.write(model);
}

void writeChain(const fs::path& model, int pairs, int channels, Declared declared)
{
    Builder network;
    std::string at = network.input("x", {1, channels, 8, 8});
    for (int pair = 0; pair < pairs; ++pair)
        at = network.conv(at, channels, channels, 1, 1);
    network.output(at, {1, channels, 8, 8});
    if (declared == Declared::Everything)
        network.declareAll({1, channels, 8, 8});
    network.write(model);
}

void writeExternal(const fs::path& model, int pairs, Contents contents)
{
    const fs::path data = model.string() + ".data";
    constexpr std::uint64_t step = (externalTensorBytes + alignment - 1) / alignment * alignment;
    std::ofstream file(data, std::ios::binary);
    const std::string some =
        contents == Contents::Random ? randomFloats(externalTensorBytes / 4, -0.1f, 0.1f) : "";
    Builder network;
    std::string at = network.input("x", {1, 1024, 14, 14});
    for (int pair = 0; pair < pairs; ++pair) {
        const std::string weight = "w" + std::to_string(pair);
        const std::uint64_t offset = static_cast<std::uint64_t>(pair) * step;
        auto& tensor = network.tensor(weight, {1024, 1024, 3, 3});
        tensor.set_data_location(onnx::TensorProto::EXTERNAL);
        const std::array<std::pair<const char*, std::string>, 3> entries = {
            {{"location", data.filename().string()},
             {"offset", std::to_string(offset)},
             {"length", std::to_string(externalTensorBytes)}}};
        for (const auto& [key, value] : entries) {
            auto* entry = tensor.add_external_data();
            entry->set_key(key);
            entry->set_value(value);
        }
        file.seekp(static_cast<std::streamoff>(offset));
        file.write(some.data(), static_cast<std::streamsize>(some.size()));
        at = network.node("Conv", {at, weight});
        network.attribute("pads", {1, 1, 1, 1});
        at = network.batchNorm(at, 1024);
    }
    network.output(at, {1, 1024, 14, 14});
    file.close();
    check(!file.fail(), data);
    fs::resize_file(data, static_cast<std::uint64_t>(pairs) * step);
    network.write(model);
}

} // namespace pleat::bench
