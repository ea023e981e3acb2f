// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/inspector/InspectorContent.h"

#include "core/graph/StoredTensors.h"
#include "core/tensor/SparseBytes.h"
#include "ui/document/Convert.h"
#include "ui/widgets/Translate.h"

#include <QStringList>
#include <algorithm>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

// Some operators' first sentence is a page long.
QString cut(const QString& sentence)
{
    constexpr qsizetype longest = 200;
    if (sentence.size() <= longest)
        return sentence;
    return sentence.first(sentence.lastIndexOf(u' ', longest)) + u" …"_s;
}

QString typeText(const ValueType& type)
{
    QStringList parts;
    if (type.type != DataType::Undefined)
        parts += toQt(name(type.type));
    if (type.hasShape)
        parts += type.shape.empty() ? tr("scalar") : toQt(type.text());
    return parts.join(u' ');
}

InspectorRow slotRow(const SlotText& slot, std::size_t position)
{
    InspectorRow row;
    row.name = slot.formal.empty() ? QString::number(position) : toQt(slot.formal);
    if (slot.value == ValueIndex::None) {
        row.detail = tr("absent");
        return row;
    }
    row.value = toQt(slot.name);
    row.detail = typeText(slot.type);
    if (slot.constant && slot.bytes > 0)
        row.detail += (row.detail.isEmpty() ? QString() : u" · "_s) + byteCount(slot.bytes);
    row.link = u"value:%1"_s.arg(index(slot.value));
    return row;
}

InspectorSection slotSection(const QString& caption, const std::vector<SlotText>& slotTexts)
{
    InspectorSection section{caption, {}, false};
    for (std::size_t i = 0; i < slotTexts.size(); ++i)
        section.rows.push_back(slotRow(slotTexts[i], i));
    return section;
}

QString nodeLink(NodeIndex node)
{
    return u"node:%1"_s.arg(index(node));
}

std::optional<ValueType> typeOf(const GraphView& view, ValueIndex value, const ValueTypes& types)
{
    const auto scope = types.find(view.scopes()[index(view.scope(value))].path);
    if (scope == types.end())
        return std::nullopt;
    const auto found = scope->second.find(std::string(view.name(value)));
    return found == scope->second.end() ? std::nullopt : std::optional(found->second);
}

void addIfAny(InspectorContent& content, InspectorSection section)
{
    if (!section.rows.empty())
        content.sections.push_back(std::move(section));
}

} // namespace

InspectorContent aboutNode(const GraphView& view, NodeIndex node, const ValueTypes& types,
                           std::optional<std::uint64_t> parametersBefore)
{
    const NodeText text = describe(view, node, types);
    InspectorContent content;
    content.kind = tr("node");
    content.title = toQt(text.op);
    content.subtitle = text.name.empty() ? toQt(view.label(node)) : toQt(text.name);
    content.summary = cut(toQt(text.summary));

    InspectorSection attributes{tr("ATTRIBUTES"), {}, false};
    for (const AttributeText& attribute : text.attributes)
        attributes.rows.push_back({toQt(attribute.name), toQt(attribute.value), {}, {}});
    addIfAny(content, std::move(attributes));
    addIfAny(content, slotSection(tr("INPUTS"), text.inputs));
    addIfAny(content, slotSection(tr("OUTPUTS"), text.outputs));

    InspectorSection cost{tr("COST"), {}, false};
    if (text.parameters > 0 || parametersBefore.value_or(0) > 0) {
        const QString now = compactCount(text.parameters);
        const bool changed = parametersBefore && *parametersBefore != text.parameters;
        cost.rows.push_back(
            {tr("parameters"), changed ? compactCount(*parametersBefore) + u" → "_s + now : now, {}, {}});
    }
    if (text.macs.value_or(0) > 0)
        cost.rows.push_back(
            {tr("MACs"), compactCount(*text.macs), text.batchIsOne ? tr("for a batch of 1") : QString(), {}});
    addIfAny(content, std::move(cost));

    InspectorSection origin{tr("OPERATOR"), {}, false};
    origin.rows.push_back({tr("domain"), text.domain.empty() ? u"ai.onnx"_s : toQt(text.domain), {}, {}});
    if (text.since > 0)
        origin.rows.push_back({tr("since opset"), QString::number(text.since), {}, {}});
    addIfAny(content, std::move(origin));
    return content;
}

InspectorContent aboutValue(const GraphView& view, ValueIndex value, const ValueTypes& types)
{
    InspectorContent content;
    content.kind = tr("tensor");
    content.title = toQt(view.name(value));
    const Initializer* initializer = view.initializer(value);
    if (const auto stored = initializer || view.isSparse(value) ? storedTensor(view, value) : std::nullopt) {
        const TensorView& tensor = *stored;
        const SparseBytes* const sparse = sparseBytes(tensor.payload());
        content.summary =
            sparse ? tr("A constant stored in the model, sparse.") : tr("A constant stored in the model.");
        InspectorSection data{tr("DATA"), {}, false};
        data.rows.push_back({tr("type"), toQt(name(tensor.type())), {}, {}});
        data.rows.push_back({tr("shape"), dimensions(tensor.dims(), u"×"_s), {}, {}});
        data.rows.push_back({tr("elements"), compactCount(tensor.elements()), {}, {}});
        if (sparse)
            data.rows.push_back({tr("stored"), compactCount(sparse->stored()), {}, {}});
        data.rows.push_back(
            {tr("size"), byteCount(sparse ? sparse->bytesInFile() : tensor.payload().size()), {}, {}});
        content.sections.push_back(std::move(data));
    } else if (const auto type = typeOf(view, value, types)) {
        InspectorSection data{tr("TYPE"), {}, false};
        data.rows.push_back({tr("type"), toQt(name(type->type)), {}, {}});
        if (type->hasShape)
            data.rows.push_back(
                {tr("shape"), type->shape.empty() ? tr("scalar") : toQt(type->text()), {}, {}});
        content.sections.push_back(std::move(data));
    }
    if (view.isGraphInput(value))
        content.summary =
            initializer ? tr("A constant that a caller may replace.") : tr("An input of the model.");
    if (view.isGraphOutput(value))
        content.summary = tr("An output of the model.");
    if (const NodeIndex producer = view.producer(value); producer != NodeIndex::None) {
        InspectorSection made{tr("MADE BY"), {}, false};
        made.rows.push_back({toQt(view.op(producer)), toQt(view.label(producer)), {}, nodeLink(producer)});
        content.sections.push_back(std::move(made));
    }
    InspectorSection readers{tr("READ BY"), {}, false};
    for (const Use& use : view.uses(value))
        readers.rows.push_back({toQt(view.op(use.node)), toQt(view.label(use.node)), {}, nodeLink(use.node)});
    addIfAny(content, std::move(readers));
    return content;
}

InspectorContent aboutModel(const ModelInfo& info, const GraphView& view)
{
    InspectorContent content;
    content.kind = tr("model");
    content.title = toQt(std::filesystem::path(info.file).filename().string());
    content.subtitle = toQt(info.graphName);
    content.summary = toQt(info.documentation);

    InspectorSection file{tr("FILE"), {}, false};
    file.rows.push_back({tr("size"), byteCount(info.bytes), {}, {}});
    if (!info.dataFiles.empty()) {
        std::uint64_t bytes = 0;
        for (const ModelInfo::DataFile& data : info.dataFiles)
            bytes += data.bytes;
        const auto files = static_cast<int>(info.dataFiles.size());
        const std::filesystem::path first = info.dataFiles.front().file;
        const QString where = files == 1 ? toQt(first.filename().string()) : tr("%n files", files);
        file.rows.push_back({tr("data"), tr("%1 in %2").arg(byteCount(bytes), where), {}, {}});
    }
    file.rows.push_back({tr("IR version"), QString::number(info.irVersion), {}, {}});
    for (const auto& [domain, version] : info.opsets)
        file.rows.push_back(
            {tr("opset"),
             domain.empty() ? QString::number(version) : toQt(domain) + u' ' + QString::number(version),
             {},
             {}});
    if (!info.producer.empty())
        file.rows.push_back({tr("producer"), toQt(info.producer), {}, {}});
    content.sections.push_back(std::move(file));

    const auto ports = [&](const QString& caption, const std::vector<ModelInfo::Port>& list) {
        InspectorSection section{caption, {}, false};
        for (const ModelInfo::Port& port : list) {
            const ValueIndex value = view.find(ScopeIndex::Main, port.name);
            section.rows.push_back({toQt(port.name),
                                    typeText(port.type),
                                    {},
                                    value == ValueIndex::None ? QString() : u"value:%1"_s.arg(index(value))});
        }
        addIfAny(content, std::move(section));
    };
    ports(tr("INPUTS"), info.inputs);
    ports(tr("OUTPUTS"), info.outputs);

    InspectorSection cost{tr("COST"), {}, false};
    cost.rows.push_back({tr("parameters"), compactCount(info.parameters), {}, {}});
    for (const auto& [type, count] : info.parametersByType) {
        if (info.parametersByType.size() > 1)
            cost.rows.push_back({toQt(name(type)), compactCount(count), {}, {}});
    }
    if (info.macs || info.macsAtLeast > 0) {
        QStringList notes;
        for (const std::string& gap : info.macsGaps)
            notes += toQt(gap);
        if (info.batchIsOne)
            notes += tr("for a batch of 1");
        const QString count = compactCount(info.macsAtLeast);
        cost.rows.push_back(
            {tr("MACs"), info.macs ? count : tr("at least %1").arg(count), notes.join(u"; "_s), {}});
    }
    content.sections.push_back(std::move(cost));

    InspectorSection ops{tr("OPERATORS") + u" · "_s + compactCount(info.nodes), {}, true};
    std::vector<std::pair<std::string, std::uint64_t>> byCount(info.ops.begin(), info.ops.end());
    std::stable_sort(byCount.begin(), byCount.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    for (const auto& [op, count] : byCount)
        ops.rows.push_back({toQt(op), QString::number(count), {}, {}});
    addIfAny(content, std::move(ops));

    InspectorSection metadata{tr("METADATA"), {}, false};
    for (const auto& [key, value] : info.metadata)
        metadata.rows.push_back({toQt(key), toQt(value), {}, {}});
    addIfAny(content, std::move(metadata));
    return content;
}

} // namespace pleat::ui
