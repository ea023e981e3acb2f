// SPDX-License-Identifier: GPL-3.0-or-later
// The panel WEIGHTS: the weights of the selected layer before and after folding, or why there are none to be
// seen. It asks a job for a WeightsComparison and shows it; what it measured last is kept for as long as the
// snapshots live, so that going back and forth is immediate.
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
        auto operator<=>(const Key&) const = default;
    };
    using Pointer = WeightsComparisonPointer;

    QWidget* makeTable();
    QWidget* makeQuantization();
    void showSelected();
    // Measures and shows the layer of the query; `otherwise` where it turns out to have no weights.
    void measure(const WeightsQuery& query, const QString& otherwise);
    void setTitle(const std::string& tensor);
    void showNothing(const QString& sentence);
    void showSentence(const QString& sentence);
    void showPage(); // the one of the chosen tab, or a sentence
    void showTable(const WeightsQuery& query);
    void updateLegend();
    void present(Pointer comparison, const QString& otherwise);
    void presentPlots(const WeightsComparison& comparison);
    void measureRounding(const Key& key);
    void presentRounding(std::shared_ptr<const QuantizationRatios> ratios); // null: not known yet

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
    WeightsQuery m_tabled; // what it shows
    QuantizationView* m_quantization = nullptr;
    PlainLabel* m_verdict = nullptr;
    Pointer m_shown;
    std::shared_ptr<const QuantizationRatios> m_rounding; // of m_shown
    Key m_measuring;                                      // while its job runs
    struct Measured {
        WeightsQuery query; // keeps its snapshots alive
        Pointer comparison;
        std::shared_ptr<const QuantizationRatios> rounding; // null: not known yet
    };
    std::map<Key, Measured> m_cache;
};

} // namespace pleat::ui
