// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/edit/Ports.h"

#include "core/edit/Declarations.h"
#include "core/edit/Rename.h"
#include "core/graph/Attributes.h"
#include "core/graph/Constants.h"
#include "core/graph/ElementTypes.h"
#include "core/rewrite/Symbols.h"

#include <algorithm>
#include <onnx/onnx_pb.h>
#include <set>
#include <unordered_map>

namespace pleat {

namespace {

using Infos = google::protobuf::RepeatedPtrField<onnx::ValueInfoProto>;

std::vector<ValueInfo> listed(const std::shared_ptr<const onnx::GraphProto>& header, const Infos& infos)
{
    std::vector<ValueInfo> all;
    for (const onnx::ValueInfoProto& info : infos)
        all.emplace_back(header, &info);
    return all;
}

std::vector<ValueInfo> outputsOf(const GraphView& view)
{
    const auto& header = view.model().graph->header;
    return listed(header, header->output());
}

std::vector<ValueInfo> inputsOf(const GraphView& view)
{
    const auto& header = view.model().graph->header;
    return listed(header, header->input());
}

void setDim(onnx::TensorShapeProto::Dimension& dim, const Dimension& size)
{
    dim.Clear();
    if (size.value >= 0)
        dim.set_dim_value(size.value);
    else if (!size.symbol.empty())
        dim.set_dim_param(size.symbol);
}

void setShape(onnx::TypeProto::Tensor& tensor, const std::vector<Dimension>& shape)
{
    tensor.mutable_shape()->clear_dim(); // a scalar has a shape, too
    for (const Dimension& size : shape)
        setDim(*tensor.mutable_shape()->add_dim(), size);
}

// As what an input or output is to be declared.
ValueInfo portOf(const GraphView& view, ValueIndex value, PlannedEdit& planned)
{
    ValueInfo known = declared(view, value);
    if (known && known->type().tensor_type().has_shape())
        return known;
    const DataType type = ElementTypes(view).of(value);
    const Shapes shapes(view);
    const KnownShape* const shape = shapes.of(value);
    if (type == DataType::Undefined || !shape)
        planned.untyped.emplace_back(view.name(value));
    return declaration(std::string(view.name(value)), type, shape ? MaybeShape(*shape) : MaybeShape());
}

ValueInfo portOf(const std::string& name, const ValueType& type)
{
    const auto info = std::make_shared<onnx::ValueInfoProto>(*declaration(name, type.type, std::nullopt));
    if (type.hasShape)
        setShape(*info->mutable_type()->mutable_tensor_type(), type.shape);
    return info;
}

Result<ValueIndex> findInMain(const GraphView& view, const std::string& tensor)
{
    auto value = findTensor(view, tensor);
    if (value && view.scope(*value) != ScopeIndex::Main)
        return refused(
            sentence("{} is inside another graph: only what the main graph makes can be an input or "
                     "output.",
                     named(view, *value)),
            tensor);
    return value;
}

bool isMainOutput(const GraphView& view, ValueIndex value)
{
    const auto& outputs = view.scopes().front().outputs;
    return std::ranges::find(outputs, value) != outputs.end();
}

std::string text(const Dimension& size)
{
    return size.value >= 0 ? std::to_string(size.value) : size.symbol.empty() ? "?" : size.symbol;
}

std::string joined(const std::vector<std::string>& names)
{
    std::string all;
    for (const std::string& name : names)
        all += (all.empty() ? "" : ", ") + name;
    return all;
}

// The main nodes that a cut keeps, and what they read from outside.
class Kept final {
public:
    explicit Kept(const GraphView& view, const std::vector<ValueIndex>& from)
        : m_view(view),
          m_nodes(view.nodeCount()),
          m_from(from.begin(), from.end())
    {
        for (std::size_t n = 0; n < view.nodeCount(); ++n) { // what bodies read hangs on their owners
            const auto node = static_cast<NodeIndex>(n);
            if (!view.exists(node) || view.scope(node) == ScopeIndex::Main)
                continue;
            NodeIndex owner = node;
            while (owner != NodeIndex::None && view.scope(owner) != ScopeIndex::Main)
                owner = view.scopes()[index(view.scope(owner))].owner;
            if (owner == NodeIndex::None)
                continue;
            for (const ValueIndex input : view.inputs(node)) {
                if (input != ValueIndex::None && view.scope(input) == ScopeIndex::Main)
                    m_outer[owner].push_back(input);
            }
        }
        for (const Scope& scope : view.scopes().subspan(1)) {
            NodeIndex owner = scope.owner;
            while (owner != NodeIndex::None && view.scope(owner) != ScopeIndex::Main)
                owner = view.scopes()[index(view.scope(owner))].owner;
            for (const ValueIndex output : scope.outputs) {
                if (owner != NodeIndex::None && view.scope(output) == ScopeIndex::Main)
                    m_outer[owner].push_back(output);
            }
        }
    }

    void need(ValueIndex value)
    {
        if (value == ValueIndex::None || !m_values.insert(value).second || m_from.contains(value))
            return;
        const NodeIndex maker = m_view.producer(value);
        if (maker == NodeIndex::None || m_nodes[index(maker)])
            return;
        m_nodes[index(maker)] = true;
        m_waiting.push_back(maker);
    }

    void follow()
    {
        while (!m_waiting.empty()) {
            const NodeIndex node = m_waiting.back();
            m_waiting.pop_back();
            std::ranges::for_each(m_view.inputs(node), [this](ValueIndex input) { need(input); });
            if (const auto outer = m_outer.find(node); outer != m_outer.end())
                std::ranges::for_each(outer->second, [this](ValueIndex input) { need(input); });
        }
    }

    bool has(NodeIndex node) const { return m_nodes[index(node)]; }
    bool has(ValueIndex value) const { return m_values.contains(value); }

private:
    const GraphView& m_view;
    std::vector<bool> m_nodes;
    std::set<ValueIndex> m_from, m_values;
    std::unordered_map<NodeIndex, std::vector<ValueIndex>> m_outer;
    std::vector<NodeIndex> m_waiting;
};

// A constant that a Reshape writes into the shape of its result, with the size of the batch in it.
void addFixedReshapes(const GraphView& view, std::int64_t batch, std::vector<Finding>& findings)
{
    for (const NodeIndex node : view.scopes().front().nodes) {
        if (view.op(node) != "Reshape" || !view.domain(node).empty())
            continue;
        const auto target = constantOf(view, view.input(node, 1));
        const auto sizes = target ? values(*target) : Result<std::vector<double>>();
        if (sizes && !sizes->empty() && sizes->front() == static_cast<double>(batch))
            findings.push_back(
                {"fixed-size", lastingId(view, node),
                 sentence("{} writes the size {} into its result, whatever the batch is: the pass "
                          "reshape-targets may help",
                          operation(view, node), batch)});
    }
}

} // namespace

Sentence describe(const AddOutput& step)
{
    return sentence("Make {} an output", step.tensor);
}

Sentence describe(const RemoveOutput& step)
{
    return sentence("Take output {} away", step.tensor);
}

Sentence describe(const CutOut& step)
{
    return step.from.empty() ? sentence("Cut behind {}", joined(step.to))
           : step.to.empty()
               ? sentence("Cut before {}", joined(step.from))
               : sentence("Cut out what lies between {} and {}", joined(step.from), joined(step.to));
}

Sentence describe(const SetInput& step)
{
    return sentence("Declare input {} otherwise", step.input);
}

Sentence describe(const SetOutput& step)
{
    return sentence("Declare output {} otherwise", step.output);
}

Sentence describe(const SetBatch& step)
{
    return step.size.value >= 0 ? sentence("Fix the batch size at {}", step.size.value)
                                : sentence("Free the batch size, as {}", step.size.symbol);
}

Result<void> typePorts(PlannedEdit& planned, const ValueTypes& types)
{
    const auto main = types.find("");
    GraphChange& graph = planned.edit.graph({});
    for (auto* const list : {&graph.inputs, &graph.outputs}) {
        for (std::size_t p = 0; *list && p < (*list)->size(); ++p) {
            ValueInfo& port = (**list)[p];
            const std::string name = port->name();
            if (std::ranges::find(planned.untyped, name) == planned.untyped.end())
                continue;
            const ValueType* known = nullptr;
            if (main != types.end()) {
                const auto type = main->second.find(name);
                known = type == main->second.end() ? nullptr : &type->second;
            }
            if (known && known->type != DataType::Undefined)
                port = portOf(name, *known);
            if (port->type().tensor_type().elem_type() == 0)
                return refused(
                    sentence("The type of {} is not known, and an input or output must say it.", name), name);
            if (!port->type().tensor_type().has_shape())
                planned.findings.push_back(
                    {"shape-unknown", name,
                     sentence("How many axes {} has is not known: ONNX's checker wants it to be said",
                              name)});
        }
    }
    return {};
}

Result<PlannedEdit> plan(const AddOutput& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    const auto value = findInMain(view, step.tensor);
    if (!value)
        return tl::make_unexpected(value.error());
    PlannedEdit planned;
    planned.what = sentence("made {} an output", named(view, *value));
    if (isMainOutput(view, *value))
        return planned;
    std::vector<ValueInfo> outputs = outputsOf(view);
    outputs.push_back(portOf(view, *value, planned));
    GraphChange& graph = planned.edit.graph({});
    graph.outputs = std::move(outputs);
    if (!view.isGraphInput(*value))
        graph.undescribed.emplace_back(view.name(*value)); // the output says it
    return planned;
}

Result<PlannedEdit> plan(const RemoveOutput& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    const auto value = findInMain(view, step.tensor);
    if (!value)
        return tl::make_unexpected(value.error());
    if (!isMainOutput(view, *value))
        return refused(sentence("{} is no output of the model.", named(view, *value)), step.tensor);
    std::vector<ValueInfo> outputs = outputsOf(view);
    ValueInfo gone;
    std::erase_if(outputs, [&](const ValueInfo& info) {
        if (info->name() == view.name(*value))
            gone = info;
        return info->name() == view.name(*value);
    });
    if (outputs.empty())
        return refused(sentence("{} is the only output of the model.", named(view, *value)), step.tensor);
    PlannedEdit planned;
    planned.what = sentence("took output {} away", named(view, *value));
    GraphChange& graph = planned.edit.graph({});
    graph.outputs = std::move(outputs);
    if (!view.isGraphInput(*value) && !view.initializer(*value))
        graph.described.push_back(std::move(gone)); // what was known of it stays known
    return planned;
}

Result<PlannedEdit> plan(const CutOut& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    if (step.from.empty() && step.to.empty())
        return refused("A cut needs a tensor at which to cut.");
    std::vector<ValueIndex> from, to;
    for (const std::string& tensor : step.from) {
        const auto value = findInMain(view, tensor);
        if (!value)
            return tl::make_unexpected(value.error());
        if (view.initializer(*value) || view.isSparse(*value))
            return refused(sentence("{} is a constant, at which nothing can be cut.", named(view, *value)),
                           tensor);
        from.push_back(*value);
    }
    for (const std::string& tensor : step.to) {
        const auto value = findInMain(view, tensor);
        if (!value)
            return tl::make_unexpected(value.error());
        to.push_back(*value);
    }
    if (to.empty())
        to = view.scopes().front().outputs;
    Kept kept(view, from);
    std::ranges::for_each(to, [&](ValueIndex value) { kept.need(value); });
    kept.follow();
    for (const ValueIndex value : from) {
        if (!kept.has(value))
            return refused(sentence("Nothing that is left would read {}.", named(view, value)),
                           std::string(view.name(value)));
    }
    PlannedEdit planned;
    planned.what = step.from.empty() ? sentence("cut behind {}", joined(step.to))
                   : step.to.empty()
                       ? sentence("cut before {}", joined(step.from))
                       : sentence("cut out what lies between {} and {}", joined(step.from), joined(step.to));
    GraphChange& graph = planned.edit.graph({});
    graph.inputs.emplace();
    for (const ValueInfo& input : inputsOf(view)) {
        if (kept.has(view.find(ScopeIndex::Main, input->name())))
            graph.inputs->push_back(input);
    }
    for (const ValueIndex value : from) {
        const NodeIndex maker = view.producer(value);
        if (maker == NodeIndex::None)
            continue; // it is an input already
        graph.inputs->push_back(portOf(view, value, planned));
        graph.undescribed.emplace_back(view.name(value));
        if (kept.has(maker))
            return refused(sentence("{} makes {} together with something that is still needed.",
                                    operation(view, maker), named(view, value)),
                           std::string(view.name(value)));
    }
    graph.outputs.emplace();
    for (const ValueIndex value : to) {
        graph.outputs->push_back(portOf(view, value, planned));
        if (!view.isGraphInput(value))
            graph.undescribed.emplace_back(view.name(value));
    }
    for (const NodeIndex node : view.scopes().front().nodes) {
        if (!kept.has(node))
            planned.edit.removed.push_back(view.id(node));
    }
    for (const ValueIndex value : view.scopes().front().initializers) {
        if (!kept.has(value) && view.initializer(value) && !view.isSparse(value))
            planned.edit.dropped.push_back(view.initializer(value)->id);
    }
    return planned;
}

CutOut cutAround(const GraphView& view, const std::vector<NodeIndex>& nodes)
{
    const std::set<NodeIndex> chosen(nodes.begin(), nodes.end());
    // A node in a body counts as the one of the main graph that the body belongs to.
    const auto isInside = [&](NodeIndex node) {
        while (node != NodeIndex::None && view.scope(node) != ScopeIndex::Main)
            node = view.scopes()[index(view.scope(node))].owner;
        return chosen.contains(node);
    };
    CutOut cut;
    std::vector<std::string> unread;
    for (std::uint32_t v = 0; v < view.valueCount(); ++v) {
        const ValueIndex value{v};
        if (!view.exists(value) || view.scope(value) != ScopeIndex::Main || view.initializer(value) ||
            view.isSparse(value) || view.constantDepth(value) > 0)
            continue;
        const auto uses = view.uses(value);
        const auto insideReads = std::ranges::count_if(uses, isInside, &Use::node);
        if (!chosen.contains(view.producer(value))) {
            if (insideReads > 0)
                cut.from.emplace_back(view.name(value));
        } else if (view.isGraphOutput(value) || insideReads < std::ssize(uses)) {
            cut.to.emplace_back(view.name(value));
        } else if (uses.empty()) {
            unread.emplace_back(view.name(value));
        }
    }
    if (cut.to.empty())
        cut.to = std::move(unread);
    return cut;
}

Result<PlannedEdit> plan(const SetInput& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    std::vector<ValueInfo> inputs = inputsOf(view);
    const auto input =
        std::ranges::find_if(inputs, [&](const ValueInfo& each) { return each->name() == step.input; });
    if (input == inputs.end())
        return refused(sentence("The model has no input called \"{}\".", step.input), step.input);
    if (view.initializer(view.find(ScopeIndex::Main, step.input)))
        return refused(sentence("{} has an initializer, which says its shape.", step.input), step.input);
    if (!(*input)->type().has_tensor_type() && !((*input)->type().value_case() == 0))
        return refused(sentence("Input {} is no tensor.", step.input), step.input);
    const auto now = std::make_shared<onnx::ValueInfoProto>(**input);
    onnx::TypeProto::Tensor& tensor = *now->mutable_type()->mutable_tensor_type();
    if (step.type != DataType::Undefined)
        tensor.set_elem_type(static_cast<std::int32_t>(step.type));
    if (step.shape) {
        if (tensor.has_shape() && tensor.shape().dim_size() != static_cast<int>(step.shape->size()))
            return refused(sentence("Input {} has {} axes, and is to have {}.", step.input,
                                    tensor.shape().dim_size(), step.shape->size()),
                           step.input);
        setShape(tensor, *step.shape);
    }
    PlannedEdit planned;
    planned.what = sentence("declared input {} otherwise", step.input);
    if (now->SerializeAsString() == (*input)->SerializeAsString())
        return planned;
    *input = now;
    planned.edit.graph({}).inputs = std::move(inputs);
    planned.reshaped.push_back(step.input);
    return planned;
}

Result<PlannedEdit> plan(const SetOutput& step, const ViewPointer& of)
{
    std::vector<ValueInfo> outputs = outputsOf(*of);
    const auto output =
        std::ranges::find_if(outputs, [&](const ValueInfo& each) { return each->name() == step.output; });
    if (output == outputs.end())
        return refused(sentence("The model has no output called \"{}\".", step.output), step.output);
    if (!(*output)->type().has_tensor_type())
        return refused(sentence("Output {} is no tensor.", step.output), step.output);
    const auto now = std::make_shared<onnx::ValueInfoProto>(**output);
    setShape(*now->mutable_type()->mutable_tensor_type(), step.shape);
    PlannedEdit planned;
    planned.what = sentence("declared output {} otherwise", step.output);
    if (now->SerializeAsString() == (*output)->SerializeAsString())
        return planned;
    *output = now;
    planned.edit.graph({}).outputs = std::move(outputs);
    return planned;
}

Result<PlannedEdit> plan(const SetBatch& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    if (step.size.value < 1 && step.size.symbol.empty())
        return refused("The batch size must be 1 or more, or have a name.");
    PlannedEdit planned;
    planned.what = step.size.value >= 0 ? sentence("fixed the batch size at {}", step.size.value)
                                        : sentence("freed the batch size, as {}", step.size.symbol);
    std::vector<ValueInfo> inputs = inputsOf(view);
    std::optional<Dimension> old;
    for (ValueInfo& input : inputs) {
        if (view.initializer(view.find(ScopeIndex::Main, input->name())) ||
            input->type().tensor_type().shape().dim_size() == 0)
            continue;
        const auto& dim = input->type().tensor_type().shape().dim(0);
        const Dimension was{dim.has_dim_value() ? dim.dim_value() : -1, dim.dim_param()};
        if (old && !(*old == was))
            return refused(sentence("The first sizes of the inputs are not the same ({} and {}): declare the "
                                    "shape of each input.",
                                    text(*old), text(was)),
                           input->name());
        old = was;
        if (was == step.size)
            continue;
        const auto now = std::make_shared<onnx::ValueInfoProto>(*input);
        setDim(*now->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(0), step.size);
        planned.reshaped.push_back(input->name());
        input = now;
    }
    if (!old)
        return refused("No input of the model declares a shape.");
    if (planned.reshaped.empty())
        return planned;
    if (!old->symbol.empty()) { // it has a name wherever it is declared
        if (step.size.value < 0)
            return plan(RenameSymbol{old->symbol, step.size.symbol}, of);
        for (auto& [scope, change] : redeclared(view, {{old->symbol, step.size.value}}))
            planned.edit.graphs.push_back(std::move(change));
        return planned;
    }
    GraphChange& graph = planned.edit.graph({});
    graph.inputs = std::move(inputs);
    if (old->value > 0 && step.size.value < 0) {
        addFixedReshapes(view, old->value, planned.findings);
        // Outputs of as many are of the batch, as they have been so far; what follows tells whether they are.
        std::vector<ValueInfo> outputs = outputsOf(view);
        for (ValueInfo& output : outputs) {
            const auto& shape = output->type().tensor_type().shape();
            if (shape.dim_size() == 0 || !shape.dim(0).has_dim_value() ||
                shape.dim(0).dim_value() != old->value)
                continue;
            const auto now = std::make_shared<onnx::ValueInfoProto>(*output);
            setDim(*now->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(0), step.size);
            output = now;
        }
        graph.outputs = std::move(outputs);
    }
    return planned;
}

} // namespace pleat
