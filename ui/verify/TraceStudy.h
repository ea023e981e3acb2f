// SPDX-License-Identifier: GPL-3.0-or-later
// Where a difference begins, value by value along the graph.
#pragma once

#include "core/verify/Divergence.h"
#include "ui/document/Heat.h"
#include "ui/verify/Study.h"

namespace pleat::ui {

// A divergence with the nodes of the model after that make its values: those of before may have been folded.
struct Trace {
    Divergence divergence;
    std::vector<NodeId> makers; // one a value; None where there is none
};
using TracePointer = std::shared_ptr<const Trace>;

class TraceStudy final : public Study {
    Q_OBJECT
public:
    explicit TraceStudy(Workspace& workspace, QObject* parent = nullptr);

    const TracePointer& trace() const { return m_found; } // null: none
    // What was found on another way, of this question.
    void adopt(const VerifyQuestion& question, const Divergence& found);

protected:
    void start(const VerifyQuestion& question) override;
    VerdictLine::Content found() const override;
    void clear() override;

private:
    TracePointer m_found;
    QString m_problem; // why there is none
};

// The largest error of what a node makes, over what is tolerated, four decades of it. Null where nothing was
// compared.
HeatPointer heatOf(const Trace& trace);

} // namespace pleat::ui
