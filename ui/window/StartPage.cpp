// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/StartPage.h"

#include "ui/widgets/Icons.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/Theme.h"

#include <QDir>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr int columnWidth = 420;

class FileRow final : public QPushButton {
public:
    FileRow(const QString& path, QWidget* parent) : QPushButton(parent)
    {
        const QFileInfo file(path);
        QString folder = file.path();
        if (folder.startsWith(QDir::homePath()))
            folder.replace(0, QDir::homePath().size(), u"~"_s);
        auto* name = new PlainLabel(
            fontMetrics().elidedText(oneLine(file.fileName()), Qt::ElideMiddle, columnWidth / 2));
        QFont bold = font();
        bold.setWeight(QFont::DemiBold);
        name->setFont(bold);
        auto* where =
            new PlainLabel(fontMetrics().elidedText(oneLine(folder), Qt::ElideMiddle, columnWidth / 2));
        where->setProperty("role", u"quiet"_s);
        for (PlainLabel* label : {name, where})
            label->setAttribute(Qt::WA_TransparentForMouseEvents);
        auto* layout = new QHBoxLayout(this);
        layout->setContentsMargins(12, 0, 12, 0);
        layout->addWidget(name);
        layout->addStretch();
        layout->addWidget(where);
        setProperty("flat", true);
        setFlat(true);
        setMinimumHeight(34);
        setToolTip(plainTip(path));
        setAccessibleName(path);
    }
    // A button knows nothing of a layout in it. Gives way where there is no room.
    QSize sizeHint() const override { return {columnWidth, minimumHeight()}; }
    QSize minimumSizeHint() const override { return {0, minimumHeight()}; }
};

} // namespace

StartPage::StartPage(QWidget* parent) : QWidget(parent)
{
    setAccessibleName(tr("Start"));
    auto* icon = new PlainLabel;
    icon->setPixmap(applicationIcon().pixmap(QSize(88, 88), devicePixelRatioF()));
    auto* title = new PlainLabel(tr("Pleat"));
    QFont large = font();
    large.setPointSizeF(large.pointSizeF() * 2.1);
    large.setWeight(QFont::DemiBold);
    title->setFont(large);
    auto* sentence =
        new PlainLabel(tr("See what folding the batch norms will do to your weights, then do it."));
    sentence->setProperty("role", u"quiet"_s);

    auto* open = new QPushButton(tr("Open…"));
    open->setObjectName(u"startOpen"_s);
    open->setProperty("main", true);
    open->setToolTip(tr("Open an ONNX model (Ctrl+O)"));
    auto* sample = new QPushButton(tr("Open the sample"));
    sample->setObjectName(u"startSample"_s);
    sample->setToolTip(tr("A small classifier of handwritten digits with its batch norms still in it"));
    for (QPushButton* button : {open, sample}) {
        button->setMinimumHeight(34);
        button->setMinimumWidth(130);
    }
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(10);
    buttons->addStretch();
    buttons->addWidget(open);
    buttons->addWidget(sample);
    buttons->addStretch();

    auto* hint = new PlainLabel(tr("or drop an .onnx file anywhere in this window"));
    hint->setProperty("role", u"quiet"_s);

    m_recent = new QWidget;
    m_recent->setMaximumWidth(columnWidth);
    auto* caption = new PlainLabel(tr("RECENT"));
    caption->setProperty("role", u"caption"_s);
    caption->setFont(captionFont(font()));
    caption->setContentsMargins(12, 0, 0, 4);
    m_recentRows = new QVBoxLayout;
    m_recentRows->setSpacing(2);
    auto* recentLayout = new QVBoxLayout(m_recent);
    recentLayout->setContentsMargins(0, 24, 0, 0);
    recentLayout->addWidget(caption);
    recentLayout->addLayout(m_recentRows);

    auto* layout = new QVBoxLayout(this);
    layout->addStretch(3);
    for (QWidget* widget :
         {static_cast<QWidget*>(icon), static_cast<QWidget*>(title), static_cast<QWidget*>(sentence)})
        layout->addWidget(widget, 0, Qt::AlignHCenter);
    layout->addSpacing(18);
    layout->addLayout(buttons);
    layout->addSpacing(6);
    layout->addWidget(hint, 0, Qt::AlignHCenter);
    layout->addWidget(m_recent, 0, Qt::AlignHCenter);
    layout->addStretch(4);

    connect(open, &QPushButton::clicked, this, &StartPage::openRequested);
    connect(sample, &QPushButton::clicked, this, &StartPage::sampleRequested);
    setRecentFiles({});
}

void StartPage::setRecentFiles(const QStringList& paths)
{
    while (QLayoutItem* item = m_recentRows->takeAt(0)) {
        item->widget()->deleteLater();
        delete item;
    }
    for (const QString& path : paths.first(std::min<qsizetype>(paths.size(), 6))) {
        auto* row = new FileRow(path, m_recent);
        connect(row, &QPushButton::clicked, this, [this, path] { Q_EMIT fileRequested(path); });
        m_recentRows->addWidget(row);
    }
    m_recent->setVisible(!paths.isEmpty());
}

void StartPage::setDropping(bool dropping)
{
    m_dropping = dropping;
    update();
}

void StartPage::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Theme theme = Theme::of(*this);
    painter.fillRect(rect(), theme.canvas);
    if (!m_dropping)
        return;
    painter.setPen(QPen(theme.accent, 2, Qt::DashLine));
    painter.setBrush(theme.accentSoft);
    painter.drawRoundedRect(QRectF(rect()).adjusted(24, 24, -24, -24), 14, 14);
}

} // namespace pleat::ui
