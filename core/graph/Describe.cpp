// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/Describe.h"

#include "core/graph/Attributes.h"
#include "core/graph/Constants.h"
#include "core/graph/DeclaredShapes.h"
#include "core/graph/TotalWork.h"
#include "core/model/DataFiles.h"

#include <fmt/format.h>
#include <onnx/defs/schema.h>
#include <unordered_set>

namespace pleat {

namespace {

constexpr int longestList = 16;
constexpr std::size_t longestText = 200;

template<class Values>
std::string list(const Values& values)
{
    std::string text;
    for (int i = 0; i < std::min<int>(values.size(), longestList); ++i)
        text += fmt::format("{}{}", i ? ", " : "", values[i]);
    return values.size() > longestList ? text + fmt::format(", … ({} values)", values.size()) : text;
}

std::string shortened(const std::string& text)
{
    if (text.size() <= longestText)
        return text;
    std::size_t end = longestText;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
        --end; // not within a UTF-8 sequence
    return text.substr(0, end) + "…";
}

std::string tensorText(const Node& node, const onnx::TensorProto& tensor)
{
    const TensorView view = tensorView(node.payloads(), tensor);
    std::string shape;
    for (const std::int64_t dim : view.dims())
        shape += (shape.empty() ? "" : "×") + std::to_string(dim);
    if (view.elements() == 1 && isFoldable(view.type())) {
        if (const auto value = view.doubles())
            return fmt::format("{} {}", name(view.type()), value->front());
    }
    return shape.empty() ? name(view.type()) : name(view.type()) + " " + shape;
}

AttributeText attributeText(const Node& node, const onnx::AttributeProto& attribute)
{
    using Proto = onnx::AttributeProto;
    const std::string& name = attribute.name();
    if (!attribute.ref_attr_name().empty())
        return {name, "reference", "@" + attribute.ref_attr_name()};
    switch (attribute.type()) {
    case Proto::FLOAT:
        return {name, "float", fmt::format("{}", attribute.f())};
    case Proto::INT:
        return {name, "int", fmt::format("{}", attribute.i())};
    case Proto::STRING:
        return {name, "string", shortened(attribute.s())};
    case Proto::TENSOR:
        return {name, "tensor", tensorText(node, attribute.t())};
    case Proto::GRAPH:
        return {name, "graph", "a subgraph"};
    case Proto::SPARSE_TENSOR:
        return {name, "sparse tensor", "a sparse tensor"};
    case Proto::FLOATS:
        return {name, "floats", list(attribute.floats())};
    case Proto::INTS:
        return {name, "ints", list(attribute.ints())};
    case Proto::STRINGS:
        return {name, "strings", shortened(list(attribute.strings()))};
    case Proto::TENSORS:
        return {name, "tensors", fmt::format("{} tensors", attribute.tensors_size())};
    case Proto::GRAPHS:
        return {name, "graphs", fmt::format("{} subgraphs", attribute.graphs_size())};
    default:
        break;
    }
    // Exporters of IR version 1 did not write the type.
    if (attribute.ints_size())
        return {name, "ints", list(attribute.ints())};
    if (attribute.floats_size())
        return {name, "floats", list(attribute.floats())};
    if (attribute.has_s())
        return {name, "string", shortened(attribute.s())};
    if (attribute.has_f())
        return {name, "float", fmt::format("{}", attribute.f())};
    return {name, "int", fmt::format("{}", attribute.i())};
}

const onnx::OpSchema* schemaOf(const GraphView& view, NodeIndex node)
{
    const std::string domain(view.domain(node));
    const std::int64_t opset = view.model().opset(domain);
    return onnx::OpSchemaRegistry::Schema(std::string(view.op(node)), opset ? static_cast<int>(opset) : 1,
                                          domain);
}

// ONNX's documentation is Markdown, wrapped by hand; its first sentence says what the operator does.
std::string firstSentence(const std::string& documentation)
{
    std::string text;
    for (const char c : documentation) {
        const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
        if (space && (text.empty() || text.back() == ' '))
            continue;
        text += space ? ' ' : c;
        if (text.size() > 2 && text.ends_with(". "))
            break;
    }
    while (!text.empty() && text.back() == ' ')
        text.pop_back();
    return text;
}

std::string formalName(const std::vector<onnx::OpSchema::FormalParameter>& formals, std::size_t slot)
{
    if (formals.empty())
        return {};
    if (slot < formals.size())
        return formals[slot].GetName();
    return formals.back().GetOption() == onnx::OpSchema::Variadic ? formals.back().GetName() : std::string();
}

SlotText slotText(const GraphView& view, ValueIndex value, std::string formal, const ValueTypes& types)
{
    SlotText slot;
    slot.formal = std::move(formal);
    slot.value = value;
    if (value == ValueIndex::None)
        return slot;
    slot.name = view.name(value);
    if (const ValueType* type = typeOf(view, value, types))
        slot.type = *type;
    if (const auto constant = constantOf(view, value)) {
        slot.constant = true;
        slot.bytes = storedBytes(constant->tensor.type(), constant->tensor.elements());
        if (!slot.type.hasShape) {
            slot.type = {constant->type, true, {}};
            for (const std::int64_t dim : constant->dims)
                slot.type.shape.push_back({dim, {}});
        }
    }
    return slot;
}

ModelInfo::Port port(const GraphView& view, ValueIndex value, const ValueTypes& types)
{
    const ValueType* type = typeOf(view, value, types);
    return {std::string(view.name(value)), type ? *type : ValueType{}};
}

} // namespace

NodeText describe(const GraphView& view, NodeIndex node, const ValueTypes& types)
{
    NodeText text;
    text.name = view.name(node);
    text.op = view.op(node);
    text.domain = view.domain(node);
    const onnx::OpSchema* schema = schemaOf(view, node);
    if (schema) {
        text.since = schema->since_version();
        text.documentation = schema->doc() ? schema->doc() : "";
        text.summary = firstSentence(text.documentation);
    }
    for (const onnx::AttributeProto& attribute : view.entry(node).proto->attribute())
        text.attributes.push_back(attributeText(view.entry(node), attribute));
    for (std::size_t slot = 0; slot < view.inputs(node).size(); ++slot)
        text.inputs.push_back(slotText(view, view.input(node, slot),
                                       schema ? formalName(schema->inputs(), slot) : std::string(), types));
    for (std::size_t slot = 0; slot < view.outputs(node).size(); ++slot)
        text.outputs.push_back(slotText(view, view.output(node, slot),
                                        schema ? formalName(schema->outputs(), slot) : std::string(), types));
    for (const SlotText& slot : text.inputs) {
        if (slot.constant)
            text.parameters += constantOf(view, slot.value)->tensor.elements();
        else if (const Initializer* replaceable = view.initializer(slot.value))
            text.parameters += tensorView(replaceable->tensor).elements();
        else if (const onnx::SparseTensorProto* sparse = view.sparseInitializer(slot.value))
            text.parameters += static_cast<std::uint64_t>(sparse->values().dims(0));
    }
    const Work work = workOf(view, node, types);
    text.macs = work.macs;
    text.batchIsOne = work.batchIsOne;
    return text;
}

ModelInfo describe(const GraphView& view, const ValueTypes& types)
{
    const Model& model = view.model();
    ModelInfo info;
    if (model.source) {
        info.file = model.source->path().string();
        info.bytes = model.source->size();
    }
    for (const FilePointer& file : dataFilesOf(model))
        info.dataFiles.push_back({file->path().string(), file->size()});
    info.producer = model.producer();
    info.irVersion = model.irVersion();
    info.graphName = model.graph->header->name();
    info.documentation = model.header->doc_string();
    for (const auto& import : model.header->opset_import())
        info.opsets[import.domain() == "ai.onnx" ? std::string() : import.domain()] = import.version();
    for (const auto& property : model.header->metadata_props())
        info.metadata[property.key()] = property.value();
    for (const Scope& scope : view.scopes()) {
        info.nodes += scope.nodes.size();
        for (const NodeIndex node : scope.nodes)
            ++info.ops[std::string(view.op(node))];
    }
    const Shapes shapes(view);
    info.notices = noticesOf(view, shapes);
    const TotalWork work = totalWork(view, types, shapes);
    info.macsAtLeast = work.macs;
    if (work.isExact)
        info.macs = work.macs;
    info.macsGaps.assign(work.gaps.begin(), work.gaps.end());
    info.batchIsOne = work.batchIsOne;
    info.parametersByType = countParameters(view);
    for (const auto& [type, count] : info.parametersByType)
        info.parameters += count;
    const Scope& main = view.scopes()[0];
    for (const ValueIndex value : main.inputs) {
        if (!view.initializer(value))
            info.inputs.push_back(port(view, value, types));
    }
    for (const ValueIndex value : main.outputs)
        info.outputs.push_back(port(view, value, types));
    return info;
}

std::vector<std::string> notesOf(const ModelInfo& info)
{
    std::vector<std::string> notes;
    if (!info.macs)
        notes.push_back(
            fmt::format("at least {} MACs: {}", info.macsAtLeast, fmt::join(info.macsGaps, "; ")));
    if (info.batchIsOne)
        notes.emplace_back("a batch that is not a number counts as 1 in the MACs");
    notes.insert(notes.end(), info.notices.begin(), info.notices.end());
    return notes;
}

} // namespace pleat
