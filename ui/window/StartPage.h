// SPDX-License-Identifier: GPL-3.0-or-later
// What the empty window shows: open a file, open the sample, one of the files of last time, or drop one here.
#pragma once

#include <QStringList>
#include <QWidget>

class QVBoxLayout;

namespace pleat::ui {

class StartPage final : public QWidget {
    Q_OBJECT
public:
    explicit StartPage(QWidget* parent = nullptr);

    void setRecentFiles(const QStringList& paths);
    void setDropping(bool dropping); // a file hovers over the window

Q_SIGNALS:
    void openRequested();
    void sampleRequested();
    void fileRequested(const QString& path);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QWidget* m_recent = nullptr;
    QVBoxLayout* m_recentRows = nullptr;
    bool m_dropping = false;
};

} // namespace pleat::ui
