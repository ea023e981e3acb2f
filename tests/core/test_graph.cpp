// SPDX-License-Identifier: GPL-3.0-or-later
// GraphView's index (who produces, who reads, in which scope), constants, and the Rewriter's promises:
// survivors keep their ids and places, names are unique, orphans go, what others read stays.
#include "core/base/NameTable.h"
#include "core/graph/Constants.h"
#include "core/rewrite/Rewriter.h"
#include "tests/core/support/FoldChecks.h"

#include <QTest>
#include <algorithm>
#include <cstring>
#include <map>
#include <set>

using namespace pleat;
using namespace pleat::test;

namespace {

using View = std::shared_ptr<const GraphView>;

View open(const ModelBuilder& model)
{
    const auto view = viewOf(model.bytes());
    if (!view)
        qFatal("%s", view.error().c_str());
    return *view;
}

NodeIndex nodeNamed(const GraphView& view, std::string_view name)
{
    for (std::size_t n = 0; n < view.nodeCount(); ++n)
        if (view.name(static_cast<NodeIndex>(n)) == name)
            return static_cast<NodeIndex>(n);
    return NodeIndex::None;
}

ValueIndex valueNamed(const GraphView& view, std::string_view name)
{
    return view.find(ScopeIndex::Main, name);
}

std::vector<std::string> readersOf(const GraphView& view, std::string_view value)
{
    std::vector<std::string> readers;
    for (const Use& use : view.uses(valueNamed(view, value)))
        readers.push_back(std::string(view.name(use.node)) + ":" + std::to_string(use.slot));
    std::sort(readers.begin(), readers.end());
    return readers;
}

onnx::ModelProto saved(const Rewriter& rewriter)
{
    const auto bytes = savedBytes(rewriter.apply());
    onnx::ModelProto model;
    if (!bytes || !model.ParseFromString(*bytes))
        qFatal("the rewritten model cannot be saved");
    return model;
}

std::vector<std::string> nodeNames(const onnx::ModelProto& model)
{
    std::vector<std::string> names;
    for (const auto& node : model.graph().node())
        names.push_back(node.name());
    return names;
}

std::vector<std::string> initializerNames(const onnx::ModelProto& model)
{
    std::vector<std::string> names;
    for (const auto& tensor : model.graph().initializer())
        names.push_back(tensor.name());
    return names;
}

Payload floats(const std::vector<float>& values)
{
    std::vector<std::byte> bytes(values.size() * 4);
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return {std::make_shared<const std::vector<std::byte>>(std::move(bytes)), {}};
}

onnx::NodeProto relu(const std::string& name, const std::string& from, const std::string& to)
{
    onnx::NodeProto node;
    node.set_op_type("Relu");
    node.set_name(name);
    node.add_input(from);
    node.add_output(to);
    return node;
}

using Names = std::vector<std::string>;

// x → c1 → r1 → c2 → r2, both convs with a weight W that they share and a bias of their own.
ModelBuilder twoConvs()
{
    ModelBuilder model;
    model.input("x", {"N", 4, 8, 8}).conv("c1", {.in = 4, .bias = true, .weight = "W"}).then("Relu", "r1");
    model.conv("c2", {.in = 4, .bias = true, .weight = "W"}).then("Relu", "r2");
    return model;
}

// An If whose branches read `x` and `W` of the graph around.
ModelBuilder withBodies()
{
    ModelBuilder positive(2), negative(3), deeper(4), deeperElse(5);
    deeper.node("Relu", {"W"}, {"deep_out"}, {}, "deep");
    deeperElse.node("Neg", {"W"}, {"deep_else_out"}, {}, "deep_else");
    positive.node("Conv", {"x", "W"}, {"then_out"}, {}, "inner");
    negative.node("If", {"cond"}, {"picked"},
                  {{"then_branch", deeper.body()}, {"else_branch", deeperElse.body()}}, "second");
    negative.node("Conv", {"x", "picked"}, {"else_out"}, {}, "inner_else");
    ModelBuilder model;
    model.input("cond", {}, DataType::Bool).input("x", {"N", 3, 8, 8}).random("W", {4, 3, 3, 3}, -1, 1);
    model.node("If", {"cond"}, {"y"}, {{"then_branch", positive.body()}, {"else_branch", negative.body()}},
               "first");
    return model;
}

} // namespace

class GraphTest final : public QObject {
    Q_OBJECT

private slots:
    // Fold the one, undo, fold the other: what is new gets ids that nothing had before.
    void givesNoIdTwiceInOneDocument()
    {
        ModelBuilder model;
        model.input("x", {2, 5, 4});
        model.matMul("m1", 4, 6).affine("Add", "add1", {6}).affine("Mul", "mul1", {6});
        model.from("x", 4).matMul("m2", 4, 6).affine("Mul", "mul2", {6}).affine("Add", "shift2", {6});
        model.output("mul1_out").output();
        model.from("x", 4).matMul("m3", 4, 6).affine("Mul", "mul3", {6}).affine("Add", "shift3", {6});
        model.output();
        const View view = open(model);
        NoProgress quiet;
        const FoldOptions options{.constantsToo = true};
        const auto found = findFolds(view, options, quiet, {});
        QVERIFY(found);
        std::set<NodeId> old, nodes;
        std::set<TensorId> tensors;
        for (const Node& node : view->model().graph->nodes)
            old.insert(node.id);
        int added = 0;
        for (const FoldCandidate& candidate : *found) {
            if (!candidate.foldable)
                continue;
            const auto after = fold(view, std::vector<FoldId>{candidate.id}, options, quiet, {});
            QVERIFY(after);
            for (const Node& node : after->after.graph->nodes) {
                if (old.contains(node.id))
                    continue;
                QVERIFY2(nodes.insert(node.id).second, node.proto->name().c_str());
                ++added;
            }
            for (const Initializer& initializer : after->after.graph->initializers) {
                if (view->find(ScopeIndex::Main, initializer.tensor.name()) == ValueIndex::None)
                    QVERIFY(tensors.insert(initializer.id).second);
            }
        }
        QVERIFY(added >= 2); // an Add for each shift
    }

    // An input that is absent ("") is nobody's value, for every question about values.
    void answersForAnAbsentValue()
    {
        const View view = open(ModelBuilder().input("x", {1, 3, 4, 4}).conv("c", {}));
        const auto none = ValueIndex::None;
        QCOMPARE(view->producerSlot(none), std::size_t{0});
        QVERIFY(view->readerInBody(none) == NodeIndex::None);
        QVERIFY(view->producer(none) == NodeIndex::None);
        QVERIFY(view->uses(none).empty());
        QVERIFY(view->name(none).empty());
        QVERIFY(!view->initializer(none) && !view->isSparse(none));
        QVERIFY(!view->isGraphInput(none) && !view->isGraphOutput(none));
        QVERIFY(view->arguments(none).empty());
    }

    void knowsProducersAndReaders()
    {
        const View view = open(twoConvs());
        QCOMPARE(view->nodeCount(), std::size_t{4});
        QCOMPARE(view->producer(valueNamed(*view, "c1_out")), nodeNamed(*view, "c1"));
        QCOMPARE(view->producer(valueNamed(*view, "x")), NodeIndex::None);
        QCOMPARE(view->producer(valueNamed(*view, "W")), NodeIndex::None);
        QCOMPARE(readersOf(*view, "c1_out"), Names{"r1:0"});
        QCOMPARE(readersOf(*view, "W"), (Names{"c1:1", "c2:1"}));
        QCOMPARE(readersOf(*view, "r2_out"), Names{});
        QVERIFY(view->isGraphInput(valueNamed(*view, "x")));
        QVERIFY(view->isGraphOutput(valueNamed(*view, "r2_out")));
        QVERIFY(!view->isGraphOutput(valueNamed(*view, "c1_out")));
        QVERIFY(view->initializer(valueNamed(*view, "W")));
        QVERIFY(!view->initializer(valueNamed(*view, "x")));
        QCOMPARE(valueNamed(*view, "nothing of this name"), ValueIndex::None);
    }

    void knowsInputsAndOutputsOfNodes()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {.emptyBias = true});
        const View view = open(model);
        const NodeIndex conv = nodeNamed(*view, "c1");
        QCOMPARE(view->op(conv), std::string_view("Conv"));
        QCOMPARE(view->domain(conv), std::string_view());
        QCOMPARE(view->name(view->input(conv, 0)), std::string_view("x"));
        QCOMPARE(view->input(conv, 2), ValueIndex::None); // ""
        QCOMPARE(view->input(conv, 9), ValueIndex::None); // past the end
        QCOMPARE(view->output(conv, 1), ValueIndex::None);
        QCOMPARE(view->find(view->id(conv)), conv);
        QCOMPARE(view->find(NodeId::None), NodeIndex::None);
    }

    void labelsANodeWithoutAName()
    {
        ModelBuilder model = twoConvs();
        model.graphProto().mutable_node(0)->clear_name();
        const View view = open(model);
        QCOMPARE(view->label(static_cast<NodeIndex>(0)), std::string("Conv that makes c1_out"));
        QCOMPARE(view->label(nodeNamed(*view, "c2")), std::string("c2"));
    }

    void takesTheLongNameOfOnnxsDomainForTheShortOne()
    {
        ModelBuilder model = twoConvs();
        model.graphProto().mutable_node(0)->set_domain("ai.onnx");
        const View view = open(model);
        QCOMPARE(view->domain(nodeNamed(*view, "c1")), std::string_view());
    }

    void countsAReaderThatReadsTwice()
    {
        ModelBuilder model;
        model.input("x", {"N", 4}).node("Mul", {"x", "x"}, {"y"}, {}, "square");
        QCOMPARE(readersOf(*open(model), "x"), (Names{"square:0", "square:1"}));
    }

    void resolvesCapturesThroughTwoScopes()
    {
        const View view = open(withBodies());
        QCOMPARE(view->scopes().size(), std::size_t{5});
        QCOMPARE(readersOf(*view, "W"), (Names{"deep:0", "deep_else:0", "inner:1"}));
        QCOMPARE(readersOf(*view, "x"), (Names{"inner:0", "inner_else:0"}));
        QCOMPARE(readersOf(*view, "cond"), (Names{"first:0", "second:0"}));
        const ScopeIndex inner = view->scope(nodeNamed(*view, "inner"));
        QVERIFY(inner != ScopeIndex::Main);
        QCOMPARE(view->find(inner, "W"), valueNamed(*view, "W"));
        QCOMPARE(view->scope(view->find(inner, "W")), ScopeIndex::Main);
        QCOMPARE(view->find(ScopeIndex::Main, "then_out"), ValueIndex::None); // not visible from outside
        QVERIFY(view->isGraphOutput(view->find(inner, "then_out")));
    }

    void knowsWhoOwnsAScopeAndItsPath()
    {
        const View view = open(withBodies());
        const Scope& main = view->scopes()[0];
        QCOMPARE(main.path, std::string());
        QCOMPARE(main.owner, NodeIndex::None);
        QCOMPARE(main.nodes.size(), std::size_t{1});
        const Scope& deep = view->scopes()[static_cast<std::size_t>(view->scope(nodeNamed(*view, "deep")))];
        QCOMPARE(deep.owner, nodeNamed(*view, "second"));
        QCOMPARE(deep.parent, view->scope(nodeNamed(*view, "second")));
        QCOMPARE(deep.path, std::string("first.else_branch/second.then_branch"));
    }

    void aNameInABodyHidesTheOneOutside()
    {
        ModelBuilder body;
        body.input("i", {}, DataType::Int64).input("go", {}, DataType::Bool).input("v", {4});
        body.node("Relu", {"v"}, {"inner_v"}, {}, "reads_its_own").node("Identity", {"go"}, {"go_on"});
        auto graph = body.output("go_on").output("inner_v").body();
        graph.mutable_output(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
            onnx::TensorProto::BOOL);
        ModelBuilder model;
        model.input("start", {4}).constant("trips", {}, {3}, DataType::Int64);
        model.constant("always", {}, {1}, DataType::Bool);
        model.node("Loop", {"trips", "always", "start"}, {"y"}, {{"body", graph}}, "loop");
        const View view = open(model);
        const NodeIndex reader = nodeNamed(*view, "reads_its_own");
        QCOMPARE(view->scope(view->input(reader, 0)), view->scope(reader));
        QVERIFY(view->isGraphInput(view->input(reader, 0)));
    }

    void ordersNodesByWhatTheyRead()
    {
        ModelBuilder model = twoConvs();
        auto& nodes = *model.graphProto().mutable_node();
        nodes.SwapElements(0, 3);
        nodes.SwapElements(1, 2);
        const View view = open(model);
        Names names;
        for (const NodeIndex node : view->topological(ScopeIndex::Main))
            names.emplace_back(view->name(node));
        QCOMPARE(names, (Names{"c1", "r1", "c2", "r2"}));
        const View ordered = open(twoConvs());
        const auto order = ordered->topological(ScopeIndex::Main);
        QVERIFY(std::is_sorted(order.begin(), order.end()));
    }

    // Constants.

    void followsConstantsToWhereTheyAreStored()
    {
        ModelBuilder model;
        model.input("x", {4}).random("stored", {4}, -1, 1);
        model.node("Identity", {"stored"}, {"a"}, {}, "first").node("Identity", {"a"}, {"b"}, {}, "second");
        model.node("Add", {"x", "b"}, {"y"}, {}, "add");
        const View view = open(model);
        const auto constant = constantOf(*view, valueNamed(*view, "b"));
        QVERIFY(constant.has_value());
        QCOMPARE(constant->storedAt, valueNamed(*view, "stored"));
        QCOMPARE(constant->through, (std::vector{nodeNamed(*view, "first"), nodeNamed(*view, "second")}));
        QCOMPARE(constant->tensor.dims(), Dims{4});
    }

    void readsEveryFormOfConstantNode()
    {
        ModelBuilder model;
        model.input("x", {2});
        model.node("Constant", {}, {"tensor"}, {{"value", tensorProto("", {2}, {1, 2}, DataType::Float)}});
        model.node("Constant", {}, {"float"}, {{"value_float", 3.0}});
        model.node("Constant", {}, {"floats"}, {{"value_floats", std::vector<double>{4, 5}}});
        model.node("Constant", {}, {"int"}, {{"value_int", 6}});
        model.node("Constant", {}, {"ints"}, {{"value_ints", Dims{7, 8}}});
        model.from("x").then("Relu");
        const View view = open(model);
        const std::vector<std::pair<const char*, std::vector<double>>> expected = {
            {"tensor", {1, 2}}, {"float", {3}}, {"floats", {4, 5}}, {"int", {6}}, {"ints", {7, 8}}};
        for (const auto& [name, values] : expected) {
            const auto constant = constantOf(*view, valueNamed(*view, name));
            QVERIFY2(constant.has_value(), name);
            const auto doubles = constant->tensor.doubles();
            QVERIFY2(doubles.has_value(), name);
            QCOMPARE(*doubles, values);
            QCOMPARE(constant->tensor.dims().size(), std::size_t{values.size() == 1 ? 0U : 1U});
        }
    }

    void knowsWhyAValueIsNoConstant()
    {
        ModelBuilder model;
        model.ir(8)
            .input("x", {4})
            .then("Relu", "r")
            .input("given", {4})
            .constant("given", {4}, {1, 2, 3, 4});
        model.node("Add", {"r_out", "given"}, {"y"});
        const View view = open(model);
        QVERIFY(constantOf(*view, valueNamed(*view, "r_out")).error() == NotConstant::Computed);
        QVERIFY(constantOf(*view, valueNamed(*view, "x")).error() == NotConstant::Computed);
        QVERIFY(constantOf(*view, valueNamed(*view, "given")).error() == NotConstant::Overridable);
        QVERIFY(constantOf(*view, ValueIndex::None).error() == NotConstant::Absent);
        ModelBuilder old = model;
        old.ir(3).opset(8);
        const View oldView = open(old);
        QVERIFY(constantOf(*oldView, valueNamed(*oldView, "given")).has_value());
    }

    // The Rewriter.

    void anEmptyEditChangesNothing()
    {
        const ModelBuilder model = twoConvs();
        const View view = open(model);
        const auto bytes = savedBytes(Rewriter(view).apply());
        QVERIFY(bytes.has_value());
        QVERIFY(*bytes == model.bytes());
    }

    void survivorsKeepTheirIds()
    {
        const View view = open(twoConvs());
        Rewriter rewriter(view);
        rewriter.change(nodeNamed(*view, "r1")).set_input(0, "x");
        rewriter.remove(nodeNamed(*view, "c1"));
        rewriter.insertAfter(nodeNamed(*view, "r1"), relu("new", "r1_out", "new_out"));
        const View after = GraphView::of(rewriter.apply());
        for (const char* name : {"r1", "c2", "r2"}) {
            QCOMPARE(after->id(nodeNamed(*after, name)), view->id(nodeNamed(*view, name)));
            QCOMPARE(after->find(view->id(nodeNamed(*view, name))), nodeNamed(*after, name));
        }
        QCOMPARE(after->find(view->id(nodeNamed(*view, "c1"))), NodeIndex::None);
        const NodeId fresh = after->id(nodeNamed(*after, "new"));
        for (std::size_t n = 0; n < view->nodeCount(); ++n)
            QVERIFY(view->id(static_cast<NodeIndex>(n)) != fresh);
        // The old model is what it was.
        QCOMPARE(readersOf(*view, "c1_out"), Names{"r1:0"});
    }

    void idsAreNeverUsedAgain()
    {
        const View view = open(twoConvs());
        Rewriter removing(view);
        removing.remove(nodeNamed(*view, "r2"));
        removing.change(nodeNamed(*view, "c2")).set_output(0, "r2_out");
        const View less = GraphView::of(removing.apply());
        Rewriter adding(less);
        adding.insertAfter(nodeNamed(*less, "c1"), relu("new", "c1_out", "new_out"));
        const View more = GraphView::of(adding.apply());
        QVERIFY(more->id(nodeNamed(*more, "new")) != view->id(nodeNamed(*view, "r2")));
    }

    void insertsWhereItIsTold()
    {
        const View view = open(twoConvs());
        Rewriter rewriter(view);
        rewriter.insertBefore(nodeNamed(*view, "c1"), relu("first", "x", "first_out"));
        rewriter.insertAfter(nodeNamed(*view, "c1"), relu("a", "c1_out", "a_out"));
        rewriter.insertAfter(nodeNamed(*view, "c1"), relu("b", "a_out", "b_out"));
        const auto names = nodeNames(saved(rewriter));
        QCOMPARE(names.size(), std::size_t{7});
        QCOMPARE(names[0], std::string("first"));
        QCOMPARE(names[1], std::string("c1"));
        QVERIFY((names[2] == "a" && names[3] == "b"));
        QCOMPARE(names[4], std::string("r1"));
    }

    void aRewiredNodeKeepsItsAttributes()
    {
        const onnx::NodeProto original = twoConvs().proto().graph().node(2);
        QVERIFY(original.attribute_size() > 0);
        Model model;
        {
            const View view = open(twoConvs());
            Rewriter rewriter(view);
            rewriter.rewire(nodeNamed(*view, "c2")).set_input(0, "x");
            model = rewriter.apply();
        }
        // The model that it came from is gone.
        onnx::ModelProto once;
        QVERIFY(once.ParseFromString(savedBytes(model).value()));
        const onnx::NodeProto* rewired = findNode(once, "c2");
        QVERIFY(rewired);
        QCOMPARE(rewired->input(0), std::string("x"));
        QCOMPARE(rewired->attribute_size(), original.attribute_size());
        for (int a = 0; a < original.attribute_size(); ++a)
            QCOMPARE(rewired->attribute(a).SerializeAsString(), original.attribute(a).SerializeAsString());
    }

    void aRewiredNodeThatIsChangedHasAttributesOfItsOwn()
    {
        const View view = open(twoConvs());
        const NodeIndex conv = nodeNamed(*view, "c2");
        const std::string before = view->proto(conv).SerializeAsString();
        Rewriter rewriter(view);
        rewriter.rewire(conv).set_input(0, "x");
        rewriter.change(conv).mutable_attribute(0)->set_name("other");
        rewriter.rewire(conv).set_output(0, "y");
        const onnx::ModelProto model = saved(rewriter);
        QCOMPARE(view->proto(conv).SerializeAsString(), before);
        const onnx::NodeProto* changed = findNode(model, "c2");
        QCOMPARE(changed->attribute(0).name(), std::string("other"));
        QCOMPARE(changed->input(0), std::string("x"));
        QCOMPARE(changed->output(0), std::string("y"));
    }

    void insertsIntoABody()
    {
        const View view = open(withBodies());
        Rewriter rewriter(view);
        const NodeIndex deep = nodeNamed(*view, "deep");
        rewriter.insertBefore(deep, relu("new", "W", "new_out"));
        rewriter.change(deep).set_input(0, "new_out");
        const View after = GraphView::of(rewriter.apply());
        QCOMPARE(after->scope(nodeNamed(*after, "new")), after->scope(nodeNamed(*after, "deep")));
        QCOMPARE(after->producer(after->input(nodeNamed(*after, "deep"), 0)), nodeNamed(*after, "new"));
        QCOMPARE(after->id(nodeNamed(*after, "first")), view->id(nodeNamed(*view, "first")));
        onnx::ModelProto model = saved(rewriter);
        QCOMPARE(countNodes(model, "Relu"), 2);
        QVERIFY(findNode(model, "new"));
    }

    void makesNamesUniqueInAllScopes()
    {
        const View view = open(withBodies());
        Rewriter rewriter(view);
        for (const char* taken : {"x", "W", "deep_out", "picked", "then_out"})
            QVERIFY(rewriter.uniqueName(taken) != taken);
        const std::string once = rewriter.uniqueName("fresh"), twice = rewriter.uniqueName("fresh");
        QCOMPARE(once, std::string("fresh"));
        QVERIFY(twice != once); // reserved
    }

    void addsInitializersWhereTheyAreWanted()
    {
        const View view = open(twoConvs());
        Rewriter rewriter(view);
        const std::string name =
            rewriter.add(ScopeIndex::Main, "W", DataType::Float, {4}, floats({1, 2, 3, 4}));
        QVERIFY(name != "W");
        rewriter.change(nodeNamed(*view, "c2")).set_input(2, name);
        const onnx::ModelProto model = saved(rewriter);
        const onnx::TensorProto* added = findInitializer(model, name);
        QVERIFY(added);
        QCOMPARE(added->dims_size(), 1);
        QCOMPARE(added->raw_data().size(), std::size_t{16});
        QVERIFY(!findInitializer(model, "c2.bias")); // orphaned
        QVERIFY(findInitializer(model, "c1.bias"));
        QVERIFY(added->external_data().empty());
    }

    void dropsOrphansAndKeepsWhatOthersRead()
    {
        const View view = open(twoConvs());
        Rewriter rewriter(view);
        rewriter.remove(nodeNamed(*view, "c1"));
        rewriter.change(nodeNamed(*view, "r1")).set_input(0, "x");
        QCOMPARE(initializerNames(saved(rewriter)), (Names{"W", "c2.bias"}));
    }

    void keepsAnInitializerThatABodyReads()
    {
        ModelBuilder model = withBodies();
        model.node("Conv", {"x", "W"}, {"z"}, {}, "outer").output("y").output("z");
        const View view = open(model);
        Rewriter rewriter(view);
        rewriter.change(nodeNamed(*view, "outer")).set_op_type("Identity");
        rewriter.change(nodeNamed(*view, "outer")).mutable_input()->RemoveLast();
        QVERIFY(findInitializer(saved(rewriter), "W"));
    }

    void dropsConstantNodesAndWhatStandsBehindThem()
    {
        ModelBuilder model;
        model.input("x", {4}).weightsAsConstantNodes();
        model.node("Identity", {model.random("stored", {4}, -1, 1)}, {"a"}, {}, "alias");
        model.node("Add", {"x", "a"}, {"sum"}, {}, "add").then("Relu", "r");
        const View view = open(model);
        Rewriter rewriter(view);
        rewriter.remove(nodeNamed(*view, "add"));
        rewriter.change(nodeNamed(*view, "r")).set_input(0, "x");
        QCOMPARE(nodeNames(saved(rewriter)), Names{"r"});
    }

    void dropsWhatOnlyDescribesVanishedNames()
    {
        ModelBuilder model = twoConvs();
        for (const char* name : {"c1_out", "r1_out"}) {
            model.graphProto().add_value_info()->set_name(name);
            model.graphProto().add_quantization_annotation()->set_tensor_name(name);
        }
        const View view = open(model);
        Rewriter rewriter(view);
        rewriter.remove(nodeNamed(*view, "r1"));
        rewriter.change(nodeNamed(*view, "c1")).set_output(0, "r1_out");
        const onnx::ModelProto after = saved(rewriter);
        QCOMPARE(after.graph().value_info_size(), 1);
        QCOMPARE(after.graph().value_info(0).name(), std::string("r1_out"));
        QCOMPARE(after.graph().quantization_annotation_size(), 1);
        QCOMPARE(after.graph().quantization_annotation(0).tensor_name(), std::string("r1_out"));
    }

    void keepsTheInputsOfIr3InStep()
    {
        ModelBuilder model = twoConvs();
        model.ir(3).opset(8);
        for (const auto& tensor : model.graphProto().initializer())
            model.graphProto().add_input()->set_name(tensor.name());
        const View view = open(model);
        Rewriter rewriter(view);
        const std::string name =
            rewriter.add(ScopeIndex::Main, "new", DataType::Float, {4}, floats({1, 2, 3, 4}));
        rewriter.change(nodeNamed(*view, "c2")).set_input(2, name);
        const onnx::ModelProto after = saved(rewriter);
        Names inputs;
        for (const auto& input : after.graph().input())
            inputs.push_back(input.name());
        std::sort(inputs.begin(), inputs.end());
        QCOMPARE(inputs, (Names{"W", "c1.bias", "new", "x"}));
        const auto& added = after.graph().input(after.graph().input_size() - 1);
        QCOMPARE(added.name(), std::string("new"));
        QCOMPARE(added.type().tensor_type().elem_type(), static_cast<int>(onnx::TensorProto::FLOAT));
        QCOMPARE(added.type().tensor_type().shape().dim(0).dim_value(), std::int64_t{4});
    }

    // What a standard map holds, the table of names holds, while it grows and with names of all lengths.
    // Where in 4096 places 4096 names would begin: chance leaves 1 in e of the places empty.
    void namesAreSpreadEvenly()
    {
        for (const std::string pattern : {"#", "#.weight", "layer#", "model.layers.#.weight", "Conv_123456#",
                                          "/features/features.0/bn/BatchNormalization_output_#"}) {
            std::set<std::uint32_t> decimal, binary;
            for (std::uint32_t n = 0; n < 4096; ++n) {
                std::string name = pattern;
                binary.insert(NameIndex::hashOf(std::string(name).replace(
                                  name.find('#'), 1,
                                  {static_cast<char>('0' + n % 64), static_cast<char>('0' + n / 64)})) %
                              4096);
                decimal.insert(NameIndex::hashOf(name.replace(name.find('#'), 1, std::to_string(n))) % 4096);
            }
            QVERIFY2(decimal.size() > 2450 && binary.size() > 2450, pattern.c_str());
        }
    }

    void tableOfNamesIsLikeAMap()
    {
        std::map<std::string, int, std::less<>> expected;
        for (int n = 0; n < 20000; ++n)
            expected.emplace(std::string(static_cast<std::size_t>(n % 5), 'x') + std::to_string(n % 7000), n);
        expected.emplace("", -1);
        NameTable<int> table;
        QVERIFY(!table.find("x"));
        for (const auto& [name, value] : expected)
            QVERIFY(table.tryEmplace(name, value).second);
        for (const auto& [name, value] : expected) {
            QVERIFY(!table.tryEmplace(std::string(name), value + 1).second);
            QVERIFY(table.find(name));
            QCOMPARE(*table.find(name), value);
            QVERIFY(!table.find(name + "y"));
        }
        table.reserve(100000);
        for (const auto& [name, value] : expected)
            QCOMPARE(*table.find(name), value);
    }
};

QTEST_APPLESS_MAIN(GraphTest)
#include "test_graph.moc"
