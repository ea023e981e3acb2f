// SPDX-License-Identifier: GPL-3.0-or-later
// The tree of scopes: the names that exporters really write, models without names, and what is in no cycle.
#include "core/graph/NameScopes.h"
#include "tests/core/support/FoldChecks.h"

#include <QTest>
#include <algorithm>
#include <ctime>
#include <map>

using namespace pleat;
using namespace pleat::test;

namespace {

using Names = std::vector<std::string>;

NameTree treeOf(const Names& names)
{
    std::vector<ScopedNode> nodes;
    for (const std::string& name : names)
        nodes.push_back({name, ScopedNode::Border::OneTensor});
    return nameTree(nodes);
}

// "path (label) nodes" of all but the root.
Names written(const NameTree& tree)
{
    Names result;
    for (std::size_t s = 1; s < tree.scopes.size(); ++s) {
        const NameScope& scope = tree.scopes[s];
        result.push_back(scope.path + " (" + scope.label + ") " + std::to_string(scope.nodes));
    }
    return result;
}

// Conv and Relu in turn, without names.
ModelBuilder chain(int pairs)
{
    ModelBuilder model;
    model.input("x", {1, 4, 8, 8});
    const std::string w = model.random("w", {4, 4, 1, 1}, -1, 1);
    std::string last = "x";
    for (int i = 0; i < pairs; ++i) {
        const std::string conv = "c" + std::to_string(i), relu = "r" + std::to_string(i);
        model.node("Conv", {last, w}, {conv});
        model.node("Relu", {conv}, {relu});
        last = relu;
    }
    return model;
}

} // namespace

class TestNameScopes final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // torch.onnx.export: each module writes its whole path once more.
    void readsTorchScopes()
    {
        const NameTree tree =
            treeOf({"/conv1/Conv", "/relu/Relu", "/layer1/layer1.0/conv1/Conv", "/layer1/layer1.0/relu/Relu",
                    "/layer1/layer1.0/conv2/Conv", "/layer1/layer1.1/conv1/Conv",
                    "/layer1/layer1.1/relu/Relu", "/fc/Gemm"});
        QCOMPARE(written(tree), Names({"layer1 (layer1) 5", "layer1/layer1.0 (layer1.0) 3",
                                       "layer1/layer1.1 (layer1.1) 2"}));
        QCOMPARE(tree.of, std::vector<std::uint32_t>({0, 0, 2, 2, 2, 3, 3, 0}));
        QCOMPARE(tree.scopes[2].depth, 2u);
    }

    // Language models: no level of its own for the list of layers.
    void readsStepsWithDots()
    {
        const NameTree tree =
            treeOf({"/model/embed/Gather", "/model/layers.0/attn/MatMul", "/model/layers.0/attn/Add",
                    "/model/layers.0/mlp/MatMul", "/model/layers.1/attn/MatMul", "/model/layers.1/mlp/MatMul",
                    "/lm_head/MatMul"});
        QCOMPARE(written(tree),
                 Names({"model (model) 6", "model/layers (layers) 5", "model/layers/layers.0 (layers.0) 3",
                        "model/layers/layers.0/attn (attn) 2", "model/layers/layers.1 (layers.1) 2"}));
    }

    void readsDottedNames()
    {
        const NameTree tree =
            treeOf({"stem.conv", "layer1.0.conv1", "layer1.0.conv2", "layer1.1.conv1", "layer1.1.conv2"});
        QCOMPARE(written(tree), Names({"layer1 (layer1) 4", "layer1/layer1.0 (layer1.0) 2",
                                       "layer1/layer1.1 (layer1.1) 2"}));
        // A counter of nodes of one kind is no scope.
        QCOMPARE(treeOf({"p2o.Conv.0", "p2o.Relu.0", "p2o.Conv.1", "p2o.Relu.1"}).scopes.size(),
                 std::size_t(1));
    }

    void readsTensorFlowScopes()
    {
        const NameTree tree =
            treeOf({"net/stage/block1/conv/Conv2D", "net/stage/block1/conv/BiasAdd", "net/stage/block1/Relu",
                    "net/stage/block2/conv/Conv2D", "net/stage/block2/Relu", "net/head/MatMul", "Softmax"});
        QCOMPARE(written(tree), Names({"net (net) 6", "net/stage (stage) 5", "net/stage/block1 (block1) 3",
                                       "net/stage/block1/conv (conv) 2", "net/stage/block2 (block2) 2"}));
    }

    void mergesScopesOfTheSameNodes()
    {
        QCOMPARE(written(treeOf({"a/b/c/Conv", "a/b/c/Relu", "d/Relu"})), Names({"a/b/c (a/b/c) 2"}));
        // What is around everything says nothing.
        QCOMPARE(written(treeOf({"model/a/Conv", "model/a/Relu", "model/b/Relu"})), Names({"model/a (a) 2"}));
    }

    void dividesWhatHasNoNames()
    {
        const auto view = viewOf(chain(1000).bytes());
        QVERIFY(view);
        const NameScopes scopes(**view, ScopeIndex::Main);
        std::map<std::uint32_t, std::vector<std::uint32_t>> children;
        for (std::uint32_t s = 1; s < scopes.scopes().size(); ++s)
            children[scopes.scopes()[s].parent].push_back(s);
        for (const auto& [parent, below] : children) {
            QVERIFY(below.size() <= NameScopes::mostParts);
            std::uint32_t next = scopes.scopes()[parent].first;
            for (const std::uint32_t s : below) {
                const NameScope& part = scopes.scopes()[s];
                QVERIFY(part.isPart());
                QCOMPARE(part.first, next); // behind each other, without a gap
                QCOMPARE(part.nodes, part.last - part.first + 1);
                QCOMPARE(part.first % 2, 0u); // a layer begins there
                next = part.last + 1;
            }
            QCOMPARE(next, parent == 0 ? 2000u : scopes.scopes()[parent].last + 1);
        }
    }

    // Unnamed residual blocks stay whole: a part begins where the network forks.
    void dividesBetweenBlocks()
    {
        ModelBuilder model;
        model.input("x", {1, 4, 8, 8});
        const std::string w = model.random("w", {4, 4, 1, 1}, -1, 1);
        std::string last = "x";
        constexpr int blocks = 60;
        for (int i = 0; i < blocks; ++i) {
            const std::string n = std::to_string(i), out = "o" + n;
            model.node("Conv", {last, w}, {"a" + n});
            model.node("Relu", {"a" + n}, {"b" + n});
            model.node("Conv", {"b" + n, w}, {"c" + n});
            model.node("Add", {"c" + n, last}, {"d" + n});
            model.node("Relu", {"d" + n}, {out});
            last = out;
        }
        const auto view = viewOf(model.bytes());
        QVERIFY(view);
        const NameScopes scopes(**view, ScopeIndex::Main);
        QVERIFY(scopes.scopes().size() > 10);
        for (const NameScope& scope : scopes.scopes())
            QCOMPARE(scope.first % 5, 0u);
    }

    void findsNodesThatCameLater()
    {
        ModelBuilder model;
        model.input("x", {1});
        model.node("Relu", {"x"}, {"a"}, {}, "/block/one/Relu");
        model.node("Relu", {"a"}, {"b"}, {}, "/block/two/Relu");
        model.node("Relu", {"b"}, {"y"}, {}, "/tail/Relu");
        const auto view = viewOf(model.bytes());
        QVERIFY(view);
        const NameScopes scopes(**view, ScopeIndex::Main);
        QCOMPARE(scopes.scopes().size(), std::size_t(2));
        QCOMPARE(scopes.of(NodeId{1000}, "/block/three/Add"), 1u);
        QCOMPARE(scopes.of(NodeId{1000}, "/elsewhere/Add"), NameScopes::root);
        QVERIFY(scopes.isIn(1, 1) && scopes.isIn(1, NameScopes::root) && !scopes.isIn(0, 1));
    }

    void isQuick()
    {
        Names names;
        for (int i = 0; i < 50000; ++i)
            names.push_back("/encoder/layers." + std::to_string(i / 40) + "/block." + std::to_string(i / 8) +
                            "/op" + std::to_string(i) + "/Conv");
        const std::clock_t start = std::clock(); // of the processor: other tests run beside this one
        const NameTree tree = treeOf(names);
        const double milliseconds = 1000.0 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
        qInfo("50,000 nodes: %.0f ms", milliseconds);
        QCOMPARE(tree.of.size(), names.size());
        QVERIFY(milliseconds < 1000); // ten times what it takes, for sanitizers
    }
};

QTEST_APPLESS_MAIN(TestNameScopes)
#include "test_name_scopes.moc"
