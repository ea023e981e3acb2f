// SPDX-License-Identifier: GPL-3.0-or-later
// The JSON of the command line (resources/guide/design.md, "The command line") from result values. Always
// valid JSON: bytes that are not UTF-8 are replaced, non-finite numbers become the strings "nan", "inf",
// "-inf". What grows with the model is handed over pair by pair, so that no report is ever in memory as a
// whole.
#pragma once

#include "core/fold/Fold.h"
#include "core/graph/Describe.h"
#include "core/recipe/Recipe.h"
#include "core/report/StateDict.h"
#include "core/report/TensorFile.h"
#include "core/report/TextSink.h"
#include "core/weights/WeightTable.h"
#include "core/worker/OnnxRuntimeLibrary.h"

#include <string>

namespace pleat {

std::string infoJson(const ModelInfo& info);
Result<void> pairsJson(const std::string& model, std::span<const FoldCandidate> candidates,
                       const TextSink& write);

enum class Arrays { Include, LeaveOut }; // included in --report, left out of --json
// The files of a fold, as the user names them. Without an output nothing was written; without a data file all
// of it is in the output.
struct FoldFiles {
    std::string model, output, data;
    std::string stateDict{};            // the file; empty: none was asked for
    const StateDict* written = nullptr; // what is in it
};
Result<void> foldJson(const FoldFiles& files, std::span<const FoldedPair> pairs, Arrays arrays,
                      const TextSink& write);

// {"model", "layers": [{"layer", "op", "scope", "weight", …}]}: begin, then rows as they come, then the end.
class WeightsJson final {
public:
    explicit WeightsJson(TextSink write) : m_write(std::move(write)) {}
    Result<void> begin(const std::string& model);
    Result<void> add(const LayerRow& row);
    Result<void> end();

private:
    TextSink m_write;
    bool m_any = false;
};

// Tensors of a model, as they were listed or written under these names.
struct TensorFiles {
    std::string model, output; // no output: they are listed
    std::vector<NamedTensor> tensors;
    std::vector<LeftOutTensor> leftOut;
};
std::string tensorsJson(const TensorFiles& files);

// The files of a preparation, as the user names them.
struct PrepareFiles {
    std::string model, output, data;
};
std::string prepareJson(const PrepareFiles& files, const GraphView& before, const PreparedAll& prepared);
// The passes there are; with what each alone would do, where the model was asked.
struct ListedPass {
    const Pass* pass = nullptr;
    std::optional<Prepared> alone;
    std::string problem; // why it could not look; mostly empty
};
// `runtime`: the ONNX Runtime that computes constants for them, or why there is none.
std::string passesJson(const std::string& model, const std::vector<ListedPass>& passes,
                       const Result<OnnxRuntimeLibrary>& runtime);

// The files of a replay, as the user names them.
struct ReplayFiles {
    std::string recipe, model, output, data;
    std::optional<bool> sameSource; // the model is what the recipe was made with; nothing: it does not say
};
std::string replayJson(const ReplayFiles& files, const Recipe& recipe, const Replay& replayed);

} // namespace pleat
