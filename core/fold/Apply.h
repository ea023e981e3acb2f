// SPDX-License-Identifier: GPL-3.0-or-later
// Carrying out plans: the weights get factors, the biases new numbers, the affine operators go.
#pragma once

#include "core/fold/NewConstants.h"

namespace pleat {

enum class Sums {
    Compute,
    LeaveOut
}; // left out: the biases of folds before a layer are not right, all else is

// One edit of a model, fold by fold. The plans come from planFolds() on this very view, are foldable, all of
// one direction, and no two of them have a layer or a Pad in common.
class Folding final {
public:
    Folding(const std::shared_ptr<const GraphView>& view, Sums sums, std::stop_token stop);

    // Takes the fold into the edit. Reads weights where an affine with a shift comes before its layer (the
    // sums over the weights). Errors: the payload's; Cancelled.
    // REQUIRES: the plan is foldable, made for this view, and shares nothing with those before (see above).
    Result<FoldedPair> fold(FoldPlan plan);

    // The model with all that was taken in; the last call.
    Model apply() const { return m_rewriter.apply(); }

private:
    Result<std::vector<double>> shift(const FoldTarget& target) const;
    void takeOut(const FoldPlan& plan);
    std::string setBias(const Layer& layer, const std::vector<double>& s, const std::vector<double>& t);
    void completeGemm(const Layer& layer, const NewBias& bias);
    std::string becomeGemm(const Layer& layer, const NewBias& bias);
    std::string appendAdd(const Layer& layer, const NewBias& bias);
    void insertPad(const FoldTarget& target);
    void changePad(const PadChange& change, DataType type);

    const GraphView& m_view;
    Rewriter m_rewriter;
    NewConstants m_constants;
    Sums m_sums;
    std::stop_token m_stop;
};

} // namespace pleat
