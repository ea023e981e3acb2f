// SPDX-License-Identifier: GPL-3.0-or-later
// A view that follows an edit says the same as one that is built of the edited model: nodes, values, readers,
// constants, by name and in order; and so do the shapes that are derived on it. PLEAT_UPDATE_GRAPHS says on
// how many random graphs (300), PLEAT_UPDATE_SEED where to start.
#include "core/fold/Fold.h"
#include "core/graph/Shapes.h"
#include "core/rewrite/Rewriter.h"
#include "tests/core/support/FoldChecks.h"
#include "tests/core/support/RandomEdits.h"
#include "tests/core/support/RandomGraph.h"

#include <QTest>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/onnx_pb.h>
#include <random>
#include <set>

using namespace pleat;
using namespace pleat::test;

namespace {

using View = std::shared_ptr<const GraphView>;

std::string text(const GraphView& view, ValueIndex value)
{
    if (value == ValueIndex::None)
        return "-";
    const NodeIndex producer = view.producer(value);
    std::string all =
        fmt::format("{} of scope {}, made by {}:{}, depth {}", view.name(value), index(view.scope(value)),
                    producer == NodeIndex::None ? -1 : static_cast<int>(index(view.id(producer))),
                    view.producerSlot(value), view.constantDepth(value));
    all += view.isGraphInput(value) ? ", input" : "";
    all += view.isGraphOutput(value) ? ", output" : "";
    all += view.isSparse(value) ? ", sparse" : "";
    if (const Initializer* initializer = view.initializer(value))
        all += fmt::format(", initializer {} {}", index(initializer->id), initializer->tensor.name());
    if (view.readerInBody(value) != NodeIndex::None)
        all += fmt::format(", in a body by {}", index(view.id(view.readerInBody(value))));
    all += ", read by";
    for (const Use& use : view.uses(value))
        all += fmt::format(" {}:{}", index(view.id(use.node)), use.slot);
    return all;
}

// All that there is to see, without the numbers of nodes and values.
std::string text(const GraphView& view)
{
    std::string all;
    for (const Scope& scope : view.scopes()) {
        all +=
            fmt::format("scope \"{}\" in {} of {}\n", scope.path, index(scope.parent),
                        scope.owner == NodeIndex::None ? -1 : static_cast<int>(index(view.id(scope.owner))));
        for (const auto* list : {&scope.inputs, &scope.outputs})
            for (const ValueIndex value : *list)
                all += "  " + text(view, value) + "\n";
        for (const ValueIndex value : scope.initializers)
            all += "  " + text(view, value) + "\n";
        const auto number = static_cast<ScopeIndex>(&scope - view.scopes().data());
        for (const NodeIndex node : view.topological(number))
            all += fmt::format("  {}", index(view.id(node)));
        all += "\n";
        auto entry = scope.graph->nodes.begin();
        for (const NodeIndex node : scope.nodes) {
            all += fmt::format("  {} {} {} {}\n", index(view.id(node)), view.label(node), view.op(node),
                               view.find(view.id(node)) == node && view.entry(node).id == entry->id &&
                                       view.entry(node).proto == entry->proto && view.scope(node) == number
                                   ? ""
                                   : "IS SOMEWHERE ELSE");
            ++entry;
            for (const ValueIndex value : view.inputs(node))
                all += "    reads " + text(view, value) + "\n";
            for (const ValueIndex value : view.outputs(node)) {
                all += "    makes " + text(view, value) + "\n";
                if (value != ValueIndex::None && view.find(number, view.name(value)) != value)
                    all += "    IS NOT FOUND\n";
            }
        }
    }
    std::size_t nodes = 0, values = 0;
    for (std::size_t n = 0; n < view.nodeCount(); ++n)
        nodes += view.exists(static_cast<NodeIndex>(n));
    for (std::size_t v = 0; v < view.valueCount(); ++v)
        values += view.exists(static_cast<ValueIndex>(v));
    return all + fmt::format("{} nodes, {} values\n", nodes, values);
}

std::string text(const GraphView& view, const Shapes& shapes)
{
    std::set<std::string> all; // numbers of values are no order
    for (std::size_t v = 0; v < view.valueCount(); ++v) {
        const auto value = static_cast<ValueIndex>(v);
        if (!view.exists(value))
            continue;
        const KnownShape* shape = shapes.of(value);
        all.insert(fmt::format("{} {}: {}{}\n", index(view.scope(value)), view.name(value),
                               shape ? fmt::format("{}", fmt::join(*shape, "x")) : "unknown",
                               shapes.followsFromRule(value) ? "" : ", declared"));
    }
    return fmt::format("{}{} contradictions", fmt::join(all, ""), shapes.contradictions().size());
}

// The first line that differs.
std::string difference(const std::string& is, const std::string& wanted)
{
    const auto [at, other] = std::ranges::mismatch(is, wanted);
    const auto line = [](const std::string& text, std::string::const_iterator place) {
        const auto start = std::find(std::reverse_iterator(place), text.rend(), '\n').base();
        return std::string(start, std::find(place, text.end(), '\n'));
    };
    return "is \"" + line(is, at) + "\", to be \"" + line(wanted, other) + "\"";
}

Model folded(const View& view, std::mt19937& random)
{
    NoProgress progress;
    const auto candidates = findFolds(view, {}, progress, {});
    std::vector<FoldId> ids;
    for (const FoldCandidate& candidate : *candidates)
        if (candidate.foldable && random() % 2 == 0)
            ids.push_back(candidate.id);
    auto outcome = fold(view, ids, {}, progress, {});
    return outcome ? outcome->after : view->model();
}

// Says something else, or nothing, of some values; also of one that is not there.
Model redescribed(const View& view, std::mt19937& random)
{
    Edit edit;
    const auto scope = static_cast<ScopeIndex>(random() % view->scopes().size());
    if (view->scopes()[index(scope)].function >= 0)
        return view->model();
    GraphChange& graph = edit.graph(keyOf(*view, scope));
    for (std::size_t n = 1 + random() % 3; n > 0; --n) {
        std::size_t value = random() % view->valueCount();
        while (!view->exists(static_cast<ValueIndex>(value)))
            value = (value + 1) % view->valueCount();
        std::string name(view->name(static_cast<ValueIndex>(value)));
        if (random() % 8 == 0)
            name = "before"; // what changed() calls new values
        if (random() % 3 == 0) {
            graph.undescribed.push_back(name);
            continue;
        }
        onnx::ValueInfoProto info;
        info.set_name(name);
        onnx::TypeProto::Tensor& type = *info.mutable_type()->mutable_tensor_type();
        type.set_elem_type(onnx::TensorProto::FLOAT);
        for (std::size_t d = random() % 5; d > 0; --d)
            type.mutable_shape()->add_dim()->set_dim_value(static_cast<std::int64_t>(1 + random() % 4));
        graph.described.push_back(std::make_shared<const onnx::ValueInfoProto>(info));
    }
    return apply(edit, *view);
}

struct Tally {
    int followed = 0, anew = 0;
};

// Edits, and edits of what was before them; empty when all is well.
std::string checkEdits(const View& first, std::uint32_t seed, int edits, Tally& tally)
{
    std::mt19937 random(seed);
    std::vector<View> views{first};
    std::vector<Shapes> shapes{Shapes(*first)};
    for (int edit = 0; edit < edits; ++edit) {
        const std::size_t at = random() % 4 == 0 ? random() % views.size() : views.size() - 1;
        const View before = views[at];
        const std::string old = text(*before);
        const Model model = random() % 4 == 0   ? redescribed(before, random)
                            : random() % 3 == 0 ? folded(before, random)
                                                : changed(before, random);
        const GraphView::Updated updated = GraphView::after(*before, model);
        ++(updated.change ? tally.followed : tally.anew);
        if (const std::string now = text(*updated.view), anew = text(*GraphView::of(model)); now != anew)
            return fmt::format("seed {}, edit {}: {}", seed, edit, difference(now, anew));
        if (text(*before) != old)
            return fmt::format("seed {}, edit {} changed the view before it", seed, edit);
        views.push_back(updated.view);
        std::vector<ValueIndex> others;
        shapes.push_back(updated.change ? Shapes(shapes[at], *updated.view, *updated.change, others)
                                        : Shapes(*updated.view));
        if (const std::string now = text(*updated.view, shapes.back()),
            anew = text(*updated.view, Shapes(*updated.view));
            now != anew)
            return fmt::format("seed {}, edit {}: shapes {}", seed, edit, difference(now, anew));
    }
    return {};
}

} // namespace

class ViewUpdateTest final : public QObject {
    Q_OBJECT

private slots:
    void followsRandomEdits()
    {
        const int graphs = fromEnvironment("PLEAT_UPDATE_GRAPHS", 300),
                  first = fromEnvironment("PLEAT_UPDATE_SEED", 1);
        Tally tally;
        for (int seed = first; seed < first + graphs; ++seed) {
            const onnx::ModelProto model = randomModel(static_cast<std::uint32_t>(seed));
            const View view = viewOf(model.SerializeAsString()).value_or(nullptr);
            QVERIFY(view);
            const std::string wrong = checkEdits(view, static_cast<std::uint32_t>(seed), 12, tally);
            QVERIFY2(wrong.empty(), wrong.c_str());
        }
        qInfo("%d edits followed, %d views built anew", tally.followed, tally.anew);
        QVERIFY(tally.followed > 9 * tally.anew);
    }

    void followsEditsOfALongChain()
    {
        Tally tally;
        const View view = viewOf(chainOfPairs(400).output().bytes()).value();
        const std::string wrong = checkEdits(view, 1, 60, tally);
        QVERIFY2(wrong.empty(), wrong.c_str());
        QVERIFY(tally.followed > 20);
    }

    // What is not touched is shared.
    void sharesWhatIsNotTouched()
    {
        const View view = viewOf(chainOfPairs(4000).output().bytes()).value();
        std::mt19937 random(1);
        Rewriter rewriter(view);
        rewriter.change(pick(view->scopes().front().nodes, random)).set_doc_string("changed");
        const auto updated = GraphView::after(*view, rewriter.apply());
        QVERIFY(updated.change);
        QCOMPARE(updated.change->nodes.size(), std::size_t{1});
        QVERIFY(updated.view->bytesBeside(*view) < view->nodeCount() * 20);
    }
};

QTEST_APPLESS_MAIN(ViewUpdateTest)
#include "test_view_update.moc"
