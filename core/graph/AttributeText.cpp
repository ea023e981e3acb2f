// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/AttributeText.h"

#include "core/model/Model.h"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

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

} // namespace

AttributeText describe(const Node& node, const onnx::AttributeProto& attribute)
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

} // namespace pleat
