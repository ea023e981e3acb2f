// SPDX-License-Identifier: GPL-3.0-or-later
// Weights in files beside the model, read: found, missing, too short, or where they must not be.
#include "core/model/DataFiles.h"
#include "support/SmallModels.h"

#include <QtTest>

using namespace pleat;
using namespace pleat::test;

namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;

// convModel() with the weight in another file.
onnx::ModelProto externalModel(const Entries& entries)
{
    auto model = convModel();
    auto* weight = model.mutable_graph()->mutable_initializer(0);
    weight->clear_raw_data();
    weight->set_data_location(onnx::TensorProto::EXTERNAL);
    for (const auto& [key, value] : entries) {
        auto* entry = weight->add_external_data();
        entry->set_key(key);
        entry->set_value(value);
    }
    return model;
}

const std::string weightBytes = convModel().graph().initializer(0).raw_data(); // 18,432 of them

TensorView weightOf(const OpenedModel& opened)
{
    return tensorView(opened.model.graph->initializers.at(0).tensor);
}

} // namespace

class TestExternal : public QObject {
    Q_OBJECT

private slots:
    void readsBytesBesideTheModel_data();
    void readsBytesBesideTheModel();
    void opensWithoutTheBytes_data();
    void opensWithoutTheBytes();
    void refusesALinkOutOfTheFolder();
    void sharesOneFile();
    void refusesDataInBothPlaces();
    void refusesStrings();
};

void TestExternal::readsBytesBesideTheModel_data()
{
    QTest::addColumn<Entries>("entries");
    QTest::addColumn<int>("before");
    QTest::newRow("all entries")
        << Entries{{"location", "w.bin"}, {"offset", "4096"}, {"length", "18432"}, {"checksum", "?"}} << 4096;
    QTest::newRow("location only") << Entries{{"location", "w.bin"}} << 0;
    QTest::newRow("in a folder below") << Entries{{"location", "./data/../w.bin"}, {"offset", "7"}} << -1;
    QTest::newRow("in a folder of its own") << Entries{{"location", "data/w.bin"}, {"offset", "7"}} << 7;
}

void TestExternal::readsBytesBesideTheModel()
{
    QFETCH(Entries, entries);
    QFETCH(int, before);
    const Folder folder;
    std::filesystem::create_directory(folder.path("data"));
    const std::string data =
        std::string(static_cast<std::size_t>(std::max(before, 0)), 'x') + weightBytes + "tail";
    folder.write("w.bin", data);
    folder.write("data/w.bin", data);
    const auto opened = open(folder.write("m.onnx", externalModel(entries)));
    QVERIFY(opened);
    const TensorView weight = weightOf(*opened);
    QCOMPARE(weight.payload().external->entries, entries);
    std::string got(weightBytes.size(), '?');
    const auto read =
        weight.read(0, weight.elements(), std::as_writable_bytes(std::span(got.data(), got.size())));
    if (before < 0) { // ".." is refused wherever it leads
        QVERIFY(!read);
        QVERIFY(read.error().message.find("has \"..\" in its path") != std::string::npos);
        return;
    }
    QVERIFY(read);
    QVERIFY(got == weightBytes);
    QVERIFY(opened->notices.empty());
}

void TestExternal::opensWithoutTheBytes_data()
{
    QTest::addColumn<Entries>("entries");
    QTest::addColumn<QString>("said");
    const auto row = [](const char* name, Entries entries, const char* said) {
        QTest::newRow(name) << entries << QString(said);
    };
    row("missing", {{"location", "absent.bin"}}, "no such file");
    row("too short", {{"location", "w.bin"}},
        "needs 18,432 bytes at offset 0 of w.bin, which has 1,000 bytes");
    row("offset past the end", {{"location", "w.bin"}, {"offset", "2000"}}, "which has 1,000 bytes");
    row("offset that overflows", {{"location", "w.bin"}, {"offset", "18446744073709551615"}},
        "which has 1,000 bytes");
    row("offset that is too large", {{"location", "w.bin"}, {"offset", "18446744073709551616"}},
        "not a number");
    row("offset with a sign", {{"location", "w.bin"}, {"offset", "-1"}}, "not a number");
    row("offset with a tail", {{"location", "w.bin"}, {"offset", "1x"}}, "not a number");
    row("empty length", {{"location", "w.bin"}, {"length", ""}}, "not a number");
    row("wrong length", {{"location", "w.bin"}, {"length", "100"}}, "by its type and shape");
    row("no location", {{"offset", "0"}}, "does not say in which");
    row("no entries", {}, "does not say in which");
    row("absolute", {{"location", "/etc/passwd"}}, "absolute path");
    row("traversal", {{"location", "../w.bin"}}, "leads out of the model's folder");
    row("hidden traversal", {{"location", "data/../../w.bin"}}, "leads out of the model's folder");
    row("a folder", {{"location", "data"}}, "folder");
    row("NUL", {{"location", std::string("w.bin\0x", 7)}}, "not a file name");
}

void TestExternal::opensWithoutTheBytes()
{
    QFETCH(Entries, entries);
    QFETCH(QString, said);
    const Folder folder;
    std::filesystem::create_directory(folder.path("data"));
    folder.write("w.bin", std::string(1000, 'x'));
    const auto opened = open(folder.write("m.onnx", externalModel(entries)));
    QVERIFY2(opened, opened ? "" : opened.error().message.c_str());
    QCOMPARE(opened->notices.size(), 1u);
    QVERIFY2(QString::fromStdString(opened->notices[0]).contains(said), opened->notices[0].c_str());
    const auto got = weightOf(*opened).doubles();
    QVERIFY(!got);
    QCOMPARE(got.error().code, ErrorCode::MissingData);
    QCOMPARE(got.error().where, std::string("w"));
    QCOMPARE(got.error().message, opened->notices[0]);
    QVERIFY(got.error().message.find("m.onnx: tensor \"w\"") == 0);
}

void TestExternal::refusesALinkOutOfTheFolder()
{
    const Folder outside;
    const auto secret = outside.write("secret", weightBytes);
    const Folder folder;
    std::filesystem::create_symlink(secret, folder.path("w.bin"));
    const auto opened = open(folder.write("m.onnx", externalModel({{"location", "w.bin"}})));
    QVERIFY(opened);
    QVERIFY(weightOf(*opened).payload().problem().find("link out of the model's folder") !=
            std::string::npos);
    // One that stays inside is fine.
    folder.write("real.bin", weightBytes);
    std::filesystem::create_symlink("real.bin", folder.path("inside.bin"));
    const auto again = open(folder.write("n.onnx", externalModel({{"location", "inside.bin"}})));
    QVERIFY(again && weightOf(*again).doubles());
}

void TestExternal::sharesOneFile()
{
    auto model = externalModel({{"location", "w.bin"}});
    auto second = model.graph().initializer(0);
    second.set_name("w2");
    *model.mutable_graph()->add_initializer() = second;
    const Folder folder;
    folder.write("w.bin", weightBytes);
    const auto opened = open(folder.write("m.onnx", model));
    QVERIFY(opened);
    const auto payloads = payloadsOf(opened->model);
    QCOMPARE(payloads.size(), 2u);
    QVERIFY(std::get<FileRange>(payloads[0]->content).file == std::get<FileRange>(payloads[1]->content).file);
}

void TestExternal::refusesDataInBothPlaces()
{
    auto model = externalModel({{"location", "w.bin"}});
    model.mutable_graph()->mutable_initializer(0)->set_raw_data(weightBytes);
    const Folder folder;
    const auto opened = open(folder.write("m.onnx", model));
    QVERIFY(!opened);
    QVERIFY(opened.error().message.find("both in the model and in another file") != std::string::npos);
}

// Inside the model nobody could read them again.
void TestExternal::refusesStrings()
{
    auto model = externalModel({{"location", "w.bin"}});
    model.mutable_graph()->mutable_initializer(0)->set_data_type(onnx::TensorProto::STRING);
    const Folder folder;
    folder.write("w.bin", weightBytes);
    const auto opened = open(folder.write("m.onnx", model));
    QVERIFY(!opened);
    QVERIFY(opened.error().message.find("holds strings") != std::string::npos);
}

QTEST_APPLESS_MAIN(TestExternal)
#include "test_external.moc"
