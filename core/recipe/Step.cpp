// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/recipe/Step.h"

#include "core/rewrite/Rewriter.h"

#include <algorithm>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

Argument node(const NodeRef& of)
{
    return {Argument::Kind::Node, of.name, of.op, of.id};
}

// The batch norm that was folded, or the first of a chain of others.
const NodeRef& head(const FoldCandidate& candidate)
{
    const auto found = std::ranges::find(candidate.affine, "BatchNormalization", &NodeRef::op);
    return found == candidate.affine.end() ? candidate.affine.front() : *found;
}

void addFindings(const FoldedPair& pair, std::vector<Finding>& findings)
{
    const FoldCandidate& candidate = pair.candidate;
    if (!pair.folded && candidate.reason)
        findings.push_back({std::string(code(*candidate.reason)), candidate.id, candidate.message});
    for (const FoldWarning& warning : candidate.warnings) {
        if (pair.folded)
            findings.push_back({warning.code, candidate.id, warning.message});
    }
}

template<class Outcome>
void report(const FoldStep& step, const std::vector<FoldedPair>& pairs, Outcome& outcome)
{
    const FoldedPair* only = nullptr;
    for (const FoldedPair& pair : pairs) {
        outcome.changed += pair.folded;
        only = pair.folded ? &pair : only;
        // Of the others nothing was asked where some were chosen.
        if (pair.folded || !step.ids)
            addFindings(pair, outcome.findings);
    }
    if (outcome.changed == 1 && !only->layers.empty())
        outcome.what =
            sentence("folded {} into {}", node(head(only->candidate)), node(only->layers.front().layer));
    else if (outcome.changed == 0)
        outcome.what = "there was nothing to fold";
    else
        outcome.what = sentence("folded {} pairs", outcome.changed);
}

Result<StepOutcome> apply(const FoldStep& step, const std::shared_ptr<const GraphView>& view,
                          Progress& progress, const std::stop_token& stop, Engine*)
{
    auto folded = fold(view, step.ids, step.options, progress, stop);
    if (!folded)
        return tl::make_unexpected(std::move(folded.error()));
    StepOutcome outcome{.outcome = std::move(*folded), .changed = 0, .what = {}, .findings = {}};
    report(step, outcome.outcome.pairs, outcome);
    return outcome;
}

Result<StepOutcome> apply(const CanonicalizeStep& step, const std::shared_ptr<const GraphView>& view,
                          Progress& progress, const std::stop_token& stop, Engine*)
{
    auto found = fold(view, std::vector<FoldId>(), step.options, progress, stop); // folds none, finds all
    if (!found)
        return tl::make_unexpected(std::move(found.error()));
    if (auto written = canonicalizeRest(*found, step.form); !written)
        return tl::make_unexpected(std::move(written.error()));
    StepOutcome outcome{.outcome = std::move(*found), .changed = 0, .what = {}, .findings = {}};
    for (const FoldedPair& pair : outcome.outcome.pairs) {
        outcome.changed += pair.canonicalized;
        if (pair.candidate.batchNorm && !pair.canonicalized)
            addFindings(pair, outcome.findings);
    }
    outcome.what = outcome.changed == 0 ? Sentence("there was no batch norm to write in another form")
                   : step.form == Rest::MulAdd
                       ? sentence("wrote {} batch norms as a Mul and an Add", outcome.changed)
                       : sentence("normalised {} batch norms", outcome.changed);
    return outcome;
}

Result<StepOutcome> apply(const FreezeInputsStep&, const std::shared_ptr<const GraphView>& view, Progress&,
                          const std::stop_token&, Engine*)
{
    const auto inputs = [](const GraphView& of) { return of.model().graph->header->input_size(); };
    const auto frozen = withFrozenInputs(view);
    StepOutcome outcome{.outcome = {frozen->model(), {}}, .changed = 0, .what = {}, .findings = {}};
    outcome.changed = static_cast<std::size_t>(inputs(*view) - inputs(*frozen));
    outcome.what = outcome.changed == 0
                       ? Sentence("there was no input that has an initializer")
                       : sentence("took away {} inputs that have an initializer", outcome.changed);
    return outcome;
}

Result<StepOutcome> apply(const PrepareStep& step, const std::shared_ptr<const GraphView>& view,
                          Progress& progress, const std::stop_token& stop, Engine* engine)
{
    auto prepared = prepare(step.pass, Subject(view), step.options, progress, stop, engine);
    if (!prepared)
        return tl::make_unexpected(std::move(prepared.error()));
    const GraphView& after = prepared->after.view();
    StepOutcome outcome{
        .outcome = {after.model(), {}}, .changed = prepared->done.size(), .what = {}, .findings = {}};
    outcome.what = outcome.changed == 0   ? Sentence("there was nothing to do")
                   : outcome.changed == 1 ? std::move(prepared->done.front().what)
                                          : sentence("changed {} places", outcome.changed);
    for (const LeftPlace& place : prepared->left)
        outcome.findings.push_back({place.code, lastingId(after, after.find(place.node)), place.why});
    return outcome;
}

Result<StepOutcome> apply(const EditStep& step, const std::shared_ptr<const GraphView>& view, Progress&,
                          const std::stop_token& stop, Engine* engine)
{
    auto edited = applyEdit(step, view, stop, engine);
    if (!edited)
        return tl::make_unexpected(std::move(edited.error()));
    return StepOutcome{.outcome = {std::move(edited->after), {}},
                       .changed = edited->changed ? std::size_t{1} : 0,
                       .what = std::move(edited->what),
                       .findings = std::move(edited->findings)};
}

} // namespace

Sentence describe(const Step& step)
{
    if (const auto* edit = std::get_if<EditStep>(&step))
        return describe(*edit);
    if (const auto* prepare = std::get_if<PrepareStep>(&step)) {
        const Pass* const pass = findPass(prepare->pass);
        return sentence("Prepare: {}", pass ? std::string(pass->name) : prepare->pass);
    }
    if (const auto* fold = std::get_if<FoldStep>(&step)) {
        if (!fold->ids)
            return fold->options.constantsToo ? Sentence("Fold all batch norms, scales and shifts")
                                              : Sentence("Fold all batch norms");
        if (fold->ids->size() == 1)
            return sentence("Fold {}",
                            Argument(Argument::Kind::Tensor, fold->ids->front(), {}, NodeId::None));
        return sentence("Fold {} chosen pairs", fold->ids->size());
    }
    if (std::holds_alternative<FreezeInputsStep>(step))
        return "Take initializers that are listed as inputs for constants";
    return std::get<CanonicalizeStep>(step).form == Rest::MulAdd
               ? Sentence("Write the batch norms that are left as Mul and Add")
               : Sentence("Normalise the batch norms that are left");
}

bool freezesInputs(const Step& step)
{
    const auto* fold = std::get_if<FoldStep>(&step);
    const auto* canonicalize = std::get_if<CanonicalizeStep>(&step);
    return std::holds_alternative<FreezeInputsStep>(step) || (fold && fold->options.freezeInputs) ||
           (canonicalize && canonicalize->options.freezeInputs);
}

Result<StepOutcome> apply(const Step& step, const std::shared_ptr<const GraphView>& view, Progress& progress,
                          const std::stop_token& stop, Engine* engine)
{
    return std::visit([&](const auto& change) { return apply(change, view, progress, stop, engine); }, step);
}

Result<TableOutcome> apply(const Step& step, const FoldTablePointer& table, Progress& progress,
                           const std::stop_token& stop, Engine* engine)
{
    const auto* const fold = std::get_if<FoldStep>(&step);
    if (fold && fold->options == table->options()) {
        auto folded = FoldTable::fold(table, fold->ids, progress, stop);
        if (!folded)
            return tl::make_unexpected(std::move(folded.error()));
        TableOutcome outcome{std::move(folded->after), std::move(folded->pairs), 0, {}, {}};
        const auto left = fold->ids ? std::vector<CandidatePointer>() : outcome.table->candidates();
        outcome.pairs.reserve(outcome.pairs.size() + left.size());
        for (const CandidatePointer& candidate : left)
            outcome.pairs.emplace_back().candidate = *candidate;
        report(*fold, outcome.pairs, outcome);
        return outcome;
    }
    auto done = apply(step, table->view(), progress, stop, engine);
    if (!done)
        return tl::make_unexpected(std::move(done.error()));
    TableOutcome outcome{table, std::move(done->outcome.pairs), done->changed, std::move(done->what),
                         std::move(done->findings)};
    if (outcome.changed == 0)
        return outcome;
    auto after = FoldTable::after(table, std::move(done->outcome.after), progress, stop);
    if (!after)
        return tl::make_unexpected(std::move(after.error()));
    outcome.table = std::move(*after);
    return outcome;
}

} // namespace pleat
