// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/TensorPage.h"

#include "ui/document/Convert.h"
#include "ui/weights/TensorEdits.h"
#include "ui/weights/TensorTable.h"
#include "ui/weights/TensorTools.h"
#include "ui/weights/WideScrollBar.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/SegmentedControl.h"

#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <limits>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

enum SideShown { BeforeSide, AfterSide, DifferenceSide };

} // namespace

TensorPage::TensorPage(JobRunner& jobs, QWidget* parent) : QWidget(parent), m_jobs(jobs)
{
    m_tensor = makeChoice("tableTensor", tr("Tensor"));
    m_tensor->setMaximumWidth(300);
    m_rows = makeChoice("tableRows", tr("Axis of the rows"));
    m_columns = makeChoice("tableColumns", tr("Axis of the columns"));
    m_side = new SegmentedControl;
    m_side->setObjectName(u"tableSide"_s);
    m_side->setAccessibleName(tr("Before or after"));
    m_side->setSegments({tr("Before"), tr("After"), tr("Difference")});
    m_side->setCurrent(AfterSide);

    auto* top = new QHBoxLayout;
    top->setContentsMargins(14, 6, 14, 6);
    top->setSpacing(8);
    top->addWidget(m_tensor);
    for (const auto& [word, box] : {std::pair{tr("down"), m_rows}, std::pair{tr("across"), m_columns}}) {
        auto* label = new PlainLabel(word);
        label->setProperty("role", u"quiet"_s);
        top->addWidget(label);
        top->addWidget(box);
    }
    m_others = new QHBoxLayout;
    m_others->setSpacing(6);
    top->addLayout(m_others);
    top->addStretch();
    top->addWidget(m_side);

    m_pages = new QStackedWidget;
    m_pages->addWidget(makeTable());
    m_sentence = new PlainLabel;
    m_sentence->setObjectName(u"tableSentence"_s);
    m_sentence->setProperty("role", u"quiet"_s);
    m_sentence->setAlignment(Qt::AlignCenter);
    m_sentence->setWordWrap(true);
    m_pages->addWidget(m_sentence);
    m_tools = new TensorTools(jobs, *m_table);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(top);
    layout->addWidget(m_pages, 1);
    layout->addWidget(m_tools);
    setMinimumWidth(1); // it is cut off rather than make the window wide

    connect(m_tensor, &QComboBox::currentIndexChanged, this, &TensorPage::chooseTensor);
    connect(m_rows, &QComboBox::currentIndexChanged, this, [this] { chooseAxis(true); });
    connect(m_columns, &QComboBox::currentIndexChanged, this, [this] { chooseAxis(false); });
    connect(m_side, &SegmentedControl::currentChanged, this, &TensorPage::showPlane);
    connect(m_tools, &TensorTools::elementWanted, this, &TensorPage::goTo);
    connect(&m_tools->edits(), &TensorEdits::wanted, this, &TensorPage::editWanted);
    connect(m_tools, &TensorTools::failed, this, &TensorPage::failed);
    connect(m_table, &TensorTable::failed, this, [this](const Error& error) {
        showSentence(toQt(error.message));
        Q_EMIT failed(error);
    });
}

QComboBox* TensorPage::makeChoice(const char* name, const QString& accessibleName)
{
    auto* box = new QComboBox;
    box->setObjectName(QString::fromLatin1(name));
    box->setAccessibleName(accessibleName);
    box->setToolTip(accessibleName);
    box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    return box;
}

QWidget* TensorPage::makeTable()
{
    m_table = new TensorTable(m_jobs);
    m_table->setObjectName(u"tensorTable"_s);
    m_table->setAccessibleName(tr("Values"));
    m_down = new WideScrollBar(Qt::Vertical);
    m_across = new WideScrollBar(Qt::Horizontal);
    connect(m_down, &WideScrollBar::moved, m_table, &TensorTable::scrollToRow);
    connect(m_across, &WideScrollBar::moved, m_table, &TensorTable::scrollToColumn);
    connect(m_table, &TensorTable::scrolled, this, [this] {
        const PlaneArea& window = m_table->cells().window();
        m_down->setExtent(m_table->plane().rows(), m_table->visibleRows(), window.row);
        m_across->setExtent(m_table->plane().columns(), m_table->visibleColumns(), window.column);
    });
    auto* area = new QWidget;
    auto* grid = new QGridLayout(area);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setSpacing(0);
    grid->addWidget(m_table, 0, 0);
    grid->addWidget(m_down, 0, 1);
    grid->addWidget(m_across, 1, 0);
    return area;
}

void TensorPage::setTensors(std::vector<TensorSides> tensors)
{
    const QString shown = m_tensor->currentText();
    m_tensors = std::move(tensors);
    for (TensorSides& each : m_tensors)
        if (each.before && each.before->tensor().dims() != each.after.tensor().dims())
            each.before.reset(); // what is at the same place is not the same weight
    {
        const QSignalBlocker quiet(m_tensor);
        m_tensor->clear();
        for (const TensorSides& each : m_tensors)
            m_tensor->addItem(oneLine(toQt(each.after.tensor().name())));
        if (const int same = m_tensor->findText(shown); same >= 0)
            m_tensor->setCurrentIndex(same);
    }
    chooseTensor();
}

const TensorSides* TensorPage::sides() const
{
    const auto chosen = std::size_t(m_tensor->currentIndex());
    return chosen < m_tensors.size() ? &m_tensors[chosen] : nullptr;
}

void TensorPage::chooseTensor()
{
    m_tools->cancel();
    const TensorSides* const chosen = sides();
    if (!chosen) {
        m_table->clear();
        showSentence(tr("There are no values to be seen."));
        return;
    }
    const TensorPlane plane = TensorPlane::of(chosen->after.tensor().dims());
    if (plane.dims != m_plane.dims)
        m_plane = plane;
    m_side->setVisible(chosen->before.has_value());
    m_side->setSegmentEnabled(DifferenceSide,
                              chosen->before && Elements::difference(chosen->after, *chosen->before));
    showAxes();
    showPlane();
}

void TensorPage::showAxes()
{
    const std::size_t rank = m_plane.dims.size();
    for (const auto& [box, axis] :
         {std::pair{m_rows, m_plane.rowAxis}, std::pair{m_columns, m_plane.columnAxis}}) {
        const QSignalBlocker quiet(box);
        box->clear();
        for (std::size_t a = 0; a < rank; ++a)
            box->addItem(tr("axis %1 · %2").arg(a).arg(m_plane.dims[a]), QVariant::fromValue(quint64(a)));
        if (rank < 2)
            box->addItem(u"–"_s, QVariant::fromValue(quint64(TensorPlane::noAxis)));
        box->setCurrentIndex(box->findData(QVariant::fromValue(quint64(axis))));
        box->setEnabled(rank > 0);
    }
    while (const QLayoutItem* item = m_others->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    for (std::size_t axis = 0; axis < rank; ++axis) {
        if (axis == m_plane.rowAxis || axis == m_plane.columnAxis || m_plane.dims[axis] < 2)
            continue; // there is no choice
        auto* box = new QSpinBox;
        box->setObjectName(u"tableAxis%1"_s.arg(axis));
        box->setAccessibleName(tr("Position along axis %1").arg(axis));
        box->setToolTip(tr("Position along axis %1, of %2").arg(axis).arg(m_plane.dims[axis]));
        box->setPrefix(tr("axis %1: ").arg(axis));
        constexpr std::uint64_t most = std::numeric_limits<int>::max();
        box->setMaximum(int(std::min(most, std::max<std::uint64_t>(m_plane.dims[axis], 1) - 1)));
        box->setValue(int(std::min(most, m_plane.at[axis])));
        connect(box, &QSpinBox::valueChanged, this, [this, axis](int position) {
            m_plane.at[axis] = std::uint64_t(position);
            showPlane();
        });
        m_others->addWidget(box);
    }
}

void TensorPage::chooseAxis(bool rows)
{
    const auto axis = std::size_t((rows ? m_rows : m_columns)->currentData().toULongLong());
    std::size_t& chosen = rows ? m_plane.rowAxis : m_plane.columnAxis;
    std::size_t& other = rows ? m_plane.columnAxis : m_plane.rowAxis;
    if (axis == other)
        other = chosen; // they change places
    chosen = axis;
    showAxes();
    showPlane();
}

void TensorPage::showPlane()
{
    const TensorSides* const chosen = sides();
    if (!chosen)
        return;
    if (m_plane.isEmpty()) {
        m_table->clear();
        showSentence(tr("This tensor is empty: its shape is %1.")
                         .arg(dimensions(chosen->after.tensor().dims(), u" × "_s)));
        return;
    }
    Elements shown = chosen->after;
    if (chosen->before && m_side->current() == BeforeSide)
        shown = *chosen->before;
    else if (chosen->before && m_side->current() == DifferenceSide)
        shown = Elements::difference(chosen->after, *chosen->before).value_or(shown);
    m_pages->setCurrentIndex(0);
    m_tools->setEnabled(true);
    m_table->setTensor(shown, m_plane);
    m_tools->edits().setSubject(idOf(shown), whyFixed(*chosen));
}

std::string TensorPage::idOf(const Elements& shown) const
{
    return m_idOf && !shown.isDifference() ? m_idOf(shown.tensor()) : std::string();
}

QString TensorPage::whyFixed(const TensorSides& sides) const
{
    if (!idOf(sides.after).empty())
        return tr("The model has other values now: “After” has them.");
    if (sides.before && !idOf(*sides.before).empty())
        return tr("This is what folding would make of them: “Before” has the values that can be changed.");
    return tr("These values are not stored so in the model.");
}

void TensorPage::goTo(quint64 element)
{
    const std::vector<std::uint64_t> to = m_plane.positions(element);
    const auto along = [&](std::size_t axis) { return axis == TensorPlane::noAxis ? 0 : to[axis]; };
    const TensorPlane before = m_plane;
    for (std::size_t axis = 0; axis < to.size(); ++axis)
        if (axis != m_plane.rowAxis && axis != m_plane.columnAxis)
            m_plane.at[axis] = to[axis];
    if (m_plane != before) {
        showAxes();
        showPlane();
    }
    m_table->goTo({along(m_plane.rowAxis), along(m_plane.columnAxis)});
    m_table->setFocus();
}

void TensorPage::showSentence(const QString& sentence)
{
    m_sentence->setText(sentence);
    m_pages->setCurrentIndex(1);
    m_tools->setEnabled(false);
}

} // namespace pleat::ui
