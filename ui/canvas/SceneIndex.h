// SPDX-License-Identifier: GPL-3.0-or-later
// Finds what lies in a part of a scene, for culling and picking: a grid of several resolutions, so that a
// trunk through the whole network costs as few cells as a node. Built once a laid out scene; const
// afterwards. It serves the scenes that edits make of that one, too (KeptPlaces.h): what is gone is left out,
// what is longer, wider or elsewhere by no more than `slack` is found, and so are lines that go where others
// went.
#pragma once

#include "ui/canvas/GraphScene.h"

#include <QRectF>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace pleat::ui {

class SpatialGrid final {
public:
    void insert(const QRectF& area, std::uint32_t item);
    // Items whose area may touch the given one, without doubles, in ascending order.
    std::vector<std::uint32_t> near(const QRectF& area) const;
    // True if so much of the scene is asked for that going through all items is faster.
    bool isLarge(const QRectF& area) const;

private:
    static std::uint64_t cell(int level, std::int64_t x, std::int64_t y);
    std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> m_cells;
    std::uint32_t m_levels = 0; // bit set: levels in use
};

// What is under a point; -1 for nothing. A node inside a frame comes with its frame. The header of a scope's
// outline is something only where nothing else is.
struct CanvasHit {
    int node = -1, edge = -1, frame = -1, header = -1;
    bool nothing() const { return node < 0 && edge < 0 && frame < 0 && header < 0; }
    friend bool operator==(const CanvasHit&, const CanvasHit&) = default;
};

class SceneIndex final {
public:
    SceneIndex() = default;
    explicit SceneIndex(const GraphScene& scene);

    // A line is a trunk (its number) or a branch (number of trunks + number of its edge). Those that are no
    // longer than `least`, in scene pixels, may be left out.
    std::vector<std::uint32_t> nodes(const GraphScene& scene, const QRectF& area) const;
    std::vector<std::uint32_t> lines(const GraphScene& scene, const QRectF& area, double least = 0) const;
    std::vector<std::uint32_t> frames(const GraphScene& scene, const QRectF& area) const;
    // `reach`: how far from a line a point may be to mean it.
    CanvasHit at(const GraphScene& scene, QPointF point, double reach) const;

    // Edges of a node, in the order of the inputs that they enter; edges of a trunk.
    std::vector<std::uint32_t> edgesIn(const GraphScene& scene, int node) const;
    std::vector<std::uint32_t> edgesOut(const GraphScene& scene, int node) const;
    std::vector<std::uint32_t> edgesOfTrunk(const GraphScene& scene, std::uint32_t trunk) const;
    int nodeWithKey(const GraphScene& scene, quint32 key) const; // -1: none, or gone

    // Of the scene that it was built of.
    static constexpr double slack = 128;
    std::uint32_t laidOutFrames() const
    {
        return m_frames;
    } // those with higher numbers are looked at one by one
    const std::vector<std::uint32_t>& laidOutEdgesIn(quint32 node) const { return m_in[node]; }
    const std::vector<std::uint32_t>& laidOutEdgesOut(quint32 node) const { return m_out[node]; }
    const std::vector<std::uint32_t>& laidOutEdgesOfTrunk(quint32 trunk) const { return m_ofTrunk[trunk]; }
    int laidOutNode(quint32 key) const;                                         // -1: none
    int laidOutEdge(const GraphScene& scene, quint32 to, quint32 toPort) const; // -1: none

private:
    void addPassing(const GraphScene& scene, std::uint32_t edge, std::vector<std::uint32_t>& lines) const;
    bool isUsed(const GraphScene& scene, std::uint32_t trunk) const;

    SpatialGrid m_nodeGrid, m_lineGrid, m_frameGrid;
    std::vector<std::vector<std::uint32_t>> m_in, m_out, m_ofTrunk;
    std::unordered_map<quint32, int> m_byKey;
    std::uint32_t m_frames = 0;
};

// A placed scene with its index, made together in a job; shared by whoever paints or reads it.
struct IndexedScene {
    GraphScene scene;
    std::shared_ptr<const SceneIndex> index;

    static std::shared_ptr<const IndexedScene> of(GraphScene scene);
    int nodeWithKey(quint32 key) const { return index->nodeWithKey(scene, key); }
};
using ScenePointer = std::shared_ptr<const IndexedScene>;

} // namespace pleat::ui
