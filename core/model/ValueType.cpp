// SPDX-License-Identifier: GPL-3.0-or-later
// What a model file declares about its values, and types in words.
#include "core/model/ScopePath.h"
#include "core/model/ValueTypeProto.h"
#include "core/model/ValueTypes.h"

namespace pleat {

namespace {

// What ONNX's inference calls a dimension that it does not know: no name for a person to read.
constexpr std::string_view madeUpSymbol = "unk__";

ValueType fromTensor(const TensorMessage& tensor)
{
    ValueType made{tensor.type(), true, {}};
    for (const std::int64_t dim : tensor.dims())
        made.shape.push_back({dim, {}});
    return made;
}

template<class Dims>
ValueType fromDims(std::int32_t type, bool hasShape, const Dims& dims)
{
    ValueType made{static_cast<DataType>(type), hasShape, {}};
    for (const auto& dim : dims) {
        Dimension& dimension = made.shape.emplace_back();
        if (dim.has_dim_value() && dim.dim_value() >= 0)
            dimension.value = dim.dim_value();
        else if (!dim.dim_param().starts_with(madeUpSymbol))
            dimension.symbol = dim.dim_param();
    }
    return made;
}

// A shape that is known already is kept where it says none.
void addDeclared(const onnx::ValueInfoProto& info, std::map<std::string, ValueType>& values)
{
    ValueType type = valueType(info.type());
    ValueType& known = values[info.name()];
    if (type.hasShape || !known.hasShape)
        known = std::move(type);
}

void declare(const Graph& graph, const std::string& path, ValueTypes& into)
{
    auto& values = into[path];
    for (const Initializer& initializer : graph.initializers)
        values[std::string(initializer.tensor.name())] = fromTensor(initializer.tensor);
    for (const auto& sparse : graph.header->sparse_initializer()) {
        ValueType& made = values[sparse.values().name()];
        made = {static_cast<DataType>(sparse.values().data_type()), true, {}};
        for (const std::int64_t dim : sparse.dims())
            made.shape.push_back({dim, {}});
    }
    std::size_t index = 0;
    for (const Node& entry : graph.nodes) {
        const auto& node = *entry.proto;
        for (const Body& body : entry.bodies())
            declare(*body.graph,
                    bodyPath(path, node.name(), node.op_type(), index, node.attribute(body.attribute).name(),
                             body.position),
                    into);
        ++index;
    }
    for (const Description& description : graph.descriptions)
        addDeclared(*description.proto, values);
    addDeclared(*graph.header, values);
}

} // namespace

ValueType valueType(const onnx::TypeProto& type)
{
    if (type.has_tensor_type())
        return fromDims(type.tensor_type().elem_type(), type.tensor_type().has_shape(),
                        type.tensor_type().shape().dim());
    if (type.has_sparse_tensor_type())
        return fromDims(type.sparse_tensor_type().elem_type(), type.sparse_tensor_type().has_shape(),
                        type.sparse_tensor_type().shape().dim());
    return {}; // sequences, maps and optionals have no shape to show
}

void addDeclared(const onnx::GraphProto& graph, std::map<std::string, ValueType>& values)
{
    const auto add = [&](const auto& infos) {
        for (const auto& info : infos)
            addDeclared(info, values);
    };
    add(graph.value_info());
    add(graph.input());
    add(graph.output());
}

std::string ValueType::text() const
{
    if (!hasShape)
        return {};
    if (shape.empty())
        return "scalar";
    std::string text;
    for (const Dimension& dimension : shape) {
        if (!text.empty())
            text += "×";
        text += dimension.value >= 0       ? std::to_string(dimension.value)
                : dimension.symbol.empty() ? std::string("?")
                                           : dimension.symbol;
    }
    return text;
}

ValueTypes declaredTypes(const Model& model)
{
    ValueTypes types;
    declare(*model.graph, {}, types);
    return types;
}

} // namespace pleat
