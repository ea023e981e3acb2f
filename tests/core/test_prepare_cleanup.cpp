// SPDX-License-Identifier: GPL-3.0-or-later
// Passes that take away what is there twice: each beside neighbours that must stay.
#include "tests/core/support/PrepareChecks.h"

#include <QTest>
#include <fmt/format.h>
#include <google/protobuf/unknown_field_set.h>

using namespace pleat;
using namespace pleat::test;

namespace {

using Codes = std::vector<std::string>;

// x + a + b + …, so that all of them are read.
ModelBuilder sumOf(const std::vector<std::string>& constants, ModelBuilder model)
{
    for (const std::string& constant : constants)
        model.then("Add", {}, {constant});
    return model;
}

// The layers that the batch norms of a model fold into.
std::vector<std::string> folds(const std::string& bytes)
{
    std::vector<std::string> all;
    if (const auto candidates = candidatesOf(bytes)) {
        for (const FoldCandidate& candidate : *candidates)
            all.push_back(text(candidate));
    }
    return all;
}

} // namespace

class TestPrepareCleanup final : public QObject {
    Q_OBJECT

private slots:
    void sameBytes()
    {
        ModelBuilder model;
        model.input("x", {2, 3});
        model.constant("a", {3}, {1, 2, 3});
        model.constant("b", {3}, {1, 2, 3});
        model.constant("otherNumbers", {3}, {1, 2, 4});
        model.constant("otherShape", {1, 3}, {1, 2, 3});
        model.constant("c", {3}, {1, 2, 3});
        const auto files = assertPrepares(sumOf({"a", "b", "otherNumbers", "otherShape", "c"}, model),
                                          "duplicate-initializers", 2);
        QCOMPARE(files.model.graph().initializer_size(), 3);
    }

    void sameBytesOfOtherTypes()
    {
        ModelBuilder model;
        model.input("x", {2, 3}).then("Reshape", {}, {model.constant("a", {2}, {3, 2}, DataType::Int64)});
        model.then("Reshape", {}, {model.constant("b", {2}, {3, 2}, DataType::Int64)});
        model.constant("zeros", {2}, {0, 0}); // as large as two int32 of zero
        model.constant("integers", {2}, {0, 0}, DataType::Int32);
        model.then("Add", {}, {"zeros"});
        const std::string sum = model.current();
        model.node("Cast", {"integers"}, {"cast"}, {{"to", 1}}).node("Add", {sum, "cast"}, {"y"});
        assertPrepares(model, "duplicate-initializers", 1);
        ModelBuilder signs; // equal numbers, other bits
        signs.input("x", {2, 2});
        signs.constant("plus", {}, {0.0});
        signs.constant("minus", {}, {-0.0});
        assertPrepares(sumOf({"plus", "minus"}, signs), "duplicate-initializers", 0);
    }

    // More than what is read at once, and unlike in the last element.
    void sameBytesOfLargeOnes()
    {
        std::vector<double> numbers(300'000, 0.5), others = numbers;
        others.back() = 0.25;
        const Dims dims{static_cast<std::int64_t>(numbers.size())};
        ModelBuilder model;
        model.input("x", {1});
        model.constant("a", dims, numbers);
        model.constant("b", dims, others);
        model.constant("c", dims, numbers);
        const auto files = assertPrepares(sumOf({"a", "b", "c"}, model), "duplicate-initializers", 1);
        QCOMPARE(files.model.graph().initializer(1).name(), std::string("b"));
        QCOMPARE(files.model.graph().initializer_size(), 2);
    }

    void typedDataAndRawData()
    {
        ModelBuilder model;
        model.input("x", {2, 3});
        model.constant("raw", {3}, {1, 2, 3});
        model.weightsAsTypedData().constant("typed", {3}, {1, 2, 3});
        assertPrepares(sumOf({"raw", "typed"}, model), "duplicate-initializers", 1);
    }

    // A caller may give another one for an initializer that is an input; before IR 4 nobody can.
    void overridableOnes()
    {
        for (const std::int64_t ir : {3, 7}) {
            ModelBuilder model;
            model.ir(ir).opset(8).input("x", {2, 3});
            model.constant("a", {3}, {1, 2, 3});
            model.constant("b", {3}, {1, 2, 3});
            model.listInitializersAsInputs();
            assertPrepares(sumOf({"a", "b"}, model), "duplicate-initializers", ir < 4 ? 1 : 0);
        }
    }

    void onesThatAreOutputs()
    {
        ModelBuilder model;
        model.input("x", {2, 3});
        model.constant("a", {3}, {1, 2, 3});
        model.constant("b", {3}, {1, 2, 3});
        ModelBuilder sum = sumOf({"a", "b"}, model);
        sum.output().output("b");
        assertPrepares(sum, "duplicate-initializers", 0);
    }

    void onesInBodies()
    {
        ModelBuilder yes, no, model;
        model.input("x", {2, 3}).input("condition", {}, DataType::Bool);
        model.constant("a", {3}, {1, 2, 3});
        yes.constant("inner", {3}, {1, 2, 3});
        yes.constant("only", {3}, {4, 5, 6});
        yes.node("Add", {"x", "inner"}, {"y1"}).node("Mul", {"y1", "only"}, {"y2"}).output("y2");
        no.constant("onlyToo", {3}, {4, 5, 6});
        no.node("Mul", {"x", "onlyToo"}, {"n"}).output("n");
        model.from("x").then("Add", {}, {"a"});
        const std::string sum = model.current();
        model.node("If", {"condition"}, {"z"}, {{"then_branch", yes.body()}, {"else_branch", no.body()}});
        model.node("Add", {"z", sum}, {"result"});
        const auto files = assertPrepares(model, "duplicate-initializers", 1);
        QCOMPARE(files.model.graph().initializer_size(), 1);
    }

    // A body returns what it does not make.
    void onesThatABodyReturns()
    {
        ModelBuilder yes, no, model;
        model.input("x", {3}).input("condition", {}, DataType::Bool);
        model.constant("a", {3}, {1, 2, 3});
        model.constant("b", {3}, {1, 2, 3});
        yes.constant("inner", {3}, {1, 2, 3});
        yes.node("Identity", {"x"}, {"unused"}).output("inner");
        no.node("Add", {"x", "b"}, {"n"}).output("n");
        model.from("x").then("Add", {}, {"a"});
        const std::string sum = model.current();
        model.node("If", {"condition"}, {"z"}, {{"then_branch", yes.body()}, {"else_branch", no.body()}});
        model.node("Add", {"z", sum}, {"result"});
        assertPrepares(model, "duplicate-initializers", 1);
    }

    // What cannot be read is not compared.
    void onesThatAreMissing()
    {
        ModelBuilder model;
        model.input("x", {2, 3});
        model.constant("a", {3}, {1, 2, 3});
        model.constant("b", {3}, {1, 2, 3});
        model.constant("c", {3}, {1, 2, 3});
        ModelBuilder sum = sumOf({"a", "b", "c"}, model);
        onnx::TensorProto& lost = *sum.graphProto().mutable_initializer(1);
        lost.clear_raw_data();
        lost.set_data_location(onnx::TensorProto::EXTERNAL);
        onnx::StringStringEntryProto& place = *lost.add_external_data();
        place.set_key("location");
        place.set_value("nowhere.bin");
        const auto view = viewOf(sum.modelProto().SerializeAsString());
        QVERIFY2(view, view ? "" : view.error().c_str());
        NoProgress quiet;
        const auto prepared = prepare("duplicate-initializers", Subject(*view), {}, quiet, {});
        QVERIFY(prepared);
        QCOMPARE(prepared->done.size(), std::size_t{1});
        QCOMPARE(prepared->left.size(), std::size_t{1});
        QCOMPARE(prepared->left.front().code, std::string("missing-data"));
    }

    // A body has another value of the name of the one that would be kept.
    void onesWhoseNameMeansAnother()
    {
        ModelBuilder model, yes;
        model.input("x", {2, 3}).input("condition", {}, DataType::Bool);
        model.constant("a", {3}, {1, 2, 3});
        model.constant("b", {3}, {1, 2, 3});
        yes.node("Neg", {"x"}, {"a"}).node("Add", {"a", "b"}, {"y"}).output("y");
        model.from("x").then("Add", {}, {"a"});
        const std::string sum = model.current();
        model.node("If", {"condition"}, {"z"}, {{"then_branch", yes.body()}, {"else_branch", yes.body()}});
        model.node("Add", {"z", sum}, {"result"});
        const auto prepared = prepareThroughFiles(model.bytes(), {"duplicate-initializers"});
        QVERIFY2(prepared, prepared ? "" : prepared.error().c_str());
        QCOMPARE(prepared->done.size(), std::size_t{0});
    }

    // Folding copies what others read: the same pairs fold.
    void onesThatAreFolded()
    {
        ModelBuilder model;
        model.input("x", {1, 3, 8, 8}).conv("c1", {}).batchNorm("bn1").output();
        model.from("x", 3).conv("c2", {}).batchNorm("bn2").output();
        auto& initializers = *model.graphProto().mutable_initializer();
        for (int i = 0; i < 5; ++i)
            initializers[5 + i].set_raw_data(initializers[i].raw_data());
        const std::vector<std::string> before = folds(model.bytes());
        const auto files = assertPrepares(model, "duplicate-initializers", 5);
        QCOMPARE(before.size(), std::size_t{2});
        QCOMPARE(folds(files.after), before);
        QCOMPARE(differenceInRuns(files.after, foldThroughFiles(files.after)->after), std::string());
    }

    void sameNodes()
    {
        ModelBuilder model;
        model.input("x", {2, 3});
        model.node("Relu", {"x"}, {"a"}).node("Relu", {"x"}, {"b"}).node("Neg", {"a"}, {"a2"});
        model.node("Neg", {"b"}, {"b2"}).node("Elu", {"a"}, {"e1"}, {{"alpha", 0.5}});
        model.node("Elu", {"b"}, {"e2"}, {{"alpha", 0.25}}).node("Sum", {"a2", "b2", "e1", "e2"}, {"y"});
        const auto files = assertPrepares(model, "common-subexpressions", 2);
        QCOMPARE(files.model.graph().node_size(), 5);
    }

    // Attributes in another order, with other comments.
    void sameNodesWrittenOtherwise()
    {
        ModelBuilder model;
        model.input("x", {1, 3, 8, 8});
        model.node("MaxPool", {"x"}, {"a"}, {{"kernel_shape", Dims{2, 2}}, {"strides", Dims{2, 2}}});
        model.node("MaxPool", {"x"}, {"b"}, {{"strides", Dims{2, 2}}, {"kernel_shape", Dims{2, 2}}});
        model.node("Add", {"a", "b"}, {"y"});
        model.graphProto().mutable_node(1)->mutable_attribute(0)->set_doc_string("how far");
        assertPrepares(model, "common-subexpressions", 1);
    }

    void sameNodesThatAreOutputs()
    {
        ModelBuilder one; // the first gets its name
        one.input("x", {2, 3}).node("Relu", {"x"}, {"a"}).node("Neg", {"a"}, {"y"}).output("y");
        one.node("Relu", {"x"}, {"b"}).output("b");
        assertPrepares(one, "common-subexpressions", 1);
        ModelBuilder both;
        both.input("x", {2, 3}).node("Relu", {"x"}, {"a"}).output("a");
        both.node("Relu", {"x"}, {"b"}).output("b");
        QCOMPARE(assertPrepares(both, "common-subexpressions", 0).codes(), Codes{"graph-output"});
        ModelBuilder three;
        three.input("x", {2, 3}).node("Relu", {"x"}, {"a"}).node("Relu", {"x"}, {"b"}).output("b");
        three.node("Relu", {"x"}, {"c"}).output("c").node("Neg", {"a"}, {"y"}).output("y");
        QCOMPARE(assertPrepares(three, "common-subexpressions", 1).codes(), Codes{"graph-output"});
    }

    void sameNodesWithSeveralResults()
    {
        ModelBuilder model;
        model.input("x", {2, 4});
        const Attributes halves{{"axis", 1}};
        model.node("Split", {"x"}, {"a1", "a2"}, halves).node("Split", {"x"}, {"b1", "b2"}, halves);
        model.node("Sub", {"a1", "b2"}, {"s"})
            .node("Sub", {"b1", "a2"}, {"t"})
            .node("Mul", {"s", "t"}, {"y"});
        assertPrepares(model, "common-subexpressions", 2);
        ModelBuilder other; // one makes more than the other
        other.input("x", {1, 3, 8, 8});
        other.node("MaxPool", {"x"}, {"a"}, {{"kernel_shape", Dims{2, 2}}});
        other.node("MaxPool", {"x"}, {"b", "places"}, {{"kernel_shape", Dims{2, 2}}});
        other.node("Add", {"a", "b"}, {"y"}).output("y").output("places");
        assertPrepares(other, "common-subexpressions", 0);
    }

    void nodesThatDrawLots()
    {
        ModelBuilder model;
        model.input("x", {2, 3});
        model.node("RandomUniform", {}, {"r1"}, {{"shape", Dims{2, 3}}});
        model.node("RandomUniform", {}, {"r2"}, {{"shape", Dims{2, 3}}});
        model.node("Add", {"r1", "r2"}, {"r"}).node("Mul", {"r", model.constant("zero", {}, {0})}, {"n"});
        model.node("Dropout", {"x"}, {"d1"})
            .node("Dropout", {"x"}, {"d2"})
            .node("Sum", {"n", "d1", "d2"}, {"y"});
        assertPrepares(model, "common-subexpressions", 0);
    }

    // Nobody knows what they do.
    void nodesOfOtherDomains()
    {
        ModelBuilder twice, model;
        twice.node("Add", {"v", "v"}, {"w"});
        model.input("x", {2, 3}).function(twice, "mine", "Twice", {"v"}, {"w"}).opset(1, "mine");
        model.node("Twice", {"x"}, {"a"}, {}, {}, "mine").node("Twice", {"x"}, {"b"}, {}, {}, "mine");
        model.node("Sub", {"a", "b"}, {"y"});
        assertPrepares(model, "common-subexpressions", 0);
    }

    void nodesInBodiesAndFunctions()
    {
        ModelBuilder yes, no, model;
        model.input("x", {2, 3}).input("condition", {}, DataType::Bool).node("Relu", {"x"}, {"outer"});
        yes.node("Relu", {"x"}, {"y1"}).node("Relu", {"x"}, {"y2"}).node("Add", {"y1", "y2"}, {"y3"});
        no.node("Relu", {"x"}, {"n"}).output("n");
        yes.output("y3");
        model.node("If", {"condition"}, {"z"}, {{"then_branch", yes.body()}, {"else_branch", no.body()}});
        model.node("Add", {"z", "outer"}, {"result"});
        assertPrepares(model, "common-subexpressions", 1);
        ModelBuilder inner, caller;
        inner.node("Constant", {}, {"c1"}, {{"value", tensorProto("", {}, {2}, DataType::Float)}});
        inner.node("Constant", {}, {"c2"}, {{"value", tensorProto("", {}, {2}, DataType::Float)}});
        inner.node("Mul", {"v", "c1"}, {"m1"})
            .node("Mul", {"v", "c2"}, {"m2"})
            .node("Add", {"m1", "m2"}, {"w"});
        caller.input("x", {2, 3}).function(inner, "mine", "Twice", {"v"}, {"w"}).opset(1, "mine");
        caller.node("Twice", {"x"}, {"y"}, {}, {}, "mine");
        assertPrepares(caller, "common-subexpressions", 2);
    }

    // A layer takes one batch norm, not two.
    void nodesBeforeBatchNorms()
    {
        ModelBuilder model;
        model.input("x", {1, 3, 8, 8}).conv("c1", {.weight = "W"}).batchNorm("bn1").output();
        model.from("x", 3).conv("c2", {.weight = "W"}).batchNorm("bn2").output();
        const auto files = assertPrepares(model, "common-subexpressions", 0);
        QCOMPARE(files.codes(), Codes{"batch-norm"});
        QCOMPARE(folds(files.after).size(), std::size_t{2});
    }

    void docStrings()
    {
        ModelBuilder model, yes;
        yes.node("Relu", {"x"}, {"y"}).output("y");
        yes.graphProto().set_doc_string("a body");
        yes.graphProto().mutable_node(0)->set_doc_string("in a body");
        model.input("x", {2, 3}).input("condition", {}, DataType::Bool);
        model.constant("k", {3}, {1, 2, 3});
        model.node("Add", {"x", "k"}, {"sum"});
        model.node("If", {"condition"}, {"z"}, {{"then_branch", yes.body()}, {"else_branch", yes.body()}});
        model.node("Mul", {"z", "sum"}, {"result"});
        model.modelProto().set_doc_string("a model");
        onnx::GraphProto& graph = model.graphProto();
        graph.set_doc_string("a graph");
        graph.mutable_initializer(0)->set_doc_string("a constant");
        graph.mutable_input(0)->set_doc_string("an image");
        graph.mutable_node(0)->set_doc_string("a sum");
        const auto files = assertPrepares(model, "strip-docs", 1);
        QVERIFY(files.model.DebugString().find("doc_string: \"a") == std::string::npos);
        QVERIFY(files.model.DebugString().find("doc_string: \"in") == std::string::npos);
        ModelBuilder plain;
        plain.input("x", {2, 3}).relu();
        assertPrepares(plain, "strip-docs", 0);
    }

    // From IR 10 on nodes, graphs and tensors have it too: field 9 of a node, 16 of a graph and a tensor.
    void metadata()
    {
        ModelBuilder model;
        model.ir(10).input("x", {2, 3});
        model.constant("k", {3}, {1, 2, 3});
        model.then("Add", {}, {"k"});
        onnx::StringStringEntryProto entry;
        entry.set_key("author");
        entry.set_value("nobody");
        *model.modelProto().add_metadata_props() = entry;
        const auto add = [&](google::protobuf::Message& message, int number) {
            const auto* const known = message.GetDescriptor()->FindFieldByNumber(number);
            if (known)
                message.GetReflection()->AddMessage(&message, known)->CopyFrom(entry);
            else
                message.GetReflection()->MutableUnknownFields(&message)->AddLengthDelimited(
                    number, entry.SerializeAsString());
        };
        add(*model.graphProto().mutable_node(0), 9);
        add(model.graphProto(), 16);
        add(*model.graphProto().mutable_initializer(0), 16);
        add(*model.graphProto().mutable_input(0), 4);
        QVERIFY(model.bytes().find("nobody") != std::string::npos);
        const auto files = assertPrepares(model, "strip-metadata", 1);
        QVERIFY(files.after.find("nobody") == std::string::npos);
        QCOMPARE(files.model.graph().node_size(), 1);
    }

    void declaredShapes()
    {
        ModelBuilder model;
        model.input("x", {2, 3}).relu();
        onnx::ValueInfoProto& info = *model.graphProto().add_value_info();
        setType(info, model.current(), DataType::Float);
        model.then("Neg");
        const auto files = assertPrepares(model, "strip-shapes", 1);
        QCOMPARE(files.model.graph().value_info_size(), 0);
        QCOMPARE(files.model.graph().output(0).type().tensor_type().shape().dim_size(), 2);
    }
};

QTEST_APPLESS_MAIN(TestPrepareCleanup)
#include "test_prepare_cleanup.moc"
