// SPDX-License-Identifier: GPL-3.0-or-later
// The page Heat map: the picture of a tensor with what can be chosen about it and the legend above it.
#pragma once

#include "ui/weights/HeatMap.h"

namespace pleat::ui {

class SegmentedControl;

class HeatMapView final : public QWidget {
    Q_OBJECT
public:
    explicit HeatMapView(JobRunner& jobs, QWidget* parent = nullptr);

    void setSubject(std::shared_ptr<const HeatSubject> subject); // null: nothing
    HeatMap& map() { return *m_map; }

private:
    void showChosen();

    std::shared_ptr<const HeatSubject> m_subject;
    SegmentedControl* m_side = nullptr;
    SegmentedControl* m_form = nullptr;
    HeatLegend* m_legend = nullptr;
    HeatMap* m_map = nullptr;
};

} // namespace pleat::ui
