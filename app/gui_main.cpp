// SPDX-License-Identifier: GPL-3.0-or-later
// The window's program: arguments in, a window or an image of the graph out. The same binary is the worker
// that infers shapes.
#include "core/base/Failure.h"
#include "core/base/Visible.h"
#include "core/io/File.h"
#include "core/worker/Tasks.h"
#include "ui/document/Convert.h"
#include "ui/document/Settings.h"
#include "ui/window/GraphExport.h"
#include "ui/window/MainWindow.h"

#include <QApplication>
#include <QCommandLineParser>
#include <cstdio>
#include <cstring>

using namespace Qt::StringLiterals;

namespace {

constexpr int exitUsage = 2;
constexpr int exitUnreadable = 3;
constexpr int exitUnwritable = 4;

// Known before there is an application: an image needs no display.
bool wantsNoWindow(int argc, char** argv)
{
    for (int i = 1; i < argc; ++i)
        for (const char* option : {"--export-graph", "--help", "-h", "--help-all", "--version", "-v"})
            if (std::strncmp(argv[i], option, std::strlen(option)) == 0)
                return true;
    return false;
}

int exportImage(const QString& model, const QString& target, const pleat::ui::GraphImageOptions& options,
                const std::filesystem::path& program)
{
    const auto done = pleat::ui::exportGraph(model, target, options, program);
    if (done) {
        if (!done->notice.isEmpty())
            std::fprintf(stderr, "pleat: %s\n", pleat::visible(pleat::ui::toStd(done->notice)).c_str());
        return 0;
    }
    std::fprintf(stderr, "pleat: %s\n", pleat::visible(done.error().message).c_str());
    return done.error().code == pleat::ErrorCode::Usage        ? exitUsage
           : done.error().code == pleat::ErrorCode::Unwritable ? exitUnwritable
                                                               : exitUnreadable;
}

// Qt lets no exception through its event loop: what a handler of the window throws ends the handler, not the
// program with what is unsaved in it.
class Application final : public QApplication {
public:
    using QApplication::QApplication;
    bool notify(QObject* receiver, QEvent* event) override
    {
        try {
            return QApplication::notify(receiver, event);
        } catch (...) {
            std::fprintf(stderr, "pleat: %s\n", pleat::visible(pleat::caughtError().message).c_str());
            return false;
        }
    }
};

} // namespace

int main(int argc, char** argv)
{
    if (const auto code = pleat::runAsWorker(argc, argv))
        return *code;
    pleat::allowManyFiles();
    if (wantsNoWindow(argc, argv) && qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    Application application(argc, argv);
    QApplication::setApplicationName(u"pleat"_s);
    QApplication::setApplicationDisplayName(u"Pleat"_s);
    QApplication::setOrganizationName(u"Pleat"_s);
    QApplication::setApplicationVersion(QLatin1StringView(PLEAT_VERSION));
    QApplication::setDesktopFileName(u"org.pleat.Pleat"_s);

    QCommandLineParser parser;
    parser.setApplicationDescription(
        QApplication::translate("main", "Sees, folds and compares the batch norms of ONNX models."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument(u"MODEL"_s, QApplication::translate("main", "The ONNX file to open."),
                                 u"[MODEL]"_s);
    parser.addPositionalArgument(
        u"AFTER"_s, QApplication::translate("main", "Another one to compare it with."), u"[AFTER]"_s);
    const QCommandLineOption image(
        u"export-graph"_s,
        QApplication::translate("main", "Write an image of the graph (svg, png or pdf) and exit."),
        u"FILE"_s);
    parser.addOption(image);
    const QCommandLineOption theme(
        u"image-theme"_s,
        QApplication::translate("main", "Its colours: light, as on paper (the default), or dark."),
        u"THEME"_s, u"light"_s);
    const QCommandLineOption scale(
        u"image-scale"_s,
        QApplication::translate("main", "Pixels of a png a pixel of the graph at 100 %: 1, or up to 8."),
        u"N"_s, u"1"_s);
    parser.addOptions({theme, scale});
    parser.process(application);

    const QStringList models = parser.positionalArguments();
    pleat::ui::GraphImageOptions options;
    options.scale = parser.value(scale).toDouble();
    if (parser.value(theme) == u"dark"_s)
        options.theme = pleat::ui::Theme::darkTheme();
    const bool isUsable = options.scale > 0 && options.scale <= 8 &&
                          QStringList{u"light"_s, u"dark"_s}.contains(parser.value(theme));
    if (parser.isSet(image) && models.size() == 2) {
        const QString sentence =
            QApplication::translate("main", "--export-graph draws one model; %1 and %2 were given.")
                .arg(models.constFirst(), models.constLast());
        std::fprintf(stderr, "pleat: %s\n", pleat::visible(pleat::ui::toStd(sentence)).c_str());
        return exitUsage;
    }
    if (!isUsable || models.size() > 2 || (parser.isSet(image) && models.size() != 1)) {
        std::fprintf(stderr, "%s", qPrintable(parser.helpText()));
        return exitUsage;
    }
    const std::filesystem::path program = pleat::ui::toPath(QCoreApplication::applicationFilePath());
    if (parser.isSet(image))
        return exportImage(models.constFirst(), parser.value(image), options, program);

    pleat::ui::applyTheme(pleat::ui::Settings::theme());
    pleat::ui::MainWindow window(program);
    window.show();
    if (!window.offerRecovery() && !models.isEmpty()) {
        if (models.size() == 2)
            window.openBeside(models.constFirst(), models.constLast());
        else
            window.openPath(models.constFirst());
    }
    return QApplication::exec();
}
