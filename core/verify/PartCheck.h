// SPDX-License-Identifier: GPL-3.0-or-later
// Fold by fold: each part in which two models differ (Parts.h), run by itself in ONNX Runtime as it was and
// as it is, on the same random inputs. This needs no model that can be run as a whole, and tells which layer
// it is that computes something else. The error of an element is told in units of rounding: u·Σ|w||x|, with u
// the unit roundoff of the type and the sum of magnitudes computed beside it. Values.
#pragma once

#include "core/verify/OutputDifference.h"
#include "core/verify/PartInputs.h"
#include "core/worker/OnnxRuntimeLibrary.h"

namespace pleat {

struct PartCheck {
    std::string output;                 // the value, of both models, that is compared
    std::string scope;                  // path of the graph that it is in: empty for the main one
    std::vector<NodeRef> before, after; // what makes it, producers first, without what makes constants
    std::vector<FoldId> folds;          // what could be folded in it, before
    std::vector<std::string> inputs;    // names
    std::vector<PartInput> inputShapes;
    DataType type = DataType::Undefined;
    bool asFloat = false; // ONNX Runtime cannot compute it in its own types: it was run in float
    std::vector<std::int64_t> dims;

    // Channels lie along this axis of the output. Of each: the largest |after − before|, and the largest in
    // units of rounding (absent where there is no bound).
    std::size_t channelAxis = 0;
    std::vector<double> errors, units;
    // Of each: the mean of after − before, where a bias is kept in integers: by so much it was rounded.
    std::vector<double> shifts;
    std::size_t worstChannel = 0; // by units, else by error
    double largest = 0;           // |after − before|
    double scaled = 0;            // over the largest magnitude before
    double worst = 0;             // in units of rounding
    bool hasBound = false;        // units are known
    double allowed = 0;           // units; else a largest |after − before|
    bool isByUnits = false;       // what `allowed` is
    bool isWithin = false;
    std::string problem; // why it was not compared; a sentence

    // Its numbers do, or it has another type or shape; not: nobody knows.
    bool differs() const { return !isWithin && (problem.empty() || largest > 0); }
};

struct PartRules {
    std::uint64_t seed = 1;
    std::optional<Tolerance> tolerance; // in place of the bound
    // Inputs of the whole model, if it can be run: to see shapes that it does not tell. They must outlive
    // this.
    const std::vector<onnx::TensorProto>* inputs = nullptr;
};

// All parts that differ, in the order of the model before. What keeps one from being run is its problem, no
// error. Errors: those of reading the models; Unsupported where ONNX Runtime is not there; Cancelled.
//
// How many units are allowed: 8 for each rounding operator of both sides, and at least 16. An operator rounds
// its result once, a batch norm six times (Σ|w||x| holds mean and bias too), and a folded weight and bias
// once each; the sum over a layer's products, whose signs are independent as the data is, wanders by less
// than 5 units (five deviations of a random walk, 0.64·√2 units each; N. J. Higham, T. Mary, "A new approach
// to probabilistic rounding error analysis", 2019). Where it reads another layer, √n more for its n products,
// as there.
Result<std::vector<PartCheck>> checkParts(const std::shared_ptr<const GraphView>& before,
                                          const GraphView& after, const CommonValues& common,
                                          const PartRules& rules, const WorkerPlace& place,
                                          Progress& progress, const std::stop_token& stop);

} // namespace pleat
