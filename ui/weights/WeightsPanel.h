// SPDX-License-Identifier: GPL-3.0-or-later
// The panel WEIGHTS: the weights of the selected layer before and after folding, or why there are none to be
// seen. One job after the other finds them, measures, counts and rounds them, and each result is shown when
// it is there; what came of it is kept for as long as the snapshots live, so that going back and forth is
// immediate.
#pragma once

#include "ui/document/Panel.h"
#include "ui/weights/WeightsComparison.h"

#include <map>
#include <memory>

class QStackedWidget;
class QTabBar;

namespace pleat::ui {

class PlainLabel;

class ChannelPlot;
class HeatMapView;
class HistogramPage;
class QuantizationView;
class RangesPage;
class ScaleShiftPage;
class TensorPage;
class WeightsLegend;

class WeightsPanel final : public Panel {
    Q_OBJECT
public:
    explicit WeightsPanel(Workspace& workspace);
    ~WeightsPanel() override;

    // What is on the screen; null while there is nothing.
    const WeightsComparison* comparison() const { return m_shown.get(); }
    QString title() const; // "WEIGHTS · features.0.0.weight"

Q_SIGNALS:
    void shown(); // a comparison, or the sentence that there is none

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Key {
        const void* opened = nullptr;
        const void* current = nullptr;
        NodeId node = NodeId::None;
        FoldId fold;
        std::string scope, value;
        const void* other = nullptr;
        NodeId otherNode = NodeId::None;
        static Key of(const WeightsQuery& query);
        auto operator<=>(const Key&) const = default;
    };
    using Pointer = WeightsComparisonPointer;

    QWidget* makeTable();
    std::string idOf(const TensorView& shown) const; // see TensorPage::IdOf
    QWidget* makeQuantization();
    void showSelected();
    struct Measured {
        WeightsQuery query; // keeps its snapshots alive
        std::vector<TensorSides> tensors;
        Pointer comparison;                                 // null: it has no weights
        std::shared_ptr<const Distribution> distribution{}; // null: not known yet
        std::shared_ptr<const QuantizationRatios> rounding{};
    };

    // Shows the layer of the query; `otherwise` where it turns out to have no weights.
    void show(const WeightsQuery& query, const QString& otherwise);
    void measure(const WeightsQuery& query, FoundWeights found);
    void keep(const WeightsQuery& query, std::vector<TensorSides> tensors, Pointer comparison,
              const QString& otherwise);
    void countAndRound(const Key& key); // what is not known yet, one after the other
    // Starts `work` on what is shown, and gives what comes of it to `take`, with where it is to be kept.
    template<class Work, class Take>
    void lookCloser(const Key& key, const QString& label, Work work, Take take);
    void setTitle(const std::string& tensor);
    void showNothing(const QString& sentence);
    void showSentence(const QString& sentence);
    void showError(const Error& error);
    void showPage(); // the one of the chosen tab, or a sentence
    void showTable(const WeightsQuery& query, std::vector<TensorSides> tensors);
    void updateLegend();
    void present(Pointer comparison, const QString& otherwise);
    void presentPlots();
    // Null, both of them: not known yet.
    void presentDistribution(const std::shared_ptr<const Distribution>& distribution);
    void presentRounding(const std::shared_ptr<const QuantizationRatios>& ratios);

    PlainLabel* m_title = nullptr;
    QTabBar* m_tabs = nullptr;
    WeightsLegend* m_legend = nullptr;
    QStackedWidget* m_pages = nullptr;
    PlainLabel* m_empty = nullptr;
    RangesPage* m_ranges = nullptr;
    HistogramPage* m_histogram = nullptr;
    ChannelPlot* m_bias = nullptr;
    ScaleShiftPage* m_scaleShift = nullptr;
    HeatMapView* m_heat = nullptr;
    TensorPage* m_table = nullptr;
    WeightsQuery m_tabled; // what it shows; keeps its snapshots alive
    QuantizationView* m_quantization = nullptr;
    PlainLabel* m_verdict = nullptr;
    Pointer m_shown;
    Key m_measuring; // while a job finds or measures it
    std::map<Key, Measured> m_cache;
};

} // namespace pleat::ui
