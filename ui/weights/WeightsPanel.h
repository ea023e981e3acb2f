// SPDX-License-Identifier: GPL-3.0-or-later
// The panel WEIGHTS: the weights of the selected layer before and after folding, or why there are none to be
// seen. It asks a job for a
// WeightsComparison and shows it, in a large model first the weights as they are; what it measured last is
// kept for as long as the snapshots live, so that going back and forth is immediate.
#pragma once

#include "ui/document/Panel.h"
#include "ui/weights/WeightsComparison.h"

#include <map>
#include <memory>

class QCheckBox;
class QLabel;
class QStackedWidget;
class QTabBar;

namespace pleat::ui {

class PlainLabel;

class ChannelPlot;
class HistogramPlot;
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
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Key {
        const void* opened = nullptr;
        const void* current = nullptr;
        NodeId node = NodeId::None;
        FoldId fold;
        auto operator<=>(const Key&) const = default;
    };
    using Pointer = std::shared_ptr<const WeightsComparison>;

    QWidget* makeRanges();
    QWidget* makeHistogram();
    QWidget* makeScaleShift();
    void showSelected();
    // Measures and shows the layer of the query; `otherwise` where it turns out to have no weights.
    void measure(const WeightsQuery& query, const QString& otherwise);
    void showNothing(const QString& sentence);
    void showSentence(const QString& sentence);
    void showFirst(const WeightsQuery& query);
    void updateLegend();
    void present(Pointer comparison, const QString& otherwise);
    void presentPlots(const WeightsComparison& comparison);

    PlainLabel* m_title = nullptr;
    QTabBar* m_tabs = nullptr;
    WeightsLegend* m_legend = nullptr;
    QStackedWidget* m_pages = nullptr;
    PlainLabel* m_empty = nullptr;
    QLabel* m_summary = nullptr;
    QCheckBox* m_logarithmic = nullptr;
    ChannelPlot* m_ranges = nullptr;
    ChannelPlot* m_bias = nullptr;
    ChannelPlot* m_scale = nullptr;
    ChannelPlot* m_shift = nullptr;
    HistogramPlot* m_values = nullptr;    // the small one
    HistogramPlot* m_histogram = nullptr; // the large one
    Pointer m_shown;
    Key m_measuring;                                         // while its job runs
    std::map<Key, std::pair<WeightsQuery, Pointer>> m_cache; // a query keeps its snapshots alive
};

} // namespace pleat::ui
