// SPDX-License-Identifier: GPL-3.0-or-later
// Where one is: the pages from the outermost to the one that is shown, each a button, the last with its
// siblings as a menu. Says what was chosen; knows nothing of models.
#pragma once

#include <QStringList>
#include <QWidget>
#include <vector>

class QLabel;
class QToolButton;

namespace pleat::ui {

class Breadcrumb final : public QWidget {
    Q_OBJECT
public:
    explicit Breadcrumb(QWidget* parent = nullptr);

    // `siblings`: what the last one stands beside, and which of them it is; empty where it is alone.
    void setPages(const QStringList& pages, const QStringList& siblings = {}, int sibling = 0);
    QStringList pages() const { return m_pages; }
    void setRoom(int width); // shortens what has no room, the outer ones first
    int wantedWidth() const; // 0 where there are none

Q_SIGNALS:
    void pageChosen(int page);
    void siblingChosen(int sibling);

protected:
    void changeEvent(QEvent* event) override;

private:
    void write(const QStringList& texts);
    int widthOf(const QStringList& texts) const;

    QStringList m_pages;
    std::vector<QToolButton*> m_buttons; // one a page
    int m_room = 0;
};

} // namespace pleat::ui
