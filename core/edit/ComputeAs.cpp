// SPDX-License-Identifier: GPL-3.0-or-later
// Each value of float is made in one of the two types, by what its maker can, and read in one or both, by
// what its readers can; where it is wanted in the other one, a Cast makes that. So what is between two
// operators that take no 16 bits is not rounded.
#include "core/edit/ComputeAs.h"

#include "core/edit/AttributeValue.h"
#include "core/edit/StoredTensor.h"
#include "core/graph/ElementTypes.h"
#include "core/rewrite/ConstantNode.h"
#include "core/rewrite/Rewriter.h"
#include "core/rewrite/Transplant.h"

#include <algorithm>
#include <map>
#include <onnx/defs/schema.h>
#include <onnx/onnx_pb.h>
#include <unordered_set>

namespace pleat {

namespace {

enum class In { Float, Sixteen };

In otherThan(In in)
{
    return in == In::Float ? In::Sixteen : In::Float;
}

class Computing final {
public:
    Computing(const ComputeAs& step, const ViewPointer& of)
        : m_step(step),
          m_view(*of),
          m_types(m_view),
          m_pen(of)
    {
    }

    Result<PlannedEdit> run()
    {
        if (const auto why = whyNot())
            return refused(*why);
        findMade();
        for (const Scope& scope : m_view.scopes())
            std::ranges::for_each(scope.nodes, [this](NodeIndex node) { rewrite(node); });
        if (auto stored = store(); !stored)
            return tl::make_unexpected(std::move(stored.error()));
        const std::vector<GraphChange> declared = declarations(); // names what has to be cast
        insertCasts();
        PlannedEdit planned;
        planned.edit = m_pen.edit();
        for (const GraphChange& each : declared) {
            GraphChange& graph = planned.edit.graph(each.graph);
            graph.inputs = each.inputs;
            graph.outputs = each.outputs;
            graph.described = each.described;
        }
        planned.edit.dropsUnread = false;
        planned.findings = std::move(m_findings);
        for (const auto& [op, nodes] : m_kept)
            planned.findings.push_back(
                {"kept-float", lastingId(m_view, nodes.front()),
                 nodes.size() == 1 ? sentence("One {} computes in float as before", op)
                                   : sentence("{} {} compute in float as before", nodes.size(), op)});
        planned.what = sentence("the network computes in {}: {} tensors are stored so, {} casts",
                                name(m_step.type), m_stored, m_cast.size());
        return planned;
    }

private:
    std::optional<Sentence> whyNot() const
    {
        if (m_step.type != DataType::Float16 && m_step.type != DataType::BFloat16)
            return sentence("A network can compute in float16 or bfloat16; not in {}.", name(m_step.type));
        if (!m_view.model().functions.empty())
            return Sentence("The model has functions, which compute for all that call them: write them out "
                            "first, with the pass inline-functions.");
        for (const Scope& scope : m_view.scopes()) {
            for (const NodeIndex node : scope.nodes) {
                const bool isKnown = definitionOf(m_view, node).schema != nullptr;
                for (const ValueIndex output : m_view.outputs(node)) {
                    if (isKnown && output != ValueIndex::None && m_types.of(output) == DataType::Undefined)
                        return sentence("The type of {}, which {} makes, is not known.",
                                        named(m_view, output), operation(m_view, node));
                }
            }
        }
        return std::nullopt;
    }

    bool isFloat(ValueIndex value) const
    {
        return value != ValueIndex::None && m_types.of(value) == DataType::Float;
    }
    bool isMainOutput(ValueIndex value) const { return m_mainOutputs.contains(value); }

    // Whoever calls the model gives it.
    bool isMainInput(ValueIndex value) const
    {
        return m_view.scope(value) == ScopeIndex::Main && m_view.isGraphInput(value) &&
               !(m_view.initializer(value) && m_view.model().irVersion() < 4);
    }

    bool takes(const onnx::OpSchema::FormalParameter& formal) const
    {
        const std::string type = "tensor(" + name(m_step.type) + ")";
        return std::ranges::any_of(formal.GetTypes(), [&](const auto* each) { return *each == type; });
    }

    static const onnx::OpSchema::FormalParameter*
    formalAt(const std::vector<onnx::OpSchema::FormalParameter>& all, std::size_t slot)
    {
        return all.empty() ? nullptr : &all[std::min(slot, all.size() - 1)];
    }

    bool isKept(NodeIndex node) const
    {
        return std::ranges::find(m_step.keep, m_view.op(node)) != m_step.keep.end();
    }

    In readsIn(NodeIndex node, std::size_t slot) const
    {
        const Definition definition = definitionOf(m_view, node);
        const auto* const formal = definition.schema ? formalAt(definition.schema->inputs(), slot) : nullptr;
        return formal && !isKept(node) && takes(*formal) ? In::Sixteen : In::Float;
    }

    // What its own attribute says stays said, but for a Cast.
    In makesIn(NodeIndex node, std::size_t slot) const
    {
        const Definition definition = definitionOf(m_view, node);
        const auto* const formal = definition.schema ? formalAt(definition.schema->outputs(), slot) : nullptr;
        if (!formal || isKept(node) || !takes(*formal))
            return In::Float;
        const bool followsInputs = std::ranges::any_of(definition.schema->inputs(), [&](const auto& input) {
            return input.GetTypeStr() == formal->GetTypeStr();
        });
        const bool hasBodies = !m_view.entry(node).bodies().empty();
        return followsInputs || hasBodies || m_view.op(node) == "Cast" ? In::Sixteen : In::Float;
    }

    // In which type there is each value, before any cast.
    void findMade()
    {
        const auto& outputs = m_view.scopes().front().outputs;
        m_mainOutputs.insert(outputs.begin(), outputs.end());
        for (const Scope& scope : m_view.scopes().subspan(1))
            m_returned.insert(scope.outputs.begin(), scope.outputs.end());
        for (std::size_t v = 0; v < m_view.valueCount(); ++v) {
            const auto value = static_cast<ValueIndex>(v);
            if (!m_view.exists(value) || !isFloat(value))
                continue;
            const NodeIndex maker = m_view.producer(value);
            const In port = m_step.ports ? In::Sixteen : In::Float;
            if (isMainInput(value) || (isStored(value) && isMainOutput(value)))
                m_made[value] = m_view.isSparse(value) ? In::Float : port;
            else if (isStored(value))
                m_made[value] = isWantedInSixteen(value) ? In::Sixteen : In::Float;
            else if (maker != NodeIndex::None)
                m_made[value] = makesIn(maker, m_view.producerSlot(value));
            else
                m_made[value] = m_view.isSparse(value) ? In::Float : In::Sixteen; // of a body's inputs
        }
    }

    // As numbers that can be others.
    bool isStored(ValueIndex value) const
    {
        const NodeIndex maker = m_view.producer(value);
        return (m_view.initializer(value) && !m_view.isSparse(value)) ||
               (maker != NodeIndex::None && valueOf(*m_view.entry(maker).proto));
    }

    bool isWantedInSixteen(ValueIndex value) const
    {
        return m_returned.contains(value) || std::ranges::any_of(m_view.uses(value), [&](const Use& use) {
                   return readsIn(use.node, use.slot) == In::Sixteen;
               });
    }

    // Which of the two keeps the name.
    In namedIn(ValueIndex value) const
    {
        return isMainOutput(value) ? (m_step.ports ? In::Sixteen : In::Float) : m_made.at(value);
    }

    // The name of the value in this type; where it is not made so, it will be cast.
    std::string nameIn(ValueIndex value, In in)
    {
        if (in != m_made.at(value))
            m_cast.insert(value);
        std::string own(m_view.name(value));
        if (in == namedIn(value))
            return own;
        const auto [other, isNew] = m_others.try_emplace(value);
        if (isNew)
            other->second =
                m_pen.uniqueName(own + "_" + name(in == In::Float ? DataType::Float : m_step.type));
        return other->second;
    }

    void rewrite(NodeIndex node)
    {
        const auto inputs = m_view.inputs(node), outputs = m_view.outputs(node);
        bool isFloatOnly = false;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            if (!isFloat(inputs[i]))
                continue;
            const In in = readsIn(node, i);
            isFloatOnly |= in == In::Float;
            const std::string name = nameIn(inputs[i], in);
            if (name != m_view.name(inputs[i]))
                m_pen.change(node).set_input(static_cast<int>(i), name);
        }
        for (std::size_t o = 0; o < outputs.size(); ++o) {
            if (!isFloat(outputs[o]))
                continue;
            const In made = m_made.at(outputs[o]);
            isFloatOnly |= made == In::Float && !inputs.empty();
            if (const std::string name = nameIn(outputs[o], made); name != m_view.name(outputs[o]))
                m_pen.change(node).set_output(static_cast<int>(o), name);
            if (isMainOutput(outputs[o]))
                nameIn(outputs[o], namedIn(outputs[o])); // cast, where it is made in the other one
            if (m_view.op(node) == "Cast" && made == In::Sixteen) {
                auto& attributes = *m_pen.change(node).mutable_attribute();
                std::ranges::find(attributes, "to", &onnx::AttributeProto::name)
                    ->set_i(static_cast<std::int64_t>(m_step.type));
            }
        }
        if (isFloatOnly)
            m_kept[std::string(m_view.op(node))].push_back(node);
    }

    Result<void> store()
    {
        for (const auto& [value, made] : m_made) {
            if (made != In::Sixteen || !isStored(value))
                continue;
            const auto found = findStored(m_view, lastingId(m_view, value));
            if (!found)
                return tl::make_unexpected(found.error());
            auto payload = storedIn(found->tensor, m_step.type, named(m_view, value),
                                    lastingId(m_view, value), m_findings);
            if (!payload)
                return tl::make_unexpected(std::move(payload.error()));
            m_pen.replaceData(value, m_step.type, found->tensor.dims(), std::move(*payload));
            ++m_stored;
        }
        return {};
    }

    void insertCasts()
    {
        for (const ValueIndex value : m_cast) {
            const In made = m_made.at(value), wanted = otherThan(made);
            onnx::NodeProto cast;
            cast.set_op_type("Cast");
            cast.add_input(nameIn(value, made));
            cast.add_output(nameIn(value, wanted));
            cast.set_name(m_pen.uniqueName(std::string(m_view.name(value)) + "/Cast"));
            onnx::AttributeProto& to = *cast.add_attribute();
            to.set_name("to");
            to.set_type(onnx::AttributeProto::INT);
            to.set_i(static_cast<std::int64_t>(wanted == In::Float ? DataType::Float : m_step.type));
            const NodeIndex maker = m_view.producer(value);
            if (maker != NodeIndex::None)
                m_pen.insertAfter(maker, std::move(cast));
            else
                m_pen.insertBefore(m_view.scopes()[index(m_view.scope(value))].nodes.front(),
                                   std::move(cast));
        }
    }

    ValueInfo declaredIn(const onnx::ValueInfoProto& info, const std::string& called, In in) const
    {
        const auto made = std::make_shared<onnx::ValueInfoProto>(info);
        made->set_name(called);
        if (made->type().has_tensor_type())
            made->mutable_type()->mutable_tensor_type()->set_elem_type(
                static_cast<std::int32_t>(in == In::Float ? DataType::Float : m_step.type));
        return made;
    }

    // Of all graphs, inputs, outputs and what is described, by the types that they have then.
    std::vector<GraphChange> declarations()
    {
        std::vector<GraphChange> all;
        for (std::size_t s = 0; s < m_view.scopes().size(); ++s) {
            const auto scope = static_cast<ScopeIndex>(s);
            const auto& header = m_view.scopes()[s].graph->header;
            GraphChange change;
            change.graph = keyOf(m_view, scope);
            auto& inputs = change.inputs.emplace();
            for (const onnx::ValueInfoProto& info : header->input()) {
                const ValueIndex value = m_view.find(scope, info.name());
                inputs.push_back(isFloat(value) ? declaredIn(info, info.name(), m_made.at(value))
                                                : ValueInfo(header, &info));
            }
            auto& outputs = change.outputs.emplace();
            for (const onnx::ValueInfoProto& info : header->output()) {
                const ValueIndex value = m_view.find(scope, info.name());
                const In in = s == 0 && isFloat(value) ? namedIn(value) : In::Sixteen;
                outputs.push_back(isFloat(value) ? declaredIn(info, nameIn(value, in), in)
                                                 : ValueInfo(header, &info));
            }
            for (const Description& each : m_view.scopes()[s].graph->descriptions) {
                const ValueIndex value = m_view.find(scope, each.proto->name());
                if (isFloat(value) && namedIn(value) == In::Sixteen)
                    change.described.push_back(declaredIn(*each.proto, each.proto->name(), In::Sixteen));
            }
            all.push_back(std::move(change));
        }
        return all;
    }

    const ComputeAs& m_step;
    const GraphView& m_view;
    const ElementTypes m_types;
    Rewriter m_pen;
    std::unordered_set<ValueIndex> m_mainOutputs, m_returned; // by bodies
    std::map<ValueIndex, In> m_made;
    std::map<ValueIndex, std::string> m_others; // names in the type that has not the own one
    std::set<ValueIndex> m_cast;                // that are wanted in the type that they are not made in
    std::map<std::string, std::vector<NodeIndex>> m_kept; // that compute in float, by operator
    std::vector<Finding> m_findings;
    std::size_t m_stored = 0;
};

} // namespace

Sentence describe(const ComputeAs& step)
{
    return sentence("Compute in {}", name(step.type));
}

Result<PlannedEdit> plan(const ComputeAs& step, const ViewPointer& of)
{
    return Computing(step, of).run();
}

} // namespace pleat
