// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/VerdictLine.h"

#include "ui/widgets/PlainText.h"
#include "ui/widgets/Theme.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>

using namespace Qt::StringLiterals;

namespace pleat::ui {

// A disc with the sign in it; a ring where it is out of date.
class VerdictLine::Sign final : public QWidget {
public:
    Sign() { setFixedSize(30, 30); }
    void set(MarkColour colour, Symbol symbol, bool isStale)
    {
        m_colour = colour;
        m_symbol = symbol;
        m_isStale = isStale;
        update();
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        const Theme theme = Theme::of(*this);
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const QRectF disc = QRectF(rect()).adjusted(2, 2, -2, -2);
        const QColor colour = m_isStale ? theme.markText(m_colour) : theme.badge(m_colour);
        painter.setPen(QPen(colour, 1.6, m_isStale ? Qt::DashLine : Qt::SolidLine));
        painter.setBrush(m_isStale ? QBrush(Qt::NoBrush) : QBrush(colour));
        painter.drawEllipse(disc);
        paintSymbol(painter, m_symbol, disc.adjusted(6, 6, -6, -6),
                    m_isStale ? colour : theme.onBadge(m_colour));
    }

private:
    MarkColour m_colour = MarkColour::Done;
    Symbol m_symbol = Symbol::Note;
    bool m_isStale = false;
};

VerdictLine::VerdictLine(QWidget* parent)
    : QWidget(parent),
      m_sign(new Sign),
      m_sentence(new PlainLabel),
      m_details(new PlainLabel),
      m_stale(new PlainLabel),
      m_button(new QPushButton)
{
    m_sentence->setObjectName(u"verifyVerdict"_s);
    m_sentence->setProperty("role", u"title"_s);
    m_details->setObjectName(u"verifyDetails"_s);
    m_details->setProperty("role", u"quiet"_s);
    m_stale->setObjectName(u"verifyStale"_s);
    m_stale->setProperty("role", u"warning"_s);
    m_button->setObjectName(u"verifyRun"_s);
    for (PlainLabel* label : {m_sentence, m_details, m_stale}) {
        label->setElided(Qt::ElideRight);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    auto* words = new QVBoxLayout;
    words->setSpacing(1);
    words->addWidget(m_sentence);
    words->addWidget(m_details);
    words->addWidget(m_stale);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(14, 8, 14, 8);
    layout->setSpacing(12);
    layout->addWidget(m_sign, 0, Qt::AlignVCenter);
    layout->addLayout(words, 1);
    layout->addWidget(m_button, 0, Qt::AlignVCenter);
    connect(m_button, &QPushButton::clicked, this, [this] { Q_EMIT pressed(m_means); });
}

void VerdictLine::setContent(const Content& content)
{
    m_sign->set(content.colour, content.symbol, !content.stale.isEmpty());
    m_sentence->setText(content.sentence);
    m_details->setText(oneLine(content.details));
    m_details->setVisible(!content.details.isEmpty());
    m_stale->setText(content.stale);
    m_stale->setVisible(!content.stale.isEmpty());
    m_means = content.means;
    m_button->setText(content.button);
    m_button->setEnabled(content.canPress);
    setAccessibleName(content.sentence + u' ' + content.stale);
}

} // namespace pleat::ui
