// SPDX-License-Identifier: GPL-3.0-or-later
// Finds what lies in a part of a scene, for culling and picking: a grid of several resolutions, so that a
// trunk through the whole network costs as few cells as a node. Built once a scene; const afterwards.
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

// What is under a point; -1 for nothing. A node inside a frame comes with its frame.
struct CanvasHit {
    int node = -1, edge = -1, frame = -1;
    bool nothing() const { return node < 0 && edge < 0 && frame < 0; }
    friend bool operator==(const CanvasHit&, const CanvasHit&) = default;
};

class SceneIndex final {
public:
    SceneIndex() = default;
    explicit SceneIndex(const GraphScene& scene);

    // A line is a trunk (its number) or a branch (number of trunks + number of its edge).
    std::vector<std::uint32_t> nodes(const GraphScene& scene, const QRectF& area) const;
    std::vector<std::uint32_t> lines(const GraphScene& scene, const QRectF& area) const;
    std::vector<std::uint32_t> frames(const GraphScene& scene, const QRectF& area) const;
    // `reach`: how far from a line a point may be to mean it.
    CanvasHit at(const GraphScene& scene, QPointF point, double reach) const;

    // Edges of a node; edges of a trunk.
    const std::vector<std::uint32_t>& edgesIn(int node) const { return m_in[static_cast<std::size_t>(node)]; }
    const std::vector<std::uint32_t>& edgesOut(int node) const
    {
        return m_out[static_cast<std::size_t>(node)];
    }
    const std::vector<std::uint32_t>& edgesOfTrunk(std::uint32_t trunk) const { return m_ofTrunk[trunk]; }
    int frameOf(int node) const { return m_frameOf[static_cast<std::size_t>(node)]; }
    int nodeWithKey(quint32 key) const;

private:
    SpatialGrid m_nodeGrid, m_lineGrid, m_frameGrid;
    std::vector<std::vector<std::uint32_t>> m_in, m_out, m_ofTrunk;
    std::vector<int> m_frameOf;
    std::unordered_map<quint32, int> m_byKey;
};

// A placed scene with its index, made together in a job; shared by whoever paints or reads it.
struct IndexedScene {
    GraphScene scene;
    std::shared_ptr<const SceneIndex> index;

    static std::shared_ptr<const IndexedScene> of(GraphScene scene);
};
using ScenePointer = std::shared_ptr<const IndexedScene>;

} // namespace pleat::ui
