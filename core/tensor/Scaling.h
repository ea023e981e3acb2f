// SPDX-License-Identifier: GPL-3.0-or-later
// Recording a fold in a tensor without computing it.
#pragma once

#include "core/tensor/TensorView.h"

namespace pleat {

// The tensor's payload times output[o]·input[i]; null factors mean all 1. Never nested: factors that are
// recorded already are multiplied, and an overflow that was wanted stays so. The layout's elements are the
// tensor's. Reads nothing, except where an earlier fold used another layout (then the earlier one is
// computed; the payload's errors).
Result<Payload> scaled(const TensorView& tensor, const WeightLayout& layout, Factors output, Factors input,
                       Overflow overflow = Overflow::IsAnError);

// The tensor's payload as it comes back from these quantizers, one or one an output channel; nothing is
// computed before somebody reads it. Errors: as for scaled().
// REQUIRES: isFoldable(tensor.type()).
Result<Payload> roundedToGrid(const TensorView& tensor, const WeightLayout& layout, Quantizers quantizers);

// The tensor as it was before any factors were recorded.
TensorView withoutFactors(const TensorView& tensor);

// How many of the elements [first, …), read as `block` of whole elements of a foldable type, were finite and
// became infinite by the factors. Reads the elements without their factors where it may be so; what cannot
// be read counts as finite.
std::uint64_t overflows(const TensorView& tensor, std::uint64_t first, std::span<const std::byte> block);

// The bytes of one element, as often as there are elements; they are never written out in memory.
Payload repeated(Bytes element, std::uint64_t elements);

// Elements of this type that are put together when somebody reads them.
Payload composed(DataType type, ByteSourcePointer source);

// Bytes of `values`, each rounded once into a foldable type.
// REQUIRES: isFoldable(type).
Payload stored(DataType type, const std::vector<double>& values);

// The same for int8, uint8, int32 and int64.
// REQUIRES: the type is one of them, and holds each of the values as it is.
Payload storedIntegers(DataType type, const std::vector<double>& values);

} // namespace pleat
