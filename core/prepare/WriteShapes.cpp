// SPDX-License-Identifier: GPL-3.0-or-later
// What the ONNX library infers of the values between nodes, in another process, becomes value_info, where it
// says more than what is declared. Nothing that runs a model needs it (ONNX's IR specification); tools that
// show or convert models like to have it. Functions, which have none before IR 10, stay as they are.
#include "core/prepare/PassFiles.h"
#include "core/worker/Engine.h"

#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

ValueInfo messageOf(std::string_view name, const ValueType& known)
{
    auto info = std::make_shared<onnx::ValueInfoProto>();
    info->set_name(std::string(name));
    auto& type = *info->mutable_type()->mutable_tensor_type();
    type.set_elem_type(static_cast<std::int32_t>(known.type));
    type.mutable_shape();
    for (const Dimension& dimension : known.shape) {
        auto& dim = *type.mutable_shape()->add_dim();
        if (dimension.value >= 0)
            dim.set_dim_value(dimension.value);
        else if (!dimension.symbol.empty())
            dim.set_dim_param(dimension.symbol);
    }
    return info;
}

const ValueType* find(const ValueTypes& types, const std::string& path, std::string_view name)
{
    const auto scope = types.find(path);
    if (scope == types.end())
        return nullptr;
    const auto value = scope->second.find(std::string(name));
    return value == scope->second.end() ? nullptr : &value->second;
}

} // namespace

Result<void> lookForUnwrittenShapes(Round& round, Progress&, const std::stop_token& stop)
{
    const GraphView& view = round.view();
    if (!round.engine())
        return failure(ErrorCode::Unsupported,
                       "Shapes are inferred in another process, and this program has none for it.");
    const InferredTypes inferred = round.engine()->infer(view.model(), stop);
    if (stop.stop_requested())
        return cancelled();
    if (!inferred.problem.empty())
        return failure(ErrorCode::Unsupported, inferred.problem);
    const ValueTypes declared = declaredTypes(view.model());
    std::vector<std::pair<ScopeIndex, ValueInfo>> written;
    for (std::size_t n = 0; n < view.nodeCount(); ++n) {
        const auto node = static_cast<NodeIndex>(n);
        if (!view.exists(node))
            continue;
        const ScopeIndex scope = view.scope(node);
        const std::string& path = view.scopes()[index(scope)].path;
        for (const ValueIndex output : view.outputs(node)) {
            const ValueType* const known = find(inferred.types, path, view.name(output));
            const ValueType* const said = find(declared, path, view.name(output));
            if (output == ValueIndex::None || view.isGraphOutput(output) || !known || !known->hasShape ||
                known->type == DataType::Undefined || (said && *said == *known))
                continue;
            written.emplace_back(scope, messageOf(view.name(output), *known));
        }
    }
    if (written.empty() ||
        !round.claim(std::span<const NodeIndex>(),
                     sentence("Types and shapes of {} values are declared", written.size())))
        return {};
    for (auto& [scope, info] : written)
        round.pen().graph(scope).described.push_back(std::move(info));
    return {};
}

} // namespace pleat
