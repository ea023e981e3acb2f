// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/TotalWork.h"

#include "core/graph/Attributes.h"
#include "core/graph/Constants.h"
#include "core/model/Limits.h"

#include <algorithm>

namespace pleat {

namespace {

constexpr const char* otherRuns = "it depends on the data which branches and how many turns are run";

void loses(TotalWork& total, std::string why)
{
    total.isExact = false;
    total.gaps.insert(std::move(why));
}

void add(TotalWork& total, std::uint64_t macs)
{
    if (__builtin_add_overflow(total.macs, macs, &total.macs)) {
        total.macs = ~std::uint64_t{0};
        loses(total, "64 bits do not hold them");
    }
}

void add(TotalWork& total, const TotalWork& part)
{
    add(total, part.macs);
    total.isExact = total.isExact && part.isExact;
    total.batchIsOne = total.batchIsOne || part.batchIsOne;
    total.gaps.insert(part.gaps.begin(), part.gaps.end());
}

TotalWork times(TotalWork body, std::uint64_t runs)
{
    if (__builtin_mul_overflow(body.macs, runs, &body.macs)) {
        body.macs = ~std::uint64_t{0};
        loses(body, "64 bits do not hold them");
    }
    return runs == 0 ? TotalWork{} : body;
}

bool isIdle(const TotalWork& work)
{
    return work.isExact && work.macs == 0;
}

// What a constant of one element holds.
std::optional<double> onlyNumber(const GraphView& view, ValueIndex value)
{
    const auto constant = constantOf(view, value);
    if (!constant || constant->tensor.elements() != 1)
        return std::nullopt;
    const auto numbers = values(*constant);
    return numbers ? std::optional(numbers->front()) : std::nullopt;
}

// Walks over the scopes from the inside out: bodies and called functions before those who run them. A model
// may nest them as deep as it likes, so the way is kept in a list and not on the stack.
class Accounts final {
public:
    Accounts(const GraphView& view, const ValueTypes& types, const Shapes& shapes)
        : m_view(view),
          m_types(types),
          m_shapes(shapes)
    {
        const std::span<const Scope> scopes = view.scopes();
        m_parts.resize(scopes.size());
        m_totals.resize(scopes.size());
        for (std::size_t s = 0; s < scopes.size(); ++s) {
            const auto scope = static_cast<ScopeIndex>(s);
            if (scopes[s].owner != NodeIndex::None) {
                m_runBy[scopes[s].owner].push_back(scope);
                m_parts[index(scopes[s].parent)].push_back(scope);
            }
            for (const NodeIndex call : view.calls(scope)) {
                m_runBy[call].push_back(scope);
                m_parts[index(view.scope(call))].push_back(scope);
            }
        }
    }

    TotalWork ofMain()
    {
        std::vector<ScopeIndex> way{ScopeIndex::Main};
        std::vector<bool> entered(m_totals.size());
        while (!way.empty()) {
            const ScopeIndex scope = way.back();
            if (!entered[index(scope)]) {
                entered[index(scope)] = true;
                for (const ScopeIndex part : m_parts[index(scope)]) {
                    if (!entered[index(part)])
                        way.push_back(part);
                }
                continue;
            }
            way.pop_back();
            if (!m_totals[index(scope)])
                m_totals[index(scope)] = ofScope(scope);
        }
        return *m_totals[0];
    }

private:
    TotalWork ofScope(ScopeIndex scope) const
    {
        TotalWork total;
        for (const NodeIndex node : m_view.scopes()[index(scope)].nodes) {
            const auto runs = m_runBy.find(node);
            if (runs != m_runBy.end())
                add(total, ofParts(node, runs->second));
            else
                add(total, ofNode(node));
        }
        return total;
    }

    TotalWork ofNode(NodeIndex node) const
    {
        const Work work = workOf(m_view, node, m_types, m_shapes);
        TotalWork total;
        total.batchIsOne = work.batchIsOne;
        if (work.macs)
            total.macs = *work.macs;
        else if (work.gap == WorkGap::Shapes)
            loses(total, "shapes are missing");
        else if (work.gap == WorkGap::TooLarge)
            loses(total, "64 bits do not hold them");
        else
            loses(total, "what " + std::string(m_view.op(node)) + " multiplies is not known");
        return total;
    }

    TotalWork ofParts(NodeIndex node, const std::vector<ScopeIndex>& parts) const
    {
        std::vector<TotalWork> works;
        works.reserve(parts.size());
        for (const ScopeIndex part : parts)
            works.push_back(m_totals[index(part)].value_or(TotalWork{}));
        if (m_view.entry(node).bodies().empty())
            return works.front(); // a call
        if (std::ranges::all_of(works, isIdle))
            return {};
        const std::string_view op = m_view.domain(node).empty() ? m_view.op(node) : std::string_view();
        if (op == "If")
            return ofBranches(works);
        const auto turns = op == "Loop"   ? turnsOfLoop(node, parts.front())
                           : op == "Scan" ? turnsOfScan(node)
                                          : std::nullopt;
        if (turns)
            return times(works.front(), *turns);
        TotalWork none;
        loses(none, otherRuns);
        return none;
    }

    static TotalWork ofBranches(const std::vector<TotalWork>& works)
    {
        TotalWork least = *std::ranges::min_element(works, {}, &TotalWork::macs);
        for (const TotalWork& work : works) {
            for (const std::string& gap : work.gaps)
                loses(least, gap);
            if (work.macs != least.macs)
                loses(least, otherRuns);
        }
        return least;
    }

    // ONNX's Loop: inputs M and cond, the body's first output is the next cond.
    std::optional<std::uint64_t> turnsOfLoop(NodeIndex node, ScopeIndex body) const
    {
        const auto trips = onlyNumber(m_view, m_view.input(node, 0));
        const ValueIndex cond = m_view.input(node, 1);
        const Scope& scope = m_view.scopes()[index(body)];
        const bool starts = cond == ValueIndex::None || onlyNumber(m_view, cond).value_or(0) != 0;
        if (!trips || *trips > static_cast<double>(largestBelieved) || !starts || scope.outputs.empty() ||
            scope.inputs.size() < 2)
            return std::nullopt;
        ValueIndex next = scope.outputs.front();
        for (NodeIndex maker = m_view.producer(next);
             maker != NodeIndex::None && m_view.op(maker) == "Identity" && m_view.domain(maker).empty();
             maker = m_view.producer(next))
            next = m_view.input(maker, 0);
        const bool goesOn = next == scope.inputs[1] || onlyNumber(m_view, next).value_or(0) != 0;
        return goesOn ? std::optional(static_cast<std::uint64_t>(std::max(*trips, 0.0))) : std::nullopt;
    }

    // ONNX's Scan since opset 9: the last inputs are scanned, along axis 0 unless scan_input_axes says so.
    std::optional<std::uint64_t> turnsOfScan(NodeIndex node) const
    {
        const std::int64_t scanned = intAttribute(m_view.proto(node), "num_scan_inputs", 0);
        const auto inputs = std::ssize(m_view.inputs(node));
        if (m_view.model().opset("") < 9 || scanned < 1 || scanned > inputs)
            return std::nullopt;
        const auto sizes = knownSizes(m_view, m_view.input(node, static_cast<std::size_t>(inputs - scanned)),
                                      m_types, m_shapes);
        if (!sizes)
            return std::nullopt;
        std::int64_t axis = intOfAttribute(m_view.proto(node), "scan_input_axes", 0, 0);
        axis += axis < 0 ? std::ssize(*sizes) : 0;
        if (axis < 0 || axis >= std::ssize(*sizes) || (*sizes)[static_cast<std::size_t>(axis)] < 0)
            return std::nullopt;
        return static_cast<std::uint64_t>((*sizes)[static_cast<std::size_t>(axis)]);
    }

    const GraphView& m_view;
    const ValueTypes& m_types;
    const Shapes& m_shapes;
    std::unordered_map<NodeIndex, std::vector<ScopeIndex>> m_runBy; // bodies, or the function that is called
    std::vector<std::vector<ScopeIndex>> m_parts;                   // what the nodes of a scope run
    std::vector<std::optional<TotalWork>> m_totals;
};

} // namespace

TotalWork totalWork(const GraphView& view, const ValueTypes& types, const Shapes& shapes)
{
    return Accounts(view, types, shapes).ofMain();
}

} // namespace pleat
