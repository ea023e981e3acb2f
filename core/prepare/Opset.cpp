// SPDX-License-Identifier: GPL-3.0-or-later
// Another opset version: nodes whose operator has another definition in it (ONNX's operator pages: "since
// version") are converted by the version converter of the ONNX library (OpsetConversion.h), all others stay
// as they are. What the converter is known not to keep is put right (OpsetRules.h) or refused. Either the
// whole model is converted or nothing: the error says which node cannot be.
#include "core/graph/Opsets.h"
#include "core/prepare/OpsetRules.h"
#include "core/prepare/PassFiles.h"
#include "core/worker/Engine.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <onnx/defs/schema.h>

namespace pleat {

namespace {

constexpr std::int64_t oldestOpset =
    7; // before it, operators broadcast and train in ways that are not followed

using Refusal = std::optional<std::string>; // a sentence; nothing: all is well

// The IR version that came with an opset (ONNX's Versioning page).
std::int64_t irVersionOf(std::int64_t opset)
{
    static constexpr std::array<std::pair<std::int64_t, std::int64_t>, 9> since{
        {{23, 11}, {21, 10}, {19, 9}, {15, 8}, {12, 7}, {11, 6}, {10, 5}, {9, 4}, {1, 3}}};
    return std::ranges::find_if(since, [opset](const auto& entry) { return opset >= entry.first; })->second;
}

// Only what they are said to be of more types, or more attributes, has changed.
bool meansTheSame(std::string_view op)
{
    static constexpr std::string_view ops[] = {"Constant", "ConstantOfShape", "If", "Loop", "Scan"};
    return std::ranges::find(ops, op) != std::end(ops);
}

// Of an output that is absent: the converter wants one.
std::string absentName(std::size_t output)
{
    return "absent" + std::to_string(output);
}

class OpsetChange final {
public:
    OpsetChange(Round& round, std::int64_t from, std::int64_t to)
        : m_round(round),
          m_view(round.view()),
          m_from(from),
          m_to(to)
    {
    }

    Result<void> run(Engine& engine, Progress& progress, const std::stop_token& stop)
    {
        if (auto refusal = chooseNodes())
            return failure(ErrorCode::Usage, std::move(*refusal));
        std::vector<onnx::GraphProto> graphs;
        if (auto converted = convert(engine, progress, stop, graphs); !converted)
            return converted;
        for (const NodeIndex node : m_softmaxes) {
            m_nodes.push_back(node);
            graphs.push_back(softmaxOverTheLastAxis(m_view, m_round.shapes(), node));
        }
        std::vector<NodeIndex> changed;
        for (std::size_t n = 0; n < m_nodes.size(); ++n) {
            if (auto refusal = correct(m_nodes[n], graphs[n]))
                return failure(ErrorCode::Usage, std::move(*refusal));
            if (graphs[n].node_size() > 0)
                changed.push_back(m_nodes[n]);
        }
        if (!m_round.claim(
                changed, sentence("The model goes from opset {} to opset {}; {} nodes are written otherwise",
                                  m_from, m_to, changed.size())))
            return failure(ErrorCode::Usage, m_round.left().empty()
                                                 ? std::string("The opset cannot be changed.")
                                                 : m_round.left().back().why.text());
        for (std::size_t n = 0; n < m_nodes.size(); ++n) {
            if (graphs[n].node_size() > 0)
                write(m_nodes[n], graphs[n]);
        }
        writeVersions();
        return {};
    }

private:
    Refusal chooseNodes()
    {
        for (const NodeIndex node : m_round.nodes()) {
            if (!m_view.domain(node).empty())
                continue;
            const std::string op(m_view.op(node));
            const auto* before = onnx::OpSchemaRegistry::Schema(op, static_cast<int>(m_from), "");
            const auto* after = onnx::OpSchemaRegistry::Schema(op, static_cast<int>(m_to), "");
            if (!before)
                return sentence("{} is of an operator that ONNX's opset {} does not have.",
                                operation(m_view, node), m_from)
                    .text();
            if (after && after->SinceVersion() == before->SinceVersion())
                continue;
            if (meansTheSame(op) && !(op == "Scan" && m_from < 9))
                continue;
            if (crosses(13) && (op == "Softmax" || op == "LogSoftmax" || op == "Hardmax")) {
                m_softmaxes.push_back(node);
                continue;
            }
            const bool isPlain = m_view.entry(node).bodies().empty() && m_view.payloads(node).empty();
            if (!isPlain)
                return sentence("{} has a body or a tensor in an attribute, and is not converted.",
                                operation(m_view, node))
                    .text();
            m_nodes.push_back(node);
        }
        return {};
    }

    Result<void> convert(Engine& engine, Progress& progress, const std::stop_token& stop,
                         std::vector<onnx::GraphProto>& graphs) const
    {
        graphs.resize(m_nodes.size());
        if (m_nodes.empty())
            return {};
        const auto answers = engine.convert(question(), m_nodes.size(), m_to, progress, stop);
        if (!answers)
            return tl::make_unexpected(answers.error());
        for (std::size_t n = 0; n < m_nodes.size(); ++n) {
            const ConvertedNode& answer = (*answers)[n];
            if (!answer.problem.empty() || !graphs[n].ParseFromString(answer.graph))
                return failure(ErrorCode::Usage,
                               sentence("{} cannot be converted to opset {}. {}",
                                        operation(m_view, m_nodes[n]), m_to, answer.problem)
                                   .text(),
                               m_view.label(m_nodes[n]));
        }
        return {};
    }

    std::string question() const
    {
        onnx::ModelProto model;
        model.set_ir_version(std::max<std::int64_t>(m_view.model().irVersion(), irOfFreeInitializers));
        model.add_opset_import()->set_version(m_from);
        onnx::GraphProto& graph = *model.mutable_graph();
        graph.set_name("nodes");
        std::unordered_set<ValueIndex> described;
        for (const NodeIndex node : m_nodes) {
            onnx::NodeProto& added = *graph.add_node();
            added = withWrittenDefaults(m_view.proto(node));
            const auto inputs = m_view.inputs(node), outputs = m_view.outputs(node);
            for (std::size_t n = 0; n < inputs.size(); ++n)
                added.set_input(static_cast<int>(n),
                                inputs[n] == ValueIndex::None ? std::string() : numberedName(inputs[n]));
            for (std::size_t n = 0; n < outputs.size(); ++n)
                added.set_output(static_cast<int>(n),
                                 outputs[n] == ValueIndex::None ? absentName(n) : numberedName(outputs[n]));
            for (const auto values : {inputs, outputs}) {
                for (const ValueIndex value : values) {
                    if (value != ValueIndex::None && described.insert(value).second)
                        describe(value, *graph.add_input());
                }
            }
        }
        return model.SerializeAsString();
    }

    void describe(ValueIndex value, onnx::ValueInfoProto& info) const
    {
        info.set_name(numberedName(value));
        auto& type = *info.mutable_type()->mutable_tensor_type();
        type.set_elem_type(static_cast<std::int32_t>(m_round.types().of(value)));
        const KnownShape* const shape = m_round.shapes().of(value);
        if (!shape)
            return;
        type.mutable_shape();
        for (const std::int64_t size : *shape) {
            auto& dim = *type.mutable_shape()->add_dim();
            if (size >= 0)
                dim.set_dim_value(size);
        }
    }

    Refusal correct(NodeIndex node, onnx::GraphProto& graph) const
    {
        const std::string_view op = m_view.op(node);
        if (crosses(10) && op == "Dropout" && m_view.output(node, 1) != ValueIndex::None &&
            !m_view.uses(m_view.output(node, 1)).empty())
            return refusal(node, "its mask has another type");
        if (crosses(11) && (op == "Resize" || op == "Upsample")) {
            if (const char* why = correctResize(m_view, node, graph))
                return refusal(node, why);
        }
        return {};
    }

    bool crosses(std::int64_t opset) const { return m_from < opset && m_to >= opset; }

    Refusal refusal(NodeIndex node, std::string_view why) const
    {
        return sentence("{} cannot be converted to opset {} and keep what it computes: {}.",
                        operation(m_view, node), m_to, why)
            .text();
    }

    void write(NodeIndex node, const onnx::GraphProto& graph)
    {
        std::unordered_map<std::string, std::string> names{{"", ""}};
        for (const auto values : {m_view.inputs(node), m_view.outputs(node)}) {
            for (const ValueIndex value : values)
                if (value != ValueIndex::None)
                    names[numberedName(value)] = std::string(m_view.name(value));
        }
        for (std::size_t n = 0; n < m_view.outputs(node).size(); ++n)
            names.emplace(absentName(n), "");
        const std::string base(m_view.name(node).empty() ? m_view.name(m_view.output(node, 0))
                                                         : m_view.name(node));
        for (const onnx::TensorProto& constant : graph.initializer())
            addConstant(node, base, constant.name(), constant, names);
        std::vector<const onnx::NodeProto*> nodes;
        for (const onnx::NodeProto& made : graph.node()) {
            if (made.op_type() == "Constant" && made.attribute_size() == 1 && made.attribute(0).has_t())
                addConstant(node, base, made.output(0), made.attribute(0).t(), names);
            else
                nodes.push_back(&made);
        }
        for (const onnx::NodeProto* made : nodes) {
            for (const std::string& output : made->output())
                if (!names.contains(output))
                    names[output] = m_round.pen().uniqueName(base + "_" + made->op_type());
        }
        const auto heart = std::ranges::find_if(nodes, [&](const onnx::NodeProto* made) {
            return made->op_type() == m_view.op(node) || nodes.size() == 1;
        });
        bool isBehind = false;
        for (const onnx::NodeProto* made : nodes) {
            onnx::NodeProto message = *made;
            for (std::string& input : *message.mutable_input())
                input = names[input];
            for (std::string& output : *message.mutable_output())
                output = names[output];
            if (heart != nodes.end() && made == *heart) {
                onnx::NodeProto& changed =
                    m_round.pen().change(node); // its name and whatever else it says stay
                changed.set_op_type(message.op_type());
                changed.mutable_input()->Swap(message.mutable_input());
                changed.mutable_output()->Swap(message.mutable_output());
                changed.mutable_attribute()->Swap(message.mutable_attribute());
                isBehind = true;
            } else {
                message.set_name(m_view.name(node).empty() ? std::string() : base + "_" + made->op_type());
                if (isBehind)
                    m_round.pen().insertAfter(node, std::move(message));
                else
                    m_round.pen().insertBefore(node, std::move(message));
            }
        }
        if (heart == nodes.end())
            m_round.pen().remove(node);
    }

    void addConstant(NodeIndex node, const std::string& base, const std::string& called,
                     const onnx::TensorProto& tensor, std::unordered_map<std::string, std::string>& names)
    {
        if (names.contains(called))
            return;
        const TensorView view = tensorView(tensor, nullptr);
        names[called] = m_round.pen().add(m_view.scope(node), base + "_constant", view.type(), view.dims(),
                                          view.payload());
    }

    void writeVersions()
    {
        ModelChange& change = m_round.pen().model();
        bool isWritten = false;
        for (const auto& import : m_view.model().header->opset_import()) {
            if (import.domain().empty() || import.domain() == "ai.onnx") {
                change.opsets.emplace_back(import.domain(), m_to);
                isWritten = true;
            }
        }
        if (!isWritten)
            change.opsets.emplace_back("", m_to);
        // Below version 4, initializers are inputs, and cannot be replaced: that must stay so.
        const std::int64_t ir = m_view.model().irVersion();
        if (ir >= irOfFreeInitializers && ir < irVersionOf(m_to))
            change.irVersion = irVersionOf(m_to);
    }

    Round& m_round;
    const GraphView& m_view;
    std::int64_t m_from, m_to;
    std::vector<NodeIndex> m_nodes;     // that have another definition
    std::vector<NodeIndex> m_softmaxes; // the same, not for the converter
};

Refusal refusalOf(const GraphView& view, std::int64_t from, std::int64_t to)
{
    const auto& known = onnx::OpSchemaRegistry::DomainToVersionRange::Instance().Map().at("");
    if (from < oldestOpset)
        return fmt::format("A model of opset {} is not converted: it takes opset {} or a later one.", from,
                           oldestOpset);
    if (to < from)
        return fmt::format("The model has opset {} already; older ones than that are not written.", from);
    if (to > known.second)
        return fmt::format("The installed ONNX library knows opset {} at most.", known.second);
    if (!view.model().functions.empty())
        return "The model has local functions, and these are not converted; the pass inline-functions writes "
               "their nodes into the graph.";
    return {};
}

} // namespace

Result<void> lookForOpset(Round& round, Progress& progress, const std::stop_token& stop)
{
    const GraphView& view = round.view();
    const std::int64_t from = view.model().opset();
    const std::int64_t to = round.options().opset.value_or(from);
    if (from == to)
        return {};
    if (auto refusal = refusalOf(view, from, to))
        return failure(ErrorCode::Usage, std::move(*refusal));
    if (!round.engine())
        return failure(ErrorCode::Unsupported,
                       "Opsets are converted in another process, and this program has none for it.");
    return OpsetChange(round, from, to).run(*round.engine(), progress, stop);
}

} // namespace pleat
