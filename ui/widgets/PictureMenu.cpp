// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/PictureMenu.h"

#include "ui/widgets/PlainText.h"
#include "ui/widgets/Theme.h"
#include "ui/widgets/Translate.h"

#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QImage>
#include <QMenu>
#include <QPainter>
#include <QSaveFile>
#include <QSvgGenerator>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr double pixelScale = 2; // pictures are looked at on paper and on dense screens

void paint(QWidget& widget, QPainter& painter)
{
    painter.fillRect(widget.rect(), Theme::of(widget).panel);
    widget.render(&painter, {}, {}, QWidget::DrawChildren);
}

QImage image(QWidget& widget)
{
    QImage picture(widget.size() * pixelScale, QImage::Format_RGB32);
    QPainter painter(&picture);
    painter.scale(pixelScale, pixelScale);
    paint(widget, painter);
    return picture;
}

void save(QWidget& widget, const QString& name)
{
    QString kind;
    QString path =
        QFileDialog::getSaveFileName(widget.window(), tr("Save Picture"), name + u".svg"_s,
                                     tr("SVG picture (*.svg)") + u";;"_s + tr("PNG picture (*.png)"), &kind);
    if (path.isEmpty())
        return;
    if (QFileInfo(path).suffix().isEmpty())
        path += kind.contains(u"png"_s) ? u".png"_s : u".svg"_s;
    if (const QString problem = writePicture(widget, path); !problem.isEmpty())
        QMessageBox::warning(widget.window(), tr("Save Picture"), plainTip(problem));
}

} // namespace

QString writePicture(QWidget& widget, const QString& path)
{
    const QString ending = QFileInfo(path).suffix().toLower();
    if (ending != u"svg" && ending != u"png")
        return tr("%1: the name must end in .svg or .png.").arg(path);
    QSaveFile file(path);
    bool written = file.open(QIODevice::WriteOnly);
    if (written && ending == u"svg") {
        QSvgGenerator generator;
        generator.setOutputDevice(&file);
        generator.setSize(widget.size());
        generator.setViewBox(widget.rect());
        generator.setTitle(widget.accessibleName());
        QPainter painter(&generator);
        paint(widget, painter);
        written = painter.end();
    } else if (written) {
        written = image(widget).save(&file, "PNG");
    }
    if (written && file.commit())
        return {};
    return tr("%1 could not be written: %2").arg(path, file.errorString());
}

void offerPicture(QWidget& widget, const QString& name)
{
    widget.setContextMenuPolicy(Qt::CustomContextMenu);
    QObject::connect(&widget, &QWidget::customContextMenuRequested, &widget, [&widget, name](QPoint at) {
        QMenu menu;
        menu.addAction(tr("Copy Picture"), [&widget] { QApplication::clipboard()->setImage(image(widget)); });
        menu.addAction(tr("Save Picture…"), [&widget, name] { save(widget, name); });
        menu.exec(widget.mapToGlobal(at));
    });
}

} // namespace pleat::ui
