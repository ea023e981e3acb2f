// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/Verify.h"

#include "core/verify/IntegerSteps.h"
#include "core/verify/Parts.h"
#include "core/verify/RandomInputs.h"
#include "core/verify/Structure.h"
#include "core/verify/WholeRun.h"

#include <algorithm>
#include <fmt/format.h>

namespace pleat {

namespace {

std::vector<std::string> outputNames(const GraphView& view)
{
    std::vector<std::string> names;
    for (const ValueIndex value : view.scopes()[index(ScopeIndex::Main)].outputs)
        names.emplace_back(view.name(value));
    return names;
}

// Nobody keeps the pointer: what is found are values.
std::shared_ptr<const GraphView> unowned(const GraphView& view)
{
    return {std::shared_ptr<const GraphView>(), &view};
}

// One verification: what was asked for and what was found so far. Each step returns why it could not be done.
class Verifying final {
public:
    Verifying(const GraphView& before, const GraphView& after, const VerifyOptions& options,
              const WorkerPlace& place, Progress& progress, const std::stop_token& stop)
        : m_before(before),
          m_after(after),
          m_options(options),
          m_place(place),
          m_progress(progress),
          m_stop(stop)
    {
    }

    Result<Verification> all()
    {
        const auto inputs = inputsFor(m_before, m_options);
        if (!inputs && inputs.error().code == ErrorCode::Usage)
            return tl::make_unexpected(inputs.error());
        if (inputs)
            m_found.notes = inputs->notes;
        if (m_options.inputs)
            m_found.inputs = inputs->origin;
        const auto library = findOnnxRuntime(m_place, m_stop);
        if (library)
            m_found.library = *library;
        const auto compared = compareParts(library ? nullptr : &library.error(), inputs ? &*inputs : nullptr);
        m_found.partsProblem = compared ? "" : compared.error().message;
        const auto ran = !library  ? tl::make_unexpected(library.error())
                         : !inputs ? tl::make_unexpected(inputs.error())
                                   : runWhole(*inputs);
        m_found.problem = ran ? "" : ran.error().message;
        if (m_stop.stop_requested())
            return cancelled();
        judge();
        if (ran)
            lookCloser(*inputs);
        if (m_stop.stop_requested())
            return cancelled();
        return std::move(m_found);
    }

private:
    Result<void> compareParts(const Error* missing, const Inputs* whole)
    {
        const std::shared_ptr<const GraphView> before = unowned(m_before);
        NoProgress quiet;
        auto common = commonValues(before, m_after, quiet, m_stop);
        if (!common)
            return tl::make_unexpected(std::move(common.error()));
        m_common = std::move(*common);
        if (missing) {
            auto changed = Parts(m_before, m_after, m_common).changed(quiet, m_stop);
            if (changed && changed->empty())
                return {};
            return tl::make_unexpected(changed ? *missing : changed.error());
        }
        const auto first = whole ? whole->batch(0) : Result<Inputs::Batch>(Inputs::Batch());
        const PartRules rules{.seed = m_options.seed,
                              .tolerance = m_options.tolerance,
                              .inputs = whole && first ? &*first : nullptr};
        auto checks = checkParts(before, m_after, m_common, rules, m_place, m_progress, m_stop);
        if (!checks)
            return tl::make_unexpected(std::move(checks.error()));
        m_found.parts = std::move(*checks);
        return {};
    }

    Result<void> runWhole(const Inputs& inputs)
    {
        const std::vector<std::string> names = outputNames(m_before);
        const auto of = [&](const GraphView& view, std::string_view which) {
            auto outputs = runOnAll(view.model(), inputs, names, m_place, m_progress, m_stop);
            if (!outputs && outputs.error().code != ErrorCode::Cancelled)
                outputs.error().message =
                    fmt::format("The model {} could not be run: {}", which, outputs.error().message);
            return outputs;
        };
        const auto was = of(m_before, "before");
        if (!was)
            return tl::make_unexpected(was.error());
        const auto is = of(m_after, "after");
        if (!is)
            return tl::make_unexpected(is.error());
        m_found.outputs.reserve(names.size());
        for (std::size_t o = 0; o < names.size(); ++o) {
            auto difference = outputDifference((*was)[o], (*is)[o], m_options.tolerance, m_stop);
            if (!difference)
                return tl::make_unexpected(std::move(difference.error()));
            m_found.outputs.push_back(std::move(*difference));
        }
        return lookBesideSteps(inputs, *was, *is);
    }

    // Where floats alone do not explain a difference, all parts are right, and somebody's own tolerance does
    // not say otherwise.
    Result<void> lookBesideSteps(const Inputs& inputs, const std::vector<onnx::TensorProto>& was,
                                 const std::vector<onnx::TensorProto>& is)
    {
        const auto isExplicable = [](const OutputDifference& output) {
            return !output.isWithin && output.problem.empty() && output.numbers.apart == 0;
        };
        const bool arePartsRight =
            m_found.partsProblem.empty() && std::ranges::all_of(m_found.parts, &PartCheck::isWithin);
        if (m_options.tolerance || !arePartsRight || std::ranges::none_of(m_found.outputs, isExplicable))
            return {};
        std::vector<ValueShift> shifts;
        for (const PartCheck& part : m_found.parts) {
            if (part.shifts.empty() || !part.scope.empty())
                continue;
            shifts.push_back({part.output, part.type, part.channelAxis, part.dims.size(), part.shifts});
            for (double& by : shifts.back().by)
                by = -by;
        }
        const std::vector<std::string> names = outputNames(m_before);
        const auto run = [&](const Model& model) {
            return runOnAll(model, inputs, names, m_place, m_progress, m_stop);
        };
        const auto smooth = withoutRounding(unowned(m_before));
        if (!smooth && shifts.empty())
            return {};
        const auto unrounded = smooth ? run(*smooth) : Result<std::vector<onnx::TensorProto>>(was);
        const auto moved = shifts.empty() ? Result<std::vector<onnx::TensorProto>>(is)
                                          : run(shifted(unowned(m_after), shifts));
        if (!unrounded || !moved)
            return {}; // nobody knows, and the difference stands
        for (std::size_t o = 0; o < names.size(); ++o) {
            if (!isExplicable(m_found.outputs[o]))
                continue;
            const auto rounding = outputDifference(was[o], (*unrounded)[o], {}, m_stop);
            const auto left = outputDifference(was[o], (*moved)[o], {}, m_stop);
            if (!rounding || !left)
                return tl::make_unexpected(rounding ? left.error() : rounding.error());
            const double error = rounding->numbers.largest;
            m_found.outputs[o].besideSteps = BesideSteps{.largest = left->numbers.largest,
                                                         .tolerated = left->tolerated + error,
                                                         .rounding = error,
                                                         .biases = !shifts.empty()};
            m_found.outputs[o].isWithin =
                left->numbers.apart == 0 && left->numbers.largest <= left->tolerated + error;
        }
        return {};
    }

    void judge()
    {
        const bool differs =
            !std::ranges::all_of(m_found.outputs, &OutputDifference::isWithin) ||
            std::ranges::any_of(m_found.parts, [](const PartCheck& part) { return part.differs(); });
        m_found.verdict = differs                                                ? Equivalence::Different
                          : m_found.problem.empty() || m_found.haveAllPartsRun() ? Equivalence::Same
                                                                                 : Equivalence::Unknown;
    }

    void lookCloser(const Inputs& inputs)
    {
        if (m_options.trace || m_found.verdict == Equivalence::Different) {
            auto traced = traceDivergence(m_before, m_after, m_common, inputs, m_options.tolerance, m_place,
                                          m_progress, m_stop);
            if (traced)
                m_found.divergence = std::move(*traced);
            else
                m_found.divergenceProblem = traced.error().message;
        }
        if (!m_options.speed || m_stop.stop_requested())
            return;
        auto measured =
            measureSpeed(m_before, m_after, inputs, m_options.speedRuns, m_place, m_progress, m_stop);
        if (measured)
            m_found.speed = *measured;
        else
            m_found.speedProblem = measured.error().message;
    }

    const GraphView& m_before;
    const GraphView& m_after;
    const VerifyOptions& m_options;
    const WorkerPlace& m_place;
    Progress& m_progress;
    const std::stop_token& m_stop;
    CommonValues m_common;
    Verification m_found;
};

} // namespace

bool Verification::haveAllPartsRun() const
{
    return partsProblem.empty() && std::ranges::all_of(parts, [](const PartCheck& part) {
               return part.problem.empty() || part.differs();
           });
}

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

Result<Verification> verify(const GraphView& before, const GraphView& after, const VerifyOptions& options,
                            const WorkerPlace& place, Progress& progress, const std::stop_token& stop)
{
    Verification result;
    result.structure = interfaceDifferences(before, after);
    for (std::string& missing : missingData(after))
        result.structure.push_back(std::move(missing));
    NoProgress quiet;
    auto complaint = checkerDifference(before, after, place.program, quiet, stop);
    if (!complaint)
        return tl::make_unexpected(std::move(complaint.error()));
    if (!complaint->empty())
        result.structure.push_back(std::move(*complaint));
    if (!result.structure.empty()) {
        result.verdict = Equivalence::Different;
        return result;
    }
    return Verifying(before, after, options, place, progress, stop).all();
}

} // namespace pleat
