// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/Breadcrumb.h"

#include "ui/widgets/PlainText.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QMenu>
#include <QToolButton>
#include <algorithm>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {
constexpr int buttonPadding = 16, arrowWidth = 14; // beside the words and the spaces round them
} // namespace

Breadcrumb::Breadcrumb(QWidget* parent) : QWidget(parent)
{
    setObjectName(u"breadcrumb"_s);
    setAccessibleName(tr("Page of the graph"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
}

void Breadcrumb::setPages(const QStringList& pages, const QStringList& siblings, int sibling)
{
    m_pages = pages;
    m_buttons.clear();
    while (QLayoutItem* item = layout()->takeAt(0)) {
        item->widget()->hide();
        item->widget()->deleteLater(); // it may be its click that leads here
        delete item;
    }
    for (int page = 0; page < pages.size(); ++page) {
        if (page > 0) {
            auto* arrow = new PlainLabel(u"›"_s);
            arrow->setProperty("role", u"quiet"_s);
            arrow->setAlignment(Qt::AlignCenter);
            arrow->setFixedWidth(arrowWidth);
            layout()->addWidget(arrow);
            arrow->show(); // now, not with the next event: whoever places this asks for its size
        }
        auto* button = new QToolButton;
        const bool last = page + 1 == pages.size();
        button->setAutoRaise(true);
        button->setFocusPolicy(Qt::TabFocus);
        button->setToolTip(plainTip(pages[page]));
        button->setAccessibleName(last ? tr("This page: %1").arg(pages[page])
                                       : tr("Go to the page %1").arg(pages[page]));
        if (!last) {
            connect(button, &QToolButton::clicked, this, [this, page] { Q_EMIT pageChosen(page); });
        } else if (siblings.size() > 1) {
            auto* menu = new QMenu(button);
            for (int each = 0; each < siblings.size(); ++each) {
                QAction* action = menu->addAction(actionText(siblings[each]), this,
                                                  [this, each] { Q_EMIT siblingChosen(each); });
                action->setCheckable(true);
                action->setChecked(each == sibling);
            }
            button->setMenu(menu);
            button->setPopupMode(QToolButton::InstantPopup);
        }
        layout()->addWidget(button);
        button->show();
        m_buttons.push_back(button);
    }
    setVisible(!pages.isEmpty());
    setRoom(m_room);
}

int Breadcrumb::widthOf(const QStringList& texts) const
{
    const int around = buttonPadding + 2 * fontMetrics().horizontalAdvance(u' '); // QToolButton's
    int width = static_cast<int>(std::max<qsizetype>(0, texts.size() - 1)) * arrowWidth;
    for (qsizetype i = 0; i < texts.size(); ++i) {
        const bool menu = m_buttons[static_cast<std::size_t>(i)]->menu() != nullptr;
        width += fontMetrics().horizontalAdvance(menu ? texts[i] + u" ▾"_s : texts[i]) + around;
    }
    return width;
}

int Breadcrumb::wantedWidth() const
{
    return widthOf(m_pages);
}

void Breadcrumb::setRoom(int width)
{
    m_room = width;
    QStringList texts = m_pages;
    for (qsizetype i = 0; i < texts.size() && widthOf(texts) > width; ++i) {
        const QString whole = texts[i];
        texts[i] = u"…"_s;
        const int room = width - widthOf(texts) + fontMetrics().horizontalAdvance(texts[i]);
        texts[i] = fontMetrics().elidedText(oneLine(whole), Qt::ElideMiddle, std::max(0, room));
        if (texts[i].isEmpty())
            texts[i] = u"…"_s;
    }
    write(texts);
}

void Breadcrumb::write(const QStringList& texts)
{
    for (qsizetype i = 0; i < texts.size(); ++i) {
        QToolButton& button = *m_buttons[static_cast<std::size_t>(i)];
        button.setText(actionText(button.menu() ? texts[i] + u" ▾"_s : texts[i]));
    }
}

void Breadcrumb::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        setRoom(m_room);
}

} // namespace pleat::ui
