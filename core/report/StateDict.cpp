// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/StateDict.h"

#include "core/base/Text.h"
#include "core/fold/Layer.h"
#include "core/graph/Shapes.h"
#include "core/rewrite/Rewriter.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

namespace pleat {

namespace {

constexpr std::string_view weightEnding = "weight", biasEnding = "bias";
// What a batch norm reads behind its data, and what PyTorch calls it.
constexpr std::array<std::string_view, 4> batchNormNames{"weight", "bias", "running_mean", "running_var"};

// A matrix of [inputs, outputs], where PyTorch's Linear has [outputs, inputs].
bool isInputsFirst(const Layer& layer)
{
    const auto& axes = layer.layout.axes;
    return layer.weight.tensor.dims().size() == 2 && axes.size() == 2 && axes[0].outputStep == 0 &&
           axes[1].outputStep != 0;
}

// "a.bias" for "a.weight", "in_proj_weight" for "in_proj_bias"; empty where it does not end so.
std::string sibling(std::string_view name, std::string_view ending, std::string_view other)
{
    if (!name.ends_with(ending))
        return {};
    return std::string(name.substr(0, name.size() - ending.size())).append(other);
}

std::string parameterOf(const std::string& module, std::string_view name)
{
    return module.empty() ? std::string() : module + "." + std::string(name);
}

// The module of a path without the number that exporters give to a module's second run: "conv" of "conv_1".
std::string withoutRun(std::string_view path)
{
    const std::size_t end = path.find_last_not_of("0123456789");
    const bool numbered = end != path.npos && end + 1 < path.size() && path[end] == '_';
    return std::string(path.substr(0, numbered ? end : path.size()));
}

// A view, and how many nodes read each stored constant as a parameter.
struct Side {
    std::shared_ptr<const GraphView> view;
    Shapes shapes;
    std::unordered_map<ValueIndex, int> readers;

    explicit Side(std::shared_ptr<const GraphView> of) : view(std::move(of)), shapes(*view) {}

    std::optional<Layer> layer(NodeIndex node) const
    {
        if (node == NodeIndex::None || !isLayer(*view, node))
            return std::nullopt;
        auto read = readLayer({*view, shapes, false, false, node}, node);
        return read ? std::optional(std::move(*read)) : std::nullopt;
    }
    ValueIndex storedAt(ValueIndex value) const
    {
        const auto constant = constantOf(*view, value);
        return constant ? constant->storedAt : ValueIndex::None;
    }
};

class Collector final {
public:
    Collector(Side before, Side after) : m_before(std::move(before)), m_after(std::move(after)) {}

    Result<StateDict> collect(const FoldOutcome& outcome)
    {
        countReaders();
        for (std::size_t s = 0; s < m_after.view->scopes().size(); ++s) {
            for (const NodeIndex node : m_after.view->topological(static_cast<ScopeIndex>(s))) {
                if (auto done = isBatchNorm(*m_after.view, node) ? addBatchNorm(node) : addLayer(node); !done)
                    return tl::make_unexpected(done.error());
            }
        }
        if (auto done = addOthers(); !done)
            return tl::make_unexpected(done.error());
        addNotices(outcome);
        return std::move(m_dict);
    }

private:
    // A name, and how it was found; without that it is the initializer's own.
    struct Name {
        std::string name, how;
    };

    void countReaders()
    {
        const GraphView& view = *m_before.view;
        for (std::size_t n = 0; n < view.nodeCount(); ++n) {
            const auto node = static_cast<NodeIndex>(n);
            if (!view.exists(node))
                continue;
            if (isBatchNorm(view, node)) {
                for (std::size_t slot = 1; slot <= batchNormNames.size(); ++slot)
                    ++m_before.readers[m_before.storedAt(view.input(node, slot))];
                rememberFolded(node);
            } else if (const auto layer = m_before.layer(node)) {
                ++m_before.readers[layer->weight.storedAt];
                ++m_before.readers[m_before.storedAt(biasOf(view, *layer))];
            }
        }
    }

    // What a batch norm that is gone may have left behind, as its count of batches.
    void rememberFolded(NodeIndex node)
    {
        const GraphView& view = *m_before.view;
        if (m_after.view->find(view.id(node)) != NodeIndex::None)
            return;
        const ValueIndex scale = m_before.storedAt(view.input(node, 1));
        for (const std::string& module :
             {sibling(view.name(scale), ".weight", ""), modulePath(view.name(node))}) {
            if (module.empty())
                continue;
            m_folded.insert(module + ".num_batches_tracked");
            for (const std::string_view name : batchNormNames)
                m_folded.insert(parameterOf(module, name));
        }
    }

    // The initializer's own name where it is one of a parameter and of this reader alone, else `derived`,
    // from the reader's bias or path. Where nothing tells, it keeps what it has.
    Name nameOf(ValueIndex stored, const Name& derived) const
    {
        const std::string own(m_before.view->name(stored));
        const auto readers = m_before.readers.find(stored);
        const bool shared = readers != m_before.readers.end() && readers->second > 1;
        if (derived.name.empty() || derived.name == own || (isParameterName(own) && !shared))
            return {own, {}};
        return derived;
    }

    Result<void> add(const Name& name, std::string_view from, NamedTensor entry, ValueIndex stored)
    {
        m_taken.insert(stored);
        entry.name = name.name;
        const auto [known, isNew] = m_byName.emplace(name.name, m_dict.tensors.size());
        if (!isNew) {
            const NamedTensor& other = m_dict.tensors[known->second];
            if (other.tensor.payload() == entry.tensor.payload() && other.transposed == entry.transposed)
                return {};
            return failure(ErrorCode::Usage,
                           "There is no state dict for this fold: two different tensors, \"" +
                               other.tensor.name() + "\" and \"" + entry.tensor.name() +
                               "\", would both be \"" + name.name +
                               "\" in the network. It seems to call that module twice; do not fold "
                               "the batch norms behind it (--only).",
                           name.name);
        }
        if (!name.how.empty())
            m_dict.mapped.push_back({std::string(from), name.name, name.how});
        m_dict.tensors.push_back(std::move(entry));
        return {};
    }

    Result<void> addLayer(NodeIndex node)
    {
        const GraphView &view = *m_after.view, &old = *m_before.view;
        const auto layer = m_after.layer(node);
        const NodeIndex oldNode = old.find(view.id(node));
        const auto oldLayer = m_before.layer(oldNode);
        if (!layer || !oldLayer)
            return {};
        const ValueIndex oldBias = m_before.storedAt(biasOf(old, *oldLayer));
        const std::string path = modulePath(view.name(node)),
                          byPath = "the path of its layer " + view.label(node);

        const std::string biasName(old.name(oldBias));
        const bool biasTells = isParameterName(biasName) && m_before.readers[oldBias] == 1;
        Name derived{parameterOf(path, weightEnding), byPath};
        if (const std::string beside = sibling(biasName, biasEnding, weightEnding);
            biasTells && !beside.empty())
            derived = {beside, "the name of its layer's bias " + biasName};
        const ValueIndex oldWeight = oldLayer->weight.storedAt;
        const bool secondRun = parameterOf(withoutRun(path), weightEnding) == old.name(oldWeight);
        const Name weight = nameOf(oldWeight, secondRun ? Name{} : derived);
        NamedTensor entry{{}, layer->weight.tensor, false};
        // The exporter turned what it renamed; what has its own name keeps its own order.
        const bool turned = !isParameterName(old.name(oldWeight)) && isInputsFirst(*oldLayer);
        entry.transposed = isInputsFirst(*layer) != (isInputsFirst(*oldLayer) && !turned) &&
                           layer->weight.tensor.dims().size() == 2;
        if (!entry.transposed)
            entry.tensor = shaped(entry.tensor, oldLayer->weight.tensor.dims());
        if (auto done = add(weight, old.name(oldWeight), std::move(entry), layer->weight.storedAt); !done)
            return done;

        const auto bias = constantOf(view, biasOf(view, *layer));
        if (!bias)
            return {};
        const Name fromWeight{sibling(weight.name, weightEnding, biasEnding), weight.how};
        const Name fromPath{parameterOf(path, biasEnding), byPath};
        Name name = fromWeight.name.empty() ? fromPath : fromWeight;
        if (oldBias != ValueIndex::None)
            name = nameOf(oldBias, name);
        else
            name.how.clear(); // it had none: there is nothing to map
        if (name.name.empty())
            name.name = bias->tensor.name();
        const auto count = static_cast<std::int64_t>(bias->tensor.elements());
        return add(name, biasName, {{}, shaped(bias->tensor, {count}), false}, bias->storedAt);
    }

    // The same elements in other dimensions, where there are as many.
    static TensorView shaped(const TensorView& tensor, const std::vector<std::int64_t>& dims)
    {
        TensorView other(tensor.name(), tensor.type(), dims, tensor.payload());
        return other.elements() == tensor.elements() ? other : tensor;
    }

    // One that was not folded.
    Result<void> addBatchNorm(NodeIndex node)
    {
        const GraphView &view = *m_after.view, &old = *m_before.view;
        const NodeIndex oldNode = old.find(view.id(node));
        const std::string path = modulePath(view.name(node)), byPath = "the path of " + view.label(node);
        for (std::size_t slot = 1; oldNode != NodeIndex::None && slot <= batchNormNames.size(); ++slot) {
            const auto constant = constantOf(view, view.input(node, slot));
            const ValueIndex stored = m_before.storedAt(old.input(oldNode, slot));
            if (!constant || stored == ValueIndex::None)
                continue;
            const Name name = nameOf(stored, {parameterOf(path, batchNormNames[slot - 1]), byPath});
            if (auto done = add(name, old.name(stored), {{}, constant->tensor, false}, constant->storedAt);
                !done)
                return done;
        }
        return {};
    }

    // What nobody reads as a weight, bias or batch norm.
    Result<void> addOthers()
    {
        const GraphView& view = *m_after.view;
        for (const Scope& scope : view.scopes()) {
            for (const ValueIndex value : scope.initializers) {
                const std::string name(view.name(value));
                if (m_taken.contains(value) || (view.uses(value).empty() && m_folded.contains(name)))
                    continue;
                if (!isParameterName(name)) {
                    m_dict.leftOut.push_back(name);
                    continue;
                }
                const NamedTensor entry{{}, tensorView(view.initializer(value)->tensor), false};
                if (auto done = add({name, {}}, name, entry, value); !done)
                    return done;
            }
        }
        return {};
    }

    void addNotices(const FoldOutcome& outcome)
    {
        std::vector<std::string> notices;
        for (const FoldedPair& pair : outcome.pairs) {
            if (!pair.folded)
                continue;
            for (const NodeRef& node : pair.candidate.affine) {
                if (node.op != "BatchNormalization")
                    notices.push_back("The weights hold " + node.op + " " + node.name +
                                      ", too, which the network has to leave out as it does the batch norm.");
            }
            for (const FoldWarning& warning : pair.candidate.warnings) {
                if (warning.code == "constant")
                    notices.push_back("The network has to be changed beyond its parameters: " +
                                      warning.message.text() + ".");
            }
        }
        for (const NamedTensor& entry : m_dict.tensors) {
            if (!isParameterName(entry.name))
                notices.push_back("Nothing tells what the network calls \"" + entry.name +
                                  "\"; it keeps this name.");
        }
        m_dict.notices = shortened(std::move(notices), "remarks of this kind");
    }

    Side m_before, m_after;
    StateDict m_dict;
    std::unordered_map<std::string, std::size_t> m_byName; // among the tensors
    std::unordered_set<ValueIndex> m_taken;
    std::unordered_set<std::string> m_folded; // names of what belonged to batch norms that are gone
};

} // namespace

bool isParameterName(std::string_view name)
{
    if (name.empty() || name.front() == '.' || name.back() == '.' || name.find("..") != name.npos)
        return false;
    const auto isLetter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    return std::ranges::all_of(name, [&](char c) { return isLetter(c) || isDigit(c) || c == '.'; }) &&
           isLetter(name[name.rfind('.') + 1]);
}

std::string modulePath(std::string_view nodeName)
{
    if (!nodeName.starts_with('/'))
        return {};
    std::string path, last;
    for (std::size_t from = 1, end = nodeName.find('/', from); end != nodeName.npos;
         from = end + 1, end = nodeName.find('/', from)) {
        const std::string part(nodeName.substr(from, end - from));
        // A member of a Sequential or ModuleList bears its parent's name: "features.0" in "features".
        if (!last.empty() && part.starts_with(last + "."))
            path.resize(path.size() - last.size());
        else if (!path.empty())
            path += ".";
        path += part;
        last = part;
    }
    return isParameterName(path + ".x") ? path : std::string();
}

Result<StateDict> stateDict(const std::shared_ptr<const GraphView>& before, const FoldOutcome& outcome)
{
    // What was frozen for the fold is constant on both sides.
    return Collector(Side(withFrozenInputs(before)), Side(withFrozenInputs(GraphView::of(outcome.after))))
        .collect(outcome);
}

} // namespace pleat
