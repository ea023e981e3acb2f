// SPDX-License-Identifier: GPL-3.0-or-later
// How far what one model gives is from what another one gives for the same inputs.
#pragma once

#include "core/compare/CompareTensors.h"

namespace onnx {
class TensorProto;
}

namespace pleat {

// An element may differ by absolute + relative · m, where m is the largest magnitude of the output before:
// an element near 0 is a sum of large ones, and has their error.
struct Tolerance {
    double absolute = 0;
    double relative = 0;
};
// What is left of a type's precision after some hundred layers: 1e-5 for float, 1e-10 for double, 1e-2 for
// float16, 8e-2 for bfloat16; nothing for other types, which must be equal.
Tolerance usualTolerance(DataType type);

// Of the rows of an output that looks like class scores: how many agree on the first, and on the set of the
// first five.
struct Agreement {
    std::uint64_t rows = 0, first = 0, firstFive = 0;
};

// How many elements differ by at least 10^exponent and less than ten times that.
struct ErrorDecade {
    int exponent = 0;
    std::uint64_t count = 0;
};

// Where integers in a model change an output by more than floats do (IntegerSteps.h): what is left of the
// difference with biases moved back by what the parts show, and what it may be.
struct BesideSteps {
    double largest = 0;
    double tolerated = 0;
    double rounding = 0; // of `tolerated`: the error that rounding data makes of this output
    bool biases = false; // some were moved
};

struct OutputDifference {
    std::string name;
    DataType type = DataType::Undefined;
    std::vector<std::int64_t> dims;
    Difference numbers;
    double scaled = 0;                // numbers.largest over the largest magnitude before; 0 where both are 0
    double cosine = 1;                // of the angle between the two as vectors; 1 where both are 0
    double tolerated = 0;             // what an element may differ by
    std::vector<ErrorDecade> decades; // of |after − before| that are finite and not 0: ascending, none empty
    std::optional<Agreement> classes; // floats of rank 2 with 2 or more columns
    std::string problem;              // a sentence, where they cannot be compared: another type or shape
    std::optional<BesideSteps> besideSteps; // decides where it is there
    bool isWithin = false;
};

// A sentence on what decides, of an output beside whose steps somebody looked.
std::string sentenceOf(const BesideSteps& steps);

// Errors: those of reading the tensors (more than TensorView::mostAtOnce elements, too); Cancelled.
Result<OutputDifference> outputDifference(const onnx::TensorProto& before, const onnx::TensorProto& after,
                                          const std::optional<Tolerance>& tolerance,
                                          const std::stop_token& stop);

} // namespace pleat
