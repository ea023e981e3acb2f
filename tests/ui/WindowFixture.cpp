// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/WindowFixture.h"

#include "core/model/ModelReader.h"
#include "tests/core/support/ModelBuilder.h"
#include "ui/window/MainWindow.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QApplication>
#include <QCompleter>
#include <QContextMenuEvent>
#include <QDialogButtonBox>
#include <QDir>
#include <QFile>
#include <QFileDialog>
#include <QLineEdit>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTabBar>
#include <QTest>
#include <QTimer>
#include <array>
#include <onnx/onnx_pb.h>

namespace pleat::ui::test {

QString sampleModel()
{
    return QStringLiteral(PLEAT_SOURCE_DIR "/resources/samples/digits.onnx");
}

void isolate(const QTemporaryDir& folder)
{
    QCoreApplication::setOrganizationName(QStringLiteral("PleatTest"));
    QCoreApplication::setApplicationName(QStringLiteral("pleat-test"));
    QStandardPaths::setTestModeEnabled(true);
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, folder.path());
    qputenv("XDG_CACHE_HOME", folder.path().toUtf8());
}

void addFloats(onnx::GraphProto& graph, const std::string& name, std::initializer_list<int> dims,
               const std::function<float(int)>& value)
{
    auto& tensor = *graph.add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    int count = 1;
    for (const int dim : dims) {
        tensor.add_dims(dim);
        count *= dim;
    }
    for (int i = 0; i < count; ++i)
        tensor.add_float_data(value(i));
}

namespace {

onnx::ModelProto plainModel()
{
    onnx::ModelProto model;
    model.set_ir_version(7);
    model.add_opset_import()->set_version(13);
    onnx::GraphProto& graph = *model.mutable_graph();
    graph.set_name("plain");
    const auto port = [](onnx::ValueInfoProto& info, const char* name, int channels) {
        info.set_name(name);
        auto& tensor = *info.mutable_type()->mutable_tensor_type();
        tensor.set_elem_type(onnx::TensorProto::FLOAT);
        for (const int dim : {1, channels, 8, 8})
            tensor.mutable_shape()->add_dim()->set_dim_value(dim);
    };
    const auto weight = [&graph](const char* name, std::initializer_list<int> dims) {
        addFloats(graph, name, dims, [](int i) { return 0.25f * static_cast<float>(i % 5) - 0.5f; });
    };
    port(*graph.add_input(), "x", 3);
    port(*graph.add_output(), "y", 4);
    weight("conv.weight", {4, 3, 1, 1});
    weight("conv.bias", {4});
    auto& node = *graph.add_node();
    node.set_name("/conv/Conv");
    node.set_op_type("Conv");
    for (const char* input : {"x", "conv.weight", "conv.bias"})
        node.add_input(input);
    node.add_output("y");
    return model;
}

QString written(const onnx::ModelProto& model, const QString& path)
{
    QFile file(path);
    const std::string bytes = model.SerializeAsString();
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes.data(), qint64(bytes.size())) < 0)
        qFatal("cannot write %s", qPrintable(path));
    return path;
}

} // namespace

QString modelWithoutBatchNorms(const QTemporaryDir& folder)
{
    return written(plainModel(), folder.filePath(QStringLiteral("plain.onnx")));
}

QString modelWithConstantNodes(const QTemporaryDir& folder)
{
    onnx::ModelProto model = plainModel();
    onnx::GraphProto& graph = *model.mutable_graph();
    const onnx::NodeProto conv = graph.node(0);
    const onnx::TensorProto weight = graph.initializer(0);
    graph.mutable_initializer()->DeleteSubrange(0, 1);
    graph.clear_node();
    auto& constant = *graph.add_node();
    constant.set_op_type("Constant");
    constant.add_output("stored");
    auto& value = *constant.add_attribute();
    value.set_name("value");
    value.set_type(onnx::AttributeProto::TENSOR);
    *value.mutable_t() = weight;
    auto& identity = *graph.add_node();
    identity.set_op_type("Identity");
    identity.add_input("stored");
    identity.add_output("conv.weight");
    *graph.add_node() = conv;
    return written(model, folder.filePath(QStringLiteral("constants.onnx")));
}

QString modelWithPairs(const QTemporaryDir& folder, int pairs)
{
    onnx::ModelProto model = plainModel();
    onnx::GraphProto& graph = *model.mutable_graph();
    graph.clear_node();
    graph.clear_initializer();
    const auto weight = [&graph](const char* name, std::initializer_list<int> dims) {
        addFloats(graph, name, dims, [](int i) { return 1 + 0.25f * static_cast<float>(i % 5); });
    };
    weight("first", {4, 3, 1, 1});
    weight("weight", {4, 4, 1, 1});
    for (const char* name : {"scale", "B", "mean", "var"})
        weight(name, {4});
    std::string from = "x";
    for (int i = 0; i < pairs; ++i) {
        const std::string number = std::to_string(i);
        auto& conv = *graph.add_node();
        conv.set_op_type("Conv");
        conv.set_name("conv" + number);
        conv.add_input(from);
        conv.add_input(i == 0 ? "first" : "weight");
        conv.add_output("c" + number);
        auto& norm = *graph.add_node();
        norm.set_op_type("BatchNormalization");
        norm.set_name("bn" + number);
        for (const std::string& input : {conv.output(0), std::string("scale"), std::string("B"),
                                         std::string("mean"), std::string("var")})
            norm.add_input(input);
        from = i + 1 == pairs ? "y" : "y" + number;
        norm.add_output(from);
    }
    return written(model, folder.filePath(QStringLiteral("pairs.onnx")));
}

namespace {

onnx::ModelProto readModel(const QString& path)
{
    QFile file(path);
    onnx::ModelProto model;
    if (!file.open(QIODevice::ReadOnly) || !model.ParseFromString(file.readAll().toStdString()))
        qFatal("%s cannot be read", qPrintable(path));
    return model;
}

} // namespace

QString modelWithADeadReader(const QTemporaryDir& folder, int pairs)
{
    onnx::ModelProto model = readModel(modelWithPairs(folder, pairs));
    auto& dead = *model.mutable_graph()->add_node();
    dead.set_op_type("Relu");
    dead.set_name("dead");
    dead.add_input("c" + std::to_string(pairs - 1));
    dead.add_output("unread");
    return written(model, folder.filePath(QStringLiteral("dead.onnx")));
}

QString modelWithPages(const QTemporaryDir& folder)
{
    using pleat::test::ModelBuilder;
    ModelBuilder then(2), otherwise(3), block(4);
    then.from("stem", 4).conv("c1", {.in = 4, .pads = {1, 1, 1, 1}}).batchNorm("bn1").relu();
    otherwise.node("Neg", {"stem"}, {"otherwise"}, {}, "negate");
    block.weightsAsConstantNodes();
    block.from("image", 4).conv("c2", {.in = 4, .pads = {1, 1, 1, 1}}).batchNorm("bn2");
    const std::string made = block.current();
    ModelBuilder model;
    model.ir(8).opset(15).input("cond", {}, DataType::Bool).input("x", {"N", 3, 8, 8});
    model.conv("c0", {.pads = {1, 1, 1, 1}})
        .batchNorm("bn0")
        .node("Relu", {"bn0_out"}, {"stem"}, {}, "relu0");
    model.node("If", {"cond"}, {"chosen"}, {{"then_branch", then.body()}, {"else_branch", otherwise.body()}},
               "choice");
    model.node("Block", {"chosen"}, {"y"}, {}, "call", "local").output();
    model.function(block, "local", "Block", {"image"}, {made});
    return written(model.proto(), folder.filePath(QStringLiteral("pages.onnx")));
}

QString modelThatOverflows(const QTemporaryDir& folder)
{
    constexpr int channels = 2048;
    onnx::ModelProto model = plainModel();
    onnx::GraphProto& graph = *model.mutable_graph();
    graph.clear_initializer();
    const auto constant = [&graph](const char* name, std::initializer_list<int> dims, float value) {
        addFloats(graph, name, dims, [value](int) { return value; });
    };
    constant("conv.weight", {channels, 3, 1, 1}, 0x1p110f);
    constant("scale", {channels}, 0x1p20f);
    constant("zero", {channels}, 0);
    constant("one", {channels}, 1);
    onnx::NodeProto& conv = *graph.mutable_node(0);
    conv.mutable_input()->RemoveLast();
    conv.set_output(0, "made");
    onnx::NodeProto& norm = *graph.add_node();
    norm.set_op_type("BatchNormalization");
    norm.set_name("/bn");
    for (const char* input : {"made", "scale", "zero", "zero", "one"})
        norm.add_input(input);
    norm.add_output("y");
    graph.mutable_output(0)
        ->mutable_type()
        ->mutable_tensor_type()
        ->mutable_shape()
        ->mutable_dim(1)
        ->set_dim_value(channels);
    return written(model, folder.filePath(QStringLiteral("overflows.onnx")));
}

namespace {

void refer(onnx::TensorProto& tensor, const char* location, std::uint64_t offset, std::uint64_t length)
{
    const std::array entries{std::pair{"location", std::string(location)},
                             std::pair{"offset", std::to_string(offset)},
                             std::pair{"length", std::to_string(length)}};
    for (const auto& [key, value] : entries) {
        auto& added = *tensor.add_external_data();
        added.set_key(key);
        added.set_value(value);
    }
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
}

} // namespace

QString modelWithListedInitializers(const QTemporaryDir& folder)
{
    onnx::ModelProto model = readModel(modelWithPairs(folder, 2));
    onnx::GraphProto& graph = *model.mutable_graph();
    for (const onnx::TensorProto& tensor : graph.initializer()) {
        onnx::ValueInfoProto& input = *graph.add_input();
        input.set_name(tensor.name());
        auto& type = *input.mutable_type()->mutable_tensor_type();
        type.set_elem_type(tensor.data_type());
        for (const std::int64_t dim : tensor.dims())
            type.mutable_shape()->add_dim()->set_dim_value(dim);
    }
    return written(model, folder.filePath(QStringLiteral("listed.onnx")));
}

QString sampleWithDataFile(const QTemporaryDir& folder)
{
    onnx::ModelProto model = readModel(sampleModel());
    QFile data(folder.filePath(QStringLiteral("weights.data")));
    if (!data.open(QIODevice::WriteOnly))
        qFatal("no data file");
    for (onnx::TensorProto& tensor : *model.mutable_graph()->mutable_initializer()) {
        if (!tensor.has_raw_data() || tensor.data_type() != onnx::TensorProto::FLOAT)
            continue;
        refer(tensor, "weights.data", std::uint64_t(data.pos()), tensor.raw_data().size());
        data.write(tensor.raw_data().data(), qint64(tensor.raw_data().size()));
        tensor.clear_raw_data();
    }
    return written(model, folder.filePath(QStringLiteral("digits.onnx")));
}

void addTensor(const QString& model, std::uint64_t bytes)
{
    onnx::ModelProto changed = readModel(model);
    onnx::TensorProto& tensor = *changed.mutable_graph()->add_initializer();
    tensor.set_name("huge");
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    tensor.add_dims(std::int64_t(bytes / 4));
    refer(tensor, "huge.data", 0, bytes);
    QFile data(QFileInfo(model).dir().filePath(QStringLiteral("huge.data")));
    if (!data.open(QIODevice::WriteOnly) || !data.resize(qint64(bytes)))
        qFatal("no data file");
    written(changed, model);
}

QMap<QString, QByteArray> filesIn(const QTemporaryDir& folder)
{
    QMap<QString, QByteArray> files;
    for (const QFileInfo& info : QDir(folder.path()).entryInfoList(QDir::Files | QDir::Hidden)) {
        QFile file(info.filePath());
        files[info.fileName()] = file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    return files;
}

std::unique_ptr<MainWindow> openedWindow(const QString& path)
{
    auto window = std::make_unique<MainWindow>(std::filesystem::path());
    window->resize(1500, 950);
    window->show();
    QSignalSpy known(&window->workspace().document(), &Document::openedModel);
    window->openPath(path);
    if (!known.wait(20000))
        qFatal("%s was not opened", qPrintable(path));
    return window;
}

void chooseTab(QWidget& window, const QString& words)
{
    auto* tabs = part<QTabBar>(window, "weightsTabs");
    for (int tab = 0; tab < tabs->count(); ++tab)
        if (tabs->tabText(tab) == words)
            return tabs->setCurrentIndex(tab);
    qFatal("there is no tab %s", qPrintable(words));
}

void click(QAbstractButton* button)
{
    QTest::mouseClick(button, Qt::LeftButton);
}

void chooseFile(QWidget& window, const QString& path)
{
    QFileDialog* dialog = nullptr;
    const auto isShown = [&] {
        for (auto* each : window.findChildren<QFileDialog*>())
            if (each->isVisible())
                dialog = each;
        return dialog != nullptr;
    };
    QVERIFY2(QTest::qWaitFor(isShown), "no file dialog was shown");
    auto* name = dialog->findChild<QLineEdit*>(QStringLiteral("fileNameEdit"));
    QVERIFY(name);
    name->setFocus();
    name->selectAll();
    name->insert(path); // pasted: letter by letter, the dialog selects every folder on the way
    if (name->completer())
        name->completer()->popup()->hide();
    auto* box = dialog->findChild<QDialogButtonBox*>();
    QVERIFY(box);
    click(box->button(dialog->acceptMode() == QFileDialog::AcceptSave ? QDialogButtonBox::Save
                                                                      : QDialogButtonBox::Open));
    const auto isGone = [&window] {
        for (auto* each : window.findChildren<QFileDialog*>())
            if (each->isVisible())
                return false;
        return true;
    };
    QVERIFY2(QTest::qWaitFor(isGone), "the file dialog did not take the name");
}

void answerNextQuestion(const QString& words)
{
    auto* timer = new QTimer(qApp);
    timer->setInterval(20);
    QObject::connect(timer, &QTimer::timeout, timer, [timer, words] {
        auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
        if (!box)
            return;
        timer->stop();
        timer->deleteLater();
        for (QAbstractButton* button : box->buttons())
            if (button->text().remove(u'&').startsWith(words))
                return click(button);
        qFatal("no button \"%s\"", qPrintable(words));
    });
    timer->start();
}

bool chooseInMenu(QWidget& widget, QPoint at, const QString& words)
{
    bool done = false;
    QTimer::singleShot(0, &widget, [&] {
        auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
        if (!menu)
            return;
        for (QAction* action : menu->actions())
            if (!done && action->text().startsWith(words)) {
                action->trigger();
                done = true;
            }
        menu->close();
    });
    QContextMenuEvent event(QContextMenuEvent::Mouse, at, widget.mapToGlobal(at));
    QCoreApplication::sendEvent(&widget, &event);
    return done;
}

SnapshotPointer snapshotOfPairs(int pairs)
{
    const std::string bytes = pleat::test::chainOfPairs(pairs).output().bytes();
    const auto* start = reinterpret_cast<const std::byte*>(bytes.data());
    auto opened = openModel(std::make_shared<const std::vector<std::byte>>(start, start + bytes.size()), "m");
    NoProgress progress;
    return makeSnapshot(std::move(opened.value().model), progress, {}).value();
}

} // namespace pleat::ui::test
