// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/ImageSheet.h"

#include "ui/canvas/GraphCanvas.h"
#include "ui/document/Convert.h"
#include "ui/widgets/PlainText.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QLocale>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

QComboBox* choice(QFormLayout& form, const QString& label, const QString& name, const QStringList& items)
{
    auto* box = new QComboBox;
    box->setObjectName(name);
    box->addItems(items);
    box->setAccessibleName(label);
    form.addRow(label, box);
    return box;
}

} // namespace

ImageSheet::ImageSheet(const GraphCanvas& canvas, const QString& target, QWidget* parent)
    : QDialog(parent),
      m_canvas(canvas),
      m_isRaster(QFileInfo(target).suffix().toLower() == u"png"_s)
{
    setObjectName(u"imageSheet"_s);
    setWindowTitle(tr("Export Image"));
    auto* title = new PlainLabel(tr("Export %1").arg(QFileInfo(target).fileName()));
    title->setProperty("role", u"title"_s);
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(16);
    form->setVerticalSpacing(8);
    QStringList parts{tr("All of the graph"), tr("What is in view")};
    if (!canvas.selectedArea().isNull())
        parts += tr("What is selected");
    m_what = choice(*form, tr("Part"), u"imageWhat"_s, parts);
    m_colours = choice(*form, tr("Colours"), u"imageColours"_s, {tr("For paper"), tr("As on the screen")});
    m_scale = choice(*form, tr("Size"), u"imageScale"_s, {u"1 ×"_s, u"2 ×"_s, u"4 ×"_s});
    form->setRowVisible(m_scale, m_isRaster);
    m_size = new PlainLabel;
    m_size->setObjectName(u"imageSize"_s);
    m_size->setProperty("role", u"quiet"_s);
    m_size->setWordWrap(true);
    m_size->setMinimumHeight(2 * fontMetrics().lineSpacing()); // so that choosing moves nothing
    auto* buttons = new QDialogButtonBox;
    QPushButton* write = buttons->addButton(tr("&Export"), QDialogButtonBox::AcceptRole);
    write->setObjectName(u"imageWrite"_s);
    write->setProperty("main", true);
    write->setDefault(true);
    buttons->addButton(QDialogButtonBox::Cancel);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    for (QComboBox* box : {m_what, m_scale})
        connect(box, &QComboBox::currentIndexChanged, this, &ImageSheet::showSize);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 18, 20, 16);
    layout->setSpacing(12);
    layout->addWidget(title);
    layout->addLayout(form);
    layout->addWidget(m_size);
    layout->addStretch();
    layout->addWidget(buttons);
    setMinimumWidth(380);
    showSize();
}

ImageSheet::What ImageSheet::what() const
{
    return static_cast<What>(m_what->currentIndex());
}

GraphImageOptions ImageSheet::options() const
{
    GraphImageOptions options;
    if (m_colours->currentIndex() == 1)
        options.theme = Theme::of(m_canvas);
    options.heat = m_canvas.heat();
    options.scale = 1 << m_scale->currentIndex();
    if (what() == View) {
        options.area = m_canvas.visibleScene();
        options.scale *= m_canvas.zoom(); // as large as on the screen
    } else if (what() == Chosen) {
        options.area = m_canvas.selectedArea();
    }
    return options;
}

void ImageSheet::showSize()
{
    const GraphImageOptions chosen = options();
    const auto words = [](QSize size) {
        return tr("%1 × %2 pixels").arg(QLocale().toString(size.width()), QLocale().toString(size.height()));
    };
    if (!m_isRaster) {
        m_size->setText(tr("Can be enlarged as far as you like; its words stay words."));
        return;
    }
    const ImagePixels pixels = imagePixels(m_canvas.scene(), chosen);
    m_size->setText(pixels.isLimited
                        ? tr("%1: no more than %2 a side and %3 million in all. SVG and PDF have no limit.")
                              .arg(words(pixels.size), QLocale().toString(longestImageSide),
                                   QLocale().toString(mostImagePixels / 1'000'000))
                        : words(pixels.size));
}

} // namespace pleat::ui
