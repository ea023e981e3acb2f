// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/MessageBar.h"

#include "ui/widgets/PlainText.h"
#include "ui/widgets/Theme.h"

#include <QAccessible>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace pleat::ui {

MessageBar::MessageBar(QWidget* parent) : QFrame(parent)
{
    setObjectName(u"messageBar"_s);
    m_sentence = new PlainLabel;
    m_sentence->setObjectName(u"messageSentence"_s);
    m_details = new PlainLabel;
    m_details->setObjectName(u"messageDetails"_s);
    m_details->setProperty("role", u"quiet"_s);
    for (PlainLabel* label : {m_sentence, m_details}) {
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    }
    m_more = new QToolButton;
    m_more->setText(tr("Details"));
    m_more->setToolTip(tr("Show or hide the details"));
    m_more->setCheckable(true);
    m_action = new QToolButton;
    m_action->setObjectName(u"messageAction"_s);
    m_action->setProperty("boxed", true);
    m_other = new QToolButton;
    m_other->setObjectName(u"messageOtherAction"_s);
    m_other->setProperty("boxed", true);
    auto* close = new QToolButton;
    close->setText(u"✕"_s);
    close->setToolTip(tr("Close (Esc)"));
    close->setAccessibleName(tr("Close the message"));
    for (QToolButton* button : {m_more, m_other, m_action, close})
        button->setFocusPolicy(Qt::TabFocus);

    auto* words = new QVBoxLayout;
    words->setSpacing(4);
    words->addWidget(m_sentence);
    words->addWidget(m_details);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_more, 0, Qt::AlignTop);
    buttons->addWidget(m_other, 0, Qt::AlignTop);
    buttons->addWidget(m_action, 0, Qt::AlignTop);
    buttons->addWidget(close, 0, Qt::AlignTop);
    m_layout = new QBoxLayout(QBoxLayout::LeftToRight, this);
    m_layout->setContentsMargins(38, 8, 10, 8);
    m_layout->addLayout(words, 1);
    m_layout->addLayout(buttons);

    connect(m_more, &QToolButton::toggled, m_details, &PlainLabel::setVisible);
    connect(close, &QToolButton::clicked, this, &MessageBar::dismiss);
    connect(m_action, &QToolButton::clicked, this, [this] { act(m_message.action); });
    connect(m_other, &QToolButton::clicked, this, [this] { act(m_message.other); });
    m_leave.setSingleShot(true);
    m_leave.setInterval(8000);
    connect(&m_leave, &QTimer::timeout, this, &MessageBar::dismiss);
    hide();
}

void MessageBar::show(Message message)
{
    m_message = std::move(message);
    m_sentence->setText(m_message.sentence);
    m_details->setText(m_message.details);
    m_more->setVisible(!m_message.details.isEmpty());
    // An error comes with its reason open: that is what there is to read.
    const bool open =
        (m_message.kind == Kind::Error || m_message.showDetails) && !m_message.details.isEmpty();
    m_more->setChecked(open);
    m_details->setVisible(open);
    m_action->setText(m_message.actionText);
    m_action->setVisible(!m_message.actionText.isEmpty());
    m_other->setText(m_message.otherText);
    m_other->setVisible(!m_message.otherText.isEmpty());
    setAccessibleName(m_message.sentence);
    QFrame::show();
    if (m_message.kind == Kind::Done && m_message.actionText.isEmpty()) // else there is something to do
        m_leave.start();
    else
        m_leave.stop();
    update();
    QAccessibleEvent event(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&event);
}

void MessageBar::act(const std::function<void()>& action)
{
    const auto copy = action; // it may show another message
    dismiss();
    if (copy)
        copy();
}

void MessageBar::dismiss()
{
    hide();
}

void MessageBar::dismissTopic(const QString& topic)
{
    if (m_message.topic == topic)
        dismiss();
}

void MessageBar::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape)
        dismiss();
    else
        QFrame::keyPressEvent(event);
}

void MessageBar::resizeEvent(QResizeEvent* event)
{
    QFrame::resizeEvent(event);
    constexpr int narrow = 420; // the buttons go below the words, which would be a column of single ones
    m_layout->setDirection(width() < narrow ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
}

void MessageBar::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Theme theme = Theme::of(*this);
    const QColor colour = m_message.kind == Kind::Error  ? theme.blocked
                          : m_message.kind == Kind::Done ? theme.canFold
                                                         : theme.accent;
    painter.fillRect(rect(), blend(theme.panel, colour, theme.dark ? 0.14 : 0.08));
    painter.fillRect(QRect(0, height() - 1, width(), 1), theme.line);
    painter.fillRect(QRect(0, 0, 3, height()), colour);
    // Beside the first line, which lies lower where a button makes the bar higher.
    const QRect words = m_sentence->geometry();
    const int textHeight = m_sentence->heightForWidth(words.width());
    const double firstLine =
        words.top() + (words.height() - textHeight) / 2.0 + m_sentence->fontMetrics().height() / 2.0;
    const QRectF badge(13, firstLine - 8, 16, 16);
    painter.setPen(Qt::NoPen);
    painter.setBrush(readable(colour, Qt::white));
    painter.drawEllipse(badge);
    QFont bold = font();
    bold.setWeight(QFont::Bold);
    painter.setFont(bold);
    painter.setPen(Qt::white);
    painter.drawText(badge, Qt::AlignCenter,
                     m_message.kind == Kind::Error  ? u"!"_s
                     : m_message.kind == Kind::Done ? u"✓"_s
                                                    : u"i"_s);
}

} // namespace pleat::ui
