// SPDX-License-Identifier: GPL-3.0-or-later
// Which node of one model is which of another, and what changed about it. The same graph under other names is
// the measure: what a match says of it has to be a way to lay one graph onto the other.
#include "core/compare/CompareNodes.h"
#include "tests/core/support/FoldChecks.h"
#include "tests/core/support/RandomGraph.h"

#include <QTest>
#include <map>
#include <random>

using namespace pleat;
using namespace pleat::test;

namespace {

std::shared_ptr<const GraphView> opened(const std::string& bytes)
{
    const auto made = viewOf(bytes);
    if (!made)
        qFatal("%s", made.error().c_str());
    return *made;
}

std::vector<ComparedNode> compared(const std::string& before, const std::string& after)
{
    const auto old = opened(before), now = opened(after);
    const auto rows = compareNodes(*old, *now, matchNodes(*old, *now), {});
    if (!rows)
        qFatal("%s", rows.error().message.c_str());
    return *rows;
}

// Each node that is not the same and what became of it: "c1: input 2: nothing → constant b", "bn1: only
// before".
std::map<std::string, std::string> changesOf(const std::vector<ComparedNode>& rows)
{
    std::map<std::string, std::string> all;
    for (const ComparedNode& row : rows) {
        if (row.isSame())
            continue;
        std::string& text = all[(row.before ? *row.before : *row.after).name];
        if (row.by == NodesMatchedBy::Nobody)
            text = row.before ? "only before" : "only after";
        for (const NodeDifference& change : row.changes)
            text += (text.empty() ? "" : "; ") + textOf(change);
    }
    return all;
}

// Other names for all that has one, in graphs and bodies; each node's old name is kept as its comment.
class Renamer final {
public:
    void rename(onnx::GraphProto& graph)
    {
        for (auto* values : {graph.mutable_input(), graph.mutable_output(), graph.mutable_value_info()})
            for (onnx::ValueInfoProto& value : *values)
                rename(*value.mutable_name());
        for (onnx::TensorProto& tensor : *graph.mutable_initializer())
            rename(*tensor.mutable_name());
        for (onnx::NodeProto& node : *graph.mutable_node()) {
            node.set_doc_string(node.name().empty() ? node.output(0) : node.name());
            if (!node.name().empty())
                node.set_name("node" + std::to_string(m_nodes++));
            for (auto* names : {node.mutable_input(), node.mutable_output()})
                for (std::string& name : *names)
                    rename(name);
            for (onnx::AttributeProto& attribute : *node.mutable_attribute())
                if (attribute.has_g())
                    rename(*attribute.mutable_g());
        }
    }

private:
    void rename(std::string& name)
    {
        if (!name.empty())
            name = m_names.emplace(name, "value" + std::to_string(m_names.size())).first->second;
    }

    std::map<std::string, std::string> m_names;
    int m_nodes = 0;
};

std::string renamed(onnx::ModelProto model)
{
    Renamer().rename(*model.mutable_graph());
    return model.SerializeAsString();
}

// Nodes in another order; ONNX wants producers first, so what depends on nothing else changes places only.
onnx::ModelProto shuffled(onnx::ModelProto model, std::uint32_t seed)
{
    std::mt19937 dice(seed);
    auto& nodes = *model.mutable_graph()->mutable_node();
    const auto reads = [](const onnx::NodeProto& later, const onnx::NodeProto& earlier) {
        if (later.SerializeAsString().empty() ||
            std::ranges::any_of(later.attribute(), [](const auto& a) { return a.has_g(); }))
            return true;
        return std::ranges::any_of(later.input(), [&](const std::string& name) {
            return std::ranges::find(earlier.output(), name) != earlier.output().end();
        });
    };
    for (int swaps = 0; swaps < 20 * nodes.size(); ++swaps) {
        const int n = static_cast<int>(dice() % static_cast<unsigned>(nodes.size()));
        if (n > 0 && !reads(nodes[n], nodes[n - 1]))
            nodes.SwapElements(n, n - 1);
    }
    return model;
}

ModelBuilder residual()
{
    ModelBuilder model;
    model.input("x", {1, 3, 8, 8}).conv("c1", {}).batchNorm("bn1").relu();
    const std::string skip = model.current();
    model.conv("c2", {.in = 4, .pads = {1, 1, 1, 1}}).batchNorm("bn2");
    model.node("Add", {skip, model.current()}, {"sum"}, {}, "add").relu();
    return model.conv("c3", {.in = 4}).batchNorm("bn3");
}

} // namespace

class CompareNodesTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void findsNothingInAModelAndItself()
    {
        const std::string bytes = residual().bytes();
        const auto rows = compared(bytes, bytes);
        QCOMPARE(rows.size(), std::size_t{9});
        QVERIFY(changesOf(rows).empty());
    }

    void saysWhatAFoldDid()
    {
        const auto folded = foldThroughFiles(residual().bytes());
        QVERIFY(folded.has_value());
        const auto changes = changesOf(compared(folded->before, folded->after));
        QCOMPARE(changes.at("bn1"), std::string("only before"));
        QCOMPARE(changes.at("bn3"), std::string("only before"));
        QCOMPARE(changes.at("c1"), std::string("input 2: nothing → constant c1.bias"));
        QCOMPARE(changes.size(), std::size_t{6}); // three layers, three norms; not who read these
    }

    void saysWhatElseChanged()
    {
        const auto network = [](const char* op, std::int64_t axis, double fill, int width) {
            ModelBuilder model;
            model.input("x", {1, width, 8, 8}).node(op, {"x"}, {"a"}, {}, "first");
            model.node("Softmax", {"a"}, {"b"}, {{"axis", static_cast<int>(axis)}}, "second");
            model.node("Shape", {"b"}, {"s"}, {}, "shape");
            model.node("ConstantOfShape", {"s"}, {"c"},
                       {{"value", tensorProto("", {1}, {fill}, DataType::Float)}}, "filled");
            return model.node("Add", {"b", "c"}, {"y"}, {}, "add").bytes();
        };
        const std::string before = network("Relu", 1, 2, 3);
        QCOMPARE(changesOf(compared(before, network("Elu", 1, 2, 3))),
                 (std::map<std::string, std::string>{{"first", "operator: Relu → Elu"}}));
        QCOMPARE(changesOf(compared(before, network("Relu", 2, 2, 3))),
                 (std::map<std::string, std::string>{{"second", "attribute axis: 1 → 2"}}));
        QCOMPARE(changesOf(compared(before, network("Relu", 1, 3, 3))),
                 (std::map<std::string, std::string>{{"filled", "attribute value: float 2 → float 3"}}));
        const auto wider = changesOf(compared(before, network("Relu", 1, 2, 5)));
        QCOMPARE(wider.at("first"), std::string("shape of output 0: 1×3×8×8 → 1×5×8×8"));
    }

    void matchesByStructureWhatIsCalledOtherwise()
    {
        const onnx::ModelProto model = residual().proto();
        for (std::uint32_t seed = 1; seed <= 5; ++seed)
            for (const ComparedNode& row :
                 compared(model.SerializeAsString(), renamed(shuffled(model, seed))))
                QCOMPARE(row.by, NodesMatchedBy::Structure);
        // Folded as well: what is left finds itself, norms find nobody.
        const auto folded = foldThroughFiles(model.SerializeAsString());
        QVERIFY(folded.has_value());
        for (const ComparedNode& row : compared(folded->after, renamed(model)))
            QVERIFY2(row.before ? row.by == NodesMatchedBy::Structure : row.after->op == "BatchNormalization",
                     (row.before ? *row.before : *row.after).name.c_str());
    }

    void matchesALongChainOfTheSame()
    {
        ModelBuilder model;
        model.input("x", {1, 4});
        for (int n = 0; n < 20000; ++n)
            model.then("Relu", "r" + std::to_string(n));
        const onnx::ModelProto proto = model.proto();
        const auto old = opened(proto.SerializeAsString()), now = opened(renamed(proto));
        for (const NodeMatch& match : matchNodes(*old, *now))
            QVERIFY(now->entry(match.after).proto->doc_string() == old->name(match.before));
    }

    void matchesBodiesOfNodesThatBelongTogether()
    {
        ModelBuilder then(2), other(3), model;
        then.from("x")
            .node("Relu", {"x"}, {"inner"}, {}, "relu")
            .node("Neg", {"inner"}, {"then_out"}, {}, "neg");
        other.from("x").node("Identity", {"x"}, {"else_out"}, {}, "same");
        model.input("go", {}, DataType::Bool).input("x", {1, 4});
        model.node("If", {"go"}, {"y"}, {{"then_branch", then.body()}, {"else_branch", other.body()}},
                   "choice");
        const onnx::ModelProto proto = model.proto();
        std::map<std::string, std::string> pairs;
        const auto rows = compared(proto.SerializeAsString(), renamed(proto));
        QCOMPARE(rows.size(), std::size_t{4});
        for (const ComparedNode& row : rows) {
            QVERIFY(row.before && row.after);
            QCOMPARE(row.before->op, row.after->op);
            QVERIFY(row.before->scope.empty() == row.after->scope.empty());
        }
    }

    // All that is told of a graph under other names is that its names are others: edges, attributes and
    // shapes of the matched nodes are the same, so the match lays one onto the other.
    void laysEachGraphOntoItself()
    {
        const int graphs = fromEnvironment("PLEAT_PROPERTY_GRAPHS", 150);
        for (std::uint32_t seed = 1; seed <= static_cast<std::uint32_t>(graphs); ++seed) {
            const onnx::ModelProto model = randomModel(seed);
            for (const ComparedNode& row :
                 compared(model.SerializeAsString(), renamed(shuffled(model, seed)))) {
                const std::string name = (row.before ? *row.before : *row.after).name;
                QVERIFY2(row.before && row.after,
                         qPrintable(QStringLiteral("seed %1: %2").arg(seed).arg(name.c_str())));
                for (const NodeDifference& change : row.changes)
                    QVERIFY2(change.what == NodeDifference::What::Name,
                             qPrintable(QStringLiteral("seed %1: %2: %3")
                                            .arg(seed)
                                            .arg(name.c_str(), textOf(change).c_str())));
            }
        }
    }
};

QTEST_GUILESS_MAIN(CompareNodesTest)
#include "test_compare_nodes.moc"
