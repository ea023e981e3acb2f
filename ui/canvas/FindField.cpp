// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/FindField.h"

#include "ui/canvas/FindModel.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/Theme.h"

#include <QAbstractItemView>
#include <QCompleter>
#include <QKeyEvent>
#include <QPainter>
#include <QStyledItemDelegate>
#include <algorithm>
#include <utility>

namespace pleat::ui {

namespace {

// The name, and quietly at the right what it is the name of.
class HitDelegate final : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override
    {
        return {200, option.fontMetrics.height() + 10};
    }
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        const Theme theme = Theme::of(*option.widget);
        if (option.state & (QStyle::State_Selected | QStyle::State_MouseOver))
            painter->fillRect(option.rect, theme.accentSoft);
        const QRect row = option.rect.adjusted(8, 0, -8, 0);
        const QString kind = index.data(FindModel::KindRole).toString();
        const int kindWidth = option.fontMetrics.horizontalAdvance(kind);
        painter->setPen(theme.quiet);
        painter->drawText(row, Qt::AlignRight | Qt::AlignVCenter, kind);
        painter->setPen(theme.text);
        const QString name = index.data(FindModel::NameRole).toString();
        painter->drawText(row, Qt::AlignVCenter,
                          option.fontMetrics.elidedText(name, Qt::ElideMiddle, row.width() - kindWidth - 16));
    }
};

} // namespace

FindField::FindField(QWidget* parent) : QLineEdit(parent)
{
    setObjectName(QStringLiteral("findField"));
    setPlaceholderText(tr("Find…    Ctrl+F"));
    setAccessibleName(tr("Find a node, a tensor or an operator"));
    setToolTip(plainTip(
        tr("Find nodes and tensors on all pages (Ctrl+F): by parts of their names, \"in quotes\" with "
           "spaces,\nop:Conv, attr:group=32, shape:1x3 or dtype:float16")));
    setMinimumWidth(130);
    setMaximumWidth(270);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_model = new FindModel(this);
    m_completer = new QCompleter(m_model, this);
    m_completer->setCompletionMode(QCompleter::UnfilteredPopupCompletion); // the model has found them
    m_completer->setMaxVisibleItems(14);
    QAbstractItemView* popup = m_completer->popup();
    popup->setMinimumWidth(520);
    popup->setItemDelegate(new HitDelegate(popup));
    popup->setStyleSheet(
        QStringLiteral("QAbstractItemView { border: 1px solid palette(mid); padding: 4px; }"));
    popup->installEventFilter(this);
    setCompleter(m_completer);
    // Not by textChanged(): the name of what was chosen is no question.
    connect(this, &QLineEdit::textEdited, this, [this](const QString& words) {
        m_isFilled = false;
        fill();
        // One letter is everywhere.
        Q_EMIT searching(words.size() > 1 ? words : QString());
    });
    connect(m_completer, qOverload<const QModelIndex&>(&QCompleter::activated), this, &FindField::choose);
    connect(m_completer, qOverload<const QModelIndex&>(&QCompleter::highlighted), this, &FindField::choose);
}

bool FindField::eventFilter(QObject* watched, QEvent* event)
{
    // Wider than the field, which stands at the right edge of the window: so the list grows to the left.
    QAbstractItemView* popup = m_completer->popup();
    const bool placed =
        event->type() == QEvent::Show || event->type() == QEvent::Move || event->type() == QEvent::Resize;
    if (watched == popup && placed) {
        const QPoint place = mapToGlobal(QPoint(width() - popup->width(), height() + 3));
        if (popup->pos() != place)
            popup->move(place);
    }
    return QLineEdit::eventFilter(watched, event);
}

void FindField::setView(const std::shared_ptr<const GraphView>& view,
                        const std::shared_ptr<const ValueTypes>& types)
{
    m_isFilled &= view == m_view && types == m_types;
    m_view = view;
    m_types = types;
    if (!view || m_completer->popup()->isVisible())
        fill();
    setEnabled(view != nullptr);
    if (!view)
        clear();
}

// The list is made when somebody looks for something, not after each edit.
void FindField::fill()
{
    if (std::exchange(m_isFilled, true))
        return;
    m_model->find(m_view, m_types, text());
    m_at = -1;
    showCount();
}

void FindField::showCount()
{
    const int rows = m_model->rowCount();
    m_count = text().isEmpty() ? QString()
              : m_at < 0       ? QString::number(rows)
                               : tr("%1 of %2").arg(m_at + 1).arg(rows);
    setTextMargins(0, 0, m_count.isEmpty() ? 0 : fontMetrics().horizontalAdvance(m_count) + 6, 0);
    setAccessibleDescription(m_count.isEmpty() ? QString() : tr("%1 found").arg(m_count));
    update();
}

void FindField::choose(const QModelIndex& row)
{
    const QString link = row.data(FindModel::LinkRole).toString();
    if (link.isEmpty())
        return;
    m_at = row.row();
    showCount();
    Q_EMIT found(link);
}

void FindField::step(int by)
{
    fill();
    const int rows = m_model->rowCount();
    if (rows == 0)
        return;
    const int from = m_at < 0 && by < 0 ? 0 : m_at; // backwards, the last one comes first
    choose(m_model->index((from + by + rows) % rows));
}

void FindField::findNext()
{
    step(1);
}

void FindField::findPrevious()
{
    step(-1);
}

bool FindField::event(QEvent* event)
{
    // Escape is the window's, too.
    const bool isKey = event->type() == QEvent::ShortcutOverride;
    if (isKey && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape && !text().isEmpty()) {
        event->accept();
        return true;
    }
    return QLineEdit::event(event);
}

void FindField::keyPressEvent(QKeyEvent* event)
{
    fill();
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (enter && !text().isEmpty()) {
        QModelIndex row =
            m_completer->popup()->isVisible() ? m_completer->popup()->currentIndex() : QModelIndex();
        m_completer->popup()->hide();
        Q_EMIT searching({});
        if (row.isValid())
            choose(row);
        else
            findNext();
        event->accept();
        return;
    }
    if (event->key() == Qt::Key_Escape) {
        clear();
        m_isFilled = false;
        fill();
        Q_EMIT searching({});
        clearFocus();
        return;
    }
    QLineEdit::keyPressEvent(event);
}

void FindField::focusInEvent(QFocusEvent* event)
{
    fill();
    QLineEdit::focusInEvent(event);
    // Not where the list closed because nothing was found yet: the next letter would replace all words.
    if (event->reason() != Qt::PopupFocusReason && event->reason() != Qt::ActiveWindowFocusReason)
        selectAll();
}

void FindField::focusOutEvent(QFocusEvent* event)
{
    QLineEdit::focusOutEvent(event);
    if (event->reason() != Qt::PopupFocusReason)
        Q_EMIT searching({});
}

void FindField::paintEvent(QPaintEvent* event)
{
    QLineEdit::paintEvent(event);
    if (m_count.isEmpty())
        return;
    QPainter painter(this);
    painter.setPen(Theme::of(*this).quiet);
    painter.drawText(rect().adjusted(0, 0, -8, 0), Qt::AlignRight | Qt::AlignVCenter, m_count);
}

} // namespace pleat::ui
