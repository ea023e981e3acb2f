// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/edit/Declarations.h"

#include "core/graph/ElementTypes.h"
#include "core/rewrite/Transplant.h"

#include <algorithm>
#include <onnx/onnx_pb.h>
#include <unordered_set>

namespace pleat {

namespace {

// The values that hang on others, through bodies, too.
std::unordered_set<ValueIndex> computedFrom(const GraphView& view, std::vector<ValueIndex> waiting)
{
    const BodyScopes bodies = bodyScopes(view);
    std::unordered_set<ValueIndex> all;
    std::unordered_set<NodeIndex> seen;
    const auto add = [&](ValueIndex value) {
        if (value != ValueIndex::None && all.insert(value).second)
            waiting.push_back(value);
    };
    const auto visit = [&](const auto& self, NodeIndex node) -> void {
        if (node == NodeIndex::None || !seen.insert(node).second)
            return;
        std::ranges::for_each(view.outputs(node), add);
        if (const auto scopes = bodies.find(node); scopes != bodies.end()) {
            for (const ScopeIndex scope : scopes->second) {
                std::ranges::for_each(view.scopes()[index(scope)].inputs, add);
                for (const NodeIndex inner : view.scopes()[index(scope)].nodes)
                    self(self, inner);
            }
        }
        self(self, view.scopes()[index(view.scope(node))].owner);
    };
    all.insert(waiting.begin(), waiting.end());
    while (!waiting.empty()) {
        const ValueIndex value = waiting.back();
        waiting.pop_back();
        for (const Use& use : view.uses(value))
            visit(visit, use.node);
    }
    return all;
}

ValueInfo withoutShape(const onnx::ValueInfoProto& info)
{
    const auto bare = std::make_shared<onnx::ValueInfoProto>(info);
    if (bare->type().has_tensor_type())
        bare->mutable_type()->mutable_tensor_type()->clear_shape();
    return bare;
}

std::string inWords(const onnx::ValueInfoProto& info)
{
    std::string text = name(static_cast<DataType>(info.type().tensor_type().elem_type()));
    for (const auto& dim : info.type().tensor_type().shape().dim())
        text += (&dim == &info.type().tensor_type().shape().dim(0) ? " " : "×") +
                (dim.has_dim_value()   ? std::to_string(dim.dim_value())
                 : dim.has_dim_param() ? dim.dim_param()
                                       : "?");
    return text;
}

class Following final {
public:
    Following(const ViewPointer& view, const std::unordered_set<ValueIndex>& values,
              std::vector<Finding>& findings)
        : m_view(*view),
          m_values(values),
          m_findings(findings),
          m_bare(GraphView::of(apply(silence(), *view))),
          m_shapes(*m_bare),
          m_types(*m_bare)
    {
    }

    Edit run()
    {
        Edit edit;
        forEachGraph(
            [&](ScopeIndex scope, GraphChange& change) {
                const Graph& graph = *m_view.scopes()[index(scope)].graph;
                bool differs = false;
                std::vector<ValueInfo> outputs;
                for (const onnx::ValueInfoProto& output : graph.header->output()) {
                    outputs.push_back(isMeant(scope, output.name())
                                          ? followed(scope, output)
                                          : std::make_shared<const onnx::ValueInfoProto>(output));
                    const bool isOther = outputs.back()->SerializeAsString() != output.SerializeAsString();
                    differs = differs || isOther;
                    if (isOther && scope == ScopeIndex::Main)
                        m_findings.push_back({"output-changed", output.name(),
                                              sentence("Output {} was {} and is {}", output.name(),
                                                       inWords(output), inWords(*outputs.back()))});
                }
                if (differs)
                    change.outputs = std::move(outputs);
                for (const Description& each : graph.descriptions) {
                    if (!isMeant(scope, each.proto->name()))
                        continue;
                    if (ValueInfo now = described(scope, *each.proto); !now)
                        change.undescribed.push_back(each.proto->name());
                    else if (now->SerializeAsString() != each.proto->SerializeAsString())
                        change.described.push_back(std::move(now));
                }
            },
            edit);
        return edit;
    }

private:
    template<class Use>
    void forEachGraph(Use use, Edit& edit) const
    {
        for (std::size_t s = 0; s < m_view.scopes().size(); ++s) {
            const auto scope = static_cast<ScopeIndex>(s);
            if (m_view.scopes()[s].function >= 0)
                continue;
            GraphChange change;
            use(scope, change);
            if (!change.outputs && change.described.empty() && change.undescribed.empty())
                continue;
            change.graph = keyOf(m_view, scope);
            edit.graphs.push_back(std::move(change));
        }
    }

    bool isMeant(ScopeIndex scope, const std::string& name) const
    {
        return m_values.contains(m_view.find(scope, name));
    }

    // Nothing is said of the values, so that all that is known of them follows from the operators.
    Edit silence() const
    {
        Edit edit;
        forEachGraph(
            [&](ScopeIndex scope, GraphChange& change) {
                const Graph& graph = *m_view.scopes()[index(scope)].graph;
                change.outputs.emplace();
                for (const onnx::ValueInfoProto& output : graph.header->output())
                    change.outputs->push_back(isMeant(scope, output.name())
                                                  ? withoutShape(output)
                                                  : std::make_shared<const onnx::ValueInfoProto>(output));
                for (const Description& each : graph.descriptions) {
                    if (isMeant(scope, each.proto->name()))
                        change.undescribed.push_back(each.proto->name());
                }
            },
            edit);
        return edit;
    }

    // Null: nothing is known.
    ValueInfo described(ScopeIndex scope, const onnx::ValueInfoProto& info) const
    {
        const ValueIndex value = m_bare->find(scope, info.name());
        const DataType type = value == ValueIndex::None ? DataType::Undefined : m_types.of(value);
        if (type == DataType::Undefined)
            return nullptr;
        const KnownShape* const shape = m_shapes.of(value);
        return declaration(info.name(), type, shape ? MaybeShape(*shape) : MaybeShape(), &info);
    }

    // An output must say its rank: the old one, where none is known.
    ValueInfo followed(ScopeIndex scope, const onnx::ValueInfoProto& info) const
    {
        const auto now = std::make_shared<onnx::ValueInfoProto>(info);
        if (!info.type().has_tensor_type())
            return now;
        const ValueIndex value = m_bare->find(scope, info.name());
        const DataType type = m_types.of(value);
        if (const KnownShape* const shape = m_shapes.of(value)) {
            const auto old = static_cast<DataType>(info.type().tensor_type().elem_type());
            now->CopyFrom(*declaration(info.name(), type == DataType::Undefined ? old : type, *shape, &info));
            now->set_doc_string(info.doc_string());
            if (info.doc_string().empty())
                now->clear_doc_string();
            return now;
        }
        onnx::TypeProto::Tensor& tensor = *now->mutable_type()->mutable_tensor_type();
        if (type != DataType::Undefined)
            tensor.set_elem_type(static_cast<std::int32_t>(type));
        for (auto& dim : *tensor.mutable_shape()->mutable_dim()) {
            if (dim.has_dim_value())
                dim.clear_dim_value();
        }
        return now;
    }

    const GraphView& m_view;
    const std::unordered_set<ValueIndex>& m_values;
    std::vector<Finding>& m_findings;
    ViewPointer m_bare;
    Shapes m_shapes;
    ElementTypes m_types;
};

} // namespace

std::string shapeText(const KnownShape& shape)
{
    std::string text;
    for (const std::int64_t size : shape)
        text += (text.empty() ? "" : "×") + (size == unknownSize ? "?" : std::to_string(size));
    return text.empty() ? "a scalar" : text;
}

ValueInfo declaration(std::string name, DataType type, const MaybeShape& shape,
                      const onnx::ValueInfoProto* declared)
{
    auto info = std::make_shared<onnx::ValueInfoProto>();
    info->set_name(std::move(name));
    onnx::TypeProto::Tensor& tensor = *info->mutable_type()->mutable_tensor_type();
    if (type != DataType::Undefined)
        tensor.set_elem_type(static_cast<std::int32_t>(type));
    if (!shape)
        return info;
    tensor.mutable_shape();
    const auto* const old = declared ? &declared->type().tensor_type().shape() : nullptr;
    for (std::size_t d = 0; d < shape->size(); ++d) {
        auto& dim = *tensor.mutable_shape()->add_dim();
        const int axis = static_cast<int>(d);
        if ((*shape)[d] >= 0)
            dim.set_dim_value((*shape)[d]);
        else if (old && old->dim_size() == static_cast<int>(shape->size()) && old->dim(axis).has_dim_param())
            dim.set_dim_param(old->dim(axis).dim_param());
    }
    return info;
}

ValueInfo declared(const GraphView& view, ValueIndex value)
{
    const Scope& scope = view.scopes()[index(view.scope(value))];
    const auto& header = scope.graph->header;
    for (const auto* list : {&header->output(), &header->input()}) {
        const auto found = std::ranges::find(*list, view.name(value), &onnx::ValueInfoProto::name);
        if (found != list->end())
            return {header, &*found};
    }
    for (const Description& description : scope.graph->descriptions) {
        if (description.proto->name() == view.name(value))
            return description.proto;
    }
    return nullptr;
}

Edit following(const ViewPointer& view, ScopeIndex scope, const std::vector<std::string>& reshaped,
               std::vector<Finding>& findings)
{
    std::vector<ValueIndex> start;
    for (const std::string& name : reshaped) {
        if (const ValueIndex value = view->find(scope, name); value != ValueIndex::None)
            start.push_back(value);
    }
    const auto values = computedFrom(*view, std::move(start));
    return Following(view, values, findings).run();
}

} // namespace pleat
