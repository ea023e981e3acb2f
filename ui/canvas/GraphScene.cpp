// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/GraphScene.h"

#include "ui/canvas/ScopeOutlines.h"
#include "ui/canvas/TextWidths.h"

#include <QFontMetricsF>
#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr double grid = 8;
constexpr double narrowestPlain = 112, narrowestWithRows = 184, widest = 336;
constexpr double titlePadding = 16, rowPadding = 10, rowGap = 20;

struct FaceWidths {
    explicit FaceWidths(const SceneFonts& fonts) : title(fonts.title), row(fonts.row), rowName(fonts.rowName)
    {
    }
    TextWidths title, row, rowName;
};

QSizeF sizeOf(const SceneNode& node, FaceWidths& widths)
{
    double width = widths.title.of(node.title) + 2 * titlePadding;
    for (const WeightRow& row : node.rows)
        width =
            std::max(width, widths.rowName.of(row.name) + rowGap + widths.row.of(row.shape) + 2 * rowPadding);
    width = std::clamp(width, node.rows.empty() ? narrowestPlain : narrowestWithRows, widest);
    width = std::ceil(width / grid) * grid;
    double height = measures::titleHeight;
    if (!node.rows.empty())
        height += static_cast<double>(node.rows.size()) * measures::rowHeight + 2 * measures::bodyPadding;
    return {width, height};
}

// FNV-1a: the same on every machine and in every run, unlike qHash.
std::uint64_t nameHash(const SceneNode& node)
{
    std::uint64_t hash = 0xcbf29ce484222325ull;
    for (const QString* text : {&node.title, &node.name}) {
        for (const QChar c : *text)
            hash = (hash ^ c.unicode()) * 0x100000001b3ull;
    }
    return hash;
}

// Frame of every node, for nodes in several the last one; -1 for the others.
std::vector<int> frameOf(const GraphScene& scene)
{
    std::vector<int> result(scene.nodes.size(), -1);
    for (std::size_t f = 0; f < scene.frames.size(); ++f)
        for (const quint32 node : scene.frames[f].nodes)
            if (node < result.size())
                result[node] = static_cast<int>(f);
    return result;
}

// Room around each framed node up to where its frame will be: nodes of a frame stand in one line, so that
// each has to keep free what the widest of them needs.
void reserveFrame(const SceneFrame& frame, const std::vector<char>& first, const std::vector<char>& last,
                  LayoutInput& input)
{
    const bool down = input.direction == Direction::TopDown;
    const auto across = [&](quint32 n) { return down ? input.nodes[n].width : input.nodes[n].height; };
    double widestNode = 0;
    for (const quint32 n : frame.nodes)
        if (n < input.nodes.size())
            widestNode = std::max(widestNode, across(n));
    const double above = frameRoom(Direction::TopDown).before;
    for (const quint32 n : frame.nodes) {
        if (n >= input.nodes.size())
            continue;
        const double slack = (widestNode - across(n)) / 2;
        layout::Insets& insets = input.insets[n];
        const auto atLeast = [](double& value, double wanted) { value = std::max(value, wanted); };
        if (down) {
            atLeast(insets.left, measures::framePadding + slack);
            atLeast(insets.right, measures::framePadding + slack);
            if (first[n])
                atLeast(insets.top, above);
            if (last[n])
                atLeast(insets.bottom, measures::frameBelow);
        } else {
            atLeast(insets.top, above + slack);
            atLeast(insets.bottom, measures::frameBelow + slack);
            if (first[n])
                atLeast(insets.left, measures::framePadding);
            if (last[n])
                atLeast(insets.right, measures::framePadding);
        }
    }
}

void placeGroups(GraphScene& scene)
{
    std::vector<QRectF> around(scene.groups.size());
    for (std::size_t n = 0; n < scene.groupOf.size(); ++n)
        if (const int group = scene.groupOf[n]; group >= 0)
            around[static_cast<std::size_t>(group)] |= scene.nodes[n].rect;
    for (std::size_t g = around.size(); g-- > 0;) {
        SceneGroup& group = scene.groups.change(g);
        group.rect = around[g];
        if (group.parent >= 0)
            around[static_cast<std::size_t>(group.parent)] |= group.rect;
    }
}

} // namespace

void placeFrame(const GraphScene& scene, SceneFrame& frame, const QFontMetricsF& metrics)
{
    QRectF around;
    for (const quint32 n : frame.nodes)
        if (n < scene.nodes.size())
            around |= scene.nodes[n].rect;
    if (around.isNull())
        return;
    frame.rect = around.adjusted(-measures::framePadding, -measures::frameAbove, measures::framePadding,
                                 measures::frameBelow);
    const double width = std::min(std::ceil(metrics.horizontalAdvance(frame.badge)) + 34, // 24 for the symbol
                                  frame.rect.width() - measures::badgeIndent);
    frame.badgeRect = QRectF(frame.rect.left() + measures::badgeIndent,
                             frame.rect.top() - measures::badgeHeight / 2, width, measures::badgeHeight);
}

SceneFonts SceneFonts::standard()
{
    QFont base = uiFont();
    base.setHintingPreference(QFont::PreferNoHinting); // the same shapes at every zoom
    base.setStyleStrategy(QFont::PreferNoShaping);     // no ligature to stumble over in the text of a picture
    const auto sized = [&base](int pixels, QFont::Weight weight) {
        QFont font = base;
        font.setPixelSize(pixels);
        font.setWeight(weight);
        return font;
    };
    return {sized(13, QFont::DemiBold), sized(12, QFont::Normal), sized(12, QFont::DemiBold),
            sized(11, QFont::Normal), sized(12, QFont::DemiBold)};
}

LayoutInput prepareLayout(GraphScene& scene, Direction direction)
{
    scene.direction = direction;
    LayoutInput input;
    input.direction = direction;
    input.rankGap = direction == Direction::TopDown ? measures::rankGapDown : measures::rankGapRight;
    input.insets.resize(scene.nodes.size());
    FaceWidths widths(SceneFonts::standard());
    for (std::size_t n = 0; n < scene.nodes.size(); ++n) {
        SceneNode& node = scene.nodes.change(n);
        const QSizeF size = sizeOf(node, widths);
        node.rect.setSize(size);
        input.nodes.push_back({size.width(), size.height()});
        input.keys.push_back(nameHash(node));
    }
    const std::vector<int> frame = frameOf(scene);
    std::vector<char> first(scene.nodes.size(), 1), last(scene.nodes.size(), 1);
    for (const SceneEdge& edge : scene.edges) {
        const bool valid = edge.from < scene.nodes.size() && edge.to < scene.nodes.size();
        const bool rigid = valid && frame[edge.from] >= 0 && frame[edge.from] == frame[edge.to];
        if (rigid) {
            last[edge.from] = 0;
            first[edge.to] = 0;
        }
        input.edges.push_back({edge.from, edge.to, edge.tensor, edge.toPort, rigid});
    }
    for (const SceneFrame& f : scene.frames)
        reserveFrame(f, first, last, input);
    for (std::size_t i = 0; i < scene.nodes.size(); ++i) {
        const layout::Insets& insets = input.insets[i];
        const bool down = direction == Direction::TopDown;
        SceneNode& node = scene.nodes.change(i);
        node.clearBefore = down ? insets.top : insets.left;
        node.clearAfter = down ? insets.bottom : insets.right;
    }
    reserveOutlines(scene, input);
    return input;
}

LineExtent LineExtent::of(const std::vector<layout::PointF>& points)
{
    if (points.empty())
        return {};
    const auto [left, right] = std::ranges::minmax(points, {}, &layout::PointF::x);
    const auto [top, bottom] = std::ranges::minmax(points, {}, &layout::PointF::y);
    return {static_cast<float>(left.x), static_cast<float>(top.y), static_cast<float>(right.x),
            static_cast<float>(bottom.y)};
}

void SceneLayout::setTrunk(std::size_t number, layout::Trunk trunk)
{
    extents.change(number) = LineExtent::of(trunk.points);
    trunks.change(number) = std::move(trunk);
}

void SceneLayout::setBranch(std::size_t number, layout::Branch branch)
{
    extents.change(trunks.size() + number) = LineExtent::of(branch.points);
    branches.change(number) = std::move(branch);
}

void placeScene(GraphScene& scene, LayoutResult result)
{
    for (std::size_t i = 0; i < scene.nodes.size() && i < result.nodes.size(); ++i) {
        const layout::RectF& r = result.nodes[i];
        scene.nodes.change(i).rect = QRectF(r.x, r.y, r.width, r.height);
    }
    scene.bounds = QRectF(0, 0, result.size.width, result.size.height);
    std::vector<LineExtent> extents;
    extents.reserve(result.trunks.size() + result.branches.size());
    for (const layout::Trunk& trunk : result.trunks)
        extents.push_back(LineExtent::of(trunk.points));
    for (const layout::Branch& branch : result.branches)
        extents.push_back(LineExtent::of(branch.points));
    scene.layout = {std::move(result.ranks), std::move(result.trunks), std::move(result.branches),
                    std::move(result.reversed), std::move(extents)};
    placeGroups(scene);
    scene.frameOf = frameOf(scene);
    const QFontMetricsF metrics(SceneFonts::standard().badge);
    for (std::size_t f = 0; f < scene.frames.size(); ++f) {
        SceneFrame& frame = scene.frames.change(f);
        placeFrame(scene, frame, metrics);
        scene.bounds |= frame.rect | frame.badgeRect;
    }
    placeOutlines(scene);
}

FrameRoom frameRoom(Direction direction)
{
    if (direction == Direction::TopDown)
        return {measures::frameAbove + measures::badgeHeight / 2 + 2, measures::frameBelow};
    return {measures::framePadding, measures::framePadding};
}

QSizeF nodeSize(const SceneNode& node)
{
    FaceWidths widths(SceneFonts::standard());
    return sizeOf(node, widths);
}

bool layOutScene(GraphScene& scene, Direction direction, std::stop_token stop)
{
    auto result = layOut(prepareLayout(scene, direction), std::move(stop));
    if (!result)
        return false;
    placeScene(scene, std::move(*result));
    return true;
}

} // namespace pleat::ui
