// SPDX-License-Identifier: GPL-3.0-or-later
// A batch norm that cannot be folded is a result: its code, a sentence that names the culprit, and the same
// bytes (resources/guide/folding.md, "When it may not be folded"). The smallest model for each reason that
// after-folds know; those about numbers and modes are in test_fold_numbers.
#include "core/model/ModelReader.h"
#include "tests/core/support/FoldChecks.h"

#include <QTemporaryDir>
#include <QTest>
#include <fstream>
#include <set>

using namespace pleat;
using namespace pleat::test;

namespace {

ModelBuilder conv(const ConvSpec& spec = {})
{
    ModelBuilder model;
    model.input("x", {"N", 3, 8, 8}).conv("c1", spec);
    return model;
}

// Conv, one operator, batch norm.
ModelBuilder between(const std::string& op, const std::vector<std::string>& moreInputs = {},
                     const Attributes& attributes = {})
{
    ModelBuilder model = conv();
    model.then(op, "middle", moreInputs, attributes).batchNorm("bn1");
    return model;
}

const std::vector<Reason> allReasons = {Reason::SeveralConsumers,
                                        Reason::GraphOutput,
                                        Reason::Captured,
                                        Reason::NotConstant,
                                        Reason::OverridableInput,
                                        Reason::TrainingMode,
                                        Reason::ExtraOutputs,
                                        Reason::Spatial,
                                        Reason::ChannelMismatch,
                                        Reason::ChannelsUnknown,
                                        Reason::BadGroup,
                                        Reason::NotPerChannel,
                                        Reason::Broadens,
                                        Reason::Divides,
                                        Reason::Padding,
                                        Reason::PaddingUnknown,
                                        Reason::TransposedStride,
                                        Reason::TransposedBorder,
                                        Reason::Axis,
                                        Reason::TransA,
                                        Reason::Variance,
                                        Reason::NonFinite,
                                        Reason::Overflow,
                                        Reason::Dtype,
                                        Reason::Sparse,
                                        Reason::Quantized,
                                        Reason::QuantizeBetween,
                                        Reason::CastNarrows,
                                        Reason::MissingData,
                                        Reason::SharedFunction,
                                        Reason::CustomDomain,
                                        Reason::OperatorBetween,
                                        Reason::InputStatistics,
                                        Reason::NoNeighbour};

} // namespace

class VerdictsTest final : public QObject {
    Q_OBJECT

private slots:
    void codesAreThoseOfTheContract()
    {
        const std::vector<std::string> codes = {"several-consumers",
                                                "graph-output",
                                                "captured",
                                                "not-constant",
                                                "overridable-input",
                                                "training-mode",
                                                "extra-outputs",
                                                "spatial",
                                                "channel-mismatch",
                                                "channels-unknown",
                                                "bad-group",
                                                "not-per-channel",
                                                "broadens",
                                                "divides",
                                                "padding",
                                                "padding-unknown",
                                                "transposed-stride",
                                                "transposed-border",
                                                "axis",
                                                "trans-a",
                                                "variance",
                                                "non-finite",
                                                "overflow",
                                                "dtype",
                                                "sparse",
                                                "quantized",
                                                "quantize-between",
                                                "cast-narrows",
                                                "missing-data",
                                                "shared-function",
                                                "custom-domain",
                                                "operator-between",
                                                "input-statistics",
                                                "no-neighbour"};
        QCOMPARE(codes.size(), allReasons.size());
        for (std::size_t i = 0; i < codes.size(); ++i) {
            QCOMPARE(std::string(code(allReasons[i])), codes[i]);
            QVERIFY(!brief(allReasons[i]).empty());
        }
    }

    void blocksWhenConvOutputIsReadElsewhere() // case 46
    {
        ModelBuilder model = conv();
        model.batchNorm("bn1").output().node("Relu", {"c1_out"}, {"y"}, {}, "other_reader").output();
        const FoldCandidate blocked = assertBlocked(model, Reason::SeveralConsumers, "other_reader");
        QVERIFY2(blocked.message.text().find("c1") != std::string::npos, blocked.message.text().c_str());
        QVERIFY(blocked.layer && blocked.layer->name == "c1");
    }

    void blocksWhenConvOutputIsAddedToTheBatchNorm() // case 46
    {
        ModelBuilder model = conv();
        model.batchNorm("bn1").node("Add", {"c1_out", "bn1_out"}, {"y"}, {}, "residual");
        assertBlocked(model, Reason::SeveralConsumers, "residual");
    }

    void blocksTwoBatchNormsOnOneConv()
    {
        ModelBuilder model = conv();
        model.batchNorm("bn1").output().from("c1_out", 4).batchNorm("bn2").output();
        assertBlocked(model, Reason::SeveralConsumers, "bn2", "bn1");
        assertBlocked(model, Reason::SeveralConsumers, "bn1", "bn2");
    }

    void blocksWhenConvOutputIsAlsoAGraphOutput() // case 28
    {
        ModelBuilder model = conv();
        model.output().batchNorm("bn1").output();
        assertBlocked(model, Reason::GraphOutput, "c1_out");
    }

    void blocksWhenABodyReadsTheConvOutput() // case 28
    {
        ModelBuilder positive, negative;
        positive.node("Relu", {"c1_out"}, {"then_out"});
        negative.node("Neg", {"x"}, {"else_out"});
        ModelBuilder model;
        model.input("cond", {}, DataType::Bool)
            .input("x", {"N", 3, 8, 8})
            .conv("c1", {})
            .batchNorm("bn1")
            .output();
        model.node("If", {"cond"}, {"y"},
                   {{"then_branch", positive.body()}, {"else_branch", negative.body()}}, "decision");
        model.output();
        const FoldCandidate blocked = assertBlocked(model, Reason::Captured, "decision");
        QVERIFY2(blocked.message.text().find("c1_out") != std::string::npos, blocked.message.text().c_str());
    }

    void blocksAParameterThatIsComputed() // case 30
    {
        ModelBuilder model;
        model.input("scale", {4})
            .input("x", {"N", 3, 8, 8})
            .conv("c1", {})
            .batchNorm("bn1", {.scaleName = "scale"});
        assertBlocked(model, Reason::NotConstant, "bn1");
        ModelBuilder computed;
        computed.input("raw", {4}).then("Relu", "r").input("x", {"N", 3, 8, 8}).conv("c1", {});
        computed.batchNorm("bn1", {.meanName = "r_out"});
        assertBlocked(computed, Reason::NotConstant, "bn1");
    }

    void blocksAWeightThatIsComputed()
    {
        ModelBuilder model;
        model.input("W", {4, 3, 3, 3})
            .input("x", {"N", 3, 8, 8})
            .conv("c1", {.weight = "W"})
            .batchNorm("bn1");
        assertBlocked(model, Reason::NotConstant, "c1");
    }

    void blocksABiasThatIsComputed()
    {
        ModelBuilder model;
        model.input("b", {4}).input("x", {"N", 3, 8, 8});
        model.node("Conv", {"x", model.random("W", {4, 3, 3, 3}, -1, 1), "b"}, {"y"}, {}, "c1");
        model.from("y", 4).batchNorm("bn1");
        assertBlocked(model, Reason::NotConstant, "c1");
    }

    void blocksAWeightThatACallerMayReplace()
    {
        ModelBuilder model = conv({.weight = "W"});
        model.batchNorm("bn1").input("W", {4, 3, 3, 3}).from("bn1_out");
        assertBlocked(model, Reason::OverridableInput, "c1");
    }

    void blocksParametersOfAnotherLength()
    {
        ModelBuilder model = conv();
        model.batchNorm("bn1", {.channels = 5});
        const FoldCandidate blocked = assertBlocked(model, Reason::ChannelMismatch, "c1");
        QVERIFY2(blocked.message.text().find('5') != std::string::npos &&
                     blocked.message.text().find('4') != std::string::npos,
                 blocked.message.text().c_str());
        ModelBuilder one = conv();
        one.batchNorm("bn1", {.mean = {1, 2, 3}});
        assertBlocked(one, Reason::ChannelMismatch, "bn1");
    }

    void blocksAGroupThatDoesNotDivide()
    {
        ModelBuilder model;
        model.input("x", {"N", 4, 5, 5});
        model.node("ConvTranspose", {"x", model.random("W", {4, 2, 3, 3}, -1, 1)}, {"y"}, {{"group", 3}},
                   "d1");
        model.from("y", 6).batchNorm("bn1");
        const FoldCandidate blocked = assertBlocked(model, Reason::BadGroup, "group 3");
        QVERIFY2(blocked.message.text().find('4') != std::string::npos, blocked.message.text().c_str());
    }

    void blocksAGroupOfZeroOrLess()
    {
        for (const int group : {0, -1}) {
            for (const char* op : {"Conv", "ConvTranspose"}) {
                ModelBuilder model;
                model.input("x", {"N", 4, 5, 5});
                model.node(op, {"x", model.random("W", {4, 4, 3, 3}, -1, 1)}, {"y"}, {{"group", group}},
                           "c1");
                model.from("y", 4).batchNorm("bn1");
                assertBlocked(model, Reason::BadGroup, "group " + std::to_string(group));
            }
        }
    }

    void blocksWeightsOfTypesThatCannotBeScaled()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8});
        model.constant("W", {4, 3, 1, 1}, std::vector<double>(12, 3), DataType::Int32);
        model.node("Conv", {"x", "W"}, {"y"}, {}, "c1").from("y", 4).batchNorm("bn1");
        assertBlocked(model, Reason::Dtype, "int32");
    }

    void blocksSparseWeights()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8})
            .node("Conv", {"x", "W"}, {"y"}, {}, "c1")
            .from("y", 4)
            .batchNorm("bn1");
        auto& sparse = *model.graphProto().add_sparse_initializer();
        *sparse.mutable_values() = tensorProto("W", {2}, {1, 2}, DataType::Float);
        *sparse.mutable_indices() = tensorProto("", {2}, {3, 8}, DataType::Int64);
        for (const std::int64_t dim : {4, 3, 1, 1})
            sparse.add_dims(dim);
        assertBlocked(model, Reason::Sparse, "c1");
    }

    void blocksWeightsThatAreDequantized() // case 37
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8});
        model.constant("q", {4, 3, 1, 1}, std::vector<double>(12, 3), DataType::Int8);
        model.constant("q_scale", {}, {0.1});
        model.constant("q_zero", {}, {0}, DataType::Int8);
        model.node("DequantizeLinear", {"q", "q_scale", "q_zero"}, {"W"});
        model.node("Conv", {"x", "W"}, {"y"}, {}, "c1").from("y", 4).batchNorm("bn1");
        assertBlocked(model, Reason::Quantized, "c1");
    }

    void blocksQuantizationBetween() // case 45
    {
        ModelBuilder model = conv();
        model.constant("q_scale", {}, {0.1});
        model.constant("q_zero", {}, {0}, DataType::Int8);
        model.then("QuantizeLinear", "quantize", {"q_scale", "q_zero"});
        model.then("DequantizeLinear", "dequantize", {"q_scale", "q_zero"}).batchNorm("bn1");
        assertBlocked(model, Reason::QuantizeBetween, "quantize");
    }

    void blocksANarrowingCastBetween()
    {
        ModelBuilder model = conv();
        model.then("Cast", "to_half", {}, {{"to", 10}}).dataType(DataType::Float16).batchNorm("bn1");
        const FoldCandidate blocked = assertBlocked(model, Reason::CastNarrows, "to_half");
        QVERIFY2(blocked.message.text().find("float16") != std::string::npos, blocked.message.text().c_str());
    }

    void blocksActivationsBetween() // case 42
    {
        for (const char* op : {"Relu", "Sigmoid", "HardSwish", "Tanh", "Softplus", "Elu"}) {
            ModelBuilder model = conv();
            model.opset(14).then(op, "middle").batchNorm("bn1");
            const FoldCandidate blocked = assertBlocked(model, Reason::OperatorBetween, op);
            QVERIFY2(blocked.message.text().find("bn1") != std::string::npos, blocked.message.text().c_str());
        }
    }

    void blocksOperatorsThatTakeStatisticsFromTheirInput() // case 42
    {
        ModelBuilder model = conv();
        const auto scale = model.random("in.weight", {4}, -1, 1), bias = model.random("in.bias", {4}, -1, 1);
        model.then("InstanceNormalization", "middle", {scale, bias}).batchNorm("bn1");
        assertBlocked(model, Reason::InputStatistics, "InstanceNormalization");
        assertBlocked(between("LpNormalization", {}, {{"axis", 1}}), Reason::InputStatistics,
                      "LpNormalization");
    }

    void blocksOperatorsOfOtherDomains()
    {
        ModelBuilder model = conv();
        model.opset(1, "com.example").node("Mystery", {"c1_out"}, {"z"}, {}, "middle", "com.example");
        model.from("z", 4).batchNorm("bn1");
        const FoldCandidate blocked = assertBlocked(model, Reason::CustomDomain, "middle");
        QVERIFY2(blocked.message.text().find("com.example") != std::string::npos,
                 blocked.message.text().c_str());
    }

    void blocksAConvOfAnotherDomain()
    {
        ModelBuilder model;
        model.opset(1, "com.example").input("x", {"N", 3, 8, 8});
        model.node("Conv", {"x", model.random("W", {4, 3, 3, 3}, -1, 1)}, {"y"}, {}, "c1", "com.example");
        model.from("y", 4).batchNorm("bn1");
        assertBlocked(model, Reason::CustomDomain, "c1");
    }

    void blocksABatchNormWithoutALayer()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).batchNorm("bn1").relu();
        const FoldCandidate blocked = assertBlocked(model, Reason::NoNeighbour, "bn1");
        QVERIFY(!blocked.layer);
    }

    void givesEveryBatchNormExactlyOneEntry()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).batchNorm("bn0").relu().conv("c1", {}).batchNorm("bn1").relu();
        model.batchNorm("bn2").relu().conv("c2", {.in = 4}).batchNorm("bn3");
        const auto candidates = candidatesOf(model.bytes());
        QVERIFY2(candidates, candidates ? "" : candidates.error().c_str());
        std::set<std::string> ids, names;
        for (const FoldCandidate& candidate : *candidates) {
            QVERIFY(candidate.batchNorm);
            QCOMPARE(candidate.foldable, !candidate.reason.has_value());
            QVERIFY(!candidate.message.empty());
            QVERIFY2(ids.insert(candidate.id).second, candidate.id.c_str());
            for (const NodeRef& node : candidate.affine)
                QVERIFY2(names.insert(node.name).second, node.name.c_str());
            QCOMPARE(candidate.channels.value_or(0),
                     std::uint64_t{candidate.affine.front().name == "bn0" ? 3U : 4U});
        }
        QCOMPARE(names, (std::set<std::string>{"bn0", "bn1", "bn2", "bn3"}));
    }

    void listsCandidatesInTheOrderOfTheGraph()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {}).batchNorm("bn1").relu();
        model.conv("c2", {.in = 4}).batchNorm("bn2").relu().batchNorm("bn3");
        const auto candidates = candidatesOf(model.bytes());
        QVERIFY(candidates);
        QCOMPARE(candidates->size(), std::size_t{3});
        for (std::size_t i = 0; i < 3; ++i)
            QCOMPARE(candidates->at(i).affine.back().name, "bn" + std::to_string(i + 1));
    }

    void blocksWeightsWhoseExternalDataIsMissing() // case 44
    {
        QTemporaryDir folder;
        ModelBuilder model = conv({.weight = "W"});
        model.batchNorm("bn1");
        for (auto& tensor : *model.graphProto().mutable_initializer()) {
            if (tensor.name() != "W")
                continue;
            tensor.clear_raw_data();
            tensor.set_data_location(onnx::TensorProto::EXTERNAL);
            for (const auto& [key, value] : {std::pair{"location", "weights.bin"}, std::pair{"offset", "0"},
                                             std::pair{"length", "432"}}) {
                auto& entry = *tensor.add_external_data();
                entry.set_key(key);
                entry.set_value(value);
            }
        }
        const std::filesystem::path path = folder.filePath("model.onnx").toStdString();
        std::ofstream(path, std::ios::binary) << model.modelProto().SerializeAsString();
        const auto verdict = [&]() -> std::optional<FoldCandidate> {
            NoProgress progress;
            auto opened = openModel(path, progress, {});
            if (!opened)
                return {};
            const auto found = findFolds(GraphView::of(std::move(opened->model)), {}, progress, {});
            return found && found->size() == 1 ? std::optional(found->front()) : std::nullopt;
        };
        // The output has no type here, which is nobody's business.
        const auto missing = verdict();
        QVERIFY(missing);
        QVERIFY2(missing->reason == Reason::MissingData, missing->message.text().c_str());
        QVERIFY2(missing->message.text().find("W") != std::string::npos, missing->message.text().c_str());

        std::ofstream(folder.filePath("weights.bin").toStdString(), std::ios::binary)
            << std::string(431, 'x');
        const auto shorter = verdict();
        QVERIFY(shorter);
        QVERIFY2(shorter->reason == Reason::MissingData, shorter->message.text().c_str());

        std::ofstream(folder.filePath("weights.bin").toStdString(), std::ios::binary)
            << std::string(432, 'x');
        const auto whole = verdict();
        QVERIFY(whole);
        QVERIFY2(whole->foldable, whole->message.text().c_str());
    }
};

QTEST_APPLESS_MAIN(VerdictsTest)
#include "test_verdicts.moc"
