// SPDX-License-Identifier: GPL-3.0-or-later
// The one driver of what is done again and again until nothing is left to do: look at the model, which is
// const, say what to change as an Edit, follow it. Why something is not done stays with whoever looks.
#pragma once

#include "core/base/Progress.h"
#include "core/rewrite/Edit.h"

#include <stop_token>
#include <type_traits>

namespace pleat {

inline constexpr int mostRounds =
    1000; // each changes something, so this is a bound on a bug and not on models

// One round of work of whatever kind: `step(round)` does it and says whether there is another one to do, a
// Result<bool>. The round behind the last is asked with `mostRounds`: it may look, but is to do nothing.
template<class Step>
Result<void> toFixedPoint(Step step, const std::stop_token& stop, int rounds = mostRounds)
{
    for (int round = 0; round <= rounds; ++round) {
        if (stop.stop_requested())
            return cancelled();
        Result<bool> goesOn = step(round);
        if (!goesOn)
            return tl::make_unexpected(std::move(goesOn.error()));
        if (!*goesOn)
            break;
    }
    return {};
}

// The same for who knows no more of a model than its view: `match(view)` gives an Edit, or nothing when there
// is nothing (more) to do, in a Result<std::optional<Edit>>. Returns the view of what has become of it.
// Errors: those of `match`; Cancelled.
template<class Match>
Result<std::shared_ptr<const GraphView>> toFixedPoint(std::shared_ptr<const GraphView> view, Match match,
                                                      Progress& progress, const std::stop_token& stop,
                                                      int rounds = mostRounds)
{
    const auto step = [&](int round) -> Result<bool> {
        progress.advance(static_cast<std::uint64_t>(round), 0);
        if (round == rounds)
            return false;
        Result<std::optional<Edit>> edit = match(std::as_const(*view));
        if (!edit)
            return tl::make_unexpected(std::move(edit.error()));
        if (!*edit || (*edit)->empty())
            return false;
        view = GraphView::after(*view, apply(**edit, *view)).view;
        return true;
    };
    if (auto done = toFixedPoint(step, stop, rounds); !done)
        return tl::make_unexpected(std::move(done.error()));
    return view;
}

} // namespace pleat
