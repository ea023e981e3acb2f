// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/HeatMap.h"

#include "ui/document/Convert.h"

#include <QEvent>
#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

const auto overviewLane = u"heat map"_s;
const auto closerMapLane = u"heat map, closer"_s;

// The same with some of what lies round it, so that a small move shows nothing new.
CellRegion widened(const CellRegion& region, const Grid& grid, BlockSize block)
{
    const auto along = [](std::uint64_t& first, std::uint64_t& count, std::uint64_t all, std::uint64_t step) {
        const std::uint64_t more = count / 8;
        const std::uint64_t end = std::min(all, first + count + more);
        first = (first - std::min(first, more)) / step * step;
        count = end - first;
    };
    CellRegion wide = region;
    along(wide.firstRow, wide.rows, grid.rows(), block.rows);
    along(wide.firstColumn, wide.columns, grid.columns(), block.columns);
    return wide;
}

} // namespace

HeatMap::HeatMap(JobRunner& jobs, QWidget* parent) : QWidget(parent), m_jobs(jobs)
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setAccessibleName(tr("Heat map of the weights"));
    connect(&jobs, &JobRunner::cancelledByUser, this, [this](const QString& lane) {
        if (lane != overviewLane || !m_subject || !m_isStale)
            return;
        m_problem = tr("Cancelled. Choose another view or layer to draw it again.");
        update();
    });
}

void HeatMap::setSubject(std::shared_ptr<const HeatSubject> subject, HeatSide side, GridForm form)
{
    if (subject == m_subject && side == m_side && form == m_form)
        return;
    m_jobs.cancel(this, overviewLane);
    m_jobs.cancel(this, closerMapLane);
    m_subject = std::move(subject);
    m_side = side;
    m_form = form;
    m_problem.clear();
    m_hoveredElement.reset();
    m_reading.clear();
    m_isWaiting = false;
    m_isStale = true;
    Grid grid;
    if (m_subject) {
        const HeatSubject::Weights& weights = m_subject->of(side);
        grid = gridOf(weights.layout, weights.tensor.dims(), form);
    }
    if (!m_subject || grid != m_grid) {
        m_overview.reset();
        m_closer.reset();
        m_grid = std::move(grid);
        m_view = {area().size(), double(m_grid.rows()), double(m_grid.columns())};
        m_view.fit();
    }
    readOverview();
    viewChanged();
    if (!m_overview)
        Q_EMIT legendChanged();
}

void HeatMap::setScale(HeatScale scale)
{
    m_scale = scale;
    m_image = {};
    update();
}

void HeatMap::readOverview()
{
    if (!m_subject || !m_isStale || !isVisible())
        return;
    if (m_grid.rows() == 0 || m_grid.columns() == 0) {
        m_problem = tr("This tensor has no values.");
        return;
    }
    read(overviewLane, tr("Drawing weights…"), {0, m_grid.rows(), 0, m_grid.columns()},
         overviewBlocks(m_grid), &HeatMap::m_overview);
}

void HeatMap::readCloser()
{
    if (!m_overview || m_isStale)
        return;
    const double ratio = devicePixelRatioF();
    HeatView pixels = m_view;
    pixels.cellWidth *= ratio;
    pixels.cellHeight *= ratio;
    const BlockSize wanted = pixels.perPixel();
    const auto isFine = [&](const LargestCells& cells) {
        return cells.blockRows <= wanted.rows && cells.blockColumns <= wanted.columns;
    };
    const CellRegion visible = m_view.visible();
    if (isFine(*m_overview) || (m_closer && isFine(*m_closer) && m_closer->region.contains(visible))) {
        m_jobs.cancel(this, closerMapLane);
        m_isWaiting = false;
        return;
    }
    m_isWaiting = true;
    read(closerMapLane, tr("Drawing weights…"), widened(visible, m_grid, wanted), wanted, &HeatMap::m_closer);
}

void HeatMap::read(const QString& lane, const QString& label, const CellRegion& region, BlockSize block,
                   CellsPointer HeatMap::*into)
{
    m_jobs.start(
        lane, label, this,
        [values = m_subject->values(m_side), grid = m_grid, region, block](Progress& progress,
                                                                           std::stop_token stop) {
            return largestCells(values, grid, region, block, progress, stop);
        },
        [this, into](Result<LargestCells> cells) { take(std::move(cells), into); }, JobDisplay::Shown,
        JobPriority::LookedAt);
}

void HeatMap::take(Result<LargestCells> cells, CellsPointer HeatMap::*into)
{
    m_isWaiting = false;
    if (!cells) {
        m_overview.reset();
        m_closer.reset();
        m_problem = toQt(cells.error().message);
        viewChanged();
        return;
    }
    if (into == &HeatMap::m_overview) {
        m_isStale = false;
        m_closer.reset();
    }
    this->*into = std::make_shared<const LargestCells>(std::move(*cells));
    const bool isOneSide = m_side == HeatSide::Before || m_side == HeatSide::After;
    m_reach = isOneSide && m_subject->reach > 0 ? m_subject->reach : m_overview->reach;
    viewChanged();
    Q_EMIT legendChanged();
    if (isComplete())
        Q_EMIT completed();
}

void HeatMap::viewChanged()
{
    m_image = {};
    readCloser();
    if (m_hovered)
        hover(*m_hovered);
    setAccessibleDescription(caption());
    update();
}

const HeatMap::CellsPointer& HeatMap::shownCells() const
{
    return m_closer && m_closer->region.contains(m_view.visible()) ? m_closer : m_overview;
}

HeatLegend::Content HeatMap::legend() const
{
    if (!m_overview)
        return {};
    const bool isRelative = m_side == HeatSide::Relative;
    return {number(isRelative ? 0 : -m_reach), number(m_reach), isRelative ? 0.0 : -1.0,
            m_overview->hasOthers ? tr("NaN or infinite") : QString()};
}

QString HeatMap::caption() const
{
    if (!m_subject || !m_problem.isEmpty())
        return {};
    QString what;
    if (m_grid.tileColumns > 1 || m_grid.tileRows > 1) {
        const auto kernel = tr("kernels of %1 × %2").arg(m_grid.tileRows).arg(m_grid.tileColumns);
        what = kernel + u" · "_s +
               (m_grid.turned ? tr("input channels ↓  output channels →")
                              : tr("output channels ↓  input channels →"));
    } else {
        what = m_grid.turned ? tr("values of a channel ↓  output channels →")
                             : tr("output channels ↓  values of a channel →");
    }
    const double ratio = devicePixelRatioF();
    const double rows = std::ceil(1 / (m_view.cellHeight * ratio) - 1e-9);
    const double columns = std::ceil(1 / (m_view.cellWidth * ratio) - 1e-9);
    if (rows > 1 || columns > 1)
        what += u" · "_s + tr("a pixel is the largest of %1 × %2 values").arg(rows).arg(columns);
    return !isComplete() ? what + u" · "_s + tr("reading…") : what;
}

void HeatMap::resizeEvent(QResizeEvent*)
{
    m_view.resize(area().size());
    viewChanged();
}

void HeatMap::showEvent(QShowEvent*)
{
    readOverview();
}

void HeatMap::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        m_image = {};
}

} // namespace pleat::ui
