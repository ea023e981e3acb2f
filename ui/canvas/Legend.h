// SPDX-License-Identifier: GPL-3.0-or-later
// What the colours of the nodes mean: the categories of the page's operators and the operators in them, with
// their numbers. The mouse or the keyboard on a row lights its nodes, its check box leaves them out of the
// picture. Says what was chosen; knows nothing of the canvas. A window that closes by itself.
#pragma once

#include "ui/widgets/Theme.h"

#include <QFrame>
#include <set>
#include <string>
#include <vector>

class QTreeWidget;
class QTreeWidgetItem;

namespace pleat::ui {

class Legend final : public QFrame {
    Q_OBJECT
public:
    explicit Legend(QWidget* parent);

    struct Kind {
        std::string op;
        Category category = Category::Other;
        int nodes = 0;
    };
    // What is on the page, left out or not.
    void setKinds(const std::vector<Kind>& kinds, const std::set<std::string>& leftOut);
    void setShapes(int nodes, bool shown); // that only compute shapes

Q_SIGNALS:
    void leftOutChanged(const std::set<std::string>& ops);
    void shapesChanged(bool shown);
    void lit(const std::set<std::string>& ops); // empty: no more

protected:
    void hideEvent(QHideEvent* event) override;

private:
    void changed(QTreeWidgetItem* item);
    void light(QTreeWidgetItem* item);

    QTreeWidget* m_tree = nullptr;
    QTreeWidgetItem* m_shapes = nullptr;
};

} // namespace pleat::ui
