// SPDX-License-Identifier: GPL-3.0-or-later
// Shows what an edit made of a scene without laying it out anew: nodes, edges and frames keep the numbers and
// the places that they had when it was laid out, what is not there any more is gone, and a line passes where
// a node was. So folding a pair moves nothing, undoing it puts the pair back into its gap, and what a scene
// looks like depends on what is in it and not on the edits that led there. Pure; any thread.
#pragma once

#include "ui/canvas/SceneIndex.h"

#include <map>
#include <optional>
#include <set>

namespace pleat::ui {

// Changes a scene of those that stem from one that was laid out. First what is there, in any order, then
// finish().
class KeptPlaces final {
public:
    // `laidOut` outlives it. `scene` stems from it, or is it.
    KeptPlaces(const IndexedScene& laidOut, const GraphScene& scene);

    const GraphScene& scene() const { return m_scene; }
    bool isGone(quint32 node) const { return m_scene.nodes[node].gone; }

    // Its words, and in its rectangle the size of them; it has the key of the one that was there.
    void setNode(quint32 number, SceneNode node);
    void removeNode(quint32 number);
    // From another node than it was, or of another tensor.
    void setEdge(quint32 number, SceneEdge edge);
    void removeEdge(quint32 number);
    quint32 addFrame(SceneFrame frame); // round nodes that have none; returns its number
    void removeFrame(quint32 number);

    // Places and routes what was set. False if that cannot be done (new connections, a node that would not
    // fit): it is to be laid out anew.
    bool finish();
    GraphScene take() { return std::move(m_scene); }

private:
    using Chain = std::vector<quint32>; // edges of the laid out scene, one after the other

    bool placeNode(quint32 number);
    bool hasRoom(quint32 number) const;
    bool route(quint32 edge);
    bool search(quint32 node, quint32 target, Chain& chain, std::vector<quint32>& seen) const;
    std::vector<layout::PointF> prefix(const Chain& chain) const;
    void keepClear(quint32 number);
    quint32 freeFrame(const std::vector<quint32>& nodes);

    const GraphScene& m_laidOut;
    const SceneIndex& m_index;
    GraphScene m_scene;
    std::set<quint32> m_nodes, m_edges, m_frames; // what was set
    std::set<quint32> m_back;                     // nodes that were gone
    quint32 m_nextFrame;                          // above those that were laid out
    std::map<quint32, Chain> m_trunks;            // that were routed anew, and what they lead over
};

// All of `next`, which was prepared for the layout (prepareLayout()) but not laid out, by the keys of its
// nodes; nothing if that cannot be done: new nodes, or as above.
struct KeptScene {
    GraphScene scene;
    std::vector<quint32> nodes, frames; // the numbers that those of `next` have in it
};
std::optional<KeptScene> keepPlaces(const GraphScene& next, const IndexedScene& laidOut);

} // namespace pleat::ui
