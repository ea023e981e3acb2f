// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/Drawing.h"

#include "ui/canvas/KeptPlaces.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

namespace pleat::ui {

namespace {

struct GivenMark {
    Mark mark;
    const QString* panel = nullptr;
};

Drawing::FrameMark frameMarkOf(const GivenMark& given)
{
    return {*given.panel, given.mark.action, given.mark.id};
}

void putAt(SceneVector<Drawing::FrameMark>& frames, quint32 number, Drawing::FrameMark mark)
{
    while (frames.size() <= number)
        frames.push_back({});
    frames.change(number) = std::move(mark);
}

// Applies what differs between two models to a drawing.
class Follower final {
public:
    Follower(const Drawing::Of& of, const Drawing& previous)
        : m_of(of),
          m_previous(previous),
          m_laidOut(*previous.laidOut),
          m_old(*previous.of.shown->view),
          m_view(*of.shown->view),
          m_reader(of.page(), *of.types, of.details),
          m_kept(*m_laidOut.scene, previous.scene->scene)
    {
    }

    std::optional<Drawing> run()
    {
        if (!findTouched() || !changeNodes() || !changeEdges() || !changeFrames() || !m_kept.finish())
            return std::nullopt;
        Drawing next = m_previous;
        next.of = m_of;
        next.of.scopes = m_previous.of.scopes;
        next.scene =
            std::make_shared<const IndexedScene>(IndexedScene{m_kept.take(), m_laidOut.scene->index});
        next.frames = std::move(m_frames);
        next.marksOn = std::move(m_marksOn);
        return next;
    }

private:
    int numberOf(NodeId node) const
    {
        return m_laidOut.scene->index->laidOutNode(static_cast<quint32>(node));
    }
    static bool hasBody(const GraphView& view, NodeIndex node)
    {
        return std::ranges::any_of(view.scopes(), [node](const Scope& scope) { return scope.owner == node; });
    }
    // That page by the numbers of `view`: those of after() are the old one's.
    ScopeIndex pageIn(const GraphView& view) const
    {
        return &view == &m_view ? m_of.scope : m_previous.of.scope;
    }
    bool isOnPage(const GraphView& view, NodeIndex node) const
    {
        return view.scope(node) == pageIn(view) && !hasBody(view, node);
    }

    // Nodes that differ, and those that make or read values that do.
    bool findTouched()
    {
        if (&m_old == &m_view)
            return true;
        const auto namesOf = [this](const GraphView& view) {
            std::vector<std::string_view> names;
            for (const ValueIndex output : view.scopes()[index(pageIn(view))].outputs)
                names.push_back(view.name(output));
            return names;
        };
        if (namesOf(m_old) != namesOf(m_view))
            return false;
        // The numbers of the two may mean different things: those of this one are the old one's.
        const GraphView::Updated updated = GraphView::after(m_old, m_view.model());
        if (!updated.change)
            return false;
        for (const GraphView* view : {&m_old, updated.view.get()}) {
            for (const NodeIndex node : updated.change->nodes) {
                if (index(node) < view->nodeCount() && view->exists(node) && !touch(*view, node))
                    return false;
            }
            for (const ValueIndex value : updated.change->values) {
                if (index(value) < view->valueCount() && view->exists(value) && !touch(*view, value))
                    return false;
            }
        }
        return true;
    }

    bool touch(const GraphView& view, NodeIndex node)
    {
        m_touched.insert(view.id(node));
        return isOnPage(view, node);
    }

    bool touch(const GraphView& view, ValueIndex value)
    {
        if (view.scope(value) != pageIn(view) || view.readerInBody(value) != NodeIndex::None)
            return false;
        if (view.producer(value) != NodeIndex::None && !touch(view, view.producer(value)))
            return false;
        if (view.isGraphOutput(value))
            m_ports.insert(SceneReader::portKey(view.name(value), Category::GraphOutput));
        return std::ranges::all_of(view.uses(value), [&](const Use& use) { return touch(view, use.node); });
    }

    bool changeNodes()
    {
        const SceneIndex& index = *m_laidOut.scene->index;
        for (const NodeId id : m_touched) {
            const int number = numberOf(id);
            const NodeIndex node = m_view.find(id);
            const bool isSeen = node != NodeIndex::None && !m_reader.isHidden(node);
            if (number < 0 && (isSeen || isCounted(id)))
                return false;
            if (number < 0)
                continue;
            const auto at = static_cast<quint32>(number);
            const auto& in = index.laidOutEdgesIn(at);
            m_edges.insert(in.begin(), in.end());
            for (const std::uint32_t e : index.edgesOut(m_previous.scene->scene, number))
                m_edges.insert(e);
            if (!isSeen) {
                m_kept.removeNode(at);
                continue;
            }
            SceneNode scene = m_reader.node(node);
            scene.rect.setSize(nodeSize(scene));
            m_kept.setNode(at, std::move(scene));
            if (!findEdges(node, at))
                return false;
        }
        for (const quint32 key : m_ports) {
            const int port = index.laidOutNode(key);
            if (port < 0)
                return false;
            const auto& in = index.laidOutEdgesIn(static_cast<quint32>(port));
            m_edges.insert(in.begin(), in.end());
        }
        return true;
    }

    // Those that enter and leave a node as it is now; false where there is one that was not laid out.
    bool findEdges(NodeIndex node, quint32 number)
    {
        const GraphScene& laidOut = m_laidOut.scene->scene;
        const SceneIndex& index = *m_laidOut.scene->index;
        const auto inputs = m_view.inputs(node);
        for (std::size_t slot = 0; slot < inputs.size(); ++slot) {
            if (inputs[slot] != ValueIndex::None && sourceOf(inputs[slot]) &&
                index.laidOutEdge(laidOut, number, static_cast<quint32>(slot)) < 0)
                return false;
        }
        for (const ValueIndex output : m_view.outputs(node)) {
            if (output == ValueIndex::None)
                continue;
            if (m_view.readerInBody(output) != NodeIndex::None)
                return false;
            for (const Use& use : m_view.uses(output)) {
                const int reader = numberOf(m_view.id(use.node));
                const int edge =
                    reader < 0 ? -1 : index.laidOutEdge(laidOut, static_cast<quint32>(reader), use.slot);
                if (edge >= 0)
                    m_edges.insert(static_cast<quint32>(edge));
            }
            if (m_view.isGraphOutput(output))
                m_ports.insert(SceneReader::portKey(m_view.name(output), Category::GraphOutput));
        }
        return true;
    }

    // The node of the scene that makes a value; nothing for constants.
    std::optional<quint32> sourceOf(ValueIndex value) const
    {
        if (m_reader.isConstant(value))
            return std::nullopt;
        const NodeIndex producer = m_view.producer(value);
        const int number = producer != NodeIndex::None && m_view.scope(value) == m_of.scope
                               ? numberOf(m_view.id(producer))
                               : m_laidOut.scene->index->laidOutNode(
                                     SceneReader::portKey(m_view.name(value), Category::GraphInput));
        return number < 0 ? std::nullopt : std::optional(static_cast<quint32>(number));
    }

    bool isScope(quint32 number) const { return m_laidOut.items[number].scope != NameScopes::root; }

    bool changeEdges()
    {
        for (const quint32 number : m_edges) {
            const SceneEdge& laidOut = m_laidOut.scene->scene.edges[number];
            if (isScope(laidOut.from) || isScope(laidOut.to))
                return false; // which tensors lead there is known to who looks at all of it
            const ValueIndex value = valueOf(laidOut);
            const auto from = value == ValueIndex::None ? std::nullopt : sourceOf(value);
            if (from)
                m_kept.setEdge(number, m_reader.edge(value, *from, laidOut.to, laidOut.toPort));
            else
                m_kept.removeEdge(number);
        }
        return true;
    }

    // What enters there now; None where nothing does.
    ValueIndex valueOf(const SceneEdge& edge) const
    {
        if (m_kept.isGone(edge.to))
            return ValueIndex::None;
        const BuiltScene::Item& item = m_laidOut.items[edge.to];
        if (item.node == NodeId::None)
            return m_view.find(m_of.scope, item.value);
        const auto inputs = m_view.inputs(m_view.find(item.node));
        return edge.toPort < inputs.size() ? inputs[edge.toPort] : ValueIndex::None;
    }

    std::vector<quint32> numbersOf(const Mark& mark) const
    {
        std::vector<quint32> numbers;
        for (const NodeId node : mark.nodes)
            if (const int number = node == NodeId::None ? -1 : numberOf(node); number >= 0)
                numbers.push_back(static_cast<quint32>(number));
        return numbers;
    }

    bool changeFrames()
    {
        m_frames = m_previous.frames;
        m_marksOn = m_previous.marksOn;
        std::vector<GivenMark> gone, came;
        for (const Workspace::PanelMarks& source : m_of.sources) {
            if (!source.source.change)
                return false;
            auto change = source.source.change({*m_previous.of.shown, *m_previous.of.current},
                                               {*m_of.shown, *m_of.current});
            if (!change)
                return false;
            for (const auto* marks : {&change->gone, &change->came})
                if (std::ranges::any_of(*marks, [this](const Mark& mark) { return isHidden(mark); }))
                    return false; // a collapsed scope counts it
            for (Mark& mark : change->gone)
                gone.push_back({std::move(mark), &source.panel});
            for (Mark& mark : change->came)
                came.push_back({std::move(mark), &source.panel});
        }
        // A node has the first of the marks that name it. Where others than these do, all have to be seen.
        std::map<quint32, int> named;
        for (const GivenMark& given : gone)
            for (const quint32 number : numbersOf(given.mark))
                ++named[number];
        for (const GivenMark& given : came)
            for (const quint32 number : numbersOf(given.mark))
                named.try_emplace(number, 0);
        const auto leavesItsMark = [&](NodeId id) { // or comes back to it
            const int node = numberOf(id);
            const auto number = static_cast<quint32>(node);
            return node >= 0 && m_previous.scene->scene.nodes[number].gone != m_kept.isGone(number) &&
                   m_marksOn[number] > 0 && !named.contains(number);
        };
        if (std::ranges::any_of(m_touched, leavesItsMark))
            return false;
        for (const auto& [number, count] : named) {
            if (m_marksOn[number] != count)
                return false;
            m_marksOn.change(number) = 0;
            if (const int frame = m_previous.scene->scene.frameOf[number]; frame >= 0)
                removeFrame(static_cast<quint32>(frame));
        }
        for (const GivenMark& given : came)
            addFrame(given);
        return true;
    }

    // By a collapsed scope, that says how many nodes it hides.
    bool isCounted(NodeId id) const
    {
        const NodeIndex node = m_old.find(id);
        return node != NodeIndex::None && m_previous.of.scopes && m_previous.of.scopes->hiding(m_old, node);
    }

    bool isHidden(const Mark& mark) const
    {
        return std::ranges::any_of(mark.nodes, [this](NodeId id) {
            const NodeIndex node = id == NodeId::None ? NodeIndex::None : m_view.find(id);
            return m_previous.of.scopes && m_previous.of.scopes->hiding(m_view, node);
        });
    }

    void removeFrame(quint32 number)
    {
        m_kept.removeFrame(number);
        m_frames.change(number) = {};
    }

    void addFrame(const GivenMark& given)
    {
        SceneFrame frame{given.mark.look, {}, given.mark.badge, given.mark.tip, {}, {}};
        for (const quint32 number : numbersOf(given.mark)) {
            ++m_marksOn.change(number);
            if (!m_kept.isGone(number) && m_framed.insert(number).second)
                frame.nodes.push_back(number);
        }
        if (!frame.nodes.empty())
            putAt(m_frames, m_kept.addFrame(std::move(frame)), frameMarkOf(given));
    }

    const Drawing::Of& m_of;
    const Drawing& m_previous;
    const Drawing::LaidOut& m_laidOut;
    const GraphView &m_old, &m_view;
    const SceneReader m_reader;
    KeptPlaces m_kept;
    std::set<NodeId> m_touched;
    std::set<quint32> m_ports; // keys of outputs of the graph
    std::set<quint32> m_edges, m_framed;
    SceneVector<Drawing::FrameMark> m_frames;
    SceneVector<int> m_marksOn;
};

std::vector<GivenMark> allMarks(const Drawing::Of& of, const std::stop_token& stop)
{
    std::vector<GivenMark> marks;
    for (const Workspace::PanelMarks& each : of.sources)
        for (Mark& mark : each.source.all(*of.shown, *of.current, stop))
            marks.push_back({std::move(mark), &each.panel});
    return marks;
}

SceneVector<int> countMarks(const std::vector<Mark>& marks, const IndexedScene& laidOut)
{
    std::vector<int> on(laidOut.scene.nodes.size(), 0);
    for (const Mark& mark : marks)
        for (const NodeId node : mark.nodes)
            if (const int number =
                    node == NodeId::None ? -1 : laidOut.index->laidOutNode(static_cast<quint32>(node));
                number >= 0)
                ++on[static_cast<std::size_t>(number)];
    return on;
}

} // namespace

std::optional<Drawing> follow(const Drawing::Of& of, const Drawing& previous)
{
    const Drawing::Of& was = previous.of;
    if (of.sourcesVersion != was.sourcesVersion || of.types != was.types || of.direction != was.direction ||
        of.details != was.details || (of.scopes && of.scopes != was.scopes) || !of.details.shapes ||
        !of.details.leftOut.empty())
        return std::nullopt; // what is left out is read past, which Follower does not
    return Follower(of, previous).run();
}

std::optional<Drawing> draw(Drawing::Of of, const Drawing* previous, const std::stop_token& stop)
{
    if (!of.scopes)
        of.scopes = previous
                        ? previous->of.scopes
                        : ScopeState::opening(std::make_shared<const NameScopes>(*of.shown->view, of.scope));
    if (previous) {
        if (auto followed = follow(of, *previous))
            return followed;
    }
    std::vector<GivenMark> given = allMarks(of, stop);
    std::vector<Mark> marks;
    marks.reserve(given.size());
    for (GivenMark& each : given)
        marks.push_back(each.mark);
    auto built = gatherScene(of.page(), marks, *of.types, of.details, stop, *of.scopes);
    if (!built)
        return std::nullopt;
    Drawing drawing{of, {}, {}, {}, {}};
    std::vector<Drawing::FrameMark> frames;
    for (const std::size_t at : built->marks)
        frames.push_back(frameMarkOf(given[at]));
    const auto leftOut = [](const SceneDetails& details) {
        return std::pair(details.shapes, details.leftOut);
    };
    if (previous && previous->of.direction == of.direction &&
        leftOut(previous->of.details) == leftOut(of.details)) {
        prepareLayout(built->scene, of.direction);
        if (auto kept = keepPlaces(built->scene, *previous->laidOut->scene)) {
            drawing.laidOut = previous->laidOut;
            for (std::size_t f = 0; f < frames.size(); ++f)
                putAt(drawing.frames, kept->frames[f], std::move(frames[f]));
            while (drawing.frames.size() < kept->scene.frames.size())
                drawing.frames.push_back({});
            drawing.scene = std::make_shared<const IndexedScene>(
                IndexedScene{std::move(kept->scene), drawing.laidOut->scene->index});
        }
    }
    if (!drawing.laidOut) {
        if (!layOutScene(built->scene, of.direction, stop))
            return std::nullopt;
        drawing.laidOut = std::make_shared<const Drawing::LaidOut>(
            Drawing::LaidOut{IndexedScene::of(std::move(built->scene)), std::move(built->items)});
        drawing.scene = drawing.laidOut->scene;
        drawing.frames = std::move(frames);
    }
    drawing.marksOn = countMarks(marks, *drawing.laidOut->scene);
    if (stop.stop_requested())
        return std::nullopt;
    return drawing;
}

} // namespace pleat::ui
