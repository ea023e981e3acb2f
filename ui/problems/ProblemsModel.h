// SPDX-License-Identifier: GPL-3.0-or-later
// What edits left inconsistent as a table: where, and the sentence.
#pragma once

#include "core/graph/GraphView.h"
#include "core/rewrite/Finding.h"
#include "ui/widgets/RowsModel.h"

namespace pleat::ui {

// One of a model: where it leads, and what is the matter.
struct Problem {
    NodeId node = NodeId::None;          // that has it; None: an input of a graph has it
    ValueIndex value = ValueIndex::None; // of the view; of a shape
    QString where, sentence;
    bool operator==(const Problem&) const = default;
};

// Of the findings of newProblems().
std::vector<Problem> problemsIn(const GraphView& view, const std::vector<Finding>& findings);

class ProblemsModel final : public RowsModel {
    Q_OBJECT
public:
    explicit ProblemsModel(QObject* parent = nullptr);
    const std::vector<Problem>& problems() const { return m_problems; }
    void setProblems(std::vector<Problem> problems);

protected:
    int rows() const override { return static_cast<int>(m_problems.size()); }
    QString text(int row, int column) const override;
    QVariant more(int row, int column, int role) const override;

private:
    std::vector<Problem> m_problems;
};

} // namespace pleat::ui
