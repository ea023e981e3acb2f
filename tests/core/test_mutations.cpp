// SPDX-License-Identifier: GPL-3.0-or-later
// Models that somebody broke: small graphs with inputs dropped, names exchanged, shapes and attributes
// changed. They may be refused, and their batch norms may be blocked, but nothing crashes, and where ONNX
// Runtime still runs the model, the folded one gives the same. PLEAT_PROPERTY_GRAPHS and PLEAT_PROPERTY_SEED
// as in test_property.
#include "core/graph/Describe.h"
#include "tests/core/support/FoldChecks.h"

#include <QTest>
#include <fstream>

using namespace pleat;
using namespace pleat::test;

namespace {

class Mutator final {
public:
    explicit Mutator(std::uint32_t seed) : m_random(seed) {}

    onnx::ModelProto make()
    {
        onnx::ModelProto model = original();
        for (std::int64_t changes = m_random.integer(1, 3); changes > 0; --changes)
            change(*model.mutable_graph());
        return model;
    }

private:
    std::size_t below(int count) { return static_cast<std::size_t>(m_random.integer(0, count - 1)); }
    int pick(int count) { return static_cast<int>(m_random.integer(0, count - 1)); }

    onnx::ModelProto original()
    {
        ModelBuilder model(static_cast<std::uint32_t>(m_random.integer(1, 1000000)));
        const std::int64_t opsets[] = {6, 7, 9, 13, 14, 15, 17};
        model.opset(opsets[below(7)]).ir(pick(2) ? 3 : 8);
        if (pick(3) == 0)
            model.weightsAsConstantNodes();
        const Attributes inference =
            model.modelProto().opset_import(0).version() < 7 ? Attributes{{"is_test", 1}} : Attributes{};
        const BatchNormSpec batchNorm{.attributes = inference};
        model.input("x", {2, 4, 6, 6});
        switch (pick(4)) {
        case 0:
            model.conv("c1", {.in = 4, .group = 2, .bias = true, .pads = {1, 1, 1, 1}})
                .batchNorm("bn1", batchNorm);
            model.then("Relu", "r1").conv("c2", {.in = 4}).batchNorm("bn2", batchNorm);
            break;
        case 1:
            model.convTranspose("d1", {.in = 4, .group = 2, .strides = {2, 2}}).batchNorm("bn1", batchNorm);
            model.conv("c2", {.in = 4, .kernel = {1, 1}, .bias = true}).batchNorm("bn2", batchNorm);
            break;
        case 2:
            model.then("Flatten", "f")
                .gemm("g1", {.in = 144, .transB = pick(2) == 0})
                .batchNorm("bn1", batchNorm);
            model.then("Relu", "r1")
                .gemm("g2", {.out = 5, .in = 4, .c = Dims{1, -1}})
                .batchNorm("bn2", batchNorm);
            break;
        default:
            model.conv("c1", {.in = 4, .weight = "W"}).batchNorm("bn1", batchNorm).output();
            model.from("x", 4).conv("c2", {.in = 4, .weight = "W"}).batchNorm("bn2", batchNorm);
        }
        model.output();
        if (model.modelProto().ir_version() < 4)
            model.listInitializersAsInputs();
        return model.proto();
    }

    void change(onnx::GraphProto& graph)
    {
        onnx::NodeProto& node = *graph.mutable_node(pick(graph.node_size()));
        switch (pick(14)) {
        case 0:
            if (node.input_size() > 0)
                node.mutable_input()->RemoveLast();
            break;
        case 1:
            if (node.input_size() > 0)
                *node.mutable_input(pick(node.input_size())) = anyName(graph);
            break;
        case 2:
            node.add_input(anyName(graph));
            break;
        case 3:
            reshape(graph);
            break;
        case 4:
            changeAttribute(node);
            break;
        case 5:
            addAttribute(node);
            break;
        case 6:
            graph.add_output()->set_name(anyName(graph));
            break;
        case 7:
            node.add_output(pick(2) ? "extra_output" : "");
            break;
        case 8:
            if (node.attribute_size() > 0)
                node.mutable_attribute()->RemoveLast();
            break;
        case 9: {
            const char* ops[] = {"Identity",           "Relu", "Conv",   "Gemm", "ConvTranspose",
                                 "BatchNormalization", "Mul",  "Dropout"};
            node.set_op_type(ops[below(8)]);
            break;
        }
        case 10:
            node.set_domain(pick(2) ? "ai.onnx" : "com.example");
            break;
        case 11:
            if (node.input_size() > 0)
                node.mutable_input(pick(node.input_size()))->clear();
            break;
        case 12:
            retype(graph);
            break;
        default:
            graph.mutable_node()->SwapElements(pick(graph.node_size()), pick(graph.node_size()));
        }
    }

    std::string anyName(const onnx::GraphProto& graph)
    {
        std::vector<std::string> names = {"x"};
        for (const auto& tensor : graph.initializer())
            names.push_back(tensor.name());
        for (const auto& node : graph.node())
            names.insert(names.end(), node.output().begin(), node.output().end());
        return names[below(static_cast<int>(names.size()))];
    }

    onnx::TensorProto* anyInitializer(onnx::GraphProto& graph)
    {
        return graph.initializer_size() ? graph.mutable_initializer(pick(graph.initializer_size())) : nullptr;
    }

    // Another shape for an initializer, its data of the right length.
    void reshape(onnx::GraphProto& graph)
    {
        onnx::TensorProto* tensor = anyInitializer(graph);
        if (!tensor)
            return;
        const std::vector<Dims> shapes = {
            {},           {0},          {1},          {4},    {1, 4},    {4, 1},       {2, 2}, {4, 0, 3, 3},
            {1, 4, 1, 1}, {4, 2, 3, 3}, {2, 4, 3, 3}, {4, 4}, {3, 4, 3}, {1, 1, 1, 1}, {5},    {144, 5}};
        const Dims shape = shapes[below(static_cast<int>(shapes.size()))];
        std::size_t count = 1;
        for (const std::int64_t dim : shape)
            count *= static_cast<std::size_t>(dim);
        std::vector<double> values(count);
        for (double& value : values)
            value = m_random.uniform(0.2, 1.5);
        *tensor = tensorProto(tensor->name(), shape, values, DataType::Float);
    }

    void retype(onnx::GraphProto& graph)
    {
        onnx::TensorProto* tensor = anyInitializer(graph);
        if (!tensor)
            return;
        const DataType types[] = {DataType::Double, DataType::Float16, DataType::BFloat16, DataType::Int32,
                                  DataType::Int64};
        std::size_t count = 1;
        for (const std::int64_t dim : tensor->dims())
            count *= static_cast<std::size_t>(dim);
        *tensor = tensorProto(tensor->name(), {tensor->dims().begin(), tensor->dims().end()},
                              std::vector<double>(count, 1), types[below(5)]);
    }

    void changeAttribute(onnx::NodeProto& node)
    {
        if (node.attribute_size() == 0)
            return;
        auto& attribute = *node.mutable_attribute(pick(node.attribute_size()));
        const std::int64_t values[] = {-1, 0, 1, 2, 3, 7, std::int64_t{1} << 40, INT64_MIN, INT64_MAX};
        if (attribute.type() == onnx::AttributeProto::INT)
            attribute.set_i(values[below(9)]);
        else if (attribute.type() == onnx::AttributeProto::INTS && pick(2))
            attribute.add_ints(values[below(9)]);
        else if (attribute.type() == onnx::AttributeProto::INTS)
            attribute.clear_ints();
        else if (attribute.type() == onnx::AttributeProto::FLOAT)
            attribute.set_f(static_cast<float>(m_random.uniform(-1, 1)));
    }

    void addAttribute(onnx::NodeProto& node)
    {
        const char* names[] = {"group",         "transA",  "transB",  "alpha",     "beta", "epsilon",
                               "training_mode", "spatial", "is_test", "broadcast", "axis"};
        const std::string name = names[below(11)];
        for (const auto& attribute : node.attribute())
            if (attribute.name() == name)
                return;
        auto& attribute = *node.add_attribute();
        attribute.set_name(name);
        if (name == "alpha" || name == "beta" || name == "epsilon") {
            attribute.set_type(onnx::AttributeProto::FLOAT);
            attribute.set_f(static_cast<float>(m_random.uniform(-1, 1)));
        } else {
            attribute.set_type(onnx::AttributeProto::INT);
            attribute.set_i(m_random.integer(-1, 3));
        }
    }

    ModelBuilder m_random;
};

struct Tally {
    int refused = 0, opened = 0, folded = 0, compared = 0;
};

std::string check(std::uint32_t seed, Tally& tally)
{
    const onnx::ModelProto before = Mutator(seed).make();
    const std::string bytes = before.SerializeAsString();
    if (const char* folder = std::getenv("PLEAT_PROPERTY_KEEP"))
        std::ofstream(std::string(folder) + "/mutation.onnx", std::ios::binary) << bytes;
    const auto view = viewOf(bytes);
    if (!view) {
        ++tally.refused;
        return view.error().empty() ? "refused without a word" : "";
    }
    ++tally.opened;
    static_cast<void>(describe(**view, declaredTypes((*view)->model())));
    for (std::size_t n = 0; n < (*view)->nodeCount(); ++n) {
        static_cast<void>(describe(**view, static_cast<NodeIndex>(n), {}));
        static_cast<void>(layerWeights(**view, static_cast<NodeIndex>(n)));
    }
    const auto folded = foldThroughFiles(bytes);
    if (!folded)
        return folded.error();
    int foldable = 0;
    for (const FoldCandidate& candidate : folded->candidates) {
        foldable += candidate.foldable && candidate.batchNorm;
        if (candidate.message.empty() ||
            (!candidate.foldable && (!candidate.reason || candidate.blame.empty())))
            return "a verdict without a sentence or without a culprit";
    }
    if (foldable == 0)
        return folded->after == bytes ? "" : "nothing folds, and yet the bytes are others";
    ++tally.folded;
    for (const std::uint32_t inputs : {1U, 2U}) {
        const Arrays in = randomInputs(before, inputs);
        const auto expected = runInOnnxRuntime(bytes, in);
        if (!expected)
            return ""; // it was broken before
        ++tally.compared;
        const auto actual = runInOnnxRuntime(folded->after, in);
        if (!actual)
            return "the model after does not run: " + actual.error();
        if (!(largestRelativeDifference(*expected, *actual) <= 1e-4))
            return "outputs differ by " + std::to_string(largestRelativeDifference(*expected, *actual));
    }
    return {};
}

} // namespace

class MutationsTest final : public QObject {
    Q_OBJECT

private slots:
    void brokenModelsDoNoHarm()
    {
        const int graphs = fromEnvironment("PLEAT_PROPERTY_GRAPHS", 200),
                  first = fromEnvironment("PLEAT_PROPERTY_SEED", 1);
        qInfo("%d models from seed %d", graphs, first);
        Tally tally;
        int wrong = 0;
        for (int seed = first; seed < first + graphs && wrong < 20; ++seed) {
            const std::string problem = check(static_cast<std::uint32_t>(seed), tally);
            if (problem.empty())
                continue;
            ++wrong;
            qWarning("seed %d: %s", seed, problem.c_str());
        }
        qInfo("%d refused, %d opened, %d folded, %d runs compared", tally.refused, tally.opened, tally.folded,
              tally.compared);
        QCOMPARE(wrong, 0);
        QVERIFY(graphs < 50 || (tally.opened > graphs / 3 && tally.compared > graphs / 8));
    }
};

QTEST_APPLESS_MAIN(MutationsTest)
#include "test_mutations.moc"
