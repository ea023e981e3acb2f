// SPDX-License-Identifier: GPL-3.0-or-later
// A document is a walk: fold some, go back, fold others of the same earlier model, freeze inputs, edit, and
// on. Wherever it leads, an id stands for one node or one initializer, in one scope under one name, and
// whatever an edit leaves as it was keeps its id. PLEAT_IDENTITY_GRAPHS says on how many random graphs (60),
// PLEAT_IDENTITY_SEED where to start; a failure prints the seed of its graph.
#include "core/rewrite/Rewriter.h"
#include "tests/core/support/FoldChecks.h"
#include "tests/core/support/RandomGraph.h"

#include <QTest>
#include <map>
#include <onnx/onnx_pb.h>
#include <random>
#include <set>

using namespace pleat;
using namespace pleat::test;

namespace {

using View = std::shared_ptr<const GraphView>;

// All that one model has under ids: where, and under which name.
struct Inventory {
    struct Entry {
        std::string scope, name;
        const void* message = nullptr; // the very object
        bool operator==(const Entry&) const = default;
    };
    std::map<NodeId, Entry> nodes;
    std::map<TensorId, Entry> tensors;
    std::string problem; // an id that is there twice

    explicit Inventory(const Model& model)
    {
        add(*model.graph, "main");
        for (std::size_t f = 0; f < model.functions.size(); ++f)
            add(*model.functions[f].body, "function " + std::to_string(f));
    }

private:
    void add(const Graph& graph, const std::string& scope)
    {
        for (const Node& node : graph.nodes) {
            if (!nodes.try_emplace(node.id, Entry{scope, node.proto->name(), node.proto.get()}).second)
                problem = "two nodes have the id of " + node.proto->name();
            for (const Body& body : node.bodies())
                add(*body.graph,
                    scope + "/" + std::to_string(index(node.id)) + "." + std::to_string(body.attribute));
        }
        for (const Initializer& tensor : graph.initializers) {
            const void* kept = tensor.tensor.kept();
            const Entry entry{scope, std::string(tensor.tensor.name()),
                              kept ? kept : tensor.tensor.rawData().data()};
            if (!tensors.try_emplace(tensor.id, entry).second)
                problem = "two initializers have the id of " + entry.name;
        }
    }
};

// What all models of a document together have had.
class Document final {
public:
    explicit Document(View opened, std::uint32_t seed) : m_random(seed)
    {
        const Inventory first(opened->model());
        m_nodes.insert(first.nodes.begin(), first.nodes.end());
        m_tensors.insert(first.tensors.begin(), first.tensors.end());
        m_views.push_back(std::move(opened));
    }

    // Goes on from any model that there has been; "" or what is wrong.
    std::string step()
    {
        const View before = m_views[pick(m_views.size())];
        for (const View& after : next(before)) {
            if (after == before)
                continue;
            if (std::string wrong = check(*before, *after); !wrong.empty())
                return wrong;
            m_views.push_back(after);
        }
        return {};
    }

    std::size_t models() const { return m_views.size(); }
    std::size_t given() const { return m_given; }
    std::size_t kept() const { return m_kept; }

private:
    std::size_t pick(std::size_t count) { return m_random() % count; }

    std::vector<View> next(const View& before)
    {
        switch (pick(4)) {
        case 0:
            return {withFrozenInputs(before)};
        case 1:
            return {edited(before)};
        default:
            return {folded(before), folded(before)}; // the same model twice, with an undo in between
        }
    }

    View folded(const View& before)
    {
        NoProgress quiet;
        const FoldOptions options{.constantsToo = pick(2) == 0, .padUniform = pick(2) == 0};
        const auto found = findFolds(before, options, quiet, {});
        std::vector<FoldId> chosen;
        for (const FoldCandidate& candidate : *found) {
            if (candidate.foldable && pick(2) == 0)
                chosen.push_back(candidate.id);
        }
        auto outcome = fold(before, chosen, options, quiet, {});
        if (!outcome) // one that needs another
            return before;
        if (pick(4) == 0 && !canonicalizeRest(*outcome, pick(2) == 0 ? Rest::Normalise : Rest::MulAdd))
            return before;
        return GraphView::of(outcome->after);
    }

    // A new node in front of another one, which reads it, and a new tensor beside it; or a node that goes.
    View edited(const View& before)
    {
        Rewriter rewriter(before);
        const auto node = static_cast<NodeIndex>(pick(before->nodeCount()));
        if (before->inputs(node).empty() || before->input(node, 0) == ValueIndex::None)
            return before;
        onnx::NodeProto made;
        made.set_op_type("Identity");
        made.set_name(rewriter.uniqueName("identity"));
        made.add_input(std::string(before->name(before->input(node, 0))));
        made.add_output(rewriter.uniqueName("same"));
        rewriter.change(node).set_input(0, made.output(0));
        rewriter.insertBefore(node, made);
        rewriter.add(before->scope(node), "number", DataType::Float, {1},
                     Payload{std::make_shared<const std::vector<std::byte>>(4)});
        return GraphView::of(rewriter.apply());
    }

    std::string check(const GraphView& before, const GraphView& after)
    {
        const Inventory old(before.model()), now(after.model());
        if (!now.problem.empty())
            return now.problem;
        std::string wrong = checkIds(old.nodes, now.nodes, m_nodes);
        return wrong.empty() ? checkIds(old.tensors, now.tensors, m_tensors) : wrong;
    }

    template<class Entries>
    std::string checkIds(const Entries& old, const Entries& now, Entries& ever)
    {
        std::map<std::pair<const void*, std::string>, typename Entries::key_type> idOf;
        for (const auto& [id, entry] : old) {
            if (entry.message)
                idOf[{entry.message, entry.scope}] = id;
        }
        for (const auto& [id, entry] : now) {
            const auto survivor = old.find(id);
            if (survivor == old.end()) {
                ++m_given;
                if (!ever.emplace(id, entry).second)
                    return entry.name + " gets an id that something else has had";
                if (idOf.contains({entry.message, entry.scope}))
                    return entry.name + " is what it was, and has another id";
                continue;
            }
            ++m_kept;
            const auto& first = ever.at(id);
            if (first.scope != entry.scope || first.name != entry.name)
                return entry.name + " has the id of " + first.name;
            const auto same = idOf.find({entry.message, entry.scope});
            if (same != idOf.end() && same->second != id)
                return entry.name + " has the id of another node";
        }
        return {};
    }

    std::mt19937 m_random;
    std::vector<View> m_views; // all of them live on, so no message's address comes again
    std::map<NodeId, Inventory::Entry> m_nodes;
    std::map<TensorId, Inventory::Entry> m_tensors;
    std::size_t m_given = 0, m_kept = 0;
};

// Some initializers are inputs, too, so that they can be frozen.
void listSome(onnx::ModelProto& model, std::uint32_t seed)
{
    auto* graph = model.mutable_graph();
    std::set<std::string> listed;
    for (const onnx::ValueInfoProto& input : graph->input())
        listed.insert(input.name());
    for (int at = 0; at < graph->initializer_size(); ++at) {
        if ((seed + static_cast<std::uint32_t>(at)) % 3 != 0)
            continue;
        const onnx::TensorProto& tensor = graph->initializer(at);
        if (!listed.insert(tensor.name()).second)
            continue;
        auto* input = graph->add_input();
        input->set_name(tensor.name());
        auto* type = input->mutable_type()->mutable_tensor_type();
        type->set_elem_type(tensor.data_type());
        for (const std::int64_t dim : tensor.dims())
            type->mutable_shape()->add_dim()->set_dim_value(dim);
    }
}

// Folds in a function, in a body, and around them.
ModelBuilder withScopes()
{
    ModelBuilder inner(2), then(3), otherwise(4), model;
    inner.weightsAsConstantNodes().from("f_in", 4).conv("f_conv", {.in = 4});
    inner.batchNorm("f_bn", {.output = "f_out"});
    then.from("mid_out", 4).conv("then_conv", {.in = 4}).batchNorm("then_bn");
    otherwise.from("mid_out", 4).batchNorm("else_bn").then("Relu", "else_relu");
    model.input("cond", {}, DataType::Bool).input("x", {1, 3, 8, 8});
    model.conv("c", {}).batchNorm("bn1").conv("c2", {.in = 4}).batchNorm("bn2", {.output = "mid_out"});
    model.function(inner, "local", "block", {"f_in"}, {"f_out"});
    model.node("block", {"mid_out"}, {"called"}, {}, "call", "local").output();
    model.node("If", {"cond"}, {"chosen"}, {{"then_branch", then.body()}, {"else_branch", otherwise.body()}},
               "choice");
    model.output();
    return model;
}

std::string walk(const std::string& bytes, std::uint32_t seed, std::size_t& given, std::size_t& kept)
{
    auto view = viewOf(bytes);
    if (!view)
        return view.error();
    Document document(*view, seed);
    for (int step = 0; step < 30; ++step) {
        if (std::string wrong = document.step(); !wrong.empty())
            return wrong;
    }
    given += document.given();
    kept += document.kept();
    return {};
}

} // namespace

class IdentityTest final : public QObject {
    Q_OBJECT

private slots:
    void noIdStandsForTwoThings()
    {
        const int graphs = fromEnvironment("PLEAT_IDENTITY_GRAPHS", 60),
                  first = fromEnvironment("PLEAT_IDENTITY_SEED", 1);
        std::size_t given = 0, kept = 0;
        for (int at = first; at < first + graphs; ++at) {
            const auto seed = static_cast<std::uint32_t>(at);
            onnx::ModelProto model = RandomGraph(seed).model().proto();
            listSome(model, seed);
            const std::string wrong = walk(model.SerializeAsString(), seed, given, kept);
            QVERIFY2(wrong.empty(), qPrintable(QString("seed %1: %2").arg(at).arg(wrong.c_str())));
        }
        qInfo("%zu ids given, %zu kept", given, kept);
        QVERIFY(given > 10 * static_cast<std::size_t>(graphs)); // or it proves nothing
        QVERIFY(kept > 10 * given);
    }

    void norInBodies()
    {
        std::size_t given = 0, kept = 0;
        const std::string bytes = withScopes().bytes();
        for (std::uint32_t seed = 0; seed < 50; ++seed) {
            const std::string wrong = walk(bytes, seed, given, kept);
            QVERIFY2(wrong.empty(), qPrintable(QString("seed %1: %2").arg(seed).arg(wrong.c_str())));
        }
        QVERIFY(given > 100 && kept > given);
    }
};

QTEST_APPLESS_MAIN(IdentityTest)
#include "test_identity.moc"
