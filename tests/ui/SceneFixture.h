// SPDX-License-Identifier: GPL-3.0-or-later
// A small network as a scene, for the tests of the canvas.
#pragma once

#include "ui/canvas/GraphScene.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace pleat::ui::fixture {

inline quint32 addNode(GraphScene& scene, const QString& title, Category category,
                       std::vector<WeightRow> rows = {})
{
    SceneNode node;
    node.key = static_cast<quint32>(scene.nodes.size()) + 100;
    node.title = title;
    node.name = QStringLiteral("/net/%1_%2").arg(title).arg(scene.nodes.size());
    node.category = category;
    node.rows = std::move(rows);
    scene.nodes.push_back(node);
    return static_cast<quint32>(scene.nodes.size() - 1);
}

inline void addEdge(GraphScene& scene, quint32 from, quint32 to)
{
    SceneEdge edge;
    edge.from = from;
    edge.to = to;
    edge.toPort = static_cast<quint32>(
        std::ranges::count(scene.edges, to, [](const SceneEdge& other) { return other.to; }));
    edge.tensorName = QStringLiteral("t%1").arg(from);
    edge.label = QStringLiteral("1×32×112×112");
    scene.edges.push_back(edge);
}

// input → [Conv → BatchNormalization] → Relu → two branches → Add
inline GraphScene smallNetwork(Direction direction = Direction::TopDown)
{
    GraphScene scene;
    const auto input = addNode(scene, QStringLiteral("input"), Category::GraphInput);
    const auto conv = addNode(scene, QStringLiteral("Conv"), Category::Convolution,
                              {{QStringLiteral("W"), QStringLiteral("32 × 3 × 3 × 3")}});
    const auto norm = addNode(
        scene, QStringLiteral("BatchNormalization"), Category::Normalisation,
        {{QStringLiteral("scale"), QStringLiteral("32")}, {QStringLiteral("B"), QStringLiteral("32")}});
    const auto relu = addNode(scene, QStringLiteral("Relu"), Category::Activation);
    const auto left = addNode(scene, QStringLiteral("MaxPool"), Category::PoolShape);
    const auto right = addNode(scene, QStringLiteral("AveragePool"), Category::PoolShape);
    const auto add = addNode(scene, QStringLiteral("Add"), Category::Arithmetic);
    for (const auto& [from, to] : {std::pair(input, conv),
                                   {conv, norm},
                                   {norm, relu},
                                   {relu, left},
                                   {relu, right},
                                   {left, add},
                                   {right, add}})
        addEdge(scene, from, to);
    scene.frames.push_back({{MarkColour::Good, Outline::Solid, Symbol::Fold},
                            {conv, norm},
                            QStringLiteral("fold 32 ch"),
                            QStringLiteral("Can be folded"),
                            {},
                            {}});
    layOutScene(scene, direction);
    return scene;
}

enum Node { Input, Conv, Norm, Relu, Left, Right, Add };

// The small network after its batch norm went into the convolution, which has a bias now.
inline GraphScene foldedNetwork(const GraphScene& before)
{
    GraphScene folded;
    for (int n = 0; n <= Add; ++n)
        if (n != Norm)
            folded.nodes.push_back(before.nodes[static_cast<std::size_t>(n)]);
    folded.nodes.change(Conv).rows.push_back({QStringLiteral("B"), QStringLiteral("32")});
    for (const auto& [from, to] : {std::pair(0u, 1u), {1u, 2u}, {2u, 3u}, {2u, 4u}, {3u, 5u}, {4u, 5u}})
        addEdge(folded, from, to);
    folded.frames.push_back(
        {{MarkColour::Done, Outline::Dotted, Symbol::Check}, {1}, QStringLiteral("folded"), {}, {}, {}});
    return folded;
}

} // namespace pleat::ui::fixture
