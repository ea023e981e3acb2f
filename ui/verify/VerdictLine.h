// SPDX-License-Identifier: GPL-3.0-or-later
// The answer, to be read from afar: a sign, one sentence, what it rests on, what has changed since, and the
// button that asks.
#pragma once

#include "ui/widgets/MarkLook.h"

#include <QWidget>

class QPushButton;

namespace pleat::ui {

class PlainLabel;

class VerdictLine final : public QWidget {
    Q_OBJECT
public:
    enum class Button { Ask, Stop };
    struct Content {
        MarkColour colour = MarkColour::Done;
        Symbol symbol = Symbol::Note;
        QString sentence{}, details{};
        QString stale{};  // why it is true no more; empty while it is
        QString button{}; // its words
        Button means = Button::Ask;
        bool canPress = true;
    };

    explicit VerdictLine(QWidget* parent = nullptr);
    void setContent(const Content& content);

Q_SIGNALS:
    void pressed(pleat::ui::VerdictLine::Button button);

private:
    class Sign;
    Sign* m_sign = nullptr;
    PlainLabel* m_sentence = nullptr;
    PlainLabel* m_details = nullptr;
    PlainLabel* m_stale = nullptr;
    QPushButton* m_button = nullptr;
    Button m_means = Button::Ask;
};

} // namespace pleat::ui
