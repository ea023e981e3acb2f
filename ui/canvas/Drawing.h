// SPDX-License-Identifier: GPL-3.0-or-later
// What the canvas shows of a document: a scene that was laid out once, and what edits made of it. After an
// edit only the nodes, edges and frames are looked at again that it touched, and all others stay where they
// are. What comes of that is what a drawing made anew on the same layout is. Values; any thread.
#pragma once

#include "ui/canvas/SceneBuilder.h"
#include "ui/canvas/SceneIndex.h"
#include "ui/document/Workspace.h"

namespace pleat::ui {

struct Drawing {
    // What it is of.
    struct Of {
        SnapshotPointer shown, current;
        std::vector<Workspace::PanelMarks> sources;
        int sourcesVersion = 0; // another one: others
        std::shared_ptr<const ValueTypes> types;
        Direction direction = Direction::TopDown;
        SceneDetails details;
        ScopeIndex scope = ScopeIndex::Main;   // of the shown model
        std::optional<ScopeState> scopes = {}; // of names; nothing: as a page opens

        Page page() const { return {*shown->view, scope}; }
    };
    struct FrameMark {
        QString panel; // that gave it
        QString action;
        std::string id;
        bool operator==(const FrameMark&) const = default;
    };
    struct LaidOut {
        ScenePointer scene;
        std::vector<BuiltScene::Item> items; // one a node
    };

    Of of;
    std::shared_ptr<const LaidOut> laidOut;
    ScenePointer scene;            // of `laidOut`, or one that stems from it: with the same numbers
    SceneVector<FrameMark> frames; // one a frame of the scene
    SceneVector<int> marksOn;      // how many marks name a node
};

// Follows `previous`, of the same page, where it can, else keeps its places, else lays out; without
// `previous`, that. Nothing when stopped.
std::optional<Drawing> draw(Drawing::Of of, const Drawing* previous, const std::stop_token& stop);

// What an edit made of `previous`, at the cost of what it touched. Nothing where that cannot be followed.
std::optional<Drawing> follow(const Drawing::Of& of, const Drawing& previous);

} // namespace pleat::ui
