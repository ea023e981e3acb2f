// SPDX-License-Identifier: GPL-3.0-or-later
// What is said of an operator that lets no batch norm pass must be true of it: every operator of the ONNX
// library is either followed or has words of its own, and the words are those of its kind.
#include "core/fold/PropagationTable.h"
#include "core/fold/WhyNot.h"
#include "tests/core/support/FoldChecks.h"

#include <QTest>
#include <onnx/defs/schema.h>
#include <set>

using namespace pleat;
using namespace pleat::test;

namespace {

const std::string unknown = "no rule is known for it";

bool isFollowed(const std::string& op)
{
    ModelBuilder model;
    model.input("x", {1, 4, 8, 8}).then(op, "n");
    const auto view = viewOf(model.bytes());
    return view && propagationRule(**view, static_cast<NodeIndex>(0)) != nullptr;
}

// Behind a Conv and a node of this operator, a batch norm is blocked, and this is said.
std::string sentence(const std::string& op, const std::vector<std::string>& more = {})
{
    ModelBuilder model;
    model.opset(18).input("x", {1, 4, 8, 8}).conv("c1", {.in = 4});
    model.constant("axis", {}, {2}, DataType::Int64);
    model.then(op, "n", more).batchNorm("bn", {.channels = 4});
    return assertBlocked(model, Reason::OperatorBetween, "n").message.text();
}

bool says(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

class WhyNotTest final : public QObject {
    Q_OBJECT

private slots:
    void knowsEveryOperatorOfTheLibrary()
    {
        // Of text, of other domains' kind, or read before anything is asked here.
        const std::set<std::string> elsewhere{"Constant",         "QuantizeLinear",  "DequantizeLinear",
                                              "StringNormalizer", "TfIdfVectorizer", "Neg"};
        std::set<std::string> left;
        for (const onnx::OpSchema& schema : onnx::OpSchemaRegistry::get_all_schemas()) {
            const std::string op = schema.Name();
            if (!schema.domain().empty() || readsItsStatistics(op) || elsewhere.contains(op))
                continue;
            if (whyNot(op).text() == unknown && !isFollowed(op))
                left.insert(op);
        }
        for (const std::string& op : left)
            qWarning("%s is neither followed nor explained", op.c_str());
        QVERIFY(left.empty());
    }

    void saysWhatAnOperatorOfOneInputIs()
    {
        for (const char* op : {"Log", "Exp", "Sqrt", "Reciprocal", "Sin", "Cos", "Sigmoid", "Tanh", "Erf"})
            QVERIFY2(says(sentence(op), "it is not linear)"), op);
        QVERIFY(says(sentence("Abs"), "it is not linear: only a positive scale without a shift"));
        QVERIFY(says(sentence("Floor"), "it rounds"));
        QVERIFY(says(sentence("Sign"), "it keeps only the sign"));
        QVERIFY(says(sentence("CumSum", {"axis"}), "the shift is not 0"));
    }

    void saysNothingOfRunTimeWhereAConstantIsRead()
    {
        ModelBuilder model;
        model.input("x", {1, 4, 8, 8}).conv("c1", {.in = 4});
        model.then("Max", "m1", {model.constant("zero", {}, {0})}).batchNorm("bn", {.channels = 4});
        const std::string message = assertBlocked(model, Reason::OperatorBetween, "m1").message.text();
        QVERIFY2(says(message, "not linear") && !says(message, "run time"), message.c_str());
    }
};

QTEST_MAIN(WhyNotTest)
#include "test_why_not.moc"
