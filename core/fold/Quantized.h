// SPDX-License-Identifier: GPL-3.0-or-later
// Layers whose weight comes from a DequantizeLinear of constants (QDQ), folded on request: the scales take
// |s|, a negative s negates the integers, a quantized bias is quantized anew with its scale times |s|
// (resources/guide/folding.md, "When it may not be folded", last paragraph). Where a QuantizeLinear makes the
// integers of floats, as quantization-aware training writes it, the floats take s. Only an affine after the
// layer.
#pragma once

#include "core/fold/Affine.h"

namespace pleat {

// (q − zeroPoint)·scale, with one scale in all or one for each position along `axis`.
struct Quantized {
    NodeIndex dequantize = NodeIndex::None;
    NodeIndex quantize = NodeIndex::None; // makes the integers when the model runs; None: they are stored
    Constant integers;                    // or the floats that they are made of
    DataType type = DataType::Undefined;  // of the integers
    std::vector<double> scales;           // one, or one a position
    std::vector<double> zeroPoint;        // likewise
    std::size_t axis = 0;
};

// The constants behind a DequantizeLinear that only `reader` reads; refuses with `quantized` and what is in
// the way.
Verdict<Quantized> readQuantized(const GraphView& view, NodeIndex reader, std::size_t slot);

// Whether the integers along `axis` can take s: channels with s < 0 must be negatable (int8, no −128, zero
// point 0), and one scale for each channel needs opset 13.
Verdict<void> requireScalable(const GraphView& view, const Quantized& quantized, std::size_t axis,
                              const std::vector<double>& s);

// The integers and scales afterwards. `stored` has the integers' own type.
struct Requantized {
    Payload integers;
    std::vector<double> scales; // one a channel
};

// Of a weight: scales·|s|, integers negated where s < 0. Without integers where a QuantizeLinear makes them.
Result<Requantized> scaledWeight(const Quantized& weight, std::size_t axis, const std::vector<double>& s);

// One scale for the whole tensor stays one where it is multiplied by the same number everywhere.
bool staysPerTensor(const Quantized& quantized, const std::vector<double>& scales);

// Of a bias: the given real values, in steps of scale·|s| (of the old scale where s is 0). Nothing when a
// step count leaves 32 bits.
std::optional<Requantized> quantizedBias(const Quantized& bias, const std::vector<double>& s,
                                         const std::vector<double>& values);

} // namespace pleat
