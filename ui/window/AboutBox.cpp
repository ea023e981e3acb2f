// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/AboutBox.h"

#include "ui/document/Convert.h"
#include "ui/document/Settings.h"
#include "ui/widgets/Caption.h"
#include "ui/widgets/PlainText.h"

#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QIcon>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

const auto aboutLane = u"about"_s;
constexpr int textWidth = 420;

PlainLabel* wrapped(const QString& text)
{
    auto* label = new PlainLabel(text);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    return label;
}

} // namespace

AboutBox::AboutBox(Workspace& workspace, QWidget* parent) : QDialog(parent), m_workspace(workspace)
{
    setWindowTitle(tr("About Pleat"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 20, 20, 16);
    layout->setSpacing(14);
    layout->setSizeConstraint(QLayout::SetFixedSize);
    layout->addLayout(makeHead(parent));
    const bool hasWorker = !workspace.workerPlace().program.empty();
    if (hasWorker)
        layout->addLayout(makeRuntime());
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    layout->addWidget(buttons);
    buttons->button(QDialogButtonBox::Ok)->setFocus();
    if (hasWorker)
        look();
}

AboutBox::~AboutBox()
{
    m_workspace.jobs().cancel(this, aboutLane);
}

QLayout* AboutBox::makeHead(QWidget* parent)
{
    auto* name = new PlainLabel(tr("Pleat %1").arg(QLatin1StringView(PLEAT_VERSION)));
    name->setObjectName(u"aboutName"_s);
    QFont large = font();
    large.setPointSizeF(large.pointSizeF() * 1.3);
    large.setWeight(QFont::DemiBold);
    name->setFont(large);
    auto* words = new QVBoxLayout;
    words->setSpacing(6);
    words->addWidget(name);
    for (const QString& text :
         {tr("Sees, prepares, folds and compares the batch norms of ONNX models."),
          tr("Free software under the GNU General Public License, version 3 or later.")}) {
        auto* label = wrapped(text);
        label->setFixedWidth(textWidth);
        words->addWidget(label);
    }
    auto* head = new QHBoxLayout;
    head->setSpacing(16);
    if (parent) {
        auto* icon = new QLabel;
        icon->setPixmap(parent->window()->windowIcon().pixmap(48));
        head->addWidget(icon, 0, Qt::AlignTop);
    }
    head->addLayout(words);
    return head;
}

QLayout* AboutBox::makeRuntime()
{
    const CaptionLine caption = captionLine(tr("ONNX RUNTIME"));
    m_runtime = wrapped({});
    m_runtime->setObjectName(u"aboutRuntime"_s);
    m_refused = wrapped({});
    m_refused->setObjectName(u"aboutRefused"_s);
    m_refused->hide();
    m_choose = new QPushButton(tr("&Choose…"));
    m_choose->setObjectName(u"aboutChoose"_s);
    m_choose->setToolTip(tr("Take the library of another ONNX Runtime: libonnxruntime.so"));
    m_automatic = new QPushButton(tr("&Find Automatically"));
    m_automatic->setObjectName(u"aboutAutomatic"_s);
    m_automatic->setToolTip(tr("Look where the system and Python keep theirs"));
    for (QPushButton* button : {m_choose, m_automatic})
        button->setAutoDefault(false);
    connect(m_choose, &QPushButton::clicked, this, &AboutBox::choose);
    connect(m_automatic, &QPushButton::clicked, this, [this] {
        m_workspace.setOnnxRuntime({});
        look();
    });

    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_choose);
    buttons->addWidget(m_automatic);
    buttons->addStretch();
    auto* runtime = new QVBoxLayout;
    runtime->setSpacing(8);
    runtime->addLayout(caption.layout);
    for (PlainLabel* label : {m_runtime, m_refused})
        runtime->addWidget(label);
    runtime->addLayout(buttons);
    return runtime;
}

QString AboutBox::runtimeText() const
{
    return m_runtime ? m_runtime->text() : QString();
}

void AboutBox::look()
{
    m_refused->hide();
    m_runtime->setText(tr("Looking for it…"));
    m_automatic->setEnabled(!Settings::onnxRuntime().isEmpty());
    m_workspace.jobs().start(
        aboutLane, tr("Looking for ONNX Runtime…"), this,
        [place = m_workspace.workerPlace()](Progress&, const std::stop_token& stop) {
            return findOnnxRuntime(place, stop);
        },
        [this](const Result<OnnxRuntimeLibrary>& library) { tell(library); }, JobDisplay::Quiet);
}

void AboutBox::tell(const Result<OnnxRuntimeLibrary>& library)
{
    const QString text =
        library ? tr("Version %1, from %2").arg(toQt(library->version), toQt(library->path.string()))
                : toQt(library.error().message);
    m_runtime->setText(text);
    Q_EMIT found();
}

void AboutBox::choose()
{
    const QString now = Settings::onnxRuntime();
    auto* dialog = new QFileDialog(this, tr("Choose ONNX Runtime's Library"),
                                   now.isEmpty() ? Settings::lastFolder() : QFileInfo(now).path(),
                                   tr("Libraries (*.so *.so.*);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &AboutBox::tryLibrary);
    dialog->open();
}

void AboutBox::tryLibrary(const QString& path)
{
    WorkerPlace place = m_workspace.workerPlace();
    place.onnxRuntime = toPath(path);
    m_refused->setText(tr("Looking at %1…").arg(QFileInfo(path).fileName()));
    m_refused->show();
    m_workspace.jobs().start(
        aboutLane, tr("Looking for ONNX Runtime…"), this,
        [place](Progress&, const std::stop_token& stop) { return findOnnxRuntime(place, stop); },
        [this, path](const Result<OnnxRuntimeLibrary>& library) {
            m_refused->setVisible(!library);
            if (!library) {
                m_refused->setText(tr("%1 was not taken. %2")
                                       .arg(QFileInfo(path).fileName(), toQt(library.error().message)));
                Q_EMIT found();
                return;
            }
            m_workspace.setOnnxRuntime(path);
            m_automatic->setEnabled(true);
            tell(library);
        },
        JobDisplay::Quiet);
}

} // namespace pleat::ui
