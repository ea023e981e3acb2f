// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/support/RandomSteps.h"

#include "core/edit/Find.h"
#include "core/graph/Named.h"
#include "tests/core/support/RandomEdits.h"

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

} // namespace

EditStep randomStep(const GraphView& view, std::mt19937& random)
{
    const std::string tensor = randomTensor(view, random), other = randomTensor(view, random);
    const std::string node = randomNode(view, random), fresh = "new" + std::to_string(random() % 1000);
    static const std::vector<InsertNode> inserted{{"", "", "Identity", {}},
                                                  {"", "", "Relu", {}},
                                                  {"", "", "Clip", {{"max", 6.0}}},
                                                  {"", "", "BatchNormalization", {}},
                                                  {"", "", "QuantizeDequantize", {{"scale", 0.5}}}};
    switch (random() % 19) {
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
    default:
        return random() % 8 == 0 ? EditStep(CutOut{{}, {tensor}}) : EditStep(SetMetadata{fresh, other});
    }
}

} // namespace pleat::test
