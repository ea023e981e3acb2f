// SPDX-License-Identifier: GPL-3.0-or-later
// The multiplication of float16 and bfloat16 weights, eight at a time with AVX-512 or with AVX2 and F16C, to
// the same bits as the conversions of SixteenBits.h. Private to core/tensor.
#pragma once

#include "core/tensor/Kernels.h"
#include "core/tensor/SixteenBits.h"

#include <cstddef>

namespace pleat {

// Multiplies elements of the block by factors[e] · shared, without factors by `shared`; returns how many of
// the first ones it did: fewer than 8 may be the caller's. 0 where the instructions are missing.
template<class Format>
std::uint64_t multiplyEights(Instructions set, std::byte* block, std::uint64_t count, const double* factors,
                             double shared);

// Multiplies short rows, one behind the other, by one of the factors each, times `shared`; returns how many
// of the first rows it did. 0 where the instructions are missing.
template<class Format>
std::uint64_t multiplyShortRows(Instructions set, std::byte* block, std::uint64_t rows, std::uint64_t length,
                                const double* factors, double shared);

extern template std::uint64_t multiplyEights<Half>(Instructions, std::byte*, std::uint64_t, const double*,
                                                   double);
extern template std::uint64_t multiplyEights<Brain>(Instructions, std::byte*, std::uint64_t, const double*,
                                                    double);

extern template std::uint64_t multiplyShortRows<Half>(Instructions, std::byte*, std::uint64_t, std::uint64_t,
                                                      const double*, double);
extern template std::uint64_t multiplyShortRows<Brain>(Instructions, std::byte*, std::uint64_t, std::uint64_t,
                                                       const double*, double);

} // namespace pleat
