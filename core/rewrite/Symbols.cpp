// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/rewrite/Symbols.h"

#include <algorithm>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

using Infos = google::protobuf::RepeatedPtrField<onnx::ValueInfoProto>;
using Header = std::shared_ptr<const onnx::GraphProto>;

// Null: it declares none of them.
ValueInfo redeclared(const onnx::ValueInfoProto& info, const SymbolChanges& changes)
{
    const auto& dims = info.type().tensor_type().shape().dim();
    if (std::ranges::none_of(
            dims, [&](const auto& dim) { return dim.has_dim_param() && changes.contains(dim.dim_param()); }))
        return nullptr;
    auto now = std::make_shared<onnx::ValueInfoProto>(info);
    for (auto& dim : *now->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim()) {
        const auto change = dim.has_dim_param() ? changes.find(dim.dim_param()) : changes.end();
        if (change == changes.end())
            continue;
        if (const auto* const size = std::get_if<std::int64_t>(&change->second))
            dim.set_dim_value(*size);
        else
            dim.set_dim_param(std::get<std::string>(change->second));
    }
    return now;
}

// The whole list; nothing where no symbol is in it.
std::optional<std::vector<ValueInfo>> redeclared(const Header& header, const Infos& infos,
                                                 const SymbolChanges& changes)
{
    std::vector<ValueInfo> all;
    bool differs = false;
    for (const onnx::ValueInfoProto& info : infos) {
        ValueInfo now = redeclared(info, changes);
        differs = differs || now;
        all.push_back(now ? std::move(now) : ValueInfo(header, &info));
    }
    return differs ? std::optional(std::move(all)) : std::nullopt;
}

} // namespace

std::vector<std::pair<ScopeIndex, GraphChange>> redeclared(const GraphView& view,
                                                           const SymbolChanges& changes)
{
    std::vector<std::pair<ScopeIndex, GraphChange>> all;
    for (std::size_t s = 0; s < view.scopes().size(); ++s) {
        const Scope& scope = view.scopes()[s];
        if (scope.function >= 0)
            continue;
        const Header& header = scope.graph->header;
        GraphChange change;
        change.inputs = redeclared(header, header->input(), changes);
        change.outputs = redeclared(header, header->output(), changes);
        for (const Description& description : scope.graph->descriptions) {
            if (ValueInfo now = redeclared(*description.proto, changes))
                change.described.push_back(std::move(now));
        }
        if (!change.inputs && !change.outputs && change.described.empty())
            continue;
        change.graph = keyOf(view, static_cast<ScopeIndex>(s));
        all.emplace_back(static_cast<ScopeIndex>(s), std::move(change));
    }
    return all;
}

std::set<std::string> declaredSymbols(const GraphView& view)
{
    std::set<std::string> symbols;
    const auto add = [&](const onnx::ValueInfoProto& info) {
        for (const auto& dim : info.type().tensor_type().shape().dim()) {
            if (!dim.dim_param().empty())
                symbols.insert(dim.dim_param());
        }
    };
    for (const Scope& scope : view.scopes()) {
        std::ranges::for_each(scope.graph->header->input(), add);
        std::ranges::for_each(scope.graph->header->output(), add);
        for (const Description& description : scope.graph->descriptions)
            add(*description.proto);
    }
    return symbols;
}

} // namespace pleat
