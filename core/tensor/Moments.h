// SPDX-License-Identifier: GPL-3.0-or-later
// Extremes, mean and squares of a stretch of elements, in one pass over it at the speed of memory. Private to
// core/tensor.
#pragma once

#include "core/tensor/Kernels.h"

#include <cstddef>
#include <limits>

namespace pleat {

// What is known of some elements; everything but the counts of NaN and infinities is of the finite ones.
struct Moments {
    std::uint64_t finite = 0, nans = 0, infinities = 0;
    std::uint64_t zeros = 0, subnormals = 0;
    double low = std::numeric_limits<double>::infinity(); // infinite while there is no finite one
    double high = -std::numeric_limits<double>::infinity();
    double mean = 0;
    double squares = 0; // sum of (x - mean)²

    // Those of both sets of elements: T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating formulae and a
    // pairwise algorithm for computing sample variances", 1979, (2.1).
    void add(const Moments& other);
};

// `Number` is float or double; elements nearer to 0 than `leastNormal` are subnormal, or 0.
// `leastNormal` 0: none is.
template<class Number>
Moments momentsOf(const std::byte* elements, std::size_t count, Number leastNormal, Instructions set);

extern template Moments momentsOf<float>(const std::byte*, std::size_t, float, Instructions);
extern template Moments momentsOf<double>(const std::byte*, std::size_t, double, Instructions);

} // namespace pleat
