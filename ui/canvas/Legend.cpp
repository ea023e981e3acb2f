// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/Legend.h"

#include "ui/document/Convert.h"
#include "ui/widgets/PlainText.h"

#include <QHeaderView>
#include <QPainter>
#include <QSignalBlocker>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr int opRole = Qt::UserRole + 1;
constexpr int legendFrame = 6; // round the rows, px

QString nameOf(Category category)
{
    switch (category) {
    case Category::Convolution:
        return Legend::tr("Convolution, matrix");
    case Category::Normalisation:
        return Legend::tr("Normalisation");
    case Category::Activation:
        return Legend::tr("Activation");
    case Category::PoolShape:
        return Legend::tr("Pooling, shape");
    case Category::Arithmetic:
        return Legend::tr("Arithmetic");
    default:
        return Legend::tr("Other");
    }
}

QIcon swatch(const QColor& colour)
{
    QPixmap picture(24, 24);
    picture.setDevicePixelRatio(2);
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    painter.drawRoundedRect(QRectF(0, 0, 12, 12), 3, 3);
    return QIcon(picture);
}

QTreeWidgetItem* newRow(const QString& name, int nodes, Qt::CheckState state)
{
    auto* row = new QTreeWidgetItem({oneLine(name), QString::number(nodes)});
    row->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable);
    row->setTextAlignment(1, Qt::AlignRight | Qt::AlignVCenter);
    row->setCheckState(0, state);
    return row;
}

std::set<std::string> opsOf(const QTreeWidgetItem& item)
{
    std::set<std::string> ops;
    if (const QString op = item.data(0, opRole).toString(); !op.isEmpty())
        ops.insert(toStd(op));
    for (int i = 0; i < item.childCount(); ++i)
        ops.merge(opsOf(*item.child(i)));
    return ops;
}

} // namespace

Legend::Legend(QWidget* parent) : QFrame(parent, Qt::Popup)
{
    setObjectName(u"legend"_s);
    setFrameShape(QFrame::StyledPanel);
    m_tree = new QTreeWidget;
    m_tree->setAccessibleName(tr("Kinds of operators on this page"));
    m_tree->setColumnCount(2);
    m_tree->setHeaderHidden(true);
    m_tree->setFrameShape(QFrame::NoFrame);
    m_tree->setMouseTracking(true);
    m_tree->header()->setStretchLastSection(false);
    m_tree->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_tree->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(legendFrame, legendFrame, legendFrame, legendFrame);
    layout->addWidget(m_tree);
    connect(m_tree, &QTreeWidget::itemChanged, this, &Legend::changed);
    connect(m_tree, &QTreeWidget::itemEntered, this, &Legend::light);
    connect(m_tree, &QTreeWidget::currentItemChanged, this, &Legend::light);
}

void Legend::setKinds(const std::vector<Kind>& kinds, const std::set<std::string>& leftOut)
{
    const QSignalBlocker quiet(m_tree);
    const Theme theme = Theme::of(*this);
    m_tree->clear();
    m_shapes = nullptr;
    std::array<std::vector<Kind>, categoryCount> byCategory;
    for (const Kind& kind : kinds)
        byCategory[static_cast<std::size_t>(kind.category)].push_back(kind);
    for (int c = 0; c < categoryCount; ++c) {
        auto& members = byCategory[static_cast<std::size_t>(c)];
        if (members.empty())
            continue;
        std::ranges::stable_sort(members, std::ranges::greater(), &Kind::nodes);
        const auto category = static_cast<Category>(c);
        QTreeWidgetItem* group = newRow(nameOf(category), 0, Qt::Checked);
        group->setFlags(group->flags() | Qt::ItemIsAutoTristate);
        group->setIcon(0, swatch(theme.category(category)));
        m_tree->addTopLevelItem(group);
        int nodes = 0;
        for (const Kind& kind : members) {
            nodes += kind.nodes;
            QTreeWidgetItem* row =
                newRow(toQt(kind.op), kind.nodes, leftOut.contains(kind.op) ? Qt::Unchecked : Qt::Checked);
            row->setData(0, opRole, toQt(kind.op));
            group->addChild(row);
        }
        group->setText(1, QString::number(nodes));
        group->setExpanded(true);
    }
}

void Legend::setShapes(int nodes, bool shown)
{
    if (nodes > 0) {
        const QSignalBlocker quiet(m_tree);
        m_shapes = newRow(tr("Shape computations"), nodes, shown ? Qt::Checked : Qt::Unchecked);
        m_tree->addTopLevelItem(m_shapes);
    }
    // As high as its rows, which have their heights once the style sheet has been at them.
    m_tree->ensurePolished();
    m_tree->doItemsLayout();
    QTreeWidgetItem* last = m_tree->topLevelItem(m_tree->topLevelItemCount() - 1);
    if (last && last->childCount() > 0)
        last = last->child(last->childCount() - 1);
    const int rows = last ? m_tree->visualItemRect(last).bottom() + 1 : 0;
    resize(280, std::min(rows + 2 * (legendFrame + frameWidth()), 520));
}

void Legend::changed(QTreeWidgetItem* item)
{
    if (item == m_shapes) {
        Q_EMIT shapesChanged(item->checkState(0) == Qt::Checked);
        return;
    }
    if (item->childCount() > 0)
        return; // its children have changed, too
    std::set<std::string> leftOut;
    for (int g = 0; g < m_tree->topLevelItemCount(); ++g)
        for (int i = 0; i < m_tree->topLevelItem(g)->childCount(); ++i)
            if (const QTreeWidgetItem* row = m_tree->topLevelItem(g)->child(i);
                row->checkState(0) == Qt::Unchecked)
                leftOut.merge(opsOf(*row));
    Q_EMIT leftOutChanged(leftOut);
}

void Legend::light(QTreeWidgetItem* item)
{
    Q_EMIT lit(item ? opsOf(*item) : std::set<std::string>());
}

void Legend::hideEvent(QHideEvent* event)
{
    QFrame::hideEvent(event);
    Q_EMIT lit({});
}

} // namespace pleat::ui
