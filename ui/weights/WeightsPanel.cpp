// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/WeightsPanel.h"

#include "core/graph/Named.h"
#include "core/graph/StoredTensors.h"
#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/weights/ChannelPlot.h"
#include "ui/weights/HeatMapView.h"
#include "ui/weights/HistogramPage.h"
#include "ui/weights/QuantizationView.h"
#include "ui/weights/RangesPage.h"
#include "ui/weights/ScaleShiftPage.h"
#include "ui/weights/TensorPage.h"
#include "ui/weights/WeightsLegend.h"
#include "ui/weights/WeightsSummary.h"
#include "ui/widgets/PictureMenu.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/SteadyTabs.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QStackedWidget>
#include <QTabBar>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

enum Tab { RangesTab, HistogramTab, HeatMapTab, TableTab, BiasTab, ScaleShiftTab, QuantizationTab, EmptyTab };
constexpr std::size_t cachedComparisons = 64;
const auto weightsLane = u"weights"_s;
const auto closerLane = u"weights, closer"_s;

std::shared_ptr<const HeatSubject> heatSubject(const WeightsComparison& comparison)
{
    const auto weights = [](const MeasuredWeights& side) {
        return HeatSubject::Weights{side.source.weight, side.source.layout};
    };
    const auto reach = [](const MeasuredWeights& side) {
        return std::max(std::abs(side.statistics.range.min), std::abs(side.statistics.range.max));
    };
    auto subject = std::make_shared<HeatSubject>();
    subject->after = weights(comparison.after);
    subject->reach = reach(comparison.after);
    if (comparison.before) {
        subject->before = weights(*comparison.before);
        subject->reach = std::max(subject->reach, reach(*comparison.before));
    }
    return subject;
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
    m_tabs = new SteadyTabs;
    m_tabs->setObjectName(u"weightsTabs"_s);
    m_tabs->setAccessibleName(tr("Views of the weights"));
    for (const QString& name : {tr("Ranges"), tr("Histogram"), tr("Heat map"), tr("Table"), tr("Bias"),
                                tr("Scale && shift"), tr("Quantization")})
        m_tabs->addTab(name);
    m_tabs->setTabToolTip(RangesTab, tr("Smallest and largest weight of each output channel"));
    m_tabs->setTabToolTip(HistogramTab, tr("How the weights are distributed"));
    m_tabs->setTabToolTip(HeatMapTab, tr("Every weight as a colour"));
    m_tabs->setTabToolTip(TableTab, tr("Every value of the weight, or of any other tensor"));
    m_tabs->setTabToolTip(BiasTab, tr("The bias of each output channel"));
    m_tabs->setTabToolTip(ScaleShiftTab, tr("The batch norm as y = s·x + t, per channel"));
    m_tabs->setTabToolTip(QuantizationTab,
                          tr("What is left of the weights when they are rounded to 8 or 4 bits"));
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

    m_ranges = new RangesPage;
    m_histogram = new HistogramPage(workspace);
    m_heat = new HeatMapView(workspace.jobs());
    m_scaleShift = new ScaleShiftPage;
    m_bias = new ChannelPlot;
    m_bias->setCaption(tr("bias per output channel"));
    offerPicture(*m_bias, tr("bias"));
    m_empty = new PlainLabel;
    m_empty->setObjectName(u"weightsEmpty"_s);
    m_empty->setProperty("role", u"quiet"_s);
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    m_pages = new QStackedWidget;
    m_pages->addWidget(m_ranges);
    m_pages->addWidget(m_histogram);
    m_pages->addWidget(m_heat);
    m_pages->addWidget(makeTable());
    m_pages->addWidget(m_bias);
    m_pages->addWidget(m_scaleShift);
    m_pages->addWidget(makeQuantization());
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
    connect(m_tabs, &QTabBar::currentChanged, this, [this] {
        showPage();
        updateLegend();
    });
    connect(m_ranges, &RangesPage::channelsSelected, this,
            [this] { m_histogram->setChannels(m_ranges->selectedChannels()); });
    connect(&workspace.selection(), &Selection::changed, this, &WeightsPanel::showSelected);
    connect(&workspace, &Workspace::changed, this, &WeightsPanel::showSelected);
    connect(&workspace, &Workspace::partnersChanged, this, &WeightsPanel::showSelected);
    connect(&document(), &Document::sourceChanged, this, &WeightsPanel::showSelected);
    connect(&workspace, &Workspace::otherSourceChanged, this, &WeightsPanel::showSelected);
    showSelected();
}

WeightsPanel::~WeightsPanel() = default;

QWidget* WeightsPanel::makeTable()
{
    m_table = new TensorPage(workspace().jobs());
    m_table->setIdOf([this](const TensorView& shown) { return idOf(shown); });
    connect(m_table, &TensorPage::editWanted, this,
            [this](const EditStep& step) { this->workspace().edit({step}); });
    connect(m_table, &TensorPage::failed, this, [this](const Error& error) {
        if (error.code == ErrorCode::Changed)
            this->workspace().lookAtSources();
    });
    return m_table;
}

std::string WeightsPanel::idOf(const TensorView& shown) const
{
    if (!m_tabled.current)
        return {};
    const GraphView& view = *m_tabled.current->view;
    const NodeIndex node = m_tabled.node == NodeId::None ? NodeIndex::None : view.find(m_tabled.node);
    const std::string& scope = !m_tabled.value.empty()   ? m_tabled.scope
                               : node == NodeIndex::None ? std::string()
                                                         : view.scopes()[index(view.scope(node))].path;
    const ValueIndex value = findValue(view, scope, shown.name());
    const auto stored = storedTensor(view, value);
    // What a fold would make of it is another one. Small tensors are in their message, and each view of them
    // has bytes of its own.
    const bool isIt =
        stored && (stored->payload() == shown.payload() ||
                   (!shown.inMemory().empty() && std::ranges::equal(stored->inMemory(), shown.inMemory())));
    return isIt ? lastingId(view, value) : std::string();
}

QWidget* WeightsPanel::makeQuantization()
{
    auto* page = new QWidget;
    m_quantization = new QuantizationView;
    m_verdict = new PlainLabel;
    m_verdict->setObjectName(u"weightsVerdict"_s);
    m_verdict->setWordWrap(true);
    m_verdict->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* clipped = new QCheckBox(tr("Clip the ranges"));
    clipped->setToolTip(tr("Cut off what is far out, where less noise is left by it"));
    connect(clipped, &QCheckBox::toggled, m_quantization, &QuantizationView::setClipped);
    auto* layout = new QHBoxLayout(page);
    layout->setContentsMargins(0, 0, 14, 0);
    layout->addWidget(m_quantization, 1);
    auto* side = new QVBoxLayout;
    side->setContentsMargins(0, 10, 0, 8);
    side->setSpacing(10);
    m_verdict->setFixedWidth(230);
    side->addWidget(m_verdict);
    side->addWidget(clipped);
    side->addStretch();
    layout->addLayout(side);
    return page;
}

void WeightsPanel::updateLegend()
{
    const bool oneSeries = m_tabs->currentIndex() == ScaleShiftTab || m_tabs->currentIndex() == HeatMapTab ||
                           m_tabs->currentIndex() == TableTab;
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

void WeightsPanel::setTitle(const std::string& tensor)
{
    m_title->setText(tr("WEIGHTS · %1").arg(oneLine(toQt(tensor))));
    m_title->setToolTip(toQt(tensor));
}

void WeightsPanel::showNothing(const QString& sentence)
{
    workspace().jobs().cancel(this, weightsLane);
    showTable({}, {});
    showSentence(sentence);
    Q_EMIT shown();
}

void WeightsPanel::showSentence(const QString& sentence)
{
    workspace().jobs().cancel(this, closerLane);
    m_shown.reset();
    m_heat->setSubject(nullptr);
    m_title->setText(tr("WEIGHTS"));
    m_legend->setKind(WeightsLegend::Kind::None, false);
    m_empty->setText(sentence);
    showPage();
}

// The table does not wait for what is measured, nor does it need it.
void WeightsPanel::showPage()
{
    const bool isTable = m_tabs->currentIndex() == TableTab && !m_table->isEmpty();
    m_tabs->setEnabled(m_shown || !m_table->isEmpty());
    if (!m_table->isEmpty() && (isTable || !m_shown))
        setTitle(m_table->firstName());
    else if (m_shown)
        setTitle(m_shown->after.name);
    m_pages->setCurrentIndex(m_shown || isTable ? m_tabs->currentIndex() : int(EmptyTab));
}

void WeightsPanel::showTable(const WeightsQuery& query, std::vector<TensorSides> tensors)
{
    if (Key::of(query) == Key::of(m_tabled))
        return; // where somebody has scrolled to
    m_tabled = query;
    m_table->setTensors(std::move(tensors));
    showPage();
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
        // A tensor on its own, and the layer that reads it.
        query.scope = selected.scope;
        query.value = selected.value;
        const GraphView& view = *query.current->view;
        const ValueIndex value = findValue(view, selected.scope, selected.value);
        if (value != ValueIndex::None && view.initializer(value) && !view.uses(value).empty())
            query.node = view.id(view.uses(value).front().node);
        query.fold = workspace().foldOf(query.node);
    }
    if (const auto partner = workspace().partnerOf(query.node)) {
        query.other = partner->model;
        query.otherNode = partner->node;
    }
    // A batch norm without a layer has no weights to show, but a reason for that.
    const FoldCandidate* candidate = query.current->candidate(query.fold);
    const QString otherwise =
        candidate && !candidate->foldable
            ? tr("%1 cannot be folded: %2").arg(foldName(*candidate), foldMessage(*candidate))
        : !selected.value.empty()
            ? tr("This tensor is computed when the model runs: it has no stored values.")
            : tr("This node has no weights.");
    show(query, otherwise);
}

WeightsPanel::Key WeightsPanel::Key::of(const WeightsQuery& query)
{
    return {query.opened.get(), query.current.get(), query.node,        query.fold,
            query.scope,        query.value,         query.other.get(), query.otherNode};
}

void WeightsPanel::show(const WeightsQuery& query, const QString& otherwise)
{
    if (!query.current || (query.node == NodeId::None && query.fold.empty() && query.value.empty())) {
        showNothing(tr("Select a layer to see its weights."));
        return;
    }
    const Key key = Key::of(query);
    JobRunner& jobs = workspace().jobs();
    if (jobs.isBusy(this, weightsLane) && key == m_measuring)
        return; // it is on its way
    jobs.cancel(this, weightsLane);
    if (const auto known = m_cache.find(key); known != m_cache.end()) {
        const Measured kept = known->second;
        showTable(query, kept.tensors);
        present(kept.comparison, otherwise);
        presentDistribution(kept.distribution);
        presentRounding(kept.rounding);
        countAndRound(key);
        return;
    }
    if (!m_shown)
        showSentence(tr("Measuring…"));
    m_measuring = key;
    jobs.start(
        weightsLane, tr("Finding weights…"), this,
        [query](Progress& progress, std::stop_token stop) {
            return findWeights(query, progress, std::move(stop));
        },
        [this, query, otherwise](Result<FoundWeights> found) {
            showTable(query, found ? found->tensors : std::vector<TensorSides>());
            if (!found)
                showError(found.error());
            else if (found->after)
                measure(query, std::move(*found));
            else
                keep(query, std::move(found->tensors), nullptr, otherwise);
        },
        JobDisplay::Quiet, JobPriority::LookedAt);
}

void WeightsPanel::measure(const WeightsQuery& query, FoundWeights found)
{
    workspace().jobs().start(
        weightsLane, tr("Computing ranges…"), this,
        [found](Progress& progress, const std::stop_token& stop) {
            return compareWeights(found, progress, stop);
        },
        [this, query, tensors = found.tensors](Result<WeightsComparison> result) {
            if (result)
                keep(query, tensors, std::make_shared<const WeightsComparison>(std::move(*result)), {});
            else
                showError(result.error()); // the table may have something to show
        },
        JobDisplay::Shown, JobPriority::LookedAt);
}

void WeightsPanel::showError(const Error& error)
{
    showSentence(toQt(error.message));
    Q_EMIT shown();
    if (error.code == ErrorCode::Changed)
        workspace().lookAtSources();
}

void WeightsPanel::keep(const WeightsQuery& query, std::vector<TensorSides> tensors, Pointer comparison,
                        const QString& otherwise)
{
    const Key key = Key::of(query);
    if (m_cache.size() >= cachedComparisons ||
        (!m_cache.empty() && m_cache.begin()->first.opened != key.opened))
        m_cache.clear();
    m_cache.insert_or_assign(key, Measured{query, std::move(tensors), comparison});
    present(std::move(comparison), otherwise);
    presentDistribution(nullptr);
    presentRounding(nullptr);
    QTimer::singleShot(0, this, [this, key] { countAndRound(key); }); // what there is is painted first
}

template<class Work, class Take>
void WeightsPanel::lookCloser(const Key& key, const QString& label, Work work, Take take)
{
    workspace().jobs().start(
        closerLane, label, this,
        [comparison = m_shown, work](Progress& progress, const std::stop_token& stop) {
            return work(*comparison, progress, stop);
        },
        [this, key, take](auto result) {
            const auto known = m_cache.find(key);
            if (!result || known == m_cache.end())
                return; // what cannot be read was said
            take(known->second,
                 std::make_shared<const typename decltype(result)::value_type>(std::move(*result)));
            countAndRound(key);
        },
        JobDisplay::Quiet, JobPriority::Asked);
}

// Behind what is seen first: each goes over all weights again.
void WeightsPanel::countAndRound(const Key& key)
{
    const auto known = m_cache.find(key);
    if (!m_shown || known == m_cache.end() || known->second.comparison != m_shown ||
        workspace().jobs().isBusy(this, closerLane))
        return;
    if (!known->second.distribution)
        lookCloser(
            key, tr("Counting weights…"),
            [](const WeightsComparison& of, Progress& progress, const std::stop_token& stop) {
                return distribution(of, 0, progress, stop);
            },
            [this](Measured& into, const auto& found) { presentDistribution(into.distribution = found); });
    else if (!known->second.rounding)
        lookCloser(key, tr("Rounding weights…"), compareRounding,
                   [this](Measured& into, const auto& found) { presentRounding(into.rounding = found); });
}

void WeightsPanel::presentDistribution(const std::shared_ptr<const Distribution>& distribution)
{
    m_ranges->setDistribution(distribution);
    m_histogram->setDistribution(distribution);
}

void WeightsPanel::presentRounding(const std::shared_ptr<const QuantizationRatios>& ratios)
{
    m_quantization->setRatios(ratios);
    const bool isOfFold = m_shown && !m_shown->beside;
    const QString verdict = ratios && isOfFold ? quantizationVerdict(*ratios) : QString();
    m_verdict->setText(verdict);
    m_ranges->setVerdict(verdict);
}

void WeightsPanel::present(Pointer comparison, const QString& otherwise)
{
    if (!comparison) {
        showNothing(otherwise);
        return;
    }
    if (m_shown != comparison) {
        workspace().jobs().cancel(this, closerLane);
        m_shown = std::move(comparison);
        presentPlots();
    }
    const WeightsComparison& shownNow = *m_shown;
    m_legend->setKind(shownNow.beside    ? WeightsLegend::Kind::Beside
                      : !shownNow.before ? WeightsLegend::Kind::Plain
                      : shownNow.preview ? WeightsLegend::Kind::Preview
                                         : WeightsLegend::Kind::Folded,
                      !shownNow.outliers.empty());
    updateLegend();
    m_tabs->setTabEnabled(BiasTab, !shownNow.after.bias.empty());
    m_tabs->setTabEnabled(ScaleShiftTab, !shownNow.s.empty());
    showPage();
    Q_EMIT shown();
}

void WeightsPanel::presentPlots()
{
    using Colour = ChannelPlot::Colour;
    const Pointer kept = m_shown; // the reader below outlives this call
    const auto& before = kept->before;
    m_ranges->setComparison(kept);
    m_histogram->setComparison(kept);
    m_scaleShift->setComparison(kept);
    m_heat->setSubject(heatSubject(*kept));
    std::vector<ChannelPlot::Series> biases;
    if (before && !before->bias.empty())
        biases.push_back({bars(before->bias), Colour::Before});
    biases.push_back({bars(kept->after.bias), Colour::After});
    m_bias->setData(std::move(biases), {}, [kept](std::span<const std::size_t> channels) {
        const QString now = at(kept->after.bias, channels.front());
        const bool both = kept->before && !kept->before->bias.empty();
        return ChannelPlot::Reading{
            channelTitle(*kept, channels),
            both ? tr("before %1 → after %2").arg(at(kept->before->bias, channels.front()), now)
                 : tr("bias %1").arg(now)};
    });
}

} // namespace pleat::ui
