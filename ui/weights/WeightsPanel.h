// SPDX-License-Identifier: GPL-3.0-or-later
// The panel WEIGHTS: the weights of the selected layer before and after folding. It asks a job for a
// WeightsComparison and shows it, in a large model first the weights as they are; what it measured last is
// kept for as long as the snapshots live, so that going back and forth is immediate.
#pragma once

#include "ui/weights/WeightsComparison.h"

#include <QWidget>
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
class JobRunner;
class WeightsLegend;

class WeightsPanel final : public QWidget {
    Q_OBJECT
public:
    explicit WeightsPanel(JobRunner& jobs, QWidget* parent = nullptr);
    ~WeightsPanel() override;

    // Measures and shows the layer of the query; `otherwise` where it turns out to have no weights.
    void show(const WeightsQuery& query, const QString& otherwise);
    void showNothing(const QString& sentence);
    void forget() { m_cache.clear(); } // what was measured is true no more

    // What is on the screen; null while there is nothing.
    const WeightsComparison* comparison() const { return m_shown.get(); }
    QString title() const; // "WEIGHTS · features.0.0.weight"

Q_SIGNALS:
    void shown(); // a comparison, or the sentence that there is none
    void failed(const pleat::Error& error);

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Key {
        const void* opened;
        const void* current;
        NodeId node;
        FoldId fold;
        auto operator<=>(const Key&) const = default;
    };
    using Pointer = std::shared_ptr<const WeightsComparison>;

    QWidget* makeRanges();
    QWidget* makeHistogram();
    QWidget* makeScaleShift();
    void showSentence(const QString& sentence);
    void showFirst(const WeightsQuery& query);
    void updateLegend();
    void present(Pointer comparison, const QString& otherwise);
    void presentPlots(const WeightsComparison& comparison);

    JobRunner& m_jobs;
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
    std::map<Key, std::pair<WeightsQuery, Pointer>> m_cache; // a query keeps its snapshots alive
};

} // namespace pleat::ui
