// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/edit/EditStep.h"

#include "core/edit/Declarations.h"
#include "core/edit/Order.h"
#include "core/worker/Engine.h"

#include <algorithm>

namespace pleat {

namespace {

// An edit in a function is one for whoever calls it.
void addCalls(const GraphView& view, ScopeIndex scope, std::vector<Finding>& findings)
{
    const auto around = functionAround(view, scope);
    if (!around)
        return;
    const auto& [path, calls] = *around;
    findings.push_back({"function", path,
                        calls == 1
                            ? sentence("{} is called in one place, which the edit concerns", path)
                            : sentence("{} is called in {} places, which the edit concerns", path, calls)});
}

} // namespace

Sentence describe(const EditStep& step)
{
    return std::visit([](const auto& kind) { return describe(kind); }, step);
}

Result<EditOutcome> applyEdit(const EditStep& step, const std::shared_ptr<const GraphView>& view,
                              const std::stop_token& stop, Engine* engine)
{
    auto planned = std::visit([&](const auto& kind) { return plan(kind, view); }, step);
    if (!planned)
        return tl::make_unexpected(std::move(planned.error()));
    if (stop.stop_requested())
        return cancelled();
    if (planned->edit.empty())
        return EditOutcome{view->model(), false, std::move(planned->what), std::move(planned->findings)};
    if (!planned->untyped.empty()) {
        if (auto typed =
                typePorts(*planned, engine ? engine->infer(view->model(), stop).types : ValueTypes());
            !typed)
            return tl::make_unexpected(std::move(typed.error()));
    }
    if (auto checked = check(planned->edit, *view); !checked)
        return tl::make_unexpected(std::move(checked.error()));
    addCalls(*view, planned->scope, planned->findings);
    ViewPointer after = GraphView::after(*view, apply(planned->edit, *view)).view;
    if (view->isInOrder() && !after->isInOrder())
        after = GraphView::of(inOrder(*after));
    EditOutcome outcome{after->model(), true, std::move(planned->what), std::move(planned->findings)};
    // Bodies that went have others numbered anew; a path stays.
    const auto scope =
        std::ranges::find(after->scopes(), view->scopes()[index(planned->scope)].path, &Scope::path);
    if (!planned->reshaped.empty() && scope != after->scopes().end())
        outcome.after = apply(following(after, static_cast<ScopeIndex>(scope - after->scopes().begin()),
                                        planned->reshaped, outcome.findings),
                              *after);
    return outcome;
}

} // namespace pleat
