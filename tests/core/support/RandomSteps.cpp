// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/support/RandomSteps.h"

#include "core/edit/Find.h"
#include "core/graph/Named.h"
#include "tests/core/support/RandomEdits.h"

#include <fstream>

namespace pleat::test {

namespace {

std::string randomTensor(const GraphView& view, std::mt19937& random)
{
    const auto value = static_cast<ValueIndex>(random() % view.valueCount());
    return view.exists(value) ? std::string(view.name(value)) : "nobody";
}

std::string randomNode(const GraphView& view, std::mt19937& random)
{
    const auto& nodes = view.scopes()[random() % view.scopes().size()].nodes;
    return nodes.empty() ? "nobody" : lastingId(view, pick(nodes, random)); // a cut may have left none
}

// One of those, or any where there is none.
std::string randomNodeOf(const GraphView& view, std::string_view op, std::mt19937& random)
{
    std::vector<NodeIndex> nodes;
    for (std::uint32_t n = 0; n < view.nodeCount(); ++n)
        if (view.exists(NodeIndex{n}) && view.op(NodeIndex{n}) == op)
            nodes.push_back(NodeIndex{n});
    return nodes.empty() ? randomNode(view, random) : lastingId(view, nodes[random() % nodes.size()]);
}

std::string written(const std::filesystem::path& file, const std::string& bytes)
{
    std::ofstream(file, std::ios::binary) << bytes;
    return file.string();
}

// NumPy's format 1.0 (numpy.lib.format): a header padded to 64 bytes, then the numbers.
std::string array(const std::filesystem::path& folder, const std::vector<std::int64_t>& dims,
                  std::mt19937& random)
{
    std::string shape, name = "array";
    std::size_t count = 1;
    for (const std::int64_t dim : dims) {
        shape += std::to_string(dim) + ",";
        name += "_" + std::to_string(dim);
        count *= static_cast<std::size_t>(dim);
    }
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }";
    header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 11, ' ');
    header += '\n';
    std::string bytes = "\x93NUMPY\x01";
    bytes += '\0';
    bytes += static_cast<char>(header.size() % 256);
    bytes += static_cast<char>(header.size() / 256);
    bytes += header;
    std::vector<float> numbers(count);
    for (float& number : numbers)
        number = static_cast<float>(random() % 100) / 8;
    bytes.append(reinterpret_cast<const char*>(numbers.data()), count * sizeof(float));
    return written(folder / (name + "_" + std::to_string(random() % 1000) + ".npy"), bytes);
}

// Those that take a file.
EditStep randomStepWithFile(const GraphView& view, std::mt19937& random, const std::filesystem::path& folder)
{
    if (random() % 4 == 0) {
        MergeModel step;
        step.file = (folder / mergedModel(random() % mergedModels)).string();
        step.prefix = random() % 2 == 0 ? "other/" : "";
        step.beside = random() % 2 == 0;
        return step;
    }
    if (random() % 3 == 0)
        return SetAttributeTensor{randomNodeOf(view, "Constant", random), "value",
                                  array(folder, {2, 2}, random), ""};
    std::vector<const Initializer*> floats;
    for (const Initializer& each : view.model().graph->initializers)
        if (each.tensor.type() == DataType::Float)
            floats.push_back(&each);
    if (floats.empty())
        return ReplaceTensor{randomTensor(view, random), array(folder, {}, random), "", random() % 2 == 0};
    const Initializer& chosen = *floats[random() % floats.size()];
    const auto dims = chosen.tensor.dims();
    return ReplaceTensor{std::string(chosen.tensor.name()), array(folder, {dims.begin(), dims.end()}, random),
                         "", random() % 2 == 0};
}

} // namespace

std::string mergedModel(std::size_t number)
{
    return "other_" + std::to_string(number) + ".onnx";
}

EditStep randomStep(const GraphView& view, std::mt19937& random, const std::filesystem::path& folder)
{
    if (!folder.empty() && random() % 12 == 0)
        return randomStepWithFile(view, random, folder);
    const std::string tensor = randomTensor(view, random), other = randomTensor(view, random);
    const std::string node = randomNode(view, random), fresh = "new" + std::to_string(random() % 1000);
    static const std::vector<InsertNode> inserted{{"", "", "Identity", {}},
                                                  {"", "", "Relu", {}},
                                                  {"", "", "Clip", {{"max", 6.0}}},
                                                  {"", "", "BatchNormalization", {}},
                                                  {"", "", "QuantizeDequantize", {{"scale", 0.5}}}};
    switch (random() % 28) {
    case 0:
    case 1:
        return RenameTensor{tensor, fresh};
    case 2:
        return RenameNode{node, fresh};
    case 3:
        return RemoveNode{node, random() % 2 == 0};
    case 4:
    case 5:
        return BypassNode{node};
    case 6:
        return DuplicateNode{node};
    case 7:
        return ConnectInput{node, static_cast<std::int64_t>(random() % 3), tensor};
    case 8:
    case 9: {
        InsertNode step = inserted[random() % inserted.size()];
        step.tensor = tensor;
        return step;
    }
    case 10:
        return AddNode{"Add", "", {tensor, other}, {fresh}, fresh + "_node", {}};
    case 11:
        if (const auto found = pleat::findNode(view, node); found && view.op(*found) == "Conv")
            return SetAttribute{node, "strides", std::vector<std::int64_t>{1, 2}};
        return SetNodeDoc{node, fresh};
    case 12:
        return AddOutput{tensor};
    case 13:
        if (random() % 2 == 0)
            return SetOutput{tensor, {{-1, "N"}, {2, ""}}};
        return RemoveOutput{tensor};
    case 14:
        return ScaleTensor{tensor, 0.5};
    case 15:
        return StoreTensorAs{tensor, random() % 2 == 0 ? DataType::Float16 : DataType::BFloat16};
    case 16:
        return SetBatch{random() % 2 == 0 ? Dimension{-1, "N"} : Dimension{2, ""}};
    case 17:
        return SetValues{tensor, random() % 2 == 0 ? "0" : "", "1"};
    case 18:
        return FillTensor{tensor, 0.25};
    case 19:
        return PruneTensor{tensor, 0.1};
    case 20:
        return SetAttributeNumbers{randomNodeOf(view, "Constant", random), "value",
                                   random() % 2 == 0 ? "1" : "float[2x2]: 1, 2, 3, 4"};
    case 21:
        return RemoveAttribute{randomNodeOf(view, "Conv", random), random() % 2 == 0 ? "pads" : "dilations"};
    case 22:
        return ReplaceOperator{randomNodeOf(view, random() % 2 == 0 ? "Relu" : "Add", random),
                               random() % 2 == 0 ? "Sigmoid" : "Mul", ""};
    case 23:
        return SetInput{tensor,
                        random() % 2 == 0 ? std::optional(std::vector<Dimension>{{2, ""}, {-1, "C"}})
                                          : std::nullopt,
                        random() % 2 == 0 ? DataType::Float16 : DataType::Undefined};
    case 24:
        return RenameSymbol{random() % 2 == 0 ? "N" : "C", fresh};
    case 25:
        return random() % 2 == 0 ? EditStep(SetModelText{ModelText::GraphName, fresh})
                                 : EditStep(SetOpset{"org.example", 1});
    case 26:
        return random() % 6 == 0
                   ? EditStep(ComputeAs{
                         random() % 2 == 0 ? DataType::Float16 : DataType::BFloat16, random() % 2 == 0, {}})
                   : EditStep(SetNodeDoc{node, fresh});
    default:
        return random() % 8 == 0 ? EditStep(CutOut{{}, {tensor}}) : EditStep(SetMetadata{fresh, other});
    }
}

} // namespace pleat::test
