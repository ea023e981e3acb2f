// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/Prepare.h"

#include "core/rewrite/FixedPoint.h"

#include <algorithm>
#include <fmt/format.h>

namespace pleat {

namespace {

constexpr int mostTurns = 50;            // of all passes; a turn that changes nothing is the last
constexpr std::size_t mostRefused = 100; // places of a pass that check() is asked about one by one

class Driver final {
public:
    Driver(const Pass& pass, const Subject& subject, const PrepareOptions& options, Engine* engine,
           Progress& progress, const std::stop_token& stop)
        : m_pass(pass),
          m_options(options),
          m_engine(engine),
          m_progress(progress),
          m_stop(stop),
          m_prepared{subject, {}, {}}
    {
    }

    Result<Prepared> run()
    {
        const auto step = [this](int number) { return round(number); };
        if (auto done = toFixedPoint(step, m_stop); !done)
            return tl::make_unexpected(std::move(done.error()));
        return std::move(m_prepared);
    }

private:
    Result<bool> round(int number)
    {
        m_progress.advance(static_cast<std::uint64_t>(number), 0);
        if (number == mostRounds)
            return false;
        while (true) {
            Round round(m_prepared.after, m_options, m_engine, m_refused);
            if (auto looked = m_pass.look(round, m_progress, m_stop); !looked)
                return tl::make_unexpected(std::move(looked.error()));
            if (round.done().empty()) {
                m_prepared.left = round.left();
                return false;
            }
            const Edit edit = round.pen().edit();
            const Result<void> checked = check(edit, m_prepared.after.view());
            if (!checked) {
                if (m_refused.size() >= mostRefused)
                    return tl::make_unexpected(checked.error());
                if (auto refused = refuseFirst(round.done().size()); !refused)
                    return tl::make_unexpected(std::move(refused.error()));
                continue;
            }
            m_prepared.done.insert(m_prepared.done.end(), round.done().begin(), round.done().end());
            m_prepared.after = m_prepared.after.after(apply(edit, m_prepared.after.view()));
            return true;
        }
    }

    // Of so many places, which together cannot be applied, finds the first one that cannot be applied with
    // those before it: by halves, since looking again with fewer places writes the same ones.
    Result<void> refuseFirst(std::size_t places)
    {
        std::size_t good = 0, bad = places;
        Sentence why;
        NodeId place = NodeId::None;
        while (good + 1 < bad || place == NodeId::None) {
            const std::size_t middle = good + 1 < bad ? good + (bad - good) / 2 : bad;
            Round round(m_prepared.after, m_options, m_engine, m_refused, middle);
            if (auto looked = m_pass.look(round, m_progress, m_stop); !looked)
                return looked;
            if (m_stop.stop_requested())
                return cancelled();
            Result<void> checked = check(round.pen().edit(), m_prepared.after.view());
            if (checked) {
                if (middle == bad)
                    return failure(ErrorCode::Internal,
                                   fmt::format("Pass {} writes another edit each time it looks.", m_pass.id));
                good = middle;
                continue;
            }
            bad = middle;
            if (round.done().empty() || round.done().back().nodes.empty())
                return checked;
            why = sentence("{}", checked.error().message);
            place = round.done().back().nodes.front();
        }
        m_refused.insert_or_assign(place, std::move(why));
        return {};
    }

    const Pass& m_pass;
    const PrepareOptions& m_options;
    Engine* m_engine;
    Progress& m_progress;
    const std::stop_token& m_stop;
    Prepared m_prepared;
    Round::Refused m_refused;
};

} // namespace

Result<Prepared> prepare(std::string_view pass, const Subject& subject, const PrepareOptions& options,
                         Progress& progress, const std::stop_token& stop, Engine* engine)
{
    const Pass* const found = findPass(pass);
    if (!found)
        return failure(ErrorCode::Usage, fmt::format("There is no pass called \"{}\".", pass),
                       std::string(pass));
    return Driver(*found, subject, options, engine, progress, stop).run();
}

Result<PreparedAll> prepareAll(const std::vector<std::string>& passes, const Subject& subject,
                               const PrepareOptions& options, Progress& progress, const std::stop_token& stop,
                               Engine* engine)
{
    const auto isChosen = [&](const char* id) { return std::ranges::find(passes, id) != passes.end(); };
    if (isChosen("strip-shapes") && isChosen("write-shapes"))
        return failure(ErrorCode::Usage,
                       "The passes strip-shapes and write-shapes undo each other; choose one.");
    PreparedAll all{subject, {}, {}};
    bool again = true;
    for (int turn = 0; again && turn < mostTurns; ++turn) {
        again = false;
        all.left.clear();
        for (const std::string& pass : passes) {
            auto prepared = prepare(pass, all.after, options, progress, stop, engine);
            if (!prepared)
                return tl::make_unexpected(std::move(prepared.error()));
            for (LeftPlace& place : prepared->left)
                all.left.emplace_back(pass, std::move(place));
            if (prepared->done.empty())
                continue;
            again = true;
            all.after = prepared->after;
            all.applied.push_back({pass, std::move(prepared->done), all.after});
        }
    }
    return all;
}

std::vector<std::string> defaultPasses()
{
    std::vector<std::string> ids;
    for (const Pass& pass : passes()) {
        if (pass.byDefault)
            ids.emplace_back(pass.id);
    }
    return ids;
}

std::map<std::string, std::int64_t> operatorChanges(const GraphView& before, const GraphView& after)
{
    std::map<std::string, std::int64_t> changes;
    const auto count = [&changes](const GraphView& view, std::int64_t each) {
        for (std::size_t n = 0; n < view.nodeCount(); ++n) {
            const auto node = static_cast<NodeIndex>(n);
            if (view.exists(node))
                changes[std::string(view.op(node))] += each;
        }
    };
    count(before, -1);
    count(after, 1);
    std::erase_if(changes, [](const auto& change) { return change.second == 0; });
    return changes;
}

} // namespace pleat
