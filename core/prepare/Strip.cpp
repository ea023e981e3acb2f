// SPDX-License-Identifier: GPL-3.0-or-later
// Doc strings and metadata_props say something to readers and tools; no result depends on them (ONNX's IR
// specification). All of them go, in the model, its graphs, functions, nodes, attributes, values and tensors.
// Who made the model (producer, domain, version) stays. So do those of an initializer that an annotation of
// quantized tensors names.
#include "core/prepare/PassFiles.h"
#include "core/rewrite/Remarks.h"

#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

class Stripping final {
public:
    Stripping(Round& round, Remark remark) : m_round(round), m_view(round.view()), m_remark(remark) {}

    void run()
    {
        find();
        std::size_t places = m_nodes.size() + m_initializers.size() + m_scopes.size() + m_descriptions.size();
        const bool ofModel = saysTheModel();
        places += ofModel ? 1 : 0;
        if (places == 0 || !m_round.claim(m_nodes, what(places)))
            return;
        Rewriter& pen = m_round.pen();
        for (const NodeIndex node : m_nodes)
            clearRemarks(pen.change(node), m_remark);
        for (const ValueIndex value : m_initializers) {
            const TensorMessage& tensor = m_view.initializer(value)->tensor;
            onnx::TensorProto message = *tensor.message();
            clearRemarks(message, m_remark);
            pen.restate(value, tensor.payload() ? TensorMessage(std::move(message), *tensor.payload())
                                                : TensorMessage(std::move(message)));
        }
        for (const ScopeIndex scope : m_scopes)
            (m_remark == Remark::Doc ? pen.graph(scope).dropsDocs : pen.graph(scope).dropsMetadata) = true;
        for (const auto& [scope, description] : m_descriptions) {
            const auto message = std::make_shared<onnx::ValueInfoProto>(*description->proto);
            clearRemarks(*message, m_remark);
            pen.graph(scope).described.push_back(message);
        }
        if (ofModel)
            stripModel(pen.model());
    }

private:
    Sentence what(std::size_t places) const
    {
        return m_remark == Remark::Doc
                   ? sentence("Doc strings go, of {} nodes, tensors, graphs and functions", places)
                   : sentence("Metadata goes, of {} nodes, tensors, graphs and functions", places);
    }

    void find()
    {
        for (const NodeIndex node : m_round.nodes()) {
            if (hasRemarks(*m_view.entry(node).proto, m_remark))
                m_nodes.push_back(node);
        }
        for (std::size_t s = 0; s < m_view.scopes().size(); ++s) {
            const Scope& scope = m_view.scopes()[s];
            if (hasRemarks(header(scope), m_remark))
                m_scopes.push_back(static_cast<ScopeIndex>(s));
            for (const Description& description : scope.graph->descriptions) {
                if (hasRemarks(*description.proto, m_remark))
                    m_descriptions.emplace_back(static_cast<ScopeIndex>(s), &description);
            }
            std::unordered_set<std::string_view> annotated;
            for (const onnx::TensorAnnotation& annotation : scope.graph->header->quantization_annotation())
                annotated.insert(annotation.tensor_name());
            for (const ValueIndex value : scope.initializers) {
                const Initializer* const initializer = m_view.initializer(value);
                const auto* const message = initializer ? initializer->tensor.kept() : nullptr;
                if (message && !m_view.isSparse(value) && hasRemarks(*message, m_remark) &&
                    !annotated.contains(m_view.name(value)))
                    m_initializers.push_back(value);
            }
        }
    }

    const google::protobuf::Message& header(const Scope& scope) const
    {
        if (scope.function >= 0 && scope.parent == ScopeIndex::None)
            return *m_view.model().functions[static_cast<std::size_t>(scope.function)].header;
        return *scope.graph->header;
    }

    bool saysTheModel() const
    {
        const onnx::ModelProto& model = *m_view.model().header;
        return m_remark == Remark::Doc ? !model.doc_string().empty() : model.metadata_props_size() > 0;
    }

    void stripModel(ModelChange& change) const
    {
        if (m_remark == Remark::Doc)
            change.doc = "";
        else
            for (const onnx::StringStringEntryProto& entry : m_view.model().header->metadata_props())
                change.metadata.emplace_back(entry.key(), std::nullopt);
    }

    Round& m_round;
    const GraphView& m_view;
    Remark m_remark;
    std::vector<NodeIndex> m_nodes;
    std::vector<ValueIndex> m_initializers;
    std::vector<std::pair<ScopeIndex, const Description*>> m_descriptions;
    std::vector<ScopeIndex> m_scopes; // whose graph or function says something, or what it lists
};

} // namespace

Result<void> lookForDocs(Round& round, Progress&, const std::stop_token&)
{
    Stripping(round, Remark::Doc).run();
    return {};
}

Result<void> lookForMetadata(Round& round, Progress&, const std::stop_token&)
{
    Stripping(round, Remark::Metadata).run();
    return {};
}

} // namespace pleat
