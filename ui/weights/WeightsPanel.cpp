// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/WeightsPanel.h"

#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/weights/ChannelPlot.h"
#include "ui/weights/HistogramPlot.h"
#include "ui/weights/WeightsLegend.h"
#include "ui/weights/WeightsSummary.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/Theme.h"

#include <QCheckBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QStackedWidget>
#include <QTabBar>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

enum Page { RangesPage, HistogramPage, BiasPage, ScaleShiftPage, EmptyPage };
constexpr std::size_t cachedComparisons = 64;
constexpr std::size_t manyPairs = 500; // a preview of one of so many takes a moment: its fold has to be found
const auto lane = u"weights"_s;
const auto firstLane = u"first weights"_s; // the weights as they are, while a preview is being made

// Room for the bold form of every tab, so that choosing another moves nothing.
class Tabs final : public QTabBar {
protected:
    QSize tabSizeHint(int tab) const override
    {
        QFont bold = font();
        bold.setWeight(QFont::DemiBold);
        const QSize hint = QTabBar::tabSizeHint(tab);
        return {std::max(hint.width(), QFontMetrics(bold).horizontalAdvance(tabText(tab)) + 26),
                hint.height()};
    }
};

// Bars that stand on zero.
std::vector<Range> bars(const std::vector<double>& values)
{
    std::vector<Range> result;
    result.reserve(values.size());
    for (const double value : values)
        result.push_back({std::min(0.0, value), std::max(0.0, value)});
    return result;
}

QString at(const std::vector<double>& values, std::size_t channel)
{
    return channel < values.size() ? number(values[channel]) : u"–"_s;
}

} // namespace

WeightsPanel::WeightsPanel(Workspace& workspace)
    : Panel(workspace, {.id = u"weights"_s,
                        .title = tr("Weights"),
                        .shortcut = tr("Ctrl+2"),
                        .area = Qt::BottomDockWidgetArea,
                        .size = {0, 292},
                        .window = {0, 400}})
{
    m_title = new PlainLabel;
    m_title->setObjectName(u"weightsTitle"_s);
    m_title->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_title->setElided(Qt::ElideMiddle);
    QFont bold = font();
    bold.setWeight(QFont::DemiBold);
    m_title->setFont(bold);
    m_tabs = new Tabs;
    m_tabs->setObjectName(u"weightsTabs"_s);
    m_tabs->setAccessibleName(tr("Views of the weights"));
    for (const QString& name : {tr("Ranges"), tr("Histogram"), tr("Bias"), tr("Scale && shift")})
        m_tabs->addTab(name);
    m_tabs->setTabToolTip(0, tr("Smallest and largest weight of each output channel"));
    m_tabs->setTabToolTip(1, tr("How the weights are distributed"));
    m_tabs->setTabToolTip(2, tr("The bias of each output channel"));
    m_tabs->setTabToolTip(3, tr("The batch norm as y = s·x + t, per channel"));
    m_tabs->setExpanding(false);
    m_tabs->setUsesScrollButtons(true); // where the panel is narrower than they are
    m_tabs->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    m_legend = new WeightsLegend;

    auto* header = new QWidget;
    auto* row = new QHBoxLayout(header);
    row->setContentsMargins(14, 0, 4, 0);
    row->setSpacing(12);
    row->addWidget(m_title);
    row->addWidget(m_tabs);
    row->addStretch();
    row->addWidget(m_legend);
    auto* line = new QWidget;
    line->setFixedHeight(1);
    line->setAutoFillBackground(true);
    line->setBackgroundRole(QPalette::Mid);

    m_bias = new ChannelPlot;
    m_bias->setCaption(tr("bias per output channel"));
    m_empty = new PlainLabel;
    m_empty->setObjectName(u"weightsEmpty"_s);
    m_empty->setProperty("role", u"quiet"_s);
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    m_pages = new QStackedWidget;
    m_pages->addWidget(makeRanges());
    m_pages->addWidget(makeHistogram());
    m_pages->addWidget(m_bias);
    m_pages->addWidget(makeScaleShift());
    m_empty->setMaximumWidth(760); // a line that can be read
    auto* emptyPage = new QWidget;
    auto* emptyLayout = new QHBoxLayout(emptyPage);
    emptyLayout->addWidget(m_empty);
    m_pages->addWidget(emptyPage);
    m_pages->setMinimumHeight(80);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(header);
    layout->addWidget(line);
    layout->addWidget(m_pages, 1);
    connect(m_tabs, &QTabBar::currentChanged, this, [this](int page) {
        if (m_shown)
            m_pages->setCurrentIndex(page);
        updateLegend();
    });
    connect(&workspace.selection(), &Selection::changed, this, &WeightsPanel::showSelected);
    connect(&workspace, &Workspace::changed, this, &WeightsPanel::showSelected);
    connect(&document(), &Document::sourceChanged, this, &WeightsPanel::showSelected);
    showSelected();
}

WeightsPanel::~WeightsPanel() = default;

QWidget* WeightsPanel::makeRanges()
{
    auto* page = new QWidget;
    m_ranges = new ChannelPlot;
    m_ranges->setCaption(tr("range per output channel"));
    m_values = new HistogramPlot;
    m_values->setCaption(tr("all values"));
    auto* summary = new QWidget;
    auto* caption = new PlainLabel(tr("summary"));
    caption->setProperty("role", u"quiet"_s);
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() - 1);
    caption->setFont(small);
    m_summary = new QLabel; // marked up by summaryHtml(), which escapes what comes from the file
    m_summary->setObjectName(u"weightsSummary"_s);
    m_summary->setTextFormat(Qt::RichText);
    m_summary->setWordWrap(true);
    m_summary->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    m_summary->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(m_summary);
    auto* column = new QVBoxLayout(summary);
    column->setContentsMargins(14, 8, 8, 8);
    column->setSpacing(6);
    column->addWidget(caption);
    column->addWidget(scroll, 1);
    auto* layout = new QHBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_ranges, 58);
    layout->addWidget(m_values, 20);
    layout->addWidget(summary, 22);
    return page;
}

QWidget* WeightsPanel::makeHistogram()
{
    auto* page = new QWidget;
    m_histogram = new HistogramPlot;
    m_histogram->setCaption(tr("share of all values"));
    m_logarithmic = new QCheckBox(tr("Logarithmic"));
    m_logarithmic->setToolTip(tr("Make bins with few values visible"));
    connect(m_logarithmic, &QCheckBox::toggled, m_histogram, &HistogramPlot::setLogarithmic);
    auto* layout = new QHBoxLayout(page);
    layout->setContentsMargins(0, 0, 14, 0);
    layout->addWidget(m_histogram, 1);
    auto* side = new QVBoxLayout;
    side->setContentsMargins(0, 8, 0, 0);
    side->addWidget(m_logarithmic);
    side->addStretch();
    layout->addLayout(side);
    return page;
}

QWidget* WeightsPanel::makeScaleShift()
{
    auto* page = new QWidget;
    m_scale = new ChannelPlot;
    m_scale->setCaption(tr("scale s per channel"));
    m_shift = new ChannelPlot;
    m_shift->setCaption(tr("shift t per channel"));
    auto* layout = new QHBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_scale);
    layout->addWidget(m_shift);
    return page;
}

void WeightsPanel::updateLegend()
{
    const bool oneSeries = m_tabs->currentIndex() == ScaleShiftPage;
    const int others = m_tabs->sizeHint().width() + 220; // with some of the title
    m_legend->setVisible(!oneSeries && width() >= others + m_legend->sizeHint().width());
}

void WeightsPanel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    updateLegend();
}

QString WeightsPanel::title() const
{
    return m_title->text();
}

void WeightsPanel::showNothing(const QString& sentence)
{
    workspace().jobs().cancel(this, lane);
    workspace().jobs().cancel(this, firstLane);
    showSentence(sentence);
    Q_EMIT shown();
}

void WeightsPanel::showSentence(const QString& sentence)
{
    m_shown.reset();
    m_title->setText(tr("WEIGHTS"));
    m_legend->setKind(WeightsLegend::Kind::None, false);
    m_empty->setText(sentence);
    m_tabs->setEnabled(false);
    m_pages->setCurrentIndex(EmptyPage);
}

void WeightsPanel::showSelected()
{
    if (document().isEmpty()) {
        showNothing(tr("Open a model to see its weights before and after folding."));
        return;
    }
    if (!document().sourceState().isReadable()) {
        m_cache.clear(); // what was measured is true no more
        showNothing(
            tr("These weights can no longer be read: %1 changed on disk. Reload the model to see what "
               "the file holds now.")
                .arg(document().sourceState().files.constFirst()));
        return;
    }
    const Selection::Value& selected = workspace().selection().value();
    WeightsQuery query{document().opened(), document().current(), selected.node, selected.fold};
    if (!selected.value.empty()) {
        // A weight on its own: the layer that reads it.
        const GraphView& view = *query.current->view;
        const ValueIndex value = view.find(ScopeIndex::Main, selected.value);
        if (value != ValueIndex::None && view.initializer(value) && !view.uses(value).empty())
            query.node = view.id(view.uses(value).front().node);
        query.fold = workspace().foldOf(query.node);
    }
    // A batch norm without a layer has no weights to show, but a reason for that.
    const FoldCandidate* candidate = query.current->candidate(query.fold);
    const QString otherwise =
        candidate && !candidate->foldable
            ? tr("%1 cannot be folded: %2").arg(foldName(*candidate), foldMessage(*candidate))
            : tr("This node has no weights.");
    measure(query, otherwise);
}

void WeightsPanel::measure(const WeightsQuery& query, const QString& otherwise)
{
    if (!query.current || (query.node == NodeId::None && query.fold.empty())) {
        showNothing(tr("Select a layer to see its weights."));
        return;
    }
    const Key key{query.opened.get(), query.current.get(), query.node, query.fold};
    if (workspace().jobs().isBusy(this, lane) && key == m_measuring)
        return; // it is on its way
    workspace().jobs().cancel(this, firstLane);
    if (const auto known = m_cache.find(key); known != m_cache.end()) {
        workspace().jobs().cancel(this, lane);
        present(known->second.second, otherwise);
        return;
    }
    if (!m_shown)
        showSentence(tr("Measuring…"));
    if (query.current->candidates().size() > manyPairs)
        showFirst(query);
    m_measuring = key;
    workspace().jobs().start(
        lane, tr("Computing ranges…"), this,
        [query](Progress& progress, std::stop_token stop) {
            return compareWeights(query, progress, std::move(stop));
        },
        [this, query, key, otherwise](Result<std::optional<WeightsComparison>> result) {
            workspace().jobs().cancel(this, firstLane);
            if (!result) {
                showNothing(toQt(result.error().message));
                if (result.error().code == ErrorCode::Changed)
                    document().lookAtSource();
                return;
            }
            Pointer comparison =
                *result ? std::make_shared<const WeightsComparison>(std::move(**result)) : nullptr;
            if (m_cache.size() >= cachedComparisons ||
                (!m_cache.empty() && m_cache.begin()->first.opened != key.opened))
                m_cache.clear();
            m_cache.emplace(key, std::pair(query, comparison));
            present(std::move(comparison), otherwise);
        },
        JobDisplay::Shown, JobPriority::LookedAt);
}

void WeightsPanel::showFirst(const WeightsQuery& query)
{
    const FoldCandidate* candidate = query.current->candidate(query.fold);
    if (!candidate || !candidate->foldable || !candidate->layer)
        return; // nothing has to be found: all of it comes at once
    workspace().jobs().start(
        firstLane, tr("Computing ranges…"), this,
        [plain = WeightsQuery{query.opened, query.current, candidate->layer->id, {}}](Progress& progress,
                                                                                      std::stop_token stop) {
            return compareWeights(plain, progress, std::move(stop));
        },
        [this](Result<std::optional<WeightsComparison>> result) {
            if (result && *result)
                present(std::make_shared<const WeightsComparison>(std::move(**result)), {});
        },
        JobDisplay::Quiet, JobPriority::LookedAt);
}

void WeightsPanel::present(Pointer comparison, const QString& otherwise)
{
    if (!comparison) {
        showNothing(otherwise);
        return;
    }
    m_shown = std::move(comparison);
    const WeightsComparison& shownNow = *m_shown;
    m_title->setText(tr("WEIGHTS · %1").arg(oneLine(toQt(shownNow.after.name))));
    m_title->setToolTip(toQt(shownNow.after.name));
    m_legend->setKind(!shownNow.before   ? WeightsLegend::Kind::Plain
                      : shownNow.preview ? WeightsLegend::Kind::Preview
                                         : WeightsLegend::Kind::Folded,
                      shownNow.outlier.has_value());
    updateLegend();
    m_tabs->setTabEnabled(BiasPage, !shownNow.after.bias.empty());
    m_tabs->setTabEnabled(ScaleShiftPage, !shownNow.s.empty());
    m_tabs->setEnabled(true);
    presentPlots(shownNow);
    m_pages->setCurrentIndex(m_tabs->currentIndex());
    Q_EMIT shown();
}

void WeightsPanel::presentPlots(const WeightsComparison& comparison)
{
    using Colour = ChannelPlot::Colour;
    const Pointer kept = m_shown; // the readers below outlive this call
    const auto& before = comparison.before;
    const auto highlighted =
        comparison.outlier ? std::optional(comparison.outlier->channel) : std::optional<std::size_t>();

    std::vector<ChannelPlot::Series> ranges;
    if (before)
        ranges.push_back({before->statistics.channels, Colour::Before});
    ranges.push_back({comparison.after.statistics.channels, Colour::After});
    m_ranges->setData(std::move(ranges), highlighted, [kept](std::size_t first, std::size_t last) {
        return ChannelPlot::Reading{channelTitle(*kept, first, last), channelRanges(*kept, first, last)};
    });

    std::vector<ChannelPlot::Series> biases;
    if (before && !before->bias.empty())
        biases.push_back({bars(before->bias), Colour::Before});
    biases.push_back({bars(comparison.after.bias), Colour::After});
    m_bias->setData(std::move(biases), std::nullopt, [kept](std::size_t first, std::size_t) {
        const QString now = at(kept->after.bias, first);
        const bool both = kept->before && !kept->before->bias.empty();
        return ChannelPlot::Reading{channelTitle(*kept, first, first),
                                    both ? tr("before %1 → after %2").arg(at(kept->before->bias, first), now)
                                         : tr("bias %1").arg(now)};
    });
    const auto readFactors = [kept](std::size_t first, std::size_t) {
        return ChannelPlot::Reading{tr("channel %1").arg(first),
                                    tr("s = %1, t = %2").arg(at(kept->s, first), at(kept->t, first))};
    };
    m_scale->setData({{bars(comparison.s), Colour::After}}, std::nullopt, readFactors);
    m_shift->setData({{bars(comparison.t), Colour::After}}, std::nullopt, readFactors);

    const auto beforeHistogram = before ? std::optional(before->histogram) : std::nullopt;
    m_values->setData(beforeHistogram, comparison.after.histogram);
    m_histogram->setData(beforeHistogram, comparison.after.histogram);
    m_summary->setText(summaryHtml(comparison, Theme::of(*this)));
}

void WeightsPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_shown)
        m_summary->setText(summaryHtml(*m_shown, Theme::of(*this)));
}

} // namespace pleat::ui
