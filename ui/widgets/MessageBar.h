// SPDX-License-Identifier: GPL-3.0-or-later
// A calm line across the window: what went wrong, or what there is to know, with details on request, perhaps
// one thing or two to do about it, and a way to close it. Never modal. It shows one message; a new one
// replaces it.
#pragma once

#include <QFrame>
#include <QTimer>
#include <functional>

class QBoxLayout;
class QToolButton;

namespace pleat::ui {

class PlainLabel;

class MessageBar final : public QFrame {
    Q_OBJECT
public:
    enum class Kind { Error, Notice, Done };

    struct Message {
        Kind kind = Kind::Notice;
        QString sentence;
        QString details;    // shown on request; may be empty
        QString actionText; // of a button; empty for none
        std::function<void()> action;
        QString topic{};          // by which dismissTopic() knows it
        bool showDetails = false; // from the start; an error shows them anyway
        QString otherText{};      // of a second button, before the first one; empty for none
        std::function<void()> other{};
    };

    explicit MessageBar(QWidget* parent = nullptr);

    void show(Message message);
    void dismiss();
    void dismissTopic(const QString& topic); // when it is about that
    const Message& message() const { return m_message; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void act(const std::function<void()>& action);

    Message m_message;
    QBoxLayout* m_layout = nullptr;
    QTimer m_leave; // good news goes by itself
    PlainLabel* m_sentence = nullptr;
    PlainLabel* m_details = nullptr;
    QToolButton* m_more = nullptr;
    QToolButton* m_action = nullptr;
    QToolButton* m_other = nullptr;
};

} // namespace pleat::ui
