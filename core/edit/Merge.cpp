// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/edit/Merge.h"

#include "core/edit/Declarations.h"
#include "core/edit/MergedFunctions.h"
#include "core/graph/ElementTypes.h"
#include "core/graph/Opsets.h"
#include "core/io/Digest.h"
#include "core/model/ModelReader.h"
#include "core/rewrite/Transplant.h"

#include <algorithm>
#include <onnx/onnx_pb.h>
#include <unordered_map>
#include <unordered_set>

namespace pleat {

namespace {

// Names of one kind, values or nodes: the same name is the same one afterwards, and two are two.
class FreeNames final {
public:
    explicit FreeNames(std::string prefix) : m_prefix(std::move(prefix)) {}

    void take(std::string_view name) { m_taken.emplace(name); }

    const std::string& of(const std::string& name)
    {
        const auto [given, isNew] = m_given.try_emplace(name);
        if (isNew) {
            const std::string wanted = m_prefix + name;
            given->second = wanted;
            for (int number = 1; !m_taken.insert(given->second).second; ++number)
                given->second = wanted + "_" + std::to_string(number);
            m_another += given->second != wanted;
        }
        return given->second;
    }

    std::size_t another() const { return m_another; } // that were taken

private:
    std::string m_prefix;
    std::unordered_set<std::string> m_taken;
    std::unordered_map<std::string, std::string> m_given;
    std::size_t m_another = 0;
};

// The nodes of the model that comes, under names that are free.
class Coming final : public Transplant {
public:
    Coming(const GraphView& first, const GraphView& second, const BodyScopes& bodies,
           const std::string& prefix, const std::map<Operator, std::string>& functions)
        : Transplant(second, bodies),
          m_functions(functions),
          m_values(prefix),
          m_nodes(prefix)
    {
        for (std::size_t v = 0; v < first.valueCount(); ++v)
            m_values.take(first.name(static_cast<ValueIndex>(v)));
        for (std::size_t n = 0; n < first.nodeCount(); ++n) {
            if (const auto node = static_cast<NodeIndex>(n); first.exists(node))
                m_nodes.take(first.name(node));
        }
    }

    std::size_t another() const { return m_values.another(); }

private:
    std::string newName(ValueIndex value) override { return m_values.of(std::string(view().name(value))); }
    std::string newNodeName(NodeIndex node) override
    {
        std::string name(view().name(node));
        const bool isInFunction = view().scopes()[index(rootOf(view(), view().scope(node)))].function >= 0;
        return isInFunction ? name : m_nodes.of(name);
    }
    std::optional<Message> message(NodeIndex node) override
    {
        auto message = Transplant::message(node);
        const auto renamed =
            m_functions.find({std::string(view().domain(node)), std::string(view().op(node))});
        if (renamed != m_functions.end())
            message->proto.set_op_type(renamed->second);
        return message;
    }

    const std::map<Operator, std::string>& m_functions;
    FreeNames m_values, m_nodes;
};

class Merging final {
public:
    Merging(const MergeModel& step, const ViewPointer& first, ViewPointer second)
        : m_step(step),
          m_first(*first),
          m_second(*second),
          m_owner(std::move(second)),
          m_bodies(bodyScopes(m_second)),
          m_functions(mergedFunctions(m_first, m_second)),
          m_coming(m_first, m_second, m_bodies, step.prefix, m_functions.renamed),
          m_header(m_second.model().graph->header)
    {
    }

    Result<PlannedEdit> run()
    {
        if (m_first.scopes().front().nodes.empty())
            return refused(sentence("The model has no node that something could be put behind."));
        if (const auto why = whyNotTogether())
            return refused(*why, m_step.file);
        if (const auto joined = join(); !joined)
            return tl::make_unexpected(joined.error());
        m_coming.nameRest(ScopeIndex::Main);
        std::vector<Node> nodes;
        if (!m_coming.copyNodes(ScopeIndex::Main, nodes) || !addFunctions())
            return refused(sentence("{} has a node that cannot be copied.", m_step.file), m_step.file);
        for (Node& node : nodes)
            m_planned.edit.inserted.push_back(
                {m_first.id(m_first.scopes().front().nodes.back()), true, std::move(node)});
        addTensors();
        addPorts();
        addAbout();
        m_planned.edit.dropsUnread = false;
        m_planned.what = m_joins.empty() ? sentence("put {} beside it, {} nodes", m_step.file, nodes.size())
                                         : sentence("appended {}, {} nodes, joined at {}", m_step.file,
                                                    nodes.size(), joinsText());
        return std::move(m_planned);
    }

private:
    GraphChange& main() { return m_planned.edit.graph({}); }

    std::int64_t irVersion() const
    {
        return std::max(m_first.model().irVersion(), m_second.model().irVersion());
    }

    // Functions import their own.
    static bool uses(const GraphView& view, const std::string& domain)
    {
        for (std::size_t n = 0; n < view.nodeCount(); ++n) {
            const auto node = static_cast<NodeIndex>(n);
            if (view.exists(node) && view.domain(node) == domain &&
                view.scopes()[index(rootOf(view, view.scope(node)))].function < 0)
                return true;
        }
        return false;
    }

    std::optional<Sentence> whyNotTogether()
    {
        for (const auto& import : m_second.model().header->opset_import()) {
            const std::string domain = import.domain() == "ai.onnx" ? "" : import.domain();
            const std::int64_t ours = m_first.model().opset(domain), theirs = import.version();
            if (ours == theirs || (ours != 0 && !uses(m_second, domain)))
                continue;
            if (ours != 0 && uses(m_first, domain))
                return sentence("The model has operators of {} {}, and {} those of {}: convert the older one "
                                "first, with the pass opset (pleat-cli prepare --opset {}).",
                                domain.empty() ? "ai.onnx" : domain, ours, m_step.file, theirs,
                                std::max(ours, theirs));
            m_planned.edit.model.opsets.emplace_back(domain, theirs);
        }
        if (m_functions.captured.empty())
            return std::nullopt;
        const auto& [domain, op] = m_functions.captured.front();
        return sentence("{} has nodes of operator {} of {}, which is a function of this model: they would "
                        "become calls of it.",
                        m_step.file, op, domain);
    }

    Result<void> join()
    {
        const std::vector<Port> inputs = inputsToJoin(m_second);
        m_joins = m_step.joins;
        if (m_joins.empty() && !m_step.beside) {
            m_joins = obviousJoins(outputsToJoin(m_first), inputs);
            if (m_joins.empty())
                return refused(sentence("No output is called as an input of {} is: say which tensor becomes "
                                        "which of its inputs ({}), or put it beside.",
                                        m_step.file, namesOf(inputs)),
                               m_step.file);
        }
        const ElementTypes types(m_first);
        const Shapes shapes(m_first);
        for (const Join& each : m_joins) {
            const auto input = std::ranges::find(inputs, each.input, &Port::name);
            if (input == inputs.end())
                return refused(
                    sentence("{} has no input \"{}\"; it has {}.", m_step.file, each.input, namesOf(inputs)),
                    each.input);
            const auto tensor = findTensor(m_first, each.tensor);
            if (!tensor)
                return tl::make_unexpected(tensor.error());
            if (m_first.scope(*tensor) != ScopeIndex::Main)
                return refused(sentence("{} is inside another graph.", named(m_first, *tensor)), each.tensor);
            const KnownShape* const shape = shapes.of(*tensor);
            const Port output{each.tensor, types.of(*tensor), shape ? MaybeShape(*shape) : MaybeShape()};
            if (const auto why = whyNotJoined(output, *input))
                return refused(*why, each.tensor);
            const ValueIndex value = m_second.find(ScopeIndex::Main, each.input);
            if (m_coming.isNamed(value))
                return refused(sentence("Input {} of {} is joined twice.", each.input, m_step.file),
                               each.input);
            m_coming.name(value, each.tensor);
            m_joined.insert(value);
            if (output.shape != input->shape)
                m_planned.reshaped.push_back(each.tensor);
        }
        return {};
    }

    static std::string namesOf(const std::vector<Port>& ports)
    {
        constexpr std::size_t shown = 8;
        std::string all;
        for (std::size_t p = 0; p < std::min(ports.size(), shown); ++p)
            all += (p == 0 ? "" : ", ") + ports[p].name;
        return ports.size() > shown ? all + ", …" : all.empty() ? "none" : all;
    }

    std::string joinsText() const
    {
        std::string all;
        for (const Join& each : m_joins)
            all += (all.empty() ? "" : ", ") + each.tensor +
                   (each.tensor == each.input ? "" : " → " + each.input);
        return all;
    }

    bool addFunctions()
    {
        for (const ScopeIndex scope : m_functions.added) {
            const Scope& entry = m_second.scopes()[index(scope)];
            Function function = m_second.model().functions[static_cast<std::size_t>(entry.function)];
            if (!m_functions.renamed.empty()) {
                auto body = std::make_shared<Graph>(*function.body);
                std::vector<Node> nodes;
                if (!m_coming.copyNodes(scope, nodes))
                    return false;
                body->nodes = {};
                for (Node& node : nodes)
                    body->nodes.push_back(std::move(node));
                function.body = std::move(body);
            }
            const auto renamed = m_functions.renamed.find(
                {function.header->domain() == "ai.onnx" ? std::string() : function.header->domain(),
                 function.header->name()});
            if (renamed != m_functions.renamed.end()) {
                auto header = std::make_shared<onnx::FunctionProto>(*function.header);
                header->set_name(renamed->second);
                function.header = std::move(header);
                m_planned.findings.push_back({"function-renamed", renamed->second,
                                              sentence("The model has another function {}: that of {} is {}",
                                                       renamed->first.second, m_step.file, renamed->second)});
            }
            m_planned.edit.functionsAdded.push_back(std::move(function));
        }
        return true;
    }

    // How a name of the main graph of the model that comes is called; "" where nothing bears it.
    std::string nameOf(const std::string& name) const
    {
        return m_coming.nameOf(m_second.find(ScopeIndex::Main, name));
    }

    bool isJoined(const std::string& name) const
    {
        return m_joined.contains(m_second.find(ScopeIndex::Main, name));
    }

    void addTensors()
    {
        const Graph& graph = *m_second.model().graph;
        for (const Initializer& initializer : graph.initializers) {
            const std::string name(initializer.tensor.name());
            if (!isJoined(name))
                main().added.push_back(nameOf(name) == name ? initializer.tensor
                                                            : renamed(initializer.tensor, nameOf(name)));
        }
        for (const onnx::SparseTensorProto& sparse : m_header->sparse_initializer()) {
            if (isJoined(sparse.values().name()))
                continue;
            const auto tensor = std::make_shared<onnx::SparseTensorProto>(sparse);
            tensor->mutable_values()->set_name(nameOf(sparse.values().name()));
            main().addedSparse.push_back({tensor, graph.payloads});
        }
        for (const onnx::TensorAnnotation& each : m_header->quantization_annotation()) {
            const auto annotation = std::make_shared<onnx::TensorAnnotation>(each);
            annotation->set_tensor_name(nameOf(each.tensor_name()));
            for (onnx::StringStringEntryProto& entry : *annotation->mutable_quant_parameter_tensor_names())
                entry.set_value(nameOf(entry.value()));
            if (!isJoined(each.tensor_name()))
                main().annotated.push_back(annotation);
        }
        for (const Description& each : graph.descriptions) {
            const std::string name = nameOf(each.proto->name());
            if (!name.empty() && !isJoined(each.proto->name()))
                main().described.push_back(declaredAs(name, *each.proto));
        }
        m_planned.edit.sources.push_back(m_second.model().source);
    }

    static ValueInfo declaredAs(const std::string& name, const onnx::ValueInfoProto& info)
    {
        const auto declared = std::make_shared<onnx::ValueInfoProto>(info);
        declared->set_name(name);
        return declared;
    }

    // Before IR 4, all initializers are inputs, which nobody can replace: where the result is newer, they are
    // none; where it is not, those that come are listed by who adds them.
    bool isListed(const GraphView& view, const std::string& input) const
    {
        const ValueIndex value = view.find(ScopeIndex::Main, input);
        const bool hasValue = view.initializer(value) || view.isSparse(value);
        return !hasValue || view.model().irVersion() >= irOfFreeInitializers ||
               (&view == &m_first && irVersion() < irOfFreeInitializers);
    }

    void addPorts()
    {
        const auto& ours = m_first.model().graph->header;
        auto& inputs = main().inputs.emplace();
        auto& outputs = main().outputs.emplace();
        for (const onnx::ValueInfoProto& input : ours->input()) {
            if (isListed(m_first, input.name()))
                inputs.emplace_back(ours, &input);
        }
        for (const onnx::ValueInfoProto& output : ours->output()) {
            const bool isInner = std::ranges::find(m_joins, output.name(), &Join::tensor) != m_joins.end();
            (isInner ? main().described : outputs).emplace_back(ours, &output);
        }
        for (const onnx::ValueInfoProto& input : m_header->input()) {
            if (isJoined(input.name()) || !isListed(m_second, input.name()))
                continue;
            inputs.push_back(declaredAs(nameOf(input.name()), input));
            addRenamed("Input {} of {} is called {}", input.name());
        }
        for (const onnx::ValueInfoProto& output : m_header->output()) {
            outputs.push_back(declaredAs(nameOf(output.name()), output));
            addRenamed("Output {} of {} is called {}", output.name());
        }
        if (m_coming.another() > 0)
            m_planned.findings.push_back(
                {"renamed", m_step.file,
                 sentence("{} names of {} were taken and got a number", m_coming.another(), m_step.file)});
    }

    // Whoever runs the model has to know.
    void addRenamed(Pattern<3> pattern, const std::string& name)
    {
        if (!isJoined(name) && nameOf(name) != m_step.prefix + name)
            m_planned.findings.push_back(
                {"renamed", nameOf(name), sentence(pattern, name, m_step.file, nameOf(name))});
    }

    void addAbout()
    {
        if (irVersion() > m_first.model().irVersion())
            m_planned.edit.model.irVersion = irVersion();
        const auto& ours = m_first.model().header->metadata_props();
        for (const auto& entry : m_second.model().header->metadata_props()) {
            const auto known = std::ranges::find(ours, entry.key(), &onnx::StringStringEntryProto::key);
            if (known == ours.end())
                m_planned.edit.model.metadata.emplace_back(entry.key(), entry.value());
            else if (known->value() != entry.value())
                m_planned.findings.push_back({"metadata", entry.key(),
                                              sentence("Metadata {} stays as it is: {} says {}", entry.key(),
                                                       m_step.file, entry.value())});
        }
        if (m_second.model().header->training_info_size() > 0)
            m_planned.findings.push_back(
                {"training", m_step.file, sentence("What {} says about training is left out", m_step.file)});
    }

    const MergeModel& m_step;
    const GraphView& m_first;
    const GraphView& m_second;
    ViewPointer m_owner; // of m_second
    BodyScopes m_bodies;
    MergedFunctions m_functions;
    Coming m_coming;
    std::shared_ptr<const onnx::GraphProto> m_header; // of the model that comes
    std::vector<Join> m_joins;
    std::set<ValueIndex> m_joined;
    PlannedEdit m_planned;
};

std::vector<Port> portsOf(const GraphView& view, const std::vector<ValueIndex>& values)
{
    const ElementTypes types(view);
    const Shapes shapes(view);
    std::vector<Port> ports;
    for (const ValueIndex value : values) {
        const KnownShape* const shape = shapes.of(value);
        ports.push_back(
            {std::string(view.name(value)), types.of(value), shape ? MaybeShape(*shape) : MaybeShape()});
    }
    return ports;
}

} // namespace

std::vector<Port> outputsToJoin(const GraphView& view)
{
    return portsOf(view, view.scopes().front().outputs);
}

std::vector<Port> inputsToJoin(const GraphView& view)
{
    std::vector<ValueIndex> inputs = view.scopes().front().inputs;
    std::ranges::stable_partition(
        inputs, [&](ValueIndex input) { return !view.initializer(input) && !view.isSparse(input); });
    return portsOf(view, inputs);
}

std::string text(const Port& port)
{
    const std::string type = port.type == DataType::Undefined ? "?" : name(port.type);
    return port.shape ? type + " " + shapeText(*port.shape) : type;
}

std::optional<Sentence> whyNotJoined(const Port& output, const Port& input)
{
    const bool isOfType =
        output.type == input.type || output.type == DataType::Undefined || input.type == DataType::Undefined;
    const auto fits = [](std::int64_t one, std::int64_t other) {
        return one == other || one == unknownSize || other == unknownSize;
    };
    const bool isOfShape =
        !output.shape || !input.shape || std::ranges::equal(*output.shape, *input.shape, fits);
    if (isOfType && isOfShape)
        return std::nullopt;
    return sentence("{} is {}, and input {} takes {}.", output.name, text(output), input.name, text(input));
}

std::vector<Join> obviousJoins(const std::vector<Port>& outputs, const std::vector<Port>& inputs)
{
    std::vector<Join> joins;
    for (const Port& input : inputs) {
        if (std::ranges::find(outputs, input.name, &Port::name) != outputs.end())
            joins.push_back({input.name, input.name});
    }
    if (joins.empty() && outputs.size() == 1 && inputs.size() == 1)
        joins.push_back({outputs.front().name, inputs.front().name});
    return joins;
}

Sentence describe(const MergeModel& step)
{
    return step.beside ? sentence("Put {} beside it", step.file) : sentence("Append {}", step.file);
}

Result<PlannedEdit> plan(const MergeModel& step, const ViewPointer& of)
{
    NoProgress quiet;
    auto opened = openModel(step.file, quiet, {});
    if (!opened)
        return tl::make_unexpected(std::move(opened.error()));
    const FilePointer file = opened->model.source;
    auto planned = Merging(step, of, GraphView::of(std::move(opened->model))).run();
    if (!planned || step.sha256.empty())
        return planned;
    const auto digest = file->size() == step.bytes ? sha256(*file, quiet, {}) : Result<std::string>();
    if (!digest)
        return tl::make_unexpected(digest.error());
    if (*digest != step.sha256)
        planned->findings.push_back({"another-file", step.file,
                                     sentence("{} is another file than the one that was meant", step.file)});
    return planned;
}

} // namespace pleat
