// SPDX-License-Identifier: GPL-3.0-or-later
// All passes that are on by default, one after the other, on random graphs with detours that compute nothing:
// the numbers stay as they were in ONNX Runtime. PLEAT_PREPARE_GRAPHS says on how many (150),
// PLEAT_PREPARE_SEED where to start.
#include "tests/core/support/PrepareChecks.h"
#include "tests/core/support/RandomArithmetic.h"
#include "tests/core/support/RandomGraph.h"

#include <QTest>
#include <fmt/format.h>
#include <map>
#include <random>
#include <set>

using namespace pleat;
using namespace pleat::test;

namespace {

// The same model with things on random edges behind layers that compute nothing, together or each alone.
onnx::ModelProto withDetours(onnx::ModelProto model, DataType type, std::uint32_t seed)
{
    std::mt19937 random(seed);
    const auto roll = [&](std::size_t sides) { return random() % sides; };
    onnx::GraphProto& graph = *model.mutable_graph();
    std::int64_t opset = 0;
    for (const auto& import : model.opset_import())
        opset = import.domain().empty() ? import.version() : opset;
    const std::set<std::string> layers{"Conv", "Relu",    "BatchNormalization",
                                       "Clip", "MaxPool", "AveragePool"};
    int count = 0;
    std::vector<onnx::NodeProto> nodes(graph.node().begin(), graph.node().end());
    graph.clear_node();
    std::map<std::string, std::string> instead;
    const auto constant = [&](const std::string& name, const Dims& dims, const std::vector<double>& values,
                              DataType of) {
        *graph.add_initializer() = tensorProto(name, dims, values, of);
        return name;
    };
    for (onnx::NodeProto& node : nodes) {
        for (std::string& input : *node.mutable_input()) {
            if (const auto other = instead.find(input); other != instead.end() && roll(4) != 0)
                input = other->second;
        }
        *graph.add_node() = node;
        if (!layers.contains(node.op_type()) || !node.domain().empty() || roll(2) == 0)
            continue;
        std::string value = node.output(0);
        const auto then = [&](const std::string& op, const std::vector<std::string>& more = {},
                              const Attributes& attributes = {}) {
            onnx::NodeProto& made = *graph.add_node();
            made.set_op_type(op);
            made.set_name(fmt::format("detour{}", count));
            made.add_input(value);
            for (const std::string& input : more)
                made.add_input(input);
            value = fmt::format("detour{}_out", count++);
            made.add_output(value);
            for (const auto& [name, given] : attributes)
                setAttribute(made, name, given);
        };
        // Axes are an attribute before opset 13.
        const auto axes = [&](const std::string& op, const Dims& of) {
            if (opset < 13)
                return then(op, {}, {{"axes", of}});
            then(op, {constant(fmt::format("axes{}", count), {static_cast<std::int64_t>(of.size())},
                               {of.begin(), of.end()}, DataType::Int64)});
        };
        for (std::size_t more = 1 + roll(3); more-- > 0;) {
            switch (roll(9)) {
            case 0:
                then("Identity");
                break;
            case 1:
                if (opset >= 7)
                    then("Dropout");
                break;
            case 2:
                then("Cast", {}, {{"to", static_cast<int>(type)}});
                break;
            case 3:
                axes("Unsqueeze", {0});
                axes("Squeeze", {0});
                break;
            case 4:
                then("Concat", {}, {{"axis", 0}});
                break;
            case 5:
                if (opset >= 7)
                    then("Mul", {constant(fmt::format("one{}", count), {}, {1}, type)});
                break;
            case 6:
                if (opset >= 7)
                    then("Sub", {constant(fmt::format("zero{}", count), {}, {0}, type)});
                break;
            case 7:
                if (node.op_type() != "Conv" && !node.op_type().ends_with("Pool"))
                    break; // there may be other than four axes
                then("Transpose", {}, {{"perm", Dims{0, 2, 3, 1}}});
                then("Transpose", {}, {{"perm", Dims{0, 3, 1, 2}}});
                break;
            default: // nobody reads it
                then("Neg");
                value = node.output(0);
                break;
            }
        }
        instead[node.output(0)] = value;
    }
    return model;
}

// Before IR 4 initializers are inputs, too.
void listInitializers(onnx::ModelProto& model)
{
    if (model.ir_version() >= 4)
        return;
    std::set<std::string> listed;
    for (const onnx::ValueInfoProto& input : model.graph().input())
        listed.insert(input.name());
    for (const onnx::TensorProto& tensor : model.graph().initializer()) {
        if (!listed.insert(tensor.name()).second)
            continue;
        onnx::ValueInfoProto& input = *model.mutable_graph()->add_input();
        setType(input, tensor.name(), static_cast<DataType>(tensor.data_type()));
        auto& shape = *input.mutable_type()->mutable_tensor_type()->mutable_shape();
        for (const std::int64_t dim : tensor.dims())
            shape.add_dim()->set_dim_value(dim);
    }
}

// The same model with nodes and initializers that are there twice, and nodes in branches that always run.
onnx::ModelProto withRepeats(onnx::ModelProto model, std::uint32_t seed)
{
    std::mt19937 random(seed);
    const auto roll = [&](std::size_t sides) { return random() % sides; };
    onnx::GraphProto& graph = *model.mutable_graph();
    std::map<std::string, onnx::TensorProto> stored;
    for (const onnx::TensorProto& tensor : graph.initializer())
        stored.emplace(tensor.name(), tensor);
    std::vector<onnx::NodeProto> nodes(graph.node().begin(), graph.node().end());
    graph.clear_node();
    int count = 0;
    std::map<std::string, std::string> instead;
    for (onnx::NodeProto& node : nodes) {
        for (std::string& input : *node.mutable_input()) {
            const auto other = instead.find(input);
            if (other != instead.end() && roll(2) == 0)
                input = other->second;
            const auto tensor = stored.find(input);
            if (tensor != stored.end() && roll(4) == 0) {
                onnx::TensorProto copy = tensor->second;
                copy.set_name(fmt::format("again{}", count++));
                input = copy.name();
                *graph.add_initializer() = std::move(copy);
            }
        }
        const bool isSingle = node.output_size() == 1 && node.domain().empty();
        if (isSingle && roll(5) == 0) {
            onnx::NodeProto twice = node;
            twice.set_name(fmt::format("twice{}", count));
            twice.set_output(0, fmt::format("twice{}_out", count++));
            instead[node.output(0)] = twice.output(0);
            *graph.add_node() = std::move(twice);
        }
        if (!isSingle || roll(6) != 0 || node.op_type() == "Constant") {
            *graph.add_node() = node;
            continue;
        }
        const bool taken = roll(2) == 0;
        const std::string condition = fmt::format("condition{}", count++);
        *graph.add_initializer() = tensorProto(condition, {}, {taken ? 1.0 : 0.0}, DataType::Bool);
        onnx::NodeProto choice;
        choice.set_op_type("If");
        choice.set_name(condition + "_if");
        choice.add_input(condition);
        choice.add_output(node.output(0));
        for (const bool yes : {true, false}) {
            onnx::GraphProto body;
            body.set_name(yes ? "yes" : "no");
            *body.add_node() = node;
            for (std::string& input : *body.mutable_node(0)->mutable_input()) {
                const auto tensor = stored.find(input);
                if (model.ir_version() < 4 || tensor == stored.end() || roll(2) == 0)
                    continue;
                *body.add_initializer() = tensor->second;
                input = fmt::format("inner{}", body.initializer_size());
                body.mutable_initializer(body.initializer_size() - 1)->set_name(input);
            }
            body.mutable_node(0)->set_output(0, "result");
            if (yes != taken) { // other numbers
                onnx::NodeProto& other = *body.add_node();
                other.set_op_type("Add");
                other.add_input("result");
                other.add_input("result");
                other.add_output("otherResult");
            }
            body.add_output()->set_name(yes != taken ? "otherResult" : "result");
            setAttribute(choice, yes ? "then_branch" : "else_branch", body);
        }
        *graph.add_node() = std::move(choice);
    }
    return model;
}

} // namespace

class TestPrepareRandom final : public QObject {
    Q_OBJECT

private slots:
    void everyPass()
    {
        const int graphs = fromEnvironment("PLEAT_PREPARE_GRAPHS", 150);
        const int first = fromEnvironment("PLEAT_PREPARE_SEED", 1);
        std::vector<std::string> all;
        for (const Pass& pass : passes()) {
            if (pass.byDefault)
                all.emplace_back(pass.id);
        }
        std::size_t places = 0;
        int refused = 0; // by ONNX Runtime, as they were
        for (int seed = first; seed < first + graphs; ++seed) {
            RandomGraph graph(static_cast<std::uint32_t>(seed));
            const auto number = static_cast<std::uint32_t>(seed);
            onnx::ModelProto model =
                withDetours(withArithmetic(randomModel(number), graph.type(), number), graph.type(), number);
            if (seed % 2 == 0)
                model = withRepeats(std::move(model), number);
            listInitializers(model);
            const auto prepared = prepareThroughFiles(model.SerializeAsString(), all);
            QVERIFY2(prepared, fmt::format("seed {}: {}", seed, prepared.error()).c_str());
            places += prepared->done.size();
            // Sums in another order, and products that are rounded once and not twice.
            PrepareExpectations expectations;
            // ONNX Runtime computes float16 in float from one operator without such a kernel to the next.
            expectations.tolerance = graph.type() == DataType::Float16 ? 3e-2 : 1e-4;
            expectations.inputsOf = graph.model().proto();
            const std::string wrong = whatIsWrong(model, *prepared, all, expectations);
            if (wrong.starts_with("the model before does not run"))
                ++refused;
            else
                QVERIFY2(wrong.empty(), fmt::format("seed {}: {}", seed, wrong).c_str());
        }
        qInfo("%zu places, %d graphs do not run", places, refused);
        QVERIFY(places > 0);
        QVERIFY(refused * 20 <= graphs);
    }
};

QTEST_APPLESS_MAIN(TestPrepareRandom)
#include "test_prepare_random.moc"
