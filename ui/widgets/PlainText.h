// SPDX-License-Identifier: GPL-3.0-or-later
// Text of a file (a name, a path, a message that quotes one) on its way to the screen: always plain. Qt takes
// what looks like HTML for HTML in labels, tool tips and message boxes, and HTML of a stranger reads other
// files. So whatever shows text in this program is one of the parts below, and none of them ever does. Pure
// functions, and widgets for the UI thread.
#pragma once

#include <QLabel>
#include <QMessageBox>
#include <QString>

namespace pleat::ui {

// In one line, as the command line shows it: control characters and those that turn the direction of writing
// are escaped ("\n", "\u202e"), so that no name can pretend to be something else.
QString oneLine(const QString& text);

// The same, but line breaks stay.
QString manyLines(const QString& text);

// For a tool tip: says exactly this, escaped, and at most some thousand characters of it.
QString plainTip(const QString& text);

// For the text of a menu entry, a button or a tab: & is no mnemonic, and it is short enough to look at.
QString actionText(const QString& text);

// For setWindowTitle(), where [*] has a meaning of its own.
QString titleText(const QString& text);

// A label for any text, shown by manyLines(); nothing in it is ever markup.
class PlainLabel final : public QLabel {
    Q_OBJECT
public:
    explicit PlainLabel(const QString& text = {}, QWidget* parent = nullptr);
    void setText(const QString& text);
    void setToolTip(const QString& text); // through plainTip()

    // Gives way where there is no room, and says the rest with "…" and a tool tip. One line.
    void setElided(Qt::TextElideMode mode);
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    Qt::TextElideMode m_elide = Qt::ElideNone;
};

// A question with a sentence and what follows from it; whoever asks adds the buttons.
class PlainQuestion final : public QMessageBox {
    Q_OBJECT
public:
    PlainQuestion(QWidget* parent, const QString& title, const QString& sentence, const QString& consequence);
};

} // namespace pleat::ui
