// SPDX-License-Identifier: GPL-3.0-or-later
// Each operator that is computed here, in its versions and types, against ONNX Runtime on random numbers.
#include "tests/core/support/PrepareChecks.h"

#include <QTest>
#include <cmath>

using namespace pleat;
using namespace pleat::test;

namespace {

using Codes = std::vector<std::string>;

// A constant operand of random numbers, or of the given ones.
struct Operand {
    Dims dims;
    DataType type = DataType::Int64;
    double low = -9, high = 9;
    std::vector<double> values = {};
    bool absent = false;
};

Operand of(const Dims& values)
{
    return {{std::ssize(values)}, DataType::Int64, 0, 0, {values.begin(), values.end()}};
}

Operand scalar(double value, DataType type = DataType::Int64)
{
    return {{}, type, 0, 0, {value}};
}

std::string added(ModelBuilder& model, const std::string& name, const Operand& operand)
{
    if (operand.absent)
        return {};
    std::vector<double> values = operand.values;
    while (std::ssize(values) < elementCount(operand.dims)) {
        const double number = model.uniform(operand.low, operand.high);
        const bool real = operand.type == DataType::Float || operand.type == DataType::Double ||
                          operand.type == DataType::Float16;
        values.push_back(operand.type == DataType::Bool ? number > 0 : real ? number : std::trunc(number));
    }
    return model.constant(name, operand.dims, values, operand.type);
}

// One operator of constants.
struct Case {
    std::string op;
    std::vector<Operand> operands;
    Attributes attributes = {};
    int opset = 17;
    int outputs = 1;
    std::source_location where = std::source_location::current();
};

void append(ModelBuilder& model, const Case& each, int number)
{
    const std::string n = std::to_string(number);
    std::vector<std::string> inputs, results;
    for (const Operand& operand : each.operands)
        inputs.push_back(added(model, "c" + n + "_" + std::to_string(inputs.size()), operand));
    for (int i = 0; i < each.outputs; ++i)
        results.push_back("y" + n + "_" + std::to_string(i));
    model.node(each.op, inputs, results, each.attributes, "node" + n);
    for (const std::string& result : results)
        model.output(result);
}

ModelBuilder modelOf(const std::vector<Case>& cases, int opset, std::uint32_t seed)
{
    ModelBuilder model(seed);
    model.opset(opset).ir(opset < 13 ? 6 : 8);
    for (std::size_t i = 0; i < cases.size(); ++i)
        append(model, cases[i], static_cast<int>(i));
    return model;
}

// Operators that are computed as ONNX Runtime does, bit for bit, for several random operands: those of an
// opset in one model, since a session takes its time, and alone where they differ.
class Cases final {
public:
    void computes(const std::string& op, const std::vector<Operand>& operands,
                  const Attributes& attributes = {}, int opset = 17, int outputs = 1,
                  std::source_location where = std::source_location::current())
    {
        m_cases[opset].push_back({op, operands, attributes, opset, outputs, where});
    }

    ~Cases()
    {
        for (const auto& [opset, cases] : m_cases) {
            for (const std::uint32_t seed : {1U, 2U, 3U}) {
                if (check(cases, opset, seed).empty())
                    continue;
                for (const Case& each : cases) {
                    if (const std::string wrong = check({each}, opset, seed); !wrong.empty())
                        QTest::qFail((each.op + ": " + wrong).c_str(), each.where.file_name(),
                                     static_cast<int>(each.where.line()));
                }
                break;
            }
        }
    }

private:
    static std::string check(const std::vector<Case>& cases, int opset, std::uint32_t seed)
    {
        const onnx::ModelProto model = modelOf(cases, opset, seed).proto();
        const auto prepared = prepareThroughFiles(model.SerializeAsString(), {"fold-constants"});
        if (!prepared)
            return prepared.error();
        if (prepared->model.graph().node_size() != 0)
            return "a node stays";
        return whatIsWrong(model, *prepared, {"fold-constants"});
    }

    std::map<int, std::vector<Case>> m_cases;
};

// It is left to an engine, which may refuse it.
void leaves(const std::string& op, const std::vector<Operand>& operands, const Attributes& attributes = {},
            int opset = 17, std::source_location where = std::source_location::current())
{
    const auto prepared = prepareThroughFiles(modelOf({{op, operands, attributes, opset}}, opset, 1).bytes(),
                                              {"fold-constants"});
    if (!prepared || !prepared->done.empty() || prepared->codes() != Codes{"unevaluated"})
        QTest::qFail("it is not left for that reason", where.file_name(), static_cast<int>(where.line()));
}

const std::vector<DataType> reals{DataType::Float, DataType::Double, DataType::Float16};
const std::vector<DataType> realsWithKernels{DataType::Float, DataType::Double};
const std::vector<DataType> wholes{DataType::Int32, DataType::Int64};

std::vector<DataType> operator+(std::vector<DataType> a, const std::vector<DataType>& b)
{
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

onnx::TensorProto tensorOf(double value, DataType type)
{
    return tensorProto({}, {1}, {value}, type);
}

} // namespace

class TestPrepareOperators final : public QObject {
    Q_OBJECT

private slots:
    void arithmetic()
    {
        Cases cases;
        for (const DataType type : realsWithKernels + wholes) {
            for (const char* op : {"Add", "Sub", "Mul"}) {
                cases.computes(op, {{{2, 3}, type}, {{3}, type}});
                cases.computes(op, {{{2, 1, 3}, type}, {{4, 1}, type}}, {}, 7);
                cases.computes(op, {{{}, type}, {{}, type}}, {}, 14);
            }
            cases.computes("Div", {{{2, 3}, type, -99, 99}, {{2, 1}, type, 1, 5}});
            cases.computes("Div", {{{2, 3}, type, -99, 99}, {{3}, type, -5, -1}}, {}, 7);
            cases.computes("Neg", {{{5}, type}}, {}, 13);
            cases.computes("Abs", {{{5}, type}});
            cases.computes("Sign", {{{5}, type}}, {}, 9);
            cases.computes("Min", {{{2, 3}, type}, {{3}, type}, {{}, type}}, {}, 12);
            cases.computes("Max", {{{2, 3}, type}, {{3}, type}}, {}, 13);
        }
        for (const DataType type : realsWithKernels) {
            cases.computes("Sum", {{{2, 3}, type}, {{3}, type}});
            cases.computes("Sqrt", {{{7}, type, 0, 9}});
            cases.computes("Floor", {{{7}, type}});
            cases.computes("Ceil", {{{7}, type}});
            cases.computes("Mod", {{{7}, type}, {{7}, type}}, {{"fmod", 1}});
        }
        cases.computes("Round", {{{6}, DataType::Float, 0, 0, {0.5, 1.5, -2.5, 2.4, -0.5, 7}}}, {}, 11);
        cases.computes("Reciprocal", {{{7}, DataType::Float, 1, 9}});
        cases.computes("Div", {scalar(1, DataType::Float), scalar(0, DataType::Float)});
        cases.computes("Mod", {{{7}, DataType::Int64, -9, 9}, {{7}, DataType::Int64, 1, 5}});
        cases.computes("Mod", {{{7}, DataType::Int32, -9, 9}, {{7}, DataType::Int32, -5, -1}});
        cases.computes("Mod", {{{7}, DataType::Int64, -9, 9}, {{7}, DataType::Int64, -5, -1}}, {{"fmod", 1}});
        leaves("Mod", {scalar(3), scalar(0)});
        cases.computes("Pow", {{{7}, DataType::Int64}, {{7}, DataType::Int64, 0, 5}});
        cases.computes("Pow", {{{7}, DataType::Int32}, {{}, DataType::Int32, 0, 5}}, {}, 12);
        cases.computes("Pow", {{{3}, DataType::Double, 0, 0, {1, 2, 3}}, scalar(2)});
    }

    void comparisons()
    {
        Cases cases;
        for (const DataType type : realsWithKernels + wholes) {
            for (const char* op : {"Equal", "Less", "Greater"}) {
                cases.computes(op, {{{3, 4}, type, -2, 2}, {{4}, type, -2, 2}}, {}, 11);
                cases.computes(op, {{{3, 4}, type, -2, 2}, {{3, 1}, type, -2, 2}}, {}, 13);
            }
            cases.computes("LessOrEqual", {{{9}, type, -2, 2}, {{9}, type, -2, 2}}, {}, 16);
            cases.computes("GreaterOrEqual", {{{9}, type, -2, 2}, {{9}, type, -2, 2}}, {}, 12);
        }
        cases.computes("Equal", {{{9}, DataType::Bool}, {{9}, DataType::Bool}});
        for (const char* op : {"And", "Or", "Xor"})
            cases.computes(op, {{{2, 4}, DataType::Bool}, {{4}, DataType::Bool}}, {}, 7);
        cases.computes("Not", {{{9}, DataType::Bool}});
        for (const DataType type : realsWithKernels + wholes)
            cases.computes("Where", {{{2, 3}, DataType::Bool}, {{3}, type}, {{2, 1}, type}}, {}, 9);
    }

    void casts()
    {
        Cases cases;
        const std::vector<DataType> types =
            reals + wholes + std::vector<DataType>{DataType::Int8,   DataType::UInt8,  DataType::Int16,
                                                   DataType::UInt16, DataType::UInt32, DataType::UInt64,
                                                   DataType::Bool};
        for (const DataType from : types) {
            for (const DataType to : types)
                cases.computes("Cast", {{{7}, from, from == DataType::Bool ? -1.0 : 0.0, 9}},
                               {{"to", static_cast<int>(to)}}, 13);
        }
        cases.computes("Cast", {{{7}, DataType::Float, -9, 9}}, {{"to", static_cast<int>(DataType::Int32)}},
                       9);
        leaves("Cast", {scalar(1e30, DataType::Float)}, {{"to", static_cast<int>(DataType::Int32)}});
        leaves("Cast", {scalar(-1)}, {{"to", static_cast<int>(DataType::UInt8)}});
        // To a number that float does not hold: engines may go by way of another type.
        leaves("Cast", {scalar(16777217)}, {{"to", static_cast<int>(DataType::Float)}});
    }

    void moves()
    {
        Cases cases;
        for (const DataType type : reals + wholes + std::vector<DataType>{DataType::Bool, DataType::UInt8}) {
            cases.computes("Reshape", {{{2, 6}, type}, of({3, -1})});
            cases.computes("Reshape", {{{2, 6}, type}, of({0, 2, 3})}, {}, 13);
            cases.computes("Transpose", {{{2, 3, 4}, type}}, {{"perm", Dims{2, 0, 1}}});
            cases.computes("Transpose", {{{2, 3, 4}, type}});
            cases.computes("Concat", {{{2, 3}, type}, {{2, 1}, type}, {{2, 2}, type}}, {{"axis", -1}}, 13);
            cases.computes("Concat", {{{2, 3}, type}, {{1, 3}, type}}, {{"axis", 0}}, 7);
            cases.computes("Gather", {{{4, 3}, type}, {{2, 2}, DataType::Int64, -4, 4}}, {}, 13);
            cases.computes("Gather", {{{4, 3}, type}, {{}, DataType::Int32, 0, 3}}, {{"axis", 1}}, 11);
            cases.computes("Unsqueeze", {{{2, 3}, type}, of({0, -1})}, {}, 13);
            cases.computes("Unsqueeze", {{{2, 3}, type}}, {{"axes", Dims{0, 2}}}, 11);
            cases.computes("Squeeze", {{{1, 3, 1}, type}, of({-1})}, {}, 13);
            cases.computes("Squeeze", {{{1, 3, 1}, type}}, {}, 13);
            cases.computes("Squeeze", {{{1, 3, 1}, type}}, {{"axes", Dims{0}}}, 9);
            cases.computes("Flatten", {{{2, 3, 2}, type}}, {{"axis", 2}});
        }
        for (const DataType type : realsWithKernels + wholes) {
            cases.computes("Expand", {{{3, 1}, type}, of({2, 1, 4})});
            cases.computes("Tile", {{{2, 3}, type}, of({2, 2})});
            cases.computes("Slice", {{{5, 4}, type}, of({1, 0}), of({3, 9}), of({0, 1})}, {}, 10);
            cases.computes("Slice", {{{5, 4}, type}, of({-1}), of({-9}), of({0}), of({-2})}, {}, 13);
            cases.computes("Slice", {{{5, 4}, type}, of({4, 9}), of({2, -9}), of({0, -1}), of({1, -3})});
            cases.computes("Slice", {{{5, 4}, type}, of({1, 1}), of({9, 2})});
            cases.computes("Slice", {{{5, 4}, type}},
                           {{"starts", Dims{1}}, {"ends", Dims{-1}}, {"axes", Dims{0}}}, 9);
            cases.computes("Split", {{{5, 2}, type}, of({2, 0, 3})}, {}, 13, 3);
            cases.computes("Split", {{{5, 4}, type}}, {{"axis", 1}}, 13, 2);
            cases.computes("Split", {{{5, 2}, type}}, {{"split", Dims{1, 4}}}, 11, 2);

            cases.computes("GatherElements", {{{4, 3}, type}, {{2, 3}, DataType::Int64, -4, 4}});
            cases.computes("GatherElements", {{{4, 3}, type}, {{4, 5}, DataType::Int32, -3, 3}},
                           {{"axis", -1}}, 11);
            cases.computes("ScatterND",
                           {{{4, 3}, type}, {{2, 1}, DataType::Int64, 0, 0, {3, 1}}, {{2, 3}, type}});
            cases.computes("ScatterND",
                           {{{4, 3}, type}, {{2, 2}, DataType::Int64, 0, 0, {-1, 0, 2, 2}}, {{2}, type}}, {},
                           11);
        }
        cases.computes("Split", {{{5, 2}, DataType::Float}}, {{"num_outputs", 3}}, 18, 3);
        cases.computes("Slice", {{{5}, DataType::Int64}, of({0}), of({INT64_C(9223372036854775807)})});
        leaves("Gather", {{{4, 3}, DataType::Float}, scalar(7)});
        leaves("Reshape", {{{2, 6}, DataType::Float}, of({5, -1})});
        leaves("ScatterND",
               {{{4, 3}, DataType::Float}, {{1, 1}, DataType::Int64, 0, 0, {1}}, {{1, 3}, DataType::Float}},
               {{"reduction", "add"}}, 16);
    }

    void makes()
    {
        Cases cases;
        for (const DataType type : reals + wholes + std::vector<DataType>{DataType::Bool, DataType::UInt8})
            cases.computes("ConstantOfShape", {of({2, 3})}, {{"value", tensorOf(1, type)}});
        cases.computes("ConstantOfShape", {of({})});
        cases.computes("ConstantOfShape", {of({0, 2})});
        for (const DataType type : wholes) {
            cases.computes("Range", {scalar(2, type), scalar(11, type), scalar(3, type)});
            cases.computes("Range", {scalar(5, type), scalar(-5, type), scalar(-2, type)}, {}, 11);
            cases.computes("Range", {scalar(5, type), scalar(1, type), scalar(2, type)});
        }
        for (const DataType type : std::vector<DataType>{DataType::Float} + wholes)
            cases.computes("NonZero", {{{3, 4}, type, -1.5, 1.5}});
        cases.computes("NonZero", {{{7}, DataType::Bool}});
        cases.computes("EyeLike", {{{3, 5}, DataType::Float}}, {{"k", 1}});
        cases.computes("EyeLike", {{{3, 2}, DataType::Float}}, {{"dtype", 7}, {"k", -1}});
        for (const DataType type : wholes) {
            cases.computes("ReduceSum", {{{2, 3, 2}, type}, of({1, -1})}, {{"keepdims", 0}}, 13);
            cases.computes("ReduceSum", {{{2, 3, 2}, type}}, {{"axes", Dims{0}}}, 11);
            cases.computes("ReduceProd", {{{2, 3}, type}}, {{"axes", Dims{1}}, {"keepdims", 0}}, 13);
            cases.computes("ReduceProd", {{{2, 3}, type}});
            cases.computes("ReduceSum", {{{2, 3}, type}}, {{"noop_with_empty_axes", 1}}, 13);
        }
        for (const DataType type : realsWithKernels + wholes) {
            cases.computes("ReduceMax", {{{2, 3, 2}, type}}, {{"axes", Dims{1}}, {"keepdims", 0}});
            cases.computes("ReduceMin", {{{2, 3, 2}, type}, of({-1})}, {}, 18);
        }
        leaves("Range",
               {scalar(0, DataType::Float), scalar(1, DataType::Float), scalar(0.1, DataType::Float)});
        leaves("ReduceSum", {{{9}, DataType::Float}});
        leaves("Exp", {{{9}, DataType::Float}});
    }

    void shapesOfConstants()
    {
        Cases cases;
        cases.computes("Shape", {{{2, 0, 3}, DataType::Float}});
        cases.computes("Shape", {{{2, 4, 3}, DataType::Float}}, {{"start", 1}}, 15);
        cases.computes("Shape", {{{2, 4, 3}, DataType::Float}}, {{"start", -2}, {"end", -1}}, 15);
        cases.computes("Shape", {{{2, 4, 3}, DataType::Float}}, {{"start", 2}, {"end", 1}}, 15);
        cases.computes("Shape", {{{2, 4, 3}, DataType::Float}}, {{"end", 9}}, 15);
        cases.computes("Size", {{{2, 4, 3}, DataType::Float}});
    }
};

QTEST_APPLESS_MAIN(TestPrepareOperators)
#include "test_prepare_operators.moc"
