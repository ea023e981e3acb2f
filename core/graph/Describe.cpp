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

// How many elements of a sparse initializer are stored; 0 for anything else.
std::uint64_t storedSparsely(const GraphView& view, ValueIndex value)
{
    if (!view.isSparse(value))
        return 0;
    const Graph& graph = *view.scopes()[index(view.scope(value))].graph;
    for (const onnx::SparseTensorProto& sparse : graph.header->sparse_initializer()) {
        if (sparse.values().name() == view.name(value))
            return tensorView(graph.payloads, sparse.values()).elements();
    }
    return 0;
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
        text.attributes.push_back(describe(view.entry(node), attribute));
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
        else
            text.parameters += storedSparsely(view, slot.value);
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
