// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/FindField.h"

#include "ui/canvas/FindModel.h"
#include "ui/widgets/Theme.h"

#include <QAbstractItemView>
#include <QAbstractProxyModel>
#include <QCompleter>
#include <QKeyEvent>
#include <QPainter>
#include <QStyledItemDelegate>

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
    setToolTip(tr("Find a node, a tensor or an operator (Ctrl+F)"));
    setMinimumWidth(130);
    setMaximumWidth(270);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_model = new FindModel(this);
    m_completer = new QCompleter(m_model, this);
    m_completer->setCaseSensitivity(Qt::CaseInsensitive);
    m_completer->setFilterMode(Qt::MatchContains);
    m_completer->setCompletionMode(QCompleter::PopupCompletion);
    m_completer->setMaxVisibleItems(14);
    QAbstractItemView* popup = m_completer->popup();
    popup->setMinimumWidth(520);
    popup->setItemDelegate(new HitDelegate(popup));
    popup->setStyleSheet(
        QStringLiteral("QAbstractItemView { border: 1px solid palette(mid); padding: 4px; }"));
    popup->installEventFilter(this);
    setCompleter(m_completer);
    connect(this, &QLineEdit::textEdited, this, [this](const QString& words) {
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

void FindField::setView(const std::shared_ptr<const GraphView>& view)
{
    m_view = view;
    if (!view || m_completer->popup()->isVisible())
        fill();
    setEnabled(view != nullptr);
    if (!view)
        clear();
}

// The list is made when somebody looks for something, not after each edit.
void FindField::fill()
{
    if (m_model->view() != m_view)
        m_model->setView(m_view);
}

void FindField::choose(const QModelIndex& row)
{
    const QString link = row.data(FindModel::LinkRole).toString();
    if (!link.isEmpty())
        Q_EMIT found(link);
}

void FindField::keyPressEvent(QKeyEvent* event)
{
    fill();
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (enter && !text().isEmpty()) {
        QModelIndex row =
            m_completer->popup()->isVisible() ? m_completer->popup()->currentIndex() : QModelIndex();
        if (!row.isValid()) {
            // Nothing chosen in the list: the first hit.
            m_completer->setCompletionPrefix(text());
            if (m_completer->setCurrentRow(0))
                row = m_completer->currentIndex();
        }
        m_completer->popup()->hide();
        Q_EMIT searching({});
        choose(row);
        event->accept();
        return;
    }
    if (event->key() == Qt::Key_Escape) {
        clear();
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
    selectAll();
}

void FindField::focusOutEvent(QFocusEvent* event)
{
    QLineEdit::focusOutEvent(event);
    if (event->reason() != Qt::PopupFocusReason)
        Q_EMIT searching({});
}

} // namespace pleat::ui
