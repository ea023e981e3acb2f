// SPDX-License-Identifier: GPL-3.0-or-later
// What quantization will cost, before anything is quantized: the same samples through a model as it is and
// with its weights rounded to few bits and back (QuantizedModel.h), before folding and after. With y what the
// model in float computes and ŷ what the rounded one does, over all samples,
//     SQNR = 10·log₁₀(Σ y² / Σ (y − ŷ)²) dB
// at the output of each layer and of the model, against the float model of the same side. "Alone" is the
// ratio at the model's outputs when only this layer is rounded: the sensitivity of AIMET's QuantAnalyzer
// ("per-layer sensitivity analysis"). Values, free to cross threads.
#pragma once

#include "core/fold/FoldCandidate.h"
#include "core/tensor/Sqnr.h"
#include "core/verify/Inputs.h"
#include "core/worker/OnnxRuntimeLibrary.h"

#include <limits>

namespace pleat {

struct RehearsalOptions {
    QuantizationScheme scheme{}; // of the weights; nothing is clipped
    // What layers make is rounded, too, to 8 bits, asymmetric, per tensor, by the least and the largest
    // number that the samples make. Of float only, from opset 10 on.
    bool activations = false;
    bool sensitivity = false;                        // each layer alone, too
    std::uint64_t memory = std::uint64_t{256} << 20; // bytes of outputs that are held at once, about
};

inline constexpr double noRatio = std::numeric_limits<double>::quiet_NaN();

struct LayerLoss {
    NodeRef layer;
    std::string key;              // the same for the layer before and after: its name, or that of its weight
    std::string weight;           // the stored tensor
    std::string output;           // where the ratio is measured; empty where nobody can
    double weightRatio = noRatio; // of the weight, dB
    double ratio = noRatio; // of the output, with all layers rounded, dB; infinite where nothing is lost
    double alone = noRatio; // of the model's outputs with this layer rounded alone
    std::string problem;    // why it is not rounded: a sentence; else empty
};

struct OutputLoss {
    std::string name;
    double ratio = noRatio;
    std::uint64_t rows = 0;  // of an output that looks like class scores: floats of rank 2, 2 columns or more
    std::uint64_t agree = 0; // of these: the highest score is that of the same class as in float
};

// How many samples got the class of their label.
struct Accuracy {
    std::uint64_t samples = 0, right = 0;
};

struct RehearsedModel {
    std::vector<LayerLoss> layers;   // in the order of the data
    std::vector<OutputLoss> outputs; // floats
    double ratio = noRatio;          // the lowest of the outputs
    std::optional<Accuracy> inFloat, rounded;
    std::vector<std::string> notes;
};

struct Rehearsal {
    RehearsalOptions options;
    RehearsedModel before, after;
    std::string problem;        // why the models could not be run: a sentence; empty where they were
    OnnxRuntimeLibrary library; // that ran them
};

// Of one model. `measuredAt`: for a key, another value of the main graph than the layer's own output. Errors:
// Unsupported with the sentence why it cannot be run; those of reading weights and inputs; Cancelled.
Result<RehearsedModel> rehearse(const std::shared_ptr<const GraphView>& view, const Inputs& inputs,
                                const std::map<std::string, std::string>& measuredAt,
                                const RehearsalOptions& options, const WorkerPlace& place, Progress& progress,
                                const std::stop_token& stop);

// Of both. A layer of the model before is measured where the layer of the same key is measured after, if the
// model before has such a value: behind the batch norm that was folded. What keeps a model from being run is
// no error but a problem. Errors: those of reading inputs; Cancelled.
Result<Rehearsal> rehearse(const std::shared_ptr<const GraphView>& before,
                           const std::shared_ptr<const GraphView>& after, const Inputs& inputs,
                           const RehearsalOptions& options, const WorkerPlace& place, Progress& progress,
                           const std::stop_token& stop);

// The layers with a ratio by their loss, the worst first: by `alone` where it was measured.
std::vector<const LayerLoss*> byLoss(const RehearsedModel& model);

std::string schemeText(const RehearsalOptions& options); // "8 bits, per tensor"

// "8 bits, per tensor: 24.1 dB before folding, 31.7 dB after; worst layer features.1.conv.0."
std::string rehearsalSentence(const Rehearsal& rehearsal);

} // namespace pleat
