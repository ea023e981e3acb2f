// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/HeatMapView.h"

#include "ui/widgets/SegmentedControl.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace pleat::ui {

HeatMapView::HeatMapView(JobRunner& jobs, QWidget* parent) : QWidget(parent)
{
    m_map = new HeatMap(jobs);
    m_map->setObjectName(u"heatMap"_s);
    m_side = new SegmentedControl;
    m_side->setObjectName(u"heatSide"_s);
    m_side->setSegments({tr("Before"), tr("After"), tr("Difference"), tr("Relative")});
    m_side->setCurrent(static_cast<int>(HeatSide::After));
    m_side->setAccessibleName(tr("Which weights are drawn"));
    m_side->setToolTip(tr("Before and after have one scale.\n"
                          "Difference: after − before\n"
                          "Relative: |after − before| / max(|before|, ε), where ε is a millionth of the "
                          "largest weight"));
    m_form = new SegmentedControl;
    m_form->setObjectName(u"heatForm"_s);
    m_form->setSegments({tr("Kernels"), tr("Matrix")});
    m_form->setAccessibleName(tr("How the weights are laid out"));
    m_form->setToolTip(tr("Kernels: each a tile\nMatrix: the values of an output channel one behind the "
                          "other, as they are stored"));
    m_legend = new HeatLegend;
    m_legend->setToolTip(tr("A pixel that spans several weights shows the one of the largest magnitude"));
    auto* scale = new QComboBox;
    scale->setObjectName(u"heatScale"_s);
    scale->addItems({tr("Blue to red"), tr("Purple to orange")});
    scale->setAccessibleName(tr("Colours"));
    scale->setToolTip(tr("Purple to orange is for eyes that do not tell red from green or blue"));
    connect(scale, &QComboBox::currentIndexChanged, this, [this](int index) {
        m_map->setScale(static_cast<HeatScale>(index));
        m_legend->setScale(static_cast<HeatScale>(index));
    });

    auto* top = new QHBoxLayout;
    top->setContentsMargins(14, 8, 14, 0);
    top->setSpacing(12);
    top->addWidget(m_side);
    top->addWidget(m_form);
    top->addStretch();
    top->addWidget(m_legend);
    top->addWidget(scale);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(top);
    layout->addWidget(m_map, 1);
    connect(m_side, &SegmentedControl::currentChanged, this, &HeatMapView::showChosen);
    connect(m_form, &SegmentedControl::currentChanged, this, &HeatMapView::showChosen);
    connect(m_map, &HeatMap::legendChanged, this, [this] { m_legend->setContent(m_map->legend()); });
}

void HeatMapView::setSubject(std::shared_ptr<const HeatSubject> subject)
{
    m_subject = std::move(subject);
    m_side->setVisible(m_subject && m_subject->before);
    m_form->setVisible(m_subject && hasKernels(m_subject->after.layout, m_subject->after.tensor.dims()));
    const bool areComparable = m_subject && m_subject->areComparable();
    for (const HeatSide side : {HeatSide::Difference, HeatSide::Relative})
        m_side->setSegmentEnabled(static_cast<int>(side), areComparable);
    if (!areComparable && m_side->current() > static_cast<int>(HeatSide::After))
        m_side->setCurrent(static_cast<int>(HeatSide::After));
    showChosen();
}

void HeatMapView::showChosen()
{
    const bool hasSides = m_subject && m_subject->before;
    m_map->setSubject(m_subject, hasSides ? static_cast<HeatSide>(m_side->current()) : HeatSide::After,
                      m_form->current() == 0 ? GridForm::Tiles : GridForm::Matrix);
}

} // namespace pleat::ui
