// SPDX-License-Identifier: GPL-3.0-or-later
// What a file's text looks like where it is shown, and that JSON means the same with it written out.
#include "core/base/Visible.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using pleat::visible;
using pleat::visibleJson;

class TestVisible final : public QObject {
    Q_OBJECT

private slots:
    void writesOutWhatSteers()
    {
        QCOMPARE(visible("conv/Grüße-模型 ×2"), std::string("conv/Grüße-模型 ×2"));
        QCOMPARE(visible("\x1b[31m"), std::string("\\x1b[31m"));
        QCOMPARE(visible("a\nb\tc\r"), std::string("a\\nb\\tc\\r"));
        QCOMPARE(visible(std::string("\0\x7f", 2)), std::string("\\x00\\x7f"));
        QCOMPARE(visible("\x1bplain\x7fplain ~\xe2\x80\xae"), std::string("\\x1bplain\\x7fplain ~\\u202e"));
        QCOMPARE(visible("\xc2\x9b"), std::string("\\u009b"));             // CSI as C1
        QCOMPARE(visible("\xe2\x80\xae"), std::string("\\u202e"));         // right-to-left override
        QCOMPARE(visible("\xe2\x81\xa6"), std::string("\\u2066"));         // isolate
        QCOMPARE(visible("\xe2\x80\xa8"), std::string("\\u2028"));         // line separator
        QCOMPARE(visible("\xd8\x9c"), std::string("\\u061c"));             // Arabic letter mark
        QCOMPARE(visible("\xf3\xa0\x80\x81"), std::string("\\U000e0001")); // a tag
    }

    // Overlong forms, surrogates, what is cut off, a lone C1 byte: each byte by itself.
    void writesOutWhatIsNoUtf8()
    {
        QCOMPARE(visible("\x9b"
                         "31m"),
                 std::string("\\x9b31m"));
        QCOMPARE(visible("\xc0\x9b"), std::string("\\xc0\\x9b"));
        QCOMPARE(visible("\xed\xa0\x80"), std::string("\\xed\\xa0\\x80"));
        QCOMPARE(visible("x\xe2\x80"), std::string("x\\xe2\\x80"));
        QCOMPARE(visible("\xf5\x80\x80\x80"), std::string("\\xf5\\x80\\x80\\x80"));
    }

    void keepsTheMeaningOfJson()
    {
        const std::string name = "a\x7f\xc2\x9b\xe2\x80\xae\xf3\xa0\x80\x81 Grüße";
        const std::string json = "{\n  \"name\": \"" + name + "\"\n}\n";
        const std::string shown = visibleJson(json);
        QVERIFY(shown.find("\\u202e") != std::string::npos && shown.find("\\u009b") != std::string::npos);
        QVERIFY(shown.find("\xe2\x80\xae") == std::string::npos && shown.find('\x7f') == std::string::npos);
        const QJsonObject read = QJsonDocument::fromJson(QByteArray::fromStdString(shown)).object();
        QCOMPARE(read["name"].toString().toStdString(), name);
    }
};

QTEST_GUILESS_MAIN(TestVisible)
#include "test_visible.moc"
