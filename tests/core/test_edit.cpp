// SPDX-License-Identifier: GPL-3.0-or-later
// Edits: each kind of change alone, applied, saved and read again; what check() says of edits that are wrong;
// and on random graphs with random edits, right and wrong ones: what check() lets pass is a valid model, and
// the view that follows it is that of the model. PLEAT_EDIT_GRAPHS says on how many graphs (150),
// PLEAT_EDIT_SEED where to start.
#include "core/model/Validator.h"
#include "core/rewrite/FixedPoint.h"
#include "core/rewrite/Rewriter.h"
#include "tests/core/support/EditChecks.h"
#include "tests/core/support/FoldChecks.h"
#include "tests/core/support/RandomEdits.h"
#include "tests/core/support/RandomGraph.h"

#include <QTest>
#include <functional>
#include <onnx/onnx_pb.h>
#include <random>

using namespace pleat;
using namespace pleat::test;

namespace {

using View = std::shared_ptr<const GraphView>;

// choosingModel() → LeakyRelu (→ function local::block) → Relu → y.
ModelBuilder scene(bool withFunction = false)
{
    ModelBuilder model = choosingModel({1, 3, 8, 8});
    model.ir(7).node("LeakyRelu", {"either"}, {"leaky"}, {{"alpha", 0.5}}, "leaky");
    if (withFunction) {
        ModelBuilder inner;
        inner.node("Neg", {"a"}, {"b"}, {}, "negate");
        model.node("block", {"leaky"}, {"called"}, {}, "call", "local");
        model.function(inner, "local", "block", {"a"}, {"b"});
    }
    model.node("Relu", {model.current()}, {"y"}, {}, "last").output("y");
    return model;
}

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
        if (view.exists(static_cast<NodeIndex>(n)) && view.name(static_cast<NodeIndex>(n)) == name)
            return static_cast<NodeIndex>(n);
    qFatal("there is no node of that name");
}

NodeId node(const GraphView& view, std::string_view name)
{
    return view.id(nodeNamed(view, name));
}

TensorId tensor(const GraphView& view, std::string_view name)
{
    return view.initializer(view.find(ScopeIndex::Main, name))->id;
}

std::shared_ptr<onnx::NodeProto> copyOf(const GraphView& view, std::string_view name)
{
    return std::make_shared<onnx::NodeProto>(*view.entry(nodeNamed(view, name)).proto);
}

Node newNode(const std::string& op, const std::string& input, const std::string& output)
{
    auto proto = std::make_shared<onnx::NodeProto>();
    proto->set_op_type(op);
    proto->set_name("new_" + output);
    proto->add_input(input);
    proto->add_output(output);
    return {NodeId::None, proto, nullptr, {}};
}

TensorMessage floats(const std::string& name, const Dims& dims, const std::vector<double>& values)
{
    return TensorMessage(tensorProto(name, dims, values, DataType::Float));
}

ValueInfo info(const std::string& name, const Dims& dims)
{
    auto value = std::make_shared<onnx::ValueInfoProto>();
    setType(*value, name, DataType::Float);
    for (const std::int64_t dim : dims)
        value->mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(dim);
    return value;
}

Function negation(const std::string& name, const std::string& op = "Neg")
{
    auto header = std::make_shared<onnx::FunctionProto>();
    header->set_domain("local");
    header->set_name(name);
    header->add_input("a");
    header->add_output("b");
    onnx::OperatorSetIdProto& import = *header->add_opset_import();
    import.set_version(13);
    auto body = std::make_shared<Graph>();
    body->header = std::make_shared<onnx::GraphProto>();
    body->nodes.push_back(newNode(op, "a", "b"));
    return {header, body, {}};
}

enum class Numbers { Same, Others };

// Applied, saved, read again.
onnx::ModelProto outcome(const ModelBuilder& model, const std::function<void(Edit&, const GraphView&)>& make,
                         Numbers numbers = Numbers::Same)
{
    const View view = open(model);
    Edit edit;
    make(edit, *view);
    onnx::ModelProto now;
    const auto checked = check(edit, *view);
    if (!checked) {
        QTest::qFail(checked.error().message.c_str(), __FILE__, __LINE__);
        return now;
    }
    const auto bytes = savedBytes(apply(edit, *view));
    if (!bytes || !now.ParseFromString(*bytes) || !viewOf(*bytes)) {
        QTest::qFail("it cannot be saved and read again", __FILE__, __LINE__);
        return now;
    }
    if (const std::string wrong = whatTheCheckerSays(now); !wrong.empty())
        QTest::qFail(wrong.c_str(), __FILE__, __LINE__);
    if (numbers == Numbers::Same) {
        if (const std::string wrong = differenceInRuns(model.bytes(), *bytes); !wrong.empty())
            QTest::qFail(wrong.c_str(), __FILE__, __LINE__);
    }
    return now;
}

std::string refusal(const ModelBuilder& model, const std::function<void(Edit&, const GraphView&)>& make)
{
    const View view = open(model);
    Edit edit;
    make(edit, *view);
    const auto checked = check(edit, *view);
    return checked ? "nothing" : checked.error().message;
}

// All that there is to see of a view, by id.
std::string text(const GraphView& view)
{
    std::string all;
    const auto add = [&](ValueIndex value) {
        const NodeIndex maker = view.producer(value);
        all += " " + std::string(view.name(value)) + "@" + std::to_string(index(view.scope(value))) + "<" +
               (maker == NodeIndex::None ? "" : std::to_string(index(view.id(maker)))) + ">";
        all += view.isGraphOutput(value) ? "o" : "";
        all += std::to_string(view.constantDepth(value));
        if (const Initializer* const initializer = view.initializer(value))
            all += view.find(initializer->id) == value ? "i" : "IS NOT FOUND";
        for (const Use& use : view.uses(value))
            all += " " + std::to_string(index(view.id(use.node))) + ":" + std::to_string(use.slot);
    };
    for (const Scope& scope : view.scopes()) {
        all += scope.path + "\n";
        for (const auto* list : {&scope.inputs, &scope.outputs})
            std::ranges::for_each(*list, add);
        for (const ValueIndex value : scope.initializers)
            add(value);
        for (const NodeIndex each : scope.nodes) {
            all += "\n" + std::to_string(index(view.id(each))) + view.label(each);
            std::ranges::for_each(view.inputs(each), add);
            std::ranges::for_each(view.outputs(each), add);
        }
    }
    return all;
}

// An edit that may well be wrong.
Edit randomEdit(const GraphView& view, std::mt19937& random)
{
    Edit edit;
    const auto any = [&](auto size) { return random() % static_cast<std::size_t>(size); };
    const auto anyScope = [&] { return static_cast<ScopeIndex>(any(view.scopes().size())); };
    const auto anyNode = [&](ScopeIndex scope) { return pick(view.scopes()[index(scope)].nodes, random); };
    const auto anyName = [&]() -> std::string {
        if (any(8) == 0)
            return "new" + std::to_string(any(3));
        std::size_t value = any(view.valueCount());
        while (!view.exists(static_cast<ValueIndex>(value)))
            value = (value + 1) % view.valueCount();
        return std::string(view.name(static_cast<ValueIndex>(value)));
    };
    for (std::size_t changes = 1 + any(3); changes > 0; --changes) {
        const ScopeIndex scope = anyScope();
        const Scope& graph = view.scopes()[index(scope)];
        if (graph.nodes.empty())
            continue;
        const NodeIndex at = anyNode(scope);
        auto message = std::make_shared<onnx::NodeProto>(*view.entry(at).proto);
        switch (any(10)) {
        case 0:
            edit.removed.push_back(view.id(at));
            break;
        case 1:
            if (message->input_size() > 0)
                message->set_input(0, anyName());
            edit.changed.push_back({view.id(at), message});
            break;
        case 2:
            if (message->output_size() > 0)
                message->set_output(0, anyName());
            edit.changed.push_back({view.id(at), message});
            break;
        case 3:
            edit.inserted.push_back({view.id(at), any(2) == 0, newNode("Relu", anyName(), anyName())});
            break;
        case 4: { // taken out
            const ValueIndex input = view.input(at, 0), output = view.output(at, 0);
            if (input == ValueIndex::None || output == ValueIndex::None)
                break;
            edit.removed.push_back(view.id(at));
            edit.graph(keyOf(view, scope))
                .reconnected.push_back({std::string(view.name(output)), std::string(view.name(input))});
            break;
        }
        case 5:
            edit.graph(keyOf(view, scope)).added.push_back(floats(anyName(), {2}, {1, 2}));
            break;
        case 6:
            if (!graph.initializers.empty())
                edit.dropped.push_back(view.initializer(pick(graph.initializers, random))->id);
            break;
        case 7:
            if (!graph.initializers.empty())
                edit.replaced.push_back(
                    {view.initializer(pick(graph.initializers, random))->id, floats(anyName(), {2}, {1, 2})});
            break;
        case 8:
            edit.graph(keyOf(view, scope)).outputs = std::vector{info(anyName(), {1})};
            break;
        default:
            if (view.find(scope, "x") == ValueIndex::None || any(2) == 0)
                edit.graph(keyOf(view, scope)).reconnected.push_back({anyName(), anyName(), true});
            else
                edit.graph(keyOf(view, scope)).inputs = std::vector{info(anyName(), {1})};
        }
    }
    edit.dropsUnread = any(2) == 0;
    return edit;
}

} // namespace

class EditTest final : public QObject {
    Q_OBJECT

private slots:
    void savesTheSameBytesWithNothingInIt()
    {
        const std::string bytes = scene().bytes();
        const View view = viewOf(bytes).value();
        QVERIFY(check({}, *view).has_value());
        const Model same = apply({}, *view);
        QVERIFY(!same.edited);
        QCOMPARE(savedBytes(same).value(), bytes);
    }

    // Fields of a graph may stand in any order, and a message may have its own: what is not changed is saved
    // as it is, in the order of its kind.
    void keepsDescriptionsAsTheyAre()
    {
        const auto field = [](char tag, const std::string& contents) {
            return std::string{tag, static_cast<char>(contents.size())} + contents;
        };
        const auto node = [](const char* from, const char* to) {
            return newNode("Relu", from, to).proto->SerializeAsString();
        };
        const auto description = [&](const char* name) { // with its name behind the rest, which is unknown
            return field('\x6a', field('\x7a', "later") + field('\x0a', name));
        };
        const std::string graph =
            field('\x0a', node("x", "a")) + description("a") +
            field('\x5a', info("x", {1})->SerializeAsString()) + description("b") +
            field('\x0a', node("a", "b")) + field('\x12', "network") + description("not there") +
            field('\x62', info("c", {1})->SerializeAsString()) + field('\x0a', node("b", "c"));
        const std::string opset = field('\x42', std::string("\x10\x11", 2));
        const std::string file =
            std::string("\x08\x08", 2) + opset + "\x3a" +
            std::string{static_cast<char>(graph.size() % 128 + 128), static_cast<char>(graph.size() / 128)} +
            graph;
        QVERIFY(graph.size() >= 128 && graph.size() < 128 * 128);
        const View view = viewOf(file).value();
        QCOMPARE(view->scopes().front().graph->descriptions.size(), std::size_t{3});
        QCOMPARE(savedBytes(apply({}, *view)).value(), file);

        Edit edit;
        edit.changed.push_back(
            {view->id(view->scopes().front().nodes.at(0)), newNode("Neg", "x", "a").proto});
        edit.graph({}).undescribed = {"b"};
        edit.graph({}).described = {info("c", {1}), info("not there", {2}), info("b", {3})};
        const std::string saved = savedBytes(apply(edit, *view)).value();
        onnx::ModelProto wanted;
        QVERIFY(wanted.ParseFromString(file));
        wanted.mutable_graph()->mutable_node(0)->set_op_type("Neg");
        auto& infos = *wanted.mutable_graph()->mutable_value_info();
        infos.DeleteSubrange(1, 1);
        infos[1] = *info("not there", {2});
        *infos.Add() = *info("c", {1});
        *infos.Add() = *info("b", {3});
        onnx::ModelProto now;
        QVERIFY(now.ParseFromString(saved));
        QCOMPARE(now.SerializeAsString(), wanted.SerializeAsString());
        QVERIFY(saved.find(description("a")) != std::string::npos);
    }

    void changesANode()
    {
        const onnx::ModelProto now = outcome(
            scene(),
            [](Edit& edit, const GraphView& view) {
                const auto message = copyOf(view, "leaky");
                message->mutable_attribute(0)->set_f(0.25F);
                edit.changed.push_back({node(view, "leaky"), message});
            },
            Numbers::Others);
        QCOMPARE(findNode(now, "leaky")->attribute(0).f(), 0.25F);
    }

    void keepsTheBodiesOfAChangedNode()
    {
        const onnx::ModelProto now = outcome(scene(), [](Edit& edit, const GraphView& view) {
            const auto message = copyOf(view, "if");
            message->mutable_attribute()->SwapElements(0, 1);
            message->set_name("renamed");
            edit.changed.push_back({node(view, "if"), message});
            const auto inner = copyOf(view, "inner");
            inner->set_doc_string("seen");
            edit.changed.push_back({node(view, "inner"), inner});
        });
        const onnx::NodeProto& branch = *findNode(now, "renamed");
        QCOMPARE(branch.attribute(0).name(), std::string("else_branch"));
        QCOMPARE(branch.attribute(0).g().node(0).op_type(), std::string("Abs"));
        QCOMPARE(branch.attribute(1).g().node(0).doc_string(), std::string("seen"));
    }

    void takesANodeOut()
    {
        const onnx::ModelProto now = outcome(scene(), [](Edit& edit, const GraphView& view) {
            edit.removed.push_back(node(view, "id"));
            edit.graph({}).reconnected.push_back({"id_out", "c1_out"});
        });
        QVERIFY(!findNode(now, "id"));
        QCOMPARE(findNode(now, "if")->attribute(0).g().node(0).input(0), std::string("c1_out"));
    }

    void putsNodesBesideOne()
    {
        const onnx::ModelProto now = outcome(scene(), [](Edit& edit, const GraphView& view) {
            edit.inserted.push_back({node(view, "id"), true, newNode("Identity", "id_out", "again")});
            edit.inserted.push_back({node(view, "id"), false, newNode("Identity", "x", "unused")});
            edit.graph({}).reconnected.push_back({"id_out", "again"});
        });
        QCOMPARE(now.graph().node(1).output(0), std::string("unused"));
        QCOMPARE(now.graph().node(3).output(0), std::string("again"));
        QCOMPARE(now.graph().node(3).input(0), std::string("id_out")); // as it was said
    }

    void putsTwoInPlaceOfOne()
    {
        const onnx::ModelProto now = outcome(scene(), [](Edit& edit, const GraphView& view) {
            edit.removed.push_back(node(view, "id"));
            edit.inserted.push_back({node(view, "id"), true, newNode("Identity", "c1_out", "between")});
            edit.inserted.push_back({node(view, "id"), true, newNode("Identity", "between", "id_out")});
        });
        QCOMPARE(now.graph().node(2).output(0), std::string("id_out"));
    }

    void renamesAnOutputWhereAsked()
    {
        const auto rename = [](Edit& edit, const GraphView& view) {
            const auto message = copyOf(view, "last");
            message->set_output(0, "renamed");
            edit.changed.push_back({node(view, "last"), message});
            edit.graph({}).reconnected.push_back({"y", "renamed", true});
        };
        QCOMPARE(outcome(scene(), rename, Numbers::Others).graph().output(0).name(), std::string("renamed"));
    }

    void replacesDropsAndAddsInitializers()
    {
        const onnx::ModelProto now = outcome(
            scene(),
            [](Edit& edit, const GraphView& view) {
                edit.replaced.push_back({tensor(view, "c1.weight"),
                                         floats("c1.weight", {4, 3, 1, 1}, std::vector<double>(12, 2.0))});
                const auto message = copyOf(view, "c1");
                message->clear_attribute();
                message->add_input("bias");
                edit.changed.push_back({node(view, "c1"), message});
                edit.graph({}).added.push_back(floats("bias", {4}, {1, 2, 3, 4}));
            },
            Numbers::Others);
        QCOMPARE(numbersOf(findInitializer(now, "bias")).back(), 4.0L);
        QCOMPARE(findInitializer(now, "c1.weight")->dims(3), 1);
        ModelBuilder unread = scene();
        unread.constant("unread", {2}, {1, 2});
        QVERIFY(!findInitializer(
            outcome(unread, [](Edit& edit,
                               const GraphView& view) { edit.dropped.push_back(tensor(view, "unread")); }),
            "unread"));
    }

    void dropsWhatNobodyReadsOnlyWhereAsked()
    {
        const auto bypass = [](bool drops) {
            return [drops](Edit& edit, const GraphView& view) {
                const auto message = copyOf(view, "c1");
                message->set_op_type("Identity");
                message->clear_attribute();
                message->mutable_input()->DeleteSubrange(1, message->input_size() - 1);
                edit.changed.push_back({node(view, "c1"), message});
                edit.dropsUnread = drops;
            };
        };
        QVERIFY(!findInitializer(outcome(scene(), bypass(true), Numbers::Others), "c1.weight"));
        QVERIFY(findInitializer(outcome(scene(), bypass(false), Numbers::Others), "c1.weight"));
    }

    void changesInputsOutputsAndDescriptions()
    {
        const onnx::ModelProto now = outcome(
            scene(),
            [](Edit& edit, const GraphView&) {
                GraphChange& graph = edit.graph({});
                graph.inputs = std::vector{info("x", {1, 3, 16, 16})};
                graph.outputs = std::vector{info("y", {1, 4, 14, 14}), info("id_out", {1, 4, 14, 14})};
                graph.described.push_back(info("leaky", {1, 4, 14, 14}));
                graph.name = "other";
                graph.doc = "words";
            },
            Numbers::Others);
        QCOMPARE(now.graph().output_size(), 2);
        QCOMPARE(now.graph().input(0).type().tensor_type().shape().dim(3).dim_value(), 16);
        QCOMPARE(now.graph().value_info(0).name(), std::string("leaky"));
        QCOMPARE(now.graph().name() + now.graph().doc_string(), std::string("otherwords"));
    }

    void replacesABody()
    {
        const onnx::ModelProto now = outcome(
            scene(),
            [](Edit& edit, const GraphView& view) {
                const Node& branch = view.entry(nodeNamed(view, "if"));
                std::vector<Body> bodies(branch.bodies().begin(), branch.bodies().end());
                auto graph = std::make_shared<Graph>(*bodies[0].graph);
                graph->source = {};
                graph->nodes.changeAt(0) = newNode("Floor", "id_out", "negated");
                bodies[0].graph = graph;
                edit.changed.push_back({view.id(nodeNamed(view, "if")), branch.proto, {}, bodies});
            },
            Numbers::Others);
        QCOMPARE(findNode(now, "if")->attribute(0).g().node(0).op_type(), std::string("Floor"));
    }

    void addsReplacesAndRemovesFunctions()
    {
        const auto functions = [](const std::function<void(Edit&, const GraphView&)>& make, Numbers numbers) {
            return outcome(scene(true), make, numbers);
        };
        QCOMPARE(functions([](Edit& edit, const GraphView&) { edit.functionsAdded = {negation("more")}; },
                           Numbers::Same)
                     .functions_size(),
                 2);
        QCOMPARE(functions(
                     [](Edit& edit, const GraphView&) {
                         edit.functionsReplaced = {{0, negation("block", "Abs")}};
                     },
                     Numbers::Others)
                     .functions(0)
                     .node(0)
                     .op_type(),
                 std::string("Abs"));
        QCOMPARE(
            functions(
                [](Edit& edit, const GraphView& view) {
                    edit.functionsRemoved = {0};
                    edit.removed.push_back(node(view, "call"));
                    edit.inserted.push_back({node(view, "call"), true, newNode("Neg", "leaky", "called")});
                },
                Numbers::Same)
                .functions_size(),
            0);
        const onnx::ModelProto inside = functions(
            [](Edit& edit, const GraphView& view) {
                edit.graph({.function = 0}).added.push_back(floats("scale", {1}, {2}));
                const auto message = copyOf(view, "negate");
                message->set_op_type("Mul");
                message->add_input("scale");
                edit.changed.push_back({node(view, "negate"), message});
            },
            Numbers::Others);
        QCOMPARE(inside.functions(0).node(0).op_type(), std::string("Constant"));
    }

    void changesTheModelItself()
    {
        const onnx::ModelProto now = outcome(scene(), [](Edit& edit, const GraphView&) {
            edit.model.opsets = {{"", 14}, {"local", 1}};
            edit.model.irVersion = 8;
            edit.model.metadata = {{"key", "value"}, {"gone", std::nullopt}};
            edit.model.producerName = "somebody";
            edit.model.doc = "words";
        });
        QCOMPARE(now.opset_import_size(), 2);
        QCOMPARE(now.opset_import(0).version(), 14);
        QCOMPARE(now.ir_version(), 8);
        QCOMPARE(now.metadata_props(0).value(), std::string("value"));
        QCOMPARE(now.producer_name() + now.doc_string(), std::string("somebodywords"));
    }

    void saysWhatIsWrong_data()
    {
        using Make = std::function<void(Edit&, const GraphView&)>;
        QTest::addColumn<Make>("make");
        QTest::addColumn<QString>("sentence");
        const auto wrong = [](const char* name, const char* sentence, const Make& make) {
            QTest::newRow(name) << make << sentence;
        };
        wrong("unknown node", "A node that is to be removed is not in the model (any more).",
              [](Edit& edit, const GraphView&) { edit.removed.push_back(NodeId{9999}); });
        wrong("unknown neighbour", "A node that is to have another beside it is not in the model",
              [](Edit& edit, const GraphView&) {
                  edit.inserted.push_back({NodeId{9999}, true, newNode("Relu", "x", "n")});
              });
        wrong("unknown tensor", "An initializer that is to be dropped is not in the model",
              [](Edit& edit, const GraphView&) { edit.dropped.push_back(TensorId{9999}); });
        wrong("unknown body", "A body or function that is to be changed is not in the model",
              [](Edit& edit, const GraphView&) { edit.graph({.function = 3}).doc = "?"; });
        wrong("changed and removed", "id is both changed and removed.",
              [](Edit& edit, const GraphView& view) {
                  edit.removed.push_back(node(view, "id"));
                  edit.changed.push_back({node(view, "id"), copyOf(view, "id")});
              });
        wrong("changed twice", "id is changed twice.", [](Edit& edit, const GraphView& view) {
            edit.changed.push_back({node(view, "id"), copyOf(view, "id")});
            edit.changed.push_back({node(view, "id"), copyOf(view, "id")});
        });
        wrong("read by nobody's", "reads \"id_out\", which nothing makes after the edit.",
              [](Edit& edit, const GraphView& view) { edit.removed.push_back(node(view, "id")); });
        wrong("output of nobody",
              "\"y\" is an output of the main graph, and nothing makes it after the edit.",
              [](Edit& edit, const GraphView& view) { edit.removed.push_back(node(view, "last")); });
        wrong("made twice by nodes", "\"leaky\" is made twice after the edit",
              [](Edit& edit, const GraphView& view) {
                  edit.inserted.push_back({node(view, "last"), false, newNode("Relu", "x", "leaky")});
              });
        wrong(
            "made twice by an initializer", "\"id_out\" is made twice after the edit",
            [](Edit& edit, const GraphView&) { edit.graph({}).added.push_back(floats("id_out", {1}, {1})); });
        wrong("two initializers", "\"c1.weight\" is made twice after the edit; once by an initializer.",
              [](Edit& edit, const GraphView&) {
                  edit.graph({}).added.push_back(floats("c1.weight", {1}, {1}));
              });
        wrong("shadowed", "\"id_out\" is a new name in", [](Edit& edit, const GraphView& view) {
            edit.inserted.push_back({node(view, "inner"), false, newNode("Relu", "x", "id_out")});
        });
        wrong("a cycle", "After the edit, the graph has a cycle", [](Edit& edit, const GraphView& view) {
            const auto message = copyOf(view, "c1");
            message->set_input(0, "leaky");
            edit.changed.push_back({node(view, "c1"), message});
        });
        wrong("no operator", "id is to become a node without an operator.",
              [](Edit& edit, const GraphView& view) {
                  edit.changed.push_back({node(view, "id"), std::make_shared<onnx::NodeProto>()});
              });
        wrong("too few bytes", "After the edit, tensor \"c1.weight\"", [](Edit& edit, const GraphView& view) {
            onnx::TensorProto few = tensorProto("c1.weight", {2}, {1, 2}, DataType::Float);
            few.add_dims(7);
            edit.replaced.push_back({tensor(view, "c1.weight"), TensorMessage(few)});
        });
        wrong("no bytes", "The bytes of tensor \"t\" of id are missing.",
              [](Edit& edit, const GraphView& view) {
                  const auto message = copyOf(view, "id");
                  onnx::TensorProto& value = *message->add_attribute()->mutable_t();
                  value.set_name("t");
                  value.set_data_location(onnx::TensorProto::EXTERNAL);
                  onnx::StringStringEntryProto& place = *value.add_external_data();
                  place.set_key("pleat.payload");
                  place.set_value("5");
                  edit.changed.push_back({node(view, "id"), message});
              });
        wrong("a body lost", "if loses its body \"then_branch\".", [](Edit& edit, const GraphView& view) {
            const auto message = copyOf(view, "if");
            message->mutable_attribute()->DeleteSubrange(0, 1);
            edit.changed.push_back({node(view, "if"), message});
        });
        wrong("in a body that goes", "which goes with if.", [](Edit& edit, const GraphView& view) {
            edit.removed.push_back(node(view, "if"));
            edit.changed.push_back({node(view, "inner"), copyOf(view, "inner")});
        });
        wrong("opset 0", "Operator set ai.onnx is to have version 0: they start with 1.",
              [](Edit& edit, const GraphView&) {
                  edit.model.opsets = {{"", 0}};
              });
        wrong("opset gone", "is an operator of ai.onnx, which is not imported after the edit.",
              [](Edit& edit, const GraphView&) {
                  edit.model.opsets = {{"", std::nullopt}};
              });
        wrong("old IR", "Before IR version 4, initializers are inputs, too; \"c1.weight\" is none.",
              [](Edit& edit, const GraphView&) { edit.model.irVersion = 3; });
        wrong("function called", "call calls function block, which is not there after the edit.",
              [](Edit& edit, const GraphView&) { edit.functionsRemoved = {0}; });
        wrong("function twice", "After the edit, ",
              [](Edit& edit, const GraphView&) { edit.functionsAdded = {negation("block")}; });
        wrong("function in itself", "After the edit, ", [](Edit& edit, const GraphView&) {
            Function self = negation("block", "block");
            auto body = std::make_shared<Graph>(*self.body);
            Node call = newNode("block", "a", "b");
            auto proto = std::make_shared<onnx::NodeProto>(*call.proto);
            proto->set_domain("local");
            call.proto = proto;
            body->nodes.changeAt(0) = call;
            self.body = body;
            edit.functionsReplaced = {{0, self}};
        });
        wrong("input without a name", "An input or output of the main graph is to have no name.",
              [](Edit& edit, const GraphView&) { edit.graph({}).inputs = std::vector{info("", {1})}; });
        wrong("input read and gone", "reads \"x\", which nothing in the model defines.",
              [](Edit& edit, const GraphView&) { edit.graph({}).inputs = std::vector<ValueInfo>(); });
        wrong("reconnected from nothing",
              "is to read \"x\", but nothing in the main graph is called \"none\"",
              [](Edit& edit, const GraphView&) {
                  edit.graph({}).reconnected = {{"none", "x"}};
              });
        wrong("reconnected to nothing", "reads \"none\", which nothing makes after the edit.",
              [](Edit& edit, const GraphView&) {
                  edit.graph({}).reconnected = {{"leaky", "none"}};
              });
    }

    void saysWhatIsWrong()
    {
        using Make = std::function<void(Edit&, const GraphView&)>;
        QFETCH(Make, make);
        QFETCH(QString, sentence);
        const bool functions = QByteArray(QTest::currentDataTag()).startsWith("function");
        const auto said = QString::fromStdString(refusal(scene(functions), make));
        QVERIFY2(said.contains(sentence), qPrintable(said));
    }

    void letsPassWhatIsValidAndNothingElse()
    {
        const int graphs = fromEnvironment("PLEAT_EDIT_GRAPHS", 150),
                  first = fromEnvironment("PLEAT_EDIT_SEED", 1);
        int passed = 0, refused = 0;
        for (int seed = first; seed < first + graphs; ++seed) {
            RandomGraph graph(static_cast<std::uint32_t>(seed));
            std::mt19937 random(static_cast<std::uint32_t>(seed));
            View view = seed % 5 == 0 ? open(scene(seed % 10 == 0)) : open(graph.model());
            for (int edits = 0; edits < 20; ++edits) {
                const Edit edit = randomEdit(*view, random);
                const auto checked = check(edit, *view);
                if (!checked) {
                    ++refused;
                    QVERIFY(!checked.error().message.empty());
                    continue;
                }
                ++passed;
                const Model model = apply(edit, *view);
                const auto valid = validate(model);
                QVERIFY2(valid,
                         qPrintable(QString("seed %1, edit %2: %3")
                                        .arg(seed)
                                        .arg(edits)
                                        .arg(QString::fromStdString(valid ? "" : valid.error().message))));
                const View now = GraphView::after(*view, model).view;
                QVERIFY2(text(*now) == text(*GraphView::of(model)),
                         qPrintable(QString("seed %1, edit %2").arg(seed).arg(edits)));
                QVERIFY(!now->isInOrder() || GraphView::of(model)->isInOrder());
                view = now;
            }
        }
        qInfo("%d edits passed, %d were refused", passed, refused);
        QVERIFY(passed > graphs && refused > graphs);
    }

    void goesOnToTheFixedPoint()
    {
        ModelBuilder model;
        model.input("x", {1, 3});
        for (int n = 0; n < 5; ++n)
            model.then("Identity", "id" + std::to_string(n));
        model.relu().output();
        // One round takes out one Identity.
        const auto match = [](const GraphView& view) -> Result<std::optional<Edit>> {
            for (const NodeIndex each : view.scopes().front().nodes) {
                if (view.op(each) != "Identity")
                    continue;
                Edit edit;
                edit.removed.push_back(view.id(each));
                edit.graph({}).reconnected.push_back({std::string(view.name(view.output(each, 0))),
                                                      std::string(view.name(view.input(each, 0)))});
                return edit;
            }
            return std::nullopt;
        };
        NoProgress progress;
        const View view = open(model);
        QCOMPARE(toFixedPoint(view, match, progress, {}).value()->scopes().front().nodes.size(),
                 std::size_t{1});
        QCOMPARE(toFixedPoint(view, match, progress, {}, 2).value()->scopes().front().nodes.size(),
                 std::size_t{4});
        std::stop_source source;
        source.request_stop();
        QCOMPARE(toFixedPoint(view, match, progress, source.get_token()).error().code, ErrorCode::Cancelled);
    }
};

QTEST_APPLESS_MAIN(EditTest)
#include "test_edit.moc"
