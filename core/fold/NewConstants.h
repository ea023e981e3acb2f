// SPDX-License-Identifier: GPL-3.0-or-later
// The weights and biases that a fold makes: changed where they are stored when one layer alone reads them,
// else new ones beside them. A tensor that anybody else reads is never changed.
#pragma once

#include "core/fold/Plan.h"
#include "core/rewrite/Rewriter.h"

namespace pleat {

// Whether the weight must be multiplied when it is folded, in place of recording factors: it is behind a
// Cast, or shared behind a Transpose, or has factors of another layout already.
bool isComputedAtOnce(const GraphView& view, const FoldTarget& target);

class NewConstants final {
public:
    NewConstants(const GraphView& view, Rewriter& rewriter) : m_view(view), m_rewriter(rewriter) {}

    // Records the factors in the layer's weight and returns its name afterwards. Errors: those of reading a
    // weight that has to be computed at once (behind a Cast, or shared behind a Transpose).
    Result<std::string> scaleWeight(const FoldTarget& target, FoldDirection direction);

    // The same for a weight behind a DequantizeLinear, which gets one scale for each channel.
    Result<std::string> scaleIntegers(const FoldTarget& target);

    // The bias as integers behind its DequantizeLinear; nothing when they would not fit (then it becomes a
    // float).
    std::optional<std::string> setIntegerBias(const Layer& layer, const std::vector<double>& s,
                                              const NewBias& bias);

    // Input `slot` of `holder` becomes a constant with these values.
    std::string setBias(const Layer& layer, NodeIndex holder, std::size_t slot, const NewBias& bias);

    // Input `slot` of `holder`, which is a constant, becomes one with other numbers of the same type.
    std::string replace(NodeIndex holder, std::size_t slot, const std::vector<double>& numbers,
                        const std::vector<std::int64_t>& dims);

    // A new bias, named from the weight: "….weight" gives "….bias".
    std::string addBias(const Layer& layer, const NewBias& bias);

    std::string addScalar(NodeIndex reader, double value, DataType type);
    std::string addInts(NodeIndex reader, const std::vector<std::int64_t>& values); // an int64 vector

private:
    void setScales(const Quantized& old, std::size_t axis, const std::vector<double>& scales);
    std::string dequantizeWith(const Quantized& old, std::size_t axis, Requantized now);
    std::string biasName(const Layer& layer) const;
    const GraphView& m_view;
    Rewriter& m_rewriter;
};

} // namespace pleat
