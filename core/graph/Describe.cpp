// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/Describe.h"

#include "core/graph/Attributes.h"
#include "core/graph/Constants.h"
#include "core/graph/DeclaredShapes.h"
#include "core/graph/Pages.h"
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

std::string formalName(const std::vector<onnx::OpSchema::FormalParameter>& formals, std::size_t slot)
{
    if (formals.empty())
        return {};
    if (slot < formals.size())
        return formals[slot].GetName();
    return formals.back().GetOption() == onnx::OpSchema::Variadic ? formals.back().GetName() : std::string();
}

// The local function that a node calls; null: it is an operator.
const onnx::FunctionProto* functionOf(const GraphView& view, NodeIndex node)
{
    if (view.model().functions.empty())
        return nullptr;
    const std::vector<ScopeIndex> pages = pagesOf(view, node);
    const std::int32_t function = pages.empty() ? -1 : view.scopes()[index(pages.front())].function;
    return function < 0 ? nullptr : view.model().functions[static_cast<std::size_t>(function)].header.get();
}

std::string formalName(const google::protobuf::RepeatedPtrField<std::string>& formals, std::size_t slot)
{
    const auto at = static_cast<int>(slot);
    return at < formals.size() ? formals[at] : std::string();
}

SlotText slotText(const GraphView& view, ValueIndex value, std::string formal, const ValueTypes& types)
{
    SlotText slot;
    slot.formal = std::move(formal);
    slot.value = value;
    if (value == ValueIndex::None)
        return slot;
    slot.name = view.name(value);
    slot.type = knownType(view, value, types);
    if (const auto constant = constantOf(view, value)) {
        slot.constant = true;
        slot.bytes = storedBytes(constant->tensor.type(), constant->tensor.elements());
    }
    return slot;
}

ModelInfo::Port port(const GraphView& view, ValueIndex value, const ValueTypes& types)
{
    const ValueType* type = typeOf(view, value, types);
    return {std::string(view.name(value)), type ? *type : ValueType{}};
}

} // namespace

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

std::vector<AttributeText> attributesOf(const GraphView& view, NodeIndex node)
{
    std::vector<AttributeText> texts;
    for (const onnx::AttributeProto& attribute : view.entry(node).proto->attribute())
        texts.push_back(describe(view.entry(node), attribute));
    return texts;
}

ValueType knownType(const GraphView& view, ValueIndex value, const ValueTypes& types)
{
    const ValueType* const inferred = typeOf(view, value, types);
    if (inferred && inferred->hasShape)
        return *inferred;
    if (const auto constant = constantOf(view, value)) {
        ValueType type{constant->type, true, {}};
        for (const std::int64_t dim : constant->dims)
            type.shape.push_back({dim, {}});
        return type;
    }
    return inferred ? *inferred : ValueType();
}

NodeText describe(const GraphView& view, NodeIndex node, const ValueTypes& types)
{
    NodeText text;
    text.name = view.name(node);
    text.op = view.op(node);
    text.domain = view.domain(node);
    const onnx::FunctionProto* function = functionOf(view, node); // it hides an operator of the same name
    const onnx::OpSchema* schema = function ? nullptr : schemaOf(view, node);
    if (function) {
        text.summary = function->doc_string();
    }
    if (schema) {
        text.since = schema->since_version();
        text.summary = firstSentence(schema->doc() ? schema->doc() : "");
    }
    text.attributes = attributesOf(view, node);
    const auto formalOf = [&](std::size_t slot, bool input) {
        if (function)
            return formalName(input ? function->input() : function->output(), slot);
        return schema ? formalName(input ? schema->inputs() : schema->outputs(), slot) : std::string();
    };
    for (std::size_t slot = 0; slot < view.inputs(node).size(); ++slot)
        text.inputs.push_back(slotText(view, view.input(node, slot), formalOf(slot, true), types));
    for (std::size_t slot = 0; slot < view.outputs(node).size(); ++slot)
        text.outputs.push_back(slotText(view, view.output(node, slot), formalOf(slot, false), types));
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
