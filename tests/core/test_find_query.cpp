// SPDX-License-Identifier: GPL-3.0-or-later
// What one types into Find, against a model whose nodes and tensors are known.
#include "core/graph/FindQuery.h"
#include "tests/core/support/FoldChecks.h"

#include <QTest>
#include <set>

using namespace pleat;
using namespace pleat::test;

class FindQueryTest final : public QObject {
    Q_OBJECT

    std::shared_ptr<const GraphView> m_view;
    ValueTypes m_types;

    // Names of the nodes and then of the tensors that are found.
    QString found(const char* text)
    {
        const FindQuery query(text);
        QStringList names;
        for (std::uint32_t n = 0; n < m_view->nodeCount(); ++n)
            if (query.matches(*m_view, NodeIndex{n}, m_types))
                names += QString::fromStdString(m_view->label(NodeIndex{n}));
        names += QStringLiteral("|");
        for (std::uint32_t v = 0; v < m_view->valueCount(); ++v)
            if (query.matches(*m_view, ValueIndex{v}, m_types))
                names += QString::fromUtf8(m_view->name(ValueIndex{v}).data(),
                                           qsizetype(m_view->name(ValueIndex{v}).size()));
        return names.join(QLatin1Char(' '));
    }

private Q_SLOTS:
    void initTestCase()
    {
        ModelBuilder model;
        model.input("x", {1, 4, 8, 8});
        model.conv("stem", {.in = 4, .kernel = {1, 1}, .group = 2});
        model.convTranspose("up", {.in = 4, .kernel = {1, 1}});
        model.then("Cast", "to half", {}, {{"to", 10}}).then("Relu", "Last.Relu").output();
        const auto view = viewOf(model.bytes());
        QVERIFY(view);
        m_view = *view;
        m_types = declaredTypes(m_view->model());
        for (const char* half : {"to half_out", "Last.Relu_out"})
            m_types[""][half] = {DataType::Float16, true, {{1, {}}, {4, {}}, {8, {}}, {-1, "W"}}};
    }

    void finds_data()
    {
        QTest::addColumn<QString>("query");
        QTest::addColumn<QString>("nodes");
        QTest::newRow("nothing") << ""
                                 << "";
        QTest::newRow("a part of a name, in any case") << "STEM"
                                                       << "stem";
        QTest::newRow("a part of an operator") << "transp"
                                               << "up";
        QTest::newRow("all words") << "last relu"
                                   << "Last.Relu";
        QTest::newRow("both words have to be there") << "last conv"
                                                     << "";
        QTest::newRow("a phrase") << "\"to half\""
                                  << "to half";
        QTest::newRow("a phrase is no words") << "\"half to\""
                                              << "";
        QTest::newRow("an operator and no other") << "op:conv"
                                                  << "stem";
        QTest::newRow("a prefix in quotes is a word") << "\"op:conv\""
                                                      << "";
        QTest::newRow("an attribute") << "attr:group"
                                      << "stem";
        QTest::newRow("its value") << "attr:group=2"
                                   << "stem";
        QTest::newRow("a list") << "attr:kernel_shape=1,1 op:Conv"
                                << "stem";
        QTest::newRow("another value") << "attr:group=32"
                                       << "";
        QTest::newRow("not finished") << "op: stem"
                                      << "stem";
        QTest::newRow("a type") << "dtype:float16"
                                << "to half|Last.Relu";
        QTest::newRow("a type by another name") << "dtype:float32 op:Conv"
                                                << "stem";
        QTest::newRow("sizes side by side") << "shape:8x8 op:Conv"
                                            << "stem";
        QTest::newRow("not side by side") << "shape:1x8"
                                          << "";
        QTest::newRow("of a weight") << "shape:4x2x1x1"
                                     << "stem";
        QTest::newRow("any size") << "shape:?x8xw relu"
                                  << "Last.Relu";
        QTest::newRow("what is no condition is a word") << "stem:1"
                                                        << "";
    }
    void finds()
    {
        QFETCH(QString, query);
        QFETCH(QString, nodes);
        const QString all = found(query.toUtf8().constData());
        QCOMPARE(all.section(QStringLiteral(" |"), 0, 0).remove(QLatin1Char('|')).trimmed(),
                 nodes.replace(QLatin1Char('|'), QLatin1Char(' ')));
    }

    void findsTensors()
    {
        QCOMPARE(found("dtype:float16").section(QStringLiteral("| "), 1),
                 QStringLiteral("to half_out Last.Relu_out"));
        QCOMPARE(found("shape:4x2").section(QStringLiteral("| "), 1), QStringLiteral("stem.weight"));
        QCOMPARE(found("op:Conv stem"), QStringLiteral("stem |"));
    }
};

QTEST_APPLESS_MAIN(FindQueryTest)
#include "test_find_query.moc"
