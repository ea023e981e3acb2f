// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Convert.h"
#include "ui/edit/EditFields.h"
#include "ui/inspector/InspectorRows.h"
#include "ui/widgets/Translate.h"

#include <QStringList>
#include <algorithm>
#include <array>
#include <set>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

// What the file says of itself; what it does not say only where that can be changed.
InspectorSection texts(const ViewPointer& of, bool editable)
{
    const std::array known{std::pair{ModelText::ProducerName, tr("producer")},
                           std::pair{ModelText::ProducerVersion, tr("its version")},
                           std::pair{ModelText::Domain, tr("domain")},
                           std::pair{ModelText::GraphName, tr("graph")},
                           std::pair{ModelText::Doc, tr("doc string")},
                           std::pair{ModelText::GraphDoc, tr("of the graph")}};
    InspectorSection section{tr("MODEL"), {}, false};
    for (const auto& [which, what] : known) {
        const QString text = toQt(textOf(*of, which));
        if (text.isEmpty() && !editable)
            continue;
        InspectorRow row{
            .name = what, .value = text.isEmpty() ? tr("none") : text, .isQuiet = text.isEmpty()};
        if (editable)
            row.edit = {u"text:%1"_s.arg(static_cast<int>(which)),
                        [of, which = which, what = what] { return textField(*of, which, what); }};
        section.rows.push_back(std::move(row));
    }
    return section;
}

InspectorSection ports(const QString& caption, const std::vector<ModelInfo::Port>& list,
                       const GraphView& view)
{
    InspectorSection section{caption, {}, false};
    for (const ModelInfo::Port& port : list) {
        const ValueIndex value = view.find(ScopeIndex::Main, port.name);
        section.rows.push_back({.name = toQt(port.name),
                                .value = typeText(port.type),
                                .link = value == ValueIndex::None ? QString() : valueLink(value)});
    }
    return section;
}

// Sizes that have a name and no number.
InspectorSection symbols(const ModelInfo& info, bool editable)
{
    std::set<std::string> names;
    for (const ModelInfo::Port& port : info.inputs) // shape inference invents some for outputs
        for (const Dimension& size : port.type.shape)
            if (!size.symbol.empty())
                names.insert(size.symbol);
    InspectorSection section{tr("OPEN SIZES"), {}, false};
    for (const std::string& name : names) {
        section.rows.push_back({tr("size"), toQt(name)});
        if (editable)
            section.rows.back().edit = {u"symbol:"_s + toQt(name), [name] { return symbolField(name); }};
    }
    return section;
}

} // namespace

InspectorContent aboutModel(const ModelInfo& info, const ViewPointer& of, bool editable)
{
    const GraphView& view = *of;
    InspectorContent content;
    content.kind = tr("model");
    content.title = toQt(std::filesystem::path(info.file).filename().string());
    content.subtitle = toQt(info.graphName);
    content.summary = toQt(info.documentation);

    InspectorSection file{tr("FILE"), {}, false};
    file.rows.push_back({tr("size"), byteCount(info.bytes)});
    if (!info.dataFiles.empty()) {
        std::uint64_t bytes = 0;
        for (const ModelInfo::DataFile& data : info.dataFiles)
            bytes += data.bytes;
        const auto files = static_cast<int>(info.dataFiles.size());
        const std::filesystem::path first = info.dataFiles.front().file;
        const QString where = files == 1 ? toQt(first.filename().string()) : tr("%n files", files);
        file.rows.push_back({tr("data"), tr("%1 in %2").arg(byteCount(bytes), where)});
    }
    file.rows.push_back({tr("IR version"), QString::number(info.irVersion)});
    for (const auto& [domain, version] : info.opsets) {
        InspectorRow row{tr("opset"), QString::number(version)};
        if (!domain.empty())
            row.value.prepend(toQt(domain) + u' ');
        if (editable)
            row.edit = {u"opset:"_s + toQt(domain),
                        [domain, version] { return opsetField(domain, version); }};
        file.rows.push_back(std::move(row));
    }
    content.sections.push_back(std::move(file));
    addIfAny(content, texts(of, editable));

    const auto addFields = [&](InspectorSection& section, const std::vector<ModelInfo::Port>& all) {
        for (std::size_t i = 0; editable && i < all.size(); ++i) {
            if (const ValueIndex value = view.find(ScopeIndex::Main, all[i].name); value != ValueIndex::None)
                section.rows[i].edit = {u"shape:"_s + toQt(all[i].name), [of, value, type = all[i].type] {
                                            return shapeField(of, value, type);
                                        }};
        }
    };
    InspectorSection inputs = ports(tr("INPUTS"), info.inputs, view);
    addFields(inputs, info.inputs);
    if (editable) {
        if (const auto batch = batchField(info))
            inputs.rows.push_back({.name = tr("batch size"),
                                   .value = batch->text.isEmpty() ? tr("not known") : batch->text,
                                   .isQuiet = batch->text.isEmpty(),
                                   .edit = {u"batch"_s, [field = *batch] { return field; }}});
    }
    addIfAny(content, std::move(inputs));
    InspectorSection outputs = ports(tr("OUTPUTS"), info.outputs, view);
    addFields(outputs, info.outputs);
    addIfAny(content, std::move(outputs));
    addIfAny(content, symbols(info, editable));

    InspectorSection cost{tr("COST"), {}, false};
    cost.rows.push_back({tr("parameters"), compactCount(info.parameters)});
    for (const auto& [type, count] : info.parametersByType) {
        if (info.parametersByType.size() > 1)
            cost.rows.push_back({toQt(name(type)), compactCount(count)});
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
        ops.rows.push_back({toQt(op), QString::number(count)});
    addIfAny(content, std::move(ops));

    InspectorSection metadata{tr("METADATA"), {}, false};
    for (const auto& [key, value] : info.metadata) {
        metadata.rows.push_back({toQt(key), toQt(value)});
        if (editable)
            metadata.rows.back().edit = {u"metadata:"_s + toQt(key),
                                         [key, value] { return metadataField(key, value); }};
    }
    if (editable) {
        metadata.adds = tr("Add an entry…");
        metadata.addition = {u"metadata"_s, newMetadataField};
    }
    addIfAny(content, std::move(metadata));
    return content;
}

} // namespace pleat::ui
