// SPDX-License-Identifier: GPL-3.0-or-later
// Where the channels of a weight lie. A weight is a row-major block of axes, and each axis says by how much a
// step along it moves the output channel and the input channel that the element belongs to. Convolutions with
// groups, transposed ones and matrices of either orientation differ in nothing but the order of these axes,
// so one kernel serves them all, and a stored transpose is a permutation of the axes.
//   Conv           W[M, Cin/g, k…]     = [g][M/g][Cin/g][k]   out = g·(M/g) + m, in = g·(Cin/g) + c
//   ConvTranspose  W[Cin, M/g, k…]     = [g][Cin/g][M/g][k]   the same, axes swapped
//   matrix [K, N] or, transposed, [N, K]
#pragma once

#include <cstdint>
#include <vector>

namespace pleat {

struct WeightLayout {
    struct Axis {
        std::uint64_t extent = 1;
        std::uint64_t outputStep = 0; // output channels per step along this axis
        std::uint64_t inputStep = 0;  // input channels per step along this axis
        bool operator==(const Axis&) const = default;
    };
    std::vector<Axis> axes;    // outermost first
    std::uint64_t outputs = 0; // number of output channels
    std::uint64_t inputs = 0;  // number of input channels

    std::uint64_t elements() const;
    bool operator==(const WeightLayout&) const = default;

    // groups divides both `outputs` and `inputs`; kernel = product of the kernel's dimensions.
    static WeightLayout convolution(std::uint64_t outputs, std::uint64_t inputs, std::uint64_t kernel,
                                    std::uint64_t groups);
    static WeightLayout transposedConvolution(std::uint64_t outputs, std::uint64_t inputs,
                                              std::uint64_t kernel, std::uint64_t groups);
    // [K, N], or [N, K] when transposed: K inputs, N outputs.
    static WeightLayout matrix(std::uint64_t k, std::uint64_t n, bool transposed);
    // A tensor without channels, or one whose channels nobody asked for: one output, one input.
    static WeightLayout plain(std::uint64_t elements);
};

} // namespace pleat
