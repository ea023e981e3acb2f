// SPDX-License-Identifier: GPL-3.0-or-later
// Sparse tensors are read as the dense ones that they stand for, whichever form their indices have and
// however they are read; what is wrong with them is said.
#include "core/graph/StoredTensors.h"
#include "core/report/TensorFile.h"
#include "core/tensor/SparseBytes.h"
#include "tests/core/support/Messages.h"
#include "tests/core/support/SmallModels.h"

#include <QTest>
#include <map>

using namespace pleat;
using namespace pleat::test;

namespace {

onnx::SparseTensorProto sparseProto(const std::string& name, const Dims& dims,
                                    const std::vector<double>& values, const Dims& indexDims,
                                    const std::vector<double>& indices)
{
    onnx::SparseTensorProto sparse;
    *sparse.mutable_values() = tensorProto(name, {std::ssize(values)}, values, DataType::Float);
    *sparse.mutable_indices() = tensorProto("", indexDims, indices, DataType::Int64);
    sparse.mutable_dims()->Add(dims.begin(), dims.end());
    return sparse;
}

onnx::ModelProto modelOf(const onnx::SparseTensorProto& sparse)
{
    onnx::ModelProto model = emptyModel();
    *model.mutable_graph()->add_sparse_initializer() = sparse;
    addNode(model.mutable_graph(), "Identity", {sparse.values().name()}, {"y"});
    addOutput(model.mutable_graph(), "y");
    return model;
}

Result<std::vector<double>> numbersOf(const onnx::ModelProto& model, const std::string& name)
{
    const auto opened = open(model);
    if (!opened)
        return tl::make_unexpected(opened.error());
    const auto view = GraphView::of(opened->model);
    const auto tensor = storedTensor(*view, view->find(ScopeIndex::Main, name));
    return tensor ? tensor->doubles() : failure(ErrorCode::Internal, "not stored");
}

// With many stored elements, whose indices lie in the file.
struct Large {
    std::vector<double> dense;
    onnx::SparseTensorProto proto;
};

Large large(bool coordinates)
{
    const Dims dims{50, 40, 70};
    Large made{std::vector<double>(140'000), {}};
    std::vector<double> values, indices;
    for (std::size_t place = 3; place < made.dense.size(); place += 1 + place % 13) {
        made.dense[place] = 1 + double(place % 1009);
        values.push_back(made.dense[place]);
        if (coordinates)
            for (const std::size_t index : {place / 2800, place / 70 % 40, place % 70})
                indices.push_back(double(index));
        else
            indices.push_back(double(place));
    }
    const auto stored = std::ssize(values);
    made.proto = sparseProto("w", dims, values, coordinates ? Dims{stored, 3} : Dims{stored}, indices);
    return made;
}

} // namespace

class SparseTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsBothForms()
    {
        const std::vector<double> dense{0, 5, 0, 0, 0, -2};
        for (const auto& sparse : {sparseProto("w", {2, 3}, {5, -2}, {2}, {1, 5}),
                                   sparseProto("w", {2, 3}, {5, -2}, {2, 2}, {0, 1, 1, 2})}) {
            const auto read = numbersOf(modelOf(sparse), "w");
            QVERIFY2(read, read ? "" : read.error().message.c_str());
            QCOMPARE(*read, dense);
        }
        QCOMPARE(*numbersOf(modelOf(sparseProto("w", {2, 2}, {}, {0}, {})), "w"), std::vector<double>(4));
    }

    void readsAnyStretchOfALargeOne()
    {
        for (const bool coordinates : {false, true}) {
            const Large truth = large(coordinates);
            const auto opened = open(modelOf(truth.proto));
            QVERIFY(opened);
            const auto view = GraphView::of(opened->model);
            const auto tensor = storedTensor(*view, view->find(ScopeIndex::Main, "w"));
            QVERIFY(tensor && sparseBytes(tensor->payload()));
            QVERIFY(sparseBytes(tensor->payload())->stored() > 3 * 4096);
            QCOMPARE(*tensor->doubles(), truth.dense);
            for (const auto& [first, count] : std::map<std::uint64_t, std::size_t>{
                     {0, 1}, {3, 1}, {2, 2}, {29'000, 5'000}, {57'111, 1}, {139'999, 1}, {140'000, 0}}) {
                std::vector<double> read(count);
                QVERIFY(tensor->readDoubles(first, read));
                QVERIFY(std::ranges::equal(read, std::span(truth.dense).subspan(first, count)));
            }
        }
    }

    void listsThemAmongTheTensors()
    {
        onnx::ModelProto model = modelOf(sparseProto("w", {4}, {7}, {1}, {2}));
        onnx::AttributeProto& attribute =
            *addNode(model.mutable_graph(), "Constant", {}, {"c"})->add_attribute();
        attribute.set_name("sparse_value");
        attribute.set_type(onnx::AttributeProto::SPARSE_TENSOR);
        *attribute.mutable_sparse_tensor() = sparseProto("", {2}, {9}, {1}, {0});
        const auto opened = open(model);
        QVERIFY(opened);
        const auto view = GraphView::of(opened->model);
        const std::vector<NamedTensor> tensors = tensorsOf(*view);
        QCOMPARE(tensors.size(), std::size_t{2});
        QCOMPARE(tensors[0].name, std::string("w"));
        QCOMPARE(*tensors[0].tensor.doubles(), (std::vector<double>{0, 0, 7, 0}));
        QCOMPARE(tensors[1].name, std::string("c"));
        QCOMPARE(*tensors[1].tensor.doubles(), (std::vector<double>{9, 0}));
        std::vector<Element> elements(4);
        QVERIFY(storedElements(*view, view->find(ScopeIndex::Main, "w"))->read(0, elements));
        QCOMPARE(std::get<double>(elements[2]), 7.0);
    }

    void saysWhatIsWrongWithIndices_data()
    {
        QTest::addColumn<QList<double>>("indices");
        QTest::addColumn<bool>("coordinates");
        QTest::addColumn<QString>("words");
        QTest::newRow("beyond the end")
            << QList<double>{1, 6} << false << "is 6, but there are only 6 places";
        QTest::newRow("negative") << QList<double>{-1, 2} << false << "is -1";
        QTest::newRow("descending") << QList<double>{4, 2} << false << "do not ascend";
        QTest::newRow("twice") << QList<double>{4, 4} << false << "do not ascend";
        QTest::newRow("beyond an axis") << QList<double>{0, 3, 1, 0} << true << "is 3, but there are only 3";
    }
    void saysWhatIsWrongWithIndices()
    {
        QFETCH(const QList<double>, indices);
        QFETCH(const bool, coordinates);
        QFETCH(const QString, words);
        const auto read =
            numbersOf(modelOf(sparseProto("w", {2, 3}, {5, -2}, coordinates ? Dims{2, 2} : Dims{2},
                                          {indices.begin(), indices.end()})),
                      "w");
        QVERIFY(!read && read.error().code == ErrorCode::Unreadable);
        QVERIFY2(QString::fromStdString(read.error().message).contains(words), read.error().message.c_str());
        QVERIFY(read.error().message.starts_with("Tensor \"w\": "));
    }
};

QTEST_GUILESS_MAIN(SparseTest)
#include "test_sparse.moc"
