// SPDX-License-Identifier: GPL-3.0-or-later
// A page of two models as two scenes in which what belongs together lies at the same place. What both have
// together is laid out once; each scene is that without what the other one has alone, and lines pass where it
// would be (KeptPlaces). Pure functions, for a job.
#pragma once

#include "ui/canvas/SceneBuilder.h"
#include "ui/canvas/SceneIndex.h"
#include "ui/compare/Comparison.h"

namespace pleat::ui {

// A page of both; None where a model has no such page.
struct ComparedPage {
    ScopeIndex before = ScopeIndex::Main, after = ScopeIndex::Main;
    bool operator==(const ComparedPage&) const = default;
};

// The page of that scope and its counterpart.
ComparedPage pageBefore(const Comparison& comparison, ScopeIndex before);
ComparedPage pageAfter(const Comparison& comparison, ScopeIndex after);

struct ComparedScenes {
    ComparedPage page;
    // With the same numbers: a node, an edge that the other one has alone is gone.
    ScenePointer before, after;
    struct Item {
        BuiltScene::Item before, after;
    };
    std::vector<Item> items; // one a node
};

struct ComparedTypes {
    std::shared_ptr<const ValueTypes> before, after;
};

// With a frame around each node that there is a change of. Nothing when stopped.
std::optional<ComparedScenes> sideBySide(const Comparison& comparison, const ComparedPage& page,
                                         const ComparedTypes& types, const SceneDetails& details,
                                         Direction direction, const std::stop_token& stop);

} // namespace pleat::ui
