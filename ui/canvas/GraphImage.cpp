// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/GraphImage.h"

#include "ui/widgets/HeatLegend.h"
#include "ui/widgets/Translate.h"

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

constexpr double imageMargin = 32;

QRectF pictureArea(const GraphScene& scene, const GraphImageOptions& options)
{
    return options.area.isNull() ? scene.bounds.adjusted(-imageMargin, -imageMargin, imageMargin, imageMargin)
                                 : options.area;
}

QString titleOf(const GraphImageOptions& options)
{
    return options.title.isEmpty() ? tr("Graph") : options.title;
}

QString creator()
{
    return u"Pleat "_s + QLatin1StringView(PLEAT_VERSION);
}

// In the corner that the legend has on the screen, too.
void paintLegend(QPainter& painter, const QRectF& area, const Heat& heat, const Theme& theme,
                 const SceneFonts& fonts)
{
    constexpr double barWidth = 128, barHeight = 10, gap = 7;
    painter.setFont(fonts.badge);
    const QFontMetricsF metrics(fonts.badge);
    painter.setPen(theme.text);
    QPointF at = area.topLeft() + QPointF(gap, gap + metrics.ascent());
    painter.drawText(at, heat.title);
    at.ry() += metrics.height();
    painter.drawText(at, heat.low);
    at.rx() += metrics.horizontalAdvance(heat.low) + gap;
    paintHeatBar(painter, QRectF(at.x(), at.y() - barHeight, barWidth, barHeight).toRect(), heat.from,
                 HeatColours(HeatScale::BlueRed, theme), theme);
    painter.setPen(theme.text);
    painter.drawText(at + QPointF(barWidth + gap, 0), heat.high);
}

// What is to be painted, and who wants to know how far it is.
struct Picture {
    const GraphScene& scene;
    const GraphImageOptions& options;
    Progress& progress;
    const std::stop_token& stop;
};

// Maps the area to the painter's device at a scale and paints everything in it, with the detail of `zoom`.
void paintAll(QPainter& painter, const Picture& picture, const QRectF& area, double scale, double zoom)
{
    const SceneFonts fonts = SceneFonts::standard();
    const SceneIndex index(picture.scene);
    painter.scale(scale, scale);
    painter.translate(-area.topLeft());
    painter.fillRect(area, picture.options.theme.canvas);
    GraphPainter all(picture.scene, index, picture.options.theme, fonts);
    all.setWatch(picture.progress, picture.stop);
    all.paint(painter, area, zoom, {.selected = {}, .hovered = {}, .heat = picture.options.heat});
    if (picture.options.heat)
        paintLegend(painter, area, *picture.options.heat->meaning, picture.options.theme, fonts);
}

QString writePng(const Picture& picture, QIODevice& device)
{
    const QRectF area = pictureArea(picture.scene, picture.options);
    const auto [size, scale, isLimited] = imagePixels(picture.scene, picture.options);
    QImage image(size, QImage::Format_RGB32);
    if (image.isNull())
        return tr("There is not enough memory for a picture of this size; export it as SVG or PDF.");
    image.setText(u"Title"_s, titleOf(picture.options));
    image.setText(u"Software"_s, creator());
    QPainter painter(&image);
    paintAll(painter, picture, area, scale, scale); // a raster has the detail that its pixels can show
    painter.end();
    return image.save(&device, "PNG") ? QString() : tr("The picture could not be written.");
}

QString writeSvg(const Picture& picture, QIODevice& device)
{
    const QRectF area = pictureArea(picture.scene, picture.options);
    QSvgGenerator generator;
    generator.setOutputDevice(&device);
    generator.setResolution(96);
    generator.setSize(area.size().toSize());
    generator.setViewBox(QRectF(QPointF(), area.size()));
    generator.setTitle(titleOf(picture.options).toHtmlEscaped()); // Qt 6.4 writes it as it is
    generator.setDescription(creator());
    QPainter painter(&generator);
    paintAll(painter, picture, area, 1, 1);
    return painter.end() ? QString() : tr("The picture could not be written.");
}

QString writePdf(const Picture& picture, QIODevice& device)
{
    const QRectF area = pictureArea(picture.scene, picture.options);
    // PDF readers stop at 200 inches a side.
    constexpr double longest = 14000;
    const double points = std::min({0.75, longest / area.width(), longest / area.height()});
    QPdfWriter writer(&device);
    writer.setResolution(288);
    writer.setPageMargins({});
    writer.setPageSize(QPageSize(area.size() * points, QPageSize::Point, QString(), QPageSize::ExactMatch));
    writer.setPageMargins({});
    writer.setTitle(titleOf(picture.options));
    writer.setCreator(creator());
    QPainter painter(&writer);
    // Paper has all the detail, however small: it can be enlarged.
    paintAll(painter, picture, area, points * 288 / 72, 1);
    return painter.end() ? QString() : tr("The picture could not be written.");
}

} // namespace

ImagePixels imagePixels(const GraphScene& scene, const GraphImageOptions& options)
{
    const QRectF area = pictureArea(scene, options);
    const double most = std::min({std::sqrt(mostImagePixels / (area.width() * area.height())),
                                  longestImageSide / area.width(), longestImageSide / area.height()});
    const double scale = std::min(options.scale, most);
    return {QSize(std::max(1, static_cast<int>(area.width() * scale)),
                  std::max(1, static_cast<int>(area.height() * scale))),
            scale, options.scale > most};
}

QStringList graphImageFormats()
{
    return {u"svg"_s, u"pdf"_s, u"png"_s};
}

QString writeGraphImage(const GraphScene& scene, const QString& path, Progress& progress,
                        const std::stop_token& stop, const GraphImageOptions& options)
{
    const QString ending = QFileInfo(path).suffix().toLower();
    if (!graphImageFormats().contains(ending))
        return tr("%1: the ending of a picture has to be svg, pdf or png.").arg(path);
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        return tr("%1: %2").arg(path, file.errorString());
    const Picture picture{scene, options, progress, stop};
    QString problem = ending == "png"_L1   ? writePng(picture, file)
                      : ending == "svg"_L1 ? writeSvg(picture, file)
                                           : writePdf(picture, file);
    if (problem.isEmpty() && stop.stop_requested())
        problem = tr("Cancelled; nothing was written.");
    if (!problem.isEmpty()) {
        file.cancelWriting();
        return tr("%1: %2").arg(path, problem);
    }
    return file.commit() ? QString() : tr("%1: %2").arg(path, file.errorString());
}

} // namespace pleat::ui
