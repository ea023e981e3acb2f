// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/Verify.h"

#include "core/verify/RandomInputs.h"
#include "core/verify/Structure.h"
#include "core/verify/WholeRun.h"

#include <algorithm>
#include <fmt/format.h>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

std::vector<std::string> outputNames(const GraphView& view)
{
    std::vector<std::string> names;
    for (const ValueIndex value : view.scopes()[index(ScopeIndex::Main)].outputs)
        names.emplace_back(view.name(value));
    return names;
}

// Those that are given, or one batch of random ones.
Result<Inputs> inputsFor(const GraphView& view, const VerifyOptions& options)
{
    if (options.inputs)
        return *options.inputs;
    auto made = randomInputs(view, options.seed, options.sizes);
    if (!made)
        return tl::make_unexpected(std::move(made.error()));
    Inputs inputs;
    inputs.batches = inputs.samples = 1;
    inputs.notes = std::move(made->notes);
    inputs.batch = [tensors = std::move(made->tensors)](std::size_t) -> Result<Inputs::Batch> {
        return tensors;
    };
    return inputs;
}

// What keeps both from being compared, in words; an Error where there is nothing left to say.
Result<void> run(const GraphView& before, const GraphView& after, const VerifyOptions& options,
                 const WorkerPlace& place, Verification& into, Progress& progress,
                 const std::stop_token& stop)
{
    const auto inputs = inputsFor(before, options);
    if (!inputs)
        return tl::make_unexpected(inputs.error());
    into.notes = inputs->notes;
    into.inputs = options.inputs ? inputs->origin : into.inputs;
    const auto library = findOnnxRuntime(place, stop);
    if (!library)
        return tl::make_unexpected(library.error());
    into.library = *library;
    const std::vector<std::string> names = outputNames(before);
    const auto of = [&](const GraphView& view, std::string_view which) {
        auto outputs = runOnAll(view.model(), *inputs, names, place, progress, stop);
        if (!outputs && outputs.error().code != ErrorCode::Cancelled)
            outputs.error().message =
                fmt::format("The model {} could not be run: {}", which, outputs.error().message);
        return outputs;
    };
    const auto was = of(before, "before");
    if (!was)
        return tl::make_unexpected(was.error());
    const auto is = of(after, "after");
    if (!is)
        return tl::make_unexpected(is.error());
    into.outputs.reserve(names.size());
    for (std::size_t o = 0; o < names.size(); ++o) {
        auto difference = outputDifference((*was)[o], (*is)[o], options.tolerance, stop);
        if (!difference)
            return tl::make_unexpected(std::move(difference.error()));
        into.outputs.push_back(std::move(*difference));
    }
    return {};
}

} // namespace

Result<Verification> verify(const GraphView& before, const GraphView& after, const VerifyOptions& options,
                            const WorkerPlace& place, Progress& progress, const std::stop_token& stop)
{
    Verification result;
    result.structure = interfaceDifferences(before, after);
    for (std::string& missing : missingData(after))
        result.structure.push_back(std::move(missing));
    if (!result.structure.empty()) {
        result.verdict = Equivalence::Different;
        return result;
    }
    const auto ran = run(before, after, options, place, result, progress, stop);
    if (stop.stop_requested())
        return cancelled();
    if (!ran && ran.error().code == ErrorCode::Usage)
        return tl::make_unexpected(ran.error());
    if (!ran)
        result.problem = ran.error().message;
    else
        result.verdict = std::ranges::all_of(result.outputs, &OutputDifference::isWithin)
                             ? Equivalence::Same
                             : Equivalence::Different;
    return result;
}

} // namespace pleat
