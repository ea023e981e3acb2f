// SPDX-License-Identifier: GPL-3.0-or-later
// Places the nodes of a directed graph in ranks and routes its edges: the layered drawing of Sugiyama et al.
// in five steps, each in its own file (Ranking, Ordering, Coordinates, Routing over a LayeredGraph). Plain
// values in and out, no Qt, no state: it may run on any thread and can be stopped. The result depends on the
// structure, the sizes and the keys only, never on the order in which nodes and edges are listed.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <vector>

namespace pleat::layout {

struct SizeF {
    double width = 0, height = 0;
};

struct PointF {
    double x = 0, y = 0;
    friend bool operator==(const PointF&, const PointF&) = default;
};

struct RectF {
    double x = 0, y = 0, width = 0, height = 0;
    double right() const { return x + width; }
    double bottom() const { return y + height; }
    friend bool operator==(const RectF&, const RectF&) = default;
};

// Room around a node that stays free of other nodes and of passing edges (a frame and its badge).
struct Insets {
    double left = 0, top = 0, right = 0, bottom = 0;
};

enum class Direction { TopDown, LeftRight };

struct LayoutEdge {
    std::uint32_t from = 0, to = 0;
    std::uint32_t tensor = 0; // edges with the same (from, tensor) share one trunk
    std::uint32_t toPort = 0; // which input of `to`; tells apart what is symmetric otherwise
    bool rigid = false;       // both ends belong to one frame: kept on neighbouring ranks and in one line
};

struct LayoutInput {
    std::vector<SizeF> nodes;
    std::vector<LayoutEdge> edges;
    std::vector<Insets> insets; // empty, or one a node
    std::vector<std::uint64_t>
        keys; // empty, or one a node: breaks ties between symmetric nodes (a hash of names)
    Direction direction = Direction::TopDown;
    double nodeGap = 28; // between neighbours of a rank, px
    double rankGap = 38; // between ranks, px; grows where edges run far sideways
};

// What all edges of one tensor share: from the producer down to where its last branch leaves. Between two
// points with the same x (top-down; the same y from left to right) runs a straight line, otherwise a curve
// that starts and ends along the direction of the layout.
struct Trunk {
    std::uint32_t from = 0, tensor = 0;
    std::vector<PointF> points; // at least the start, at the producer's border
    friend bool operator==(const Trunk&, const Trunk&) = default;
};

// The rest of the way of one edge, from its trunk to the arrow head at the consumer's border.
struct Branch {
    std::uint32_t trunk = 0;
    std::uint32_t leaves = 0; // index of the trunk's point where it begins
    std::vector<PointF>
        points; // the first equals trunk.points[leaves]; empty for an edge from a node to itself
    friend bool operator==(const Branch&, const Branch&) = default;
};

struct LayoutResult {
    std::vector<RectF> nodes;         // one a node of the input
    std::vector<std::uint32_t> ranks; // one a node
    std::vector<Trunk> trunks;
    std::vector<Branch> branches;        // one an edge of the input
    std::vector<std::uint32_t> reversed; // edges that close a cycle: drawn against the direction
    SizeF size;
    std::uint64_t crossings = 0; // of trunk and branch segments between neighbouring ranks
};

// Nothing if `stop` was requested before the end. Edges with an end outside the nodes are ignored.
std::optional<LayoutResult> layOut(const LayoutInput& input, std::stop_token stop = {});

} // namespace pleat::layout
