// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/rewrite/HeaderChange.h"

#include "core/rewrite/Remarks.h"

namespace pleat {

namespace {

template<class Message, class Gone>
void erase(google::protobuf::RepeatedPtrField<Message>& messages, Gone gone)
{
    int kept = 0;
    for (int m = 0; m < messages.size(); ++m) {
        if (!gone(messages[m]))
            messages.SwapElements(kept++, m);
    }
    messages.DeleteSubrange(kept, messages.size() - kept);
}

// The one of which `isIt`, made where there is none.
template<class Message, class IsIt>
Message& madeIfNone(google::protobuf::RepeatedPtrField<Message>& messages, IsIt isIt)
{
    const auto known = std::ranges::find_if(messages, isIt);
    return known == messages.end() ? *messages.Add() : *known;
}

// ONNX's own operators have two names.
std::string_view plain(std::string_view domain)
{
    return domain == "ai.onnx" ? std::string_view() : domain;
}

void setType(onnx::ValueInfoProto& value, DataType elements, std::span<const std::int64_t> dims)
{
    onnx::TypeProto::Tensor& type = *value.mutable_type()->mutable_tensor_type();
    type.set_elem_type(static_cast<std::int32_t>(elements));
    type.mutable_shape()->clear_dim();
    for (const std::int64_t dim : dims)
        type.mutable_shape()->add_dim()->set_dim_value(dim);
}

// What an edit makes of the descriptions of a graph.
class Descriptions final {
public:
    Descriptions(const std::vector<Restated>& restated, const NameSet& vanished, const GraphChange* said)
        : m_said(said)
    {
        for (const Restated& constant : restated)
            m_restated[constant.name] = &constant;
        for (const std::string_view name : vanished)
            m_gone.insert(name);
        for (std::size_t n = 0; said && n < said->undescribed.size(); ++n)
            m_gone.insert(said->undescribed[n]);
        for (std::size_t n = 0; said && n < said->renamed.size(); ++n)
            m_renamed[said->renamed[n].first] = said->renamed[n].second;
        for (std::size_t n = 0; said && n < said->described.size(); ++n)
            m_new[said->described[n]->name()] = said->described[n]; // the last of a name counts
        for (const auto& [name, constant] : m_restated)
            m_named.insert(name);
        for (const std::string_view name : m_gone)
            m_named.insert(name);
        for (const auto& [name, info] : m_new)
            m_named.insert(name);
        for (const auto& [from, to] : m_renamed)
            m_named.insert(from);
    }

    void change(Sequence<Description>& descriptions)
    {
        const auto isNamed = [&](const Description& each) { return m_named.holdsHash(each.nameHash); };
        for (std::size_t c = 0; !m_named.empty() && c < descriptions.chunks(); ++c) {
            if (std::ranges::any_of(descriptions.chunkAt(c), isNamed))
                descriptions.changeChunk(c,
                                         [&](const std::vector<Description>& old) { return changed(old); });
        }
        for (std::size_t n = 0; m_said && n < m_said->described.size(); ++n) {
            const std::string_view name = m_said->described[n]->name();
            if (m_placed.insert(name))
                descriptions.push_back(m_new.at(name));
        }
    }

private:
    std::vector<Description> changed(const std::vector<Description>& old)
    {
        std::vector<Description> now;
        now.reserve(old.size());
        for (const Description& each : old) {
            const std::string_view name = each.proto->name();
            if (m_gone.contains(name))
                continue;
            const auto constant = m_restated.find(name);
            const auto renamed = m_renamed.find(name);
            if (const auto made = m_new.find(name); made != m_new.end() && m_placed.insert(name)) {
                now.emplace_back(made->second);
            } else if (constant != m_restated.end()) {
                const auto info = std::make_shared<onnx::ValueInfoProto>(*each.proto);
                setType(*info, constant->second->type, constant->second->dims);
                now.emplace_back(info);
            } else if (renamed != m_renamed.end()) {
                const auto info = std::make_shared<onnx::ValueInfoProto>(*each.proto);
                info->set_name(std::string(renamed->second));
                now.emplace_back(info);
            } else {
                now.push_back(each);
            }
        }
        return now;
    }

    const GraphChange* m_said;
    std::unordered_map<std::string_view, const Restated*> m_restated;
    std::unordered_map<std::string_view, ValueInfo> m_new;
    std::unordered_map<std::string_view, std::string_view> m_renamed;
    NameSet m_gone, m_named; // named: any of the three
    NameSet m_placed;        // of the new ones
};

// Annotations, and sparse initializers.
void rename(onnx::GraphProto& header, const GraphChange& change)
{
    const std::map<std::string_view, std::string_view> names(change.renamed.begin(), change.renamed.end());
    const auto rename = [&](std::string& name) {
        if (const auto renamed = names.find(name); renamed != names.end())
            name = renamed->second;
    };
    for (onnx::TensorAnnotation& annotation : *header.mutable_quantization_annotation()) {
        rename(*annotation.mutable_tensor_name());
        for (onnx::StringStringEntryProto& entry : *annotation.mutable_quant_parameter_tensor_names())
            rename(*entry.mutable_value());
    }
    for (onnx::SparseTensorProto& sparse : *header.mutable_sparse_initializer())
        rename(*sparse.mutable_values()->mutable_name());
}

void strip(google::protobuf::Message& header, const GraphChange& change)
{
    if (change.dropsDocs)
        clearRemarks(header, Remark::Doc);
    if (change.dropsMetadata)
        clearRemarks(header, Remark::Metadata);
}

} // namespace

std::shared_ptr<const onnx::ModelProto> changed(const onnx::ModelProto& old, const ModelChange& change)
{
    auto header = std::make_shared<onnx::ModelProto>(old);
    for (const auto& [domain, version] : change.opsets) {
        const auto isIt = [&wanted = domain](const onnx::OperatorSetIdProto& import) {
            return plain(import.domain()) == plain(wanted);
        };
        if (!version) {
            erase(*header->mutable_opset_import(), isIt);
            continue;
        }
        onnx::OperatorSetIdProto& import = madeIfNone(*header->mutable_opset_import(), isIt);
        if (!import.has_version())
            import.set_domain(domain);
        import.set_version(*version);
    }
    for (const auto& [key, value] : change.metadata) {
        const auto isIt = [&wanted = key](const onnx::StringStringEntryProto& entry) {
            return entry.key() == wanted;
        };
        if (!value) {
            erase(*header->mutable_metadata_props(), isIt);
            continue;
        }
        onnx::StringStringEntryProto& entry = madeIfNone(*header->mutable_metadata_props(), isIt);
        entry.set_key(key);
        entry.set_value(*value);
    }
    if (change.irVersion)
        header->set_ir_version(*change.irVersion);
    if (change.modelVersion)
        header->set_model_version(*change.modelVersion);
    if (change.producerName)
        header->set_producer_name(*change.producerName);
    if (change.producerVersion)
        header->set_producer_version(*change.producerVersion);
    if (change.domain)
        header->set_domain(*change.domain);
    if (change.doc)
        header->set_doc_string(*change.doc);
    return header;
}

std::shared_ptr<const onnx::FunctionProto> changed(const std::shared_ptr<const onnx::FunctionProto>& old,
                                                   const ResolvedEdit::GraphPart& part)
{
    if (!changesHeader(part))
        return old;
    auto header = std::make_shared<onnx::FunctionProto>(*old);
    for (std::string& output : *header->mutable_output()) {
        if (const auto renamed = part.outputRenames.find(output); renamed != part.outputRenames.end())
            output = renamed->second;
    }
    if (!part.change)
        return header;
    const auto setNames = [](auto& names, const std::vector<ValueInfo>& infos) {
        names.Clear();
        for (const ValueInfo& info : infos)
            *names.Add() = info->name();
    };
    if (part.change->inputs)
        setNames(*header->mutable_input(), *part.change->inputs);
    if (part.change->outputs)
        setNames(*header->mutable_output(), *part.change->outputs);
    strip(*header, *part.change);
    if (part.change->doc)
        header->set_doc_string(*part.change->doc);
    return header;
}

bool changesHeader(const ResolvedEdit::GraphPart& part)
{
    const GraphChange* const change = part.change;
    return !part.outputRenames.empty() ||
           (change &&
            (change->inputs || change->outputs || !change->renamed.empty() || !change->annotated.empty() ||
             change->name || change->doc || change->dropsDocs || change->dropsMetadata));
}

void change(onnx::GraphProto& header, const ResolvedEdit::GraphPart& part)
{
    for (onnx::ValueInfoProto& output : *header.mutable_output()) {
        const auto renamed = part.outputRenames.find(output.name());
        if (renamed != part.outputRenames.end())
            output.set_name(std::string(renamed->second));
    }
    if (!part.change)
        return;
    const auto setList = [](auto& list, const std::vector<ValueInfo>& infos) {
        list.Clear();
        for (const ValueInfo& info : infos)
            *list.Add() = *info;
    };
    if (part.change->inputs)
        setList(*header.mutable_input(), *part.change->inputs);
    if (part.change->outputs)
        setList(*header.mutable_output(), *part.change->outputs);
    if (!part.change->renamed.empty())
        rename(header, *part.change);
    for (const auto& annotation : part.change->annotated)
        *header.add_quantization_annotation() = *annotation;
    strip(header, *part.change);
    if (part.change->name)
        header.set_name(*part.change->name);
    if (part.change->doc)
        header.set_doc_string(*part.change->doc);
}

void addInput(onnx::GraphProto& header, const TensorMessage& tensor)
{
    onnx::ValueInfoProto& input = *header.add_input();
    input.set_name(std::string(tensor.name()));
    setType(input, tensor.type(), tensor.dims());
}

// The C of a Gemm grows, for instance.
void restate(onnx::GraphProto& header, const std::vector<Restated>& constants)
{
    std::unordered_map<std::string_view, const Restated*> byName;
    for (const Restated& constant : constants)
        byName[constant.name] = &constant;
    for (onnx::ValueInfoProto& input : *header.mutable_input()) {
        if (const auto found = byName.find(input.name()); found != byName.end())
            setType(input, found->second->type, found->second->dims);
    }
}

void change(Sequence<Description>& descriptions, const std::vector<Restated>& restated,
            const NameSet& vanished, const GraphChange* said)
{
    Descriptions(restated, vanished, said).change(descriptions);
}

bool declaresAny(const onnx::GraphProto& header, const NameSet& names, bool inputsToo)
{
    if (names.empty())
        return false;
    const auto isOne = [&](const onnx::ValueInfoProto& info) { return names.contains(info.name()); };
    return (inputsToo && std::ranges::any_of(header.input(), isOne)) ||
           std::ranges::any_of(header.quantization_annotation(), [&](const auto& annotation) {
               return names.contains(annotation.tensor_name());
           });
}

void forget(onnx::GraphProto& header, const NameSet& names, bool inputsToo)
{
    if (names.empty())
        return;
    const auto gone = [&](const onnx::ValueInfoProto& info) { return names.contains(info.name()); };
    if (inputsToo)
        erase(*header.mutable_input(), gone);
    forgetAnnotations(header, names);
}

void forgetAnnotations(onnx::GraphProto& header, const NameSet& names)
{
    if (!names.empty())
        erase(*header.mutable_quantization_annotation(), [&](const onnx::TensorAnnotation& annotation) {
            return names.contains(annotation.tensor_name());
        });
}

} // namespace pleat
