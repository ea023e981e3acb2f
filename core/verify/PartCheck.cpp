// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/PartCheck.h"

#include "core/model/Assemble.h"
#include "core/verify/Magnitude.h"
#include "core/verify/PartModel.h"
#include "core/worker/ModelRun.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace pleat {

namespace {

using Clock = std::chrono::steady_clock;
using Tensors = std::map<std::string, onnx::TensorProto, std::less<>>;

constexpr std::uint64_t sliceBytes = std::uint64_t{1} << 26; // of constants on one side, in one run
constexpr std::size_t sliceParts = 512;
constexpr double unitsAnOperator = 8, leastUnits = 16;
constexpr std::chrono::seconds timeOfARun{120};
constexpr int mostFailures = 200; // runs: each part that cannot be run costs a few

struct Job {
    std::size_t number = 0; // of the part
    Part part;
    PartCheck check;
    PartPorts before{}, after{};
    std::vector<onnx::TensorProto> tensors{};
};

std::vector<NodeRef> nodesOf(const PartContext& context, const PartSide& side)
{
    const GraphView& view = context.view;
    std::vector<NodeRef> nodes;
    nodes.reserve(side.nodes.size());
    for (const NodeIndex node : side.nodes)
        if (context.flow.isData(view.output(node, 0)))
            nodes.push_back({view.id(node), view.label(node), std::string(view.op(node))});
    return nodes;
}

std::size_t channelAxisOf(const PartCheck& check)
{
    const bool isMatrix =
        std::ranges::any_of(check.before, [](const NodeRef& node) { return node.op == "MatMul"; });
    return check.dims.size() < 2 ? 0 : isMatrix ? check.dims.size() - 1 : 1;
}

// Of one element: |after − before|, infinite where one is NaN or infinite and the other is not the same.
double errorOf(double before, double after)
{
    if (before == after || (std::isnan(before) && std::isnan(after)))
        return 0;
    return std::isfinite(before) && std::isfinite(after) ? std::abs(after - before)
                                                         : std::numeric_limits<double>::infinity();
}

Result<std::vector<double>> numbersOf(const onnx::TensorProto& tensor)
{
    return tensorView(tensor, nullptr).doubles();
}

class PartRunner final {
public:
    PartRunner(const GraphView& before, const GraphView& after, const PartRules& rules,
               const WorkerPlace& place, Progress& progress, const std::stop_token& stop)
        : m_before(before),
          m_after(after),
          m_rules(rules),
          m_place(place),
          m_progress(progress),
          m_stop(stop)
    {
    }

    // All of them, in slices of what fits.
    Result<void> run(std::span<Job> jobs)
    {
        m_total = jobs.size();
        m_done = 0;
        for (std::size_t first = 0; first < jobs.size();) {
            std::size_t count = 0;
            for (std::uint64_t bytes = 0;
                 first + count < jobs.size() && count < sliceParts && (count == 0 || bytes < sliceBytes);
                 ++count)
                bytes += bytesOf(jobs[first + count].part);
            if (auto done = runSlice(jobs.subspan(first, count)); !done)
                return done;
            first += count;
        }
        return {};
    }

private:
    std::uint64_t bytesOf(const Part& part) const
    {
        const auto of = [](const GraphView& view, const PartSide& side) {
            std::uint64_t bytes = 0;
            for (const NodeIndex node : side.nodes)
                for (const ValueIndex input : view.inputs(node))
                    if (const Initializer* constant = view.initializer(view.origin(input)))
                        bytes += 2 * tensorView(constant->tensor).payload().size();
            return bytes;
        };
        return std::max(of(m_before, part.before), of(m_after, part.after));
    }

    Result<void> runSlice(std::span<Job> jobs)
    {
        if (m_stop.stop_requested())
            return cancelled();
        const auto start = Clock::now();
        auto ran = runTogether(jobs, false);
        if (!ran && ran.error().code != ErrorCode::Cancelled && wouldChangeAsFloat(jobs))
            ran = runTogether(jobs, true);
        if (!ran && ran.error().code == ErrorCode::Cancelled)
            return ran;
        const bool isSlow = Clock::now() - start > m_place.time.value_or(timeOfARun) / 2;
        if (!ran && jobs.size() > 1 && !isSlow && ++m_failures < mostFailures) {
            auto first = runSlice(jobs.first(jobs.size() / 2));
            return first ? runSlice(jobs.subspan(jobs.size() / 2)) : first;
        }
        for (Job& job : jobs)
            if (!ran && job.check.problem.empty())
                job.check.problem = "It could not be run: " + ran.error().message;
        m_progress.advance(m_done += jobs.size(), m_total);
        return {};
    }

    static bool wouldChangeAsFloat(std::span<const Job> jobs)
    {
        return std::ranges::any_of(jobs, [](const Job& job) {
            const DataType type = coarsestOf(job);
            return computedType(type, true) != computedType(type, false);
        });
    }

    // Errors: of any of them.
    Result<void> runTogether(std::span<Job> jobs, bool asFloat)
    {
        PartModel before(m_before, asFloat), after(m_after, asFloat);
        std::vector<Job*> written;
        written.reserve(jobs.size());
        for (Job& job : jobs)
            if (write(job, before, after, asFloat))
                written.push_back(&job);
        if (written.empty())
            return {};
        const auto was = resultsOf(before, written, &Job::before);
        if (!was)
            return tl::make_unexpected(was.error());
        const auto is = resultsOf(after, written, &Job::after);
        if (!is)
            return tl::make_unexpected(is.error());
        for (Job* job : written)
            if (auto judged = judge(*job, *was, *is); !judged)
                return judged;
        return {};
    }

    // False where it has a problem.
    bool write(Job& job, PartModel& before, PartModel& after, bool asFloat) const
    {
        if (!job.check.problem.empty())
            return false;
        std::vector<DataType> types(job.check.inputShapes.size());
        std::ranges::transform(job.check.inputShapes, types.begin(), &PartInput::type);
        auto tensors = partTensors(job.check.inputShapes, job.number, m_rules.seed, asFloat);
        auto was = before.add(job.part.before, job.number, types);
        auto is = after.add(job.part.after, job.number, types);
        for (const Error* error :
             {tensors ? nullptr : &tensors.error(), was ? nullptr : &was.error(), is ? nullptr : &is.error()})
            if (error)
                job.check.problem = error->message;
        if (!job.check.problem.empty())
            return false;
        job.check.asFloat = asFloat;
        job.tensors = std::move(*tensors);
        job.before = std::move(*was);
        job.after = std::move(*is);
        return true;
    }

    Result<Tensors> resultsOf(const PartModel& model, const std::vector<Job*>& jobs,
                              PartPorts Job::*side) const
    {
        const auto message = model.message();
        if (!message)
            return tl::make_unexpected(message.error());
        ModelRun run{.model = RunnableModel(*message), .outputs = {}, .inputs = {}, .time = timeOfARun};
        for (const Job* job : jobs) {
            const PartPorts& ports = job->*side;
            for (const std::string& output : {ports.output, ports.magnitude})
                if (!output.empty())
                    run.outputs.push_back(output);
        }
        run.inputs = [&](std::size_t) -> Result<std::vector<onnx::TensorProto>> {
            std::vector<onnx::TensorProto> inputs;
            for (const Job* job : jobs)
                inputs.insert(inputs.end(), job->tensors.begin(), job->tensors.end());
            return inputs;
        };
        Tensors results;
        const auto take = [&results](std::size_t, onnx::TensorProto output) -> Result<void> {
            std::string name = output.name();
            results.emplace(std::move(name), std::move(output));
            return {};
        };
        NoProgress quiet;
        if (auto ran = runByOnnxRuntime(run, m_place, take, quiet, m_stop); !ran)
            return tl::make_unexpected(std::move(ran.error()));
        return results;
    }

    // REQUIRES: all results are there.
    Result<void> judge(Job& job, const Tensors& was, const Tensors& is) const
    {
        PartCheck& check = job.check;
        const onnx::TensorProto& before = was.at(job.before.output);
        const onnx::TensorProto& after = is.at(job.after.output);
        check.dims.assign(before.dims().begin(), before.dims().end());
        check.channelAxis = channelAxisOf(check);
        if (before.data_type() != after.data_type() || !std::ranges::equal(before.dims(), after.dims())) {
            check.problem = "It has another type or shape.";
            check.largest = check.worst = std::numeric_limits<double>::infinity();
            return {};
        }
        const auto a = numbersOf(before), b = numbersOf(after);
        for (const auto* numbers : {&a, &b})
            if (!*numbers)
                return tl::make_unexpected(numbers->error());
        auto units = unitsOf(job, was, is, a->size());
        if (!units)
            return tl::make_unexpected(std::move(units.error()));
        compare(check, *a, *b, *units);
        if (job.before.steps > 0 || job.after.steps > 0)
            check.shifts = shiftsOf(check, *a, *b);
        setVerdict(job, magnitudeIn(*a));
        return {};
    }

    // `reach`: the largest magnitude before.
    void setVerdict(Job& job, double reach) const
    {
        PartCheck& check = job.check;
        check.isByUnits = check.hasBound && !m_rules.tolerance;
        if (check.isByUnits) {
            check.allowed =
                std::max(leastUnits, unitsAnOperator * (job.before.roundings + job.after.roundings));
        } else {
            const Tolerance allowed = m_rules.tolerance.value_or(
                usualTolerance(job.check.asFloat && coarsestOf(job) == DataType::Double ? DataType::Float
                                                                                        : coarsestOf(job)));
            const double steps = m_rules.tolerance ? 0 : std::max(job.before.steps, job.after.steps);
            check.allowed = allowed.absolute + allowed.relative * reach + steps;
        }
        check.isWithin = (check.isByUnits ? check.worst : check.largest) <= check.allowed;
    }

    static DataType coarsestOf(const Job& job)
    {
        const bool isFirst = unitRoundoff(job.before.coarsest) >= unitRoundoff(job.after.coarsest);
        return isFirst ? job.before.coarsest : job.after.coarsest;
    }

    static double magnitudeIn(const std::vector<double>& numbers)
    {
        double largest = 0;
        for (const double number : numbers)
            if (std::isfinite(number))
                largest = std::max(largest, std::abs(number));
        return largest;
    }

    // Of each element: u·Σ|w||x|, the larger one of both sides; empty where it is not known.
    static Result<std::vector<double>> unitsOf(const Job& job, const Tensors& was, const Tensors& is,
                                               std::size_t count)
    {
        std::vector<double> units;
        if (job.before.magnitude.empty() || job.after.magnitude.empty())
            return units;
        const double roundoff =
            std::max(unitRoundoff(coarsestOf(job)), job.check.asFloat ? unitRoundoff(DataType::Float) : 0);
        const auto a = numbersOf(was.at(job.before.magnitude)), b = numbersOf(is.at(job.after.magnitude));
        for (const auto* numbers : {&a, &b})
            if (!*numbers)
                return tl::make_unexpected(numbers->error());
        if (a->size() != count || b->size() != count || roundoff == 0)
            return units;
        units.resize(count);
        std::ranges::transform(*a, *b, units.begin(), [roundoff](double one, double other) {
            return roundoff * std::max(one, other);
        });
        return units;
    }

    // The channels of an output, element by element.
    struct Channels {
        explicit Channels(const PartCheck& check)
        {
            const auto size = [&](std::size_t axis) { return static_cast<std::size_t>(check.dims[axis]); };
            count = check.dims.empty() ? 1 : size(check.channelAxis);
            for (std::size_t axis = check.channelAxis + 1; axis < check.dims.size(); ++axis)
                m_step *= size(axis);
        }
        std::size_t of(std::size_t element) const { return element / m_step % count; }
        std::size_t count = 1;

    private:
        std::size_t m_step = 1;
    };

    static std::vector<double> shiftsOf(const PartCheck& check, const std::vector<double>& before,
                                        const std::vector<double>& after)
    {
        const Channels channels(check);
        std::vector<double> shifts(channels.count, 0);
        for (std::size_t e = 0; e < before.size(); ++e)
            shifts[channels.of(e)] += after[e] - before[e];
        for (double& shift : shifts)
            shift /= static_cast<double>(std::max<std::size_t>(before.size() / channels.count, 1));
        return shifts;
    }

    static void compare(PartCheck& check, const std::vector<double>& before, const std::vector<double>& after,
                        const std::vector<double>& units)
    {
        const Channels channels(check);
        check.hasBound = !units.empty();
        check.errors.assign(channels.count, 0);
        check.units.assign(check.hasBound ? channels.count : 0, 0);
        for (std::size_t e = 0; e < before.size(); ++e) {
            const std::size_t channel = channels.of(e);
            const double error = errorOf(before[e], after[e]);
            check.errors[channel] = std::max(check.errors[channel], error);
            if (check.hasBound && error > 0)
                check.units[channel] = std::max(check.units[channel], error / units[e]);
        }
        const auto& deciding = check.hasBound ? check.units : check.errors;
        if (channels.count > 0) {
            check.largest = *std::ranges::max_element(check.errors);
            const auto worst = std::ranges::max_element(deciding);
            check.worstChannel = static_cast<std::size_t>(worst - deciding.begin());
            check.worst = check.hasBound ? *worst : 0;
        }
        const double reach = magnitudeIn(before);
        check.scaled = check.largest == 0 ? 0 : check.largest / reach;
    }

    const GraphView& m_before;
    const GraphView& m_after;
    const PartRules& m_rules;
    const WorkerPlace& m_place;
    Progress& m_progress;
    const std::stop_token& m_stop;
    std::uint64_t m_done = 0, m_total = 0;
    int m_failures = 0;
};

// What is known of a part without running it.
class Describer final {
public:
    Describer(const GraphView& before, const GraphView& after, const CommonValues& common)
        : m_before(before),
          m_after(after),
          m_common(common),
          m_contextBefore(before),
          m_contextAfter(after)
    {
        for (const FoldCandidate& fold : common.folds)
            for (const NodeRef& node : fold.affine)
                m_folds.emplace(node.id, fold.id);
    }

    Job operator()(Part part, std::size_t number) const
    {
        PartCheck check;
        check.output = m_before.name(part.before.output);
        check.scope = m_before.scopes()[index(m_before.scope(part.before.output))].path;
        check.before = nodesOf(m_contextBefore, part.before);
        check.after = nodesOf(m_contextAfter, part.after);
        check.type = typeOrWhatReadersWant(m_before, m_contextBefore.types, part.before.output);
        check.problem = part.problem;
        for (const NodeRef& node : check.before)
            if (const auto fold = m_folds.find(node.id);
                fold != m_folds.end() && (check.folds.empty() || check.folds.back() != fold->second))
                check.folds.push_back(fold->second);
        check.inputs.reserve(part.before.inputs.size());
        for (const ValueIndex input : part.before.inputs)
            check.inputs.emplace_back(m_before.name(input));
        if (check.problem.empty()) {
            // Where one side reads what the other one does not, it is asked what the two of them read.
            part.before.inputs = allInputs(part);
            part.after.inputs = named(part.before.inputs);
            auto inputs = partInputs(m_contextBefore, m_contextAfter, part);
            if (inputs)
                check.inputShapes = std::move(*inputs);
            else
                check.problem = inputs.error().message;
        }
        return {number, std::move(part), std::move(check)};
    }

    void see(ValueIndex value, KnownShape shape)
    {
        m_contextBefore.seen.insert_or_assign(value, std::move(shape));
    }

private:
    std::vector<ValueIndex> allInputs(const Part& part) const
    {
        std::vector<ValueIndex> all = part.before.inputs;
        const ScopeIndex scope = m_before.scope(part.before.output);
        for (const ValueIndex input : part.after.inputs) {
            const ValueIndex was = m_before.find(scope, m_after.name(input));
            if (was != ValueIndex::None && std::ranges::find(all, was) == all.end())
                all.push_back(was);
        }
        return all;
    }
    std::vector<ValueIndex> named(const std::vector<ValueIndex>& values) const
    {
        std::vector<ValueIndex> now(values.size());
        std::ranges::transform(values, now.begin(), [&](ValueIndex value) {
            return m_common.counterpart(m_before, m_after, value);
        });
        return now;
    }

    const GraphView& m_before;
    const GraphView& m_after;
    const CommonValues& m_common;
    PartContext m_contextBefore, m_contextAfter;
    std::map<NodeId, FoldId> m_folds;
};

// Runs the whole model before, as far as these values need, for their shapes. Where it cannot be run, it
// tells nothing. Errors: Cancelled.
Result<void> seeShapes(const GraphView& view, const std::set<ValueIndex>& values, const PartRules& rules,
                       const WorkerPlace& place, Describer& into, const std::stop_token& stop)
{
    constexpr std::size_t atOnce = 64;
    const auto see = [&](const onnx::TensorProto& tensor) {
        into.see(view.find(ScopeIndex::Main, tensor.name()), {tensor.dims().begin(), tensor.dims().end()});
    };
    const std::vector<ValueIndex> all(values.begin(), values.end());
    if (!all.empty())
        std::ranges::for_each(*rules.inputs, see);
    for (std::size_t first = 0; first < all.size(); first += atOnce) {
        const auto slice = std::span(all).subspan(first, std::min(atOnce, all.size() - first));
        ModelRun run{
            .model = view.model(),
            .outputs = {},
            .inputs = [&](std::size_t) -> Result<std::vector<onnx::TensorProto>> { return *rules.inputs; }};
        run.outputs.reserve(slice.size());
        for (const ValueIndex value : slice)
            run.outputs.emplace_back(view.name(value));
        const auto take = [&](std::size_t, const onnx::TensorProto& output) -> Result<void> {
            see(output);
            return {};
        };
        NoProgress quiet;
        if (const auto ran = runByOnnxRuntime(run, place, take, quiet, stop); !ran)
            return ran.error().code == ErrorCode::Cancelled ? ran : Result<void>{};
    }
    return {};
}

} // namespace

Result<std::vector<PartCheck>> checkParts(const std::shared_ptr<const GraphView>& before,
                                          const GraphView& after, const CommonValues& common,
                                          const PartRules& rules, const WorkerPlace& place,
                                          Progress& progress, const std::stop_token& stop)
{
    const Parts parts(*before, after, common);
    NoProgress quiet;
    auto changed = parts.changed(quiet, stop);
    if (!changed)
        return tl::make_unexpected(std::move(changed.error()));
    Describer describe(*before, after, common);
    std::vector<Job> jobs;
    jobs.reserve(changed->size());
    for (Part& part : *changed)
        jobs.push_back(describe(std::move(part), jobs.size()));
    PartRunner runner(*before, after, rules, place, progress, stop);
    if (auto ran = runner.run(jobs); !ran)
        return tl::make_unexpected(std::move(ran.error()));

    // What the models do not tell of shapes shows when they run.
    std::set<ValueIndex> unseen;
    for (const Job& job : jobs)
        if (rules.inputs && !job.check.problem.empty() && job.part.problem.empty() && !job.check.differs())
            for (const ValueIndex input : job.part.before.inputs)
                if (before->producer(input) != NodeIndex::None && before->scope(input) == ScopeIndex::Main)
                    unseen.insert(input);
    if (auto seen = seeShapes(*before, unseen, rules, place, describe, stop); !seen)
        return tl::make_unexpected(std::move(seen.error()));
    std::vector<Job> seen;
    for (const Job& job : jobs)
        if (!unseen.empty() && !job.check.problem.empty() && job.part.problem.empty() && !job.check.differs())
            seen.push_back(describe(job.part, job.number));
    if (auto ran = runner.run(seen); !ran)
        return tl::make_unexpected(std::move(ran.error()));
    for (Job& job : seen)
        jobs[job.number] = std::move(job);

    // What differs may do so for inputs alone that never come together.
    std::vector<Job> again;
    for (const Job& job : jobs) {
        if (job.check.isWithin || !job.check.problem.empty())
            continue;
        Part wide = parts.widened(job.part);
        if (wide.before.nodes.size() > job.part.before.nodes.size())
            again.push_back(describe(std::move(wide), job.number));
    }
    if (auto ran = runner.run(again); !ran)
        return tl::make_unexpected(std::move(ran.error()));
    for (Job& job : again)
        if (job.check.isWithin)
            jobs[job.number].check = std::move(job.check);
    std::vector<PartCheck> checks;
    checks.reserve(jobs.size());
    for (Job& job : jobs)
        checks.push_back(std::move(job.check));
    return checks;
}

} // namespace pleat
