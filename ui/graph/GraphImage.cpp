// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/graph/GraphImage.h"

#include "ui/graph/GraphPainter.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QImage>
#include <QPainter>
#include <QPdfWriter>
#include <QSaveFile>
#include <QStringList>
#include <QSvgGenerator>
#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr double margin = 32;
constexpr double mostPixels = 120e6;  // half a gigabyte of image
constexpr double longestSide = 32000; // QPainter's raster engine counts in 16 bits

QString say(const char* text)
{
    return QCoreApplication::translate("GraphImage", text);
}

QRectF pictureArea(const GraphScene& scene)
{
    return scene.bounds.adjusted(-margin, -margin, margin, margin);
}

// Maps the area to the painter's device at a scale and paints everything in it.
void paintAll(QPainter& painter, const GraphScene& scene, const Theme& theme, const QRectF& area,
              double scale)
{
    const SceneFonts fonts = SceneFonts::standard();
    const SceneIndex index(scene);
    painter.scale(scale, scale);
    painter.translate(-area.topLeft());
    painter.fillRect(area, theme.canvas);
    // Paper has all the detail, however small: it can be enlarged. A raster has what its pixels can show.
    GraphPainter(scene, index, theme, fonts).paint(painter, area, scale);
}

QString writePng(const GraphScene& scene, QIODevice& device, const GraphImageOptions& options)
{
    const QRectF area = pictureArea(scene);
    const double scale = std::min({options.scale, std::sqrt(mostPixels / (area.width() * area.height())),
                                   longestSide / area.width(), longestSide / area.height()});
    QImage image(QSize(std::max(1, static_cast<int>(area.width() * scale)),
                       std::max(1, static_cast<int>(area.height() * scale))),
                 QImage::Format_RGB32);
    if (image.isNull())
        return say("There is not enough memory for a picture of this size; export it as SVG or PDF.");
    QPainter painter(&image);
    paintAll(painter, scene, options.theme, area, scale);
    painter.end();
    return image.save(&device, "PNG") ? QString() : say("The picture could not be written.");
}

QString writeSvg(const GraphScene& scene, QIODevice& device, const GraphImageOptions& options)
{
    const QRectF area = pictureArea(scene);
    QSvgGenerator generator;
    generator.setOutputDevice(&device);
    generator.setResolution(96);
    generator.setSize(area.size().toSize());
    generator.setViewBox(QRectF(QPointF(), area.size()));
    generator.setTitle(say("Graph"));
    QPainter painter(&generator);
    paintAll(painter, scene, options.theme, area, 1);
    return painter.end() ? QString() : say("The picture could not be written.");
}

QString writePdf(const GraphScene& scene, QIODevice& device, const GraphImageOptions& options)
{
    const QRectF area = pictureArea(scene);
    // PDF readers stop at 200 inches a side.
    constexpr double longest = 14000;
    const double points = std::min({0.75, longest / area.width(), longest / area.height()});
    QPdfWriter writer(&device);
    writer.setResolution(288);
    writer.setPageMargins({});
    writer.setPageSize(QPageSize(area.size() * points, QPageSize::Point, QString(), QPageSize::ExactMatch));
    writer.setPageMargins({});
    writer.setTitle(say("Graph"));
    QPainter painter(&writer);
    const double scale = points * 288 / 72;
    const SceneFonts fonts = SceneFonts::standard();
    const SceneIndex index(scene);
    painter.scale(scale, scale);
    painter.translate(-area.topLeft());
    painter.fillRect(area, options.theme.canvas);
    GraphPainter(scene, index, options.theme, fonts).paint(painter, area, 1);
    return painter.end() ? QString() : say("The picture could not be written.");
}

} // namespace

QStringList graphImageFormats()
{
    return {u"svg"_s, u"pdf"_s, u"png"_s};
}

QString writeGraphImage(const GraphScene& scene, const QString& path, const GraphImageOptions& options)
{
    const QString ending = QFileInfo(path).suffix().toLower();
    if (!graphImageFormats().contains(ending))
        return say("%1: the ending of a picture has to be svg, pdf or png.").arg(path);
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        return say("%1: %2").arg(path, file.errorString());
    const QString problem = ending == "png"_L1   ? writePng(scene, file, options)
                            : ending == "svg"_L1 ? writeSvg(scene, file, options)
                                                 : writePdf(scene, file, options);
    if (!problem.isEmpty()) {
        file.cancelWriting();
        return say("%1: %2").arg(path, problem);
    }
    return file.commit() ? QString() : say("%1: %2").arg(path, file.errorString());
}

} // namespace pleat::ui
