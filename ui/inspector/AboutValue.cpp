// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/StoredTensors.h"
#include "core/tensor/SparseBytes.h"
#include "ui/document/Convert.h"
#include "ui/edit/EditFields.h"
#include "ui/inspector/InspectorRows.h"
#include "ui/widgets/Translate.h"

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

std::optional<ValueType> typeOf(const GraphView& view, ValueIndex value, const ValueTypes& types)
{
    const auto scope = types.find(view.scopes()[index(view.scope(value))].path);
    if (scope == types.end())
        return std::nullopt;
    const auto found = scope->second.find(std::string(view.name(value)));
    return found == scope->second.end() ? std::nullopt : std::optional(found->second);
}

} // namespace

InspectorContent aboutValue(const ViewPointer& of, ValueIndex value, const ValueTypes& types, bool editable)
{
    const GraphView& view = *of;
    InspectorContent content;
    content.kind = tr("tensor");
    content.title = toQt(view.name(value));
    if (editable)
        content.titleEdit = {u"tensor"_s, [of, value] { return tensorNameField(of, value); }};
    const Initializer* initializer = view.initializer(value);
    if (const auto stored = initializer || view.isSparse(value) ? storedTensor(view, value) : std::nullopt) {
        const TensorView& tensor = *stored;
        const SparseBytes* const sparse = sparseBytes(tensor.payload());
        content.summary =
            sparse ? tr("A constant stored in the model, sparse.") : tr("A constant stored in the model.");
        InspectorSection data{tr("DATA"), {}, false};
        data.rows.push_back({tr("type"), toQt(name(tensor.type()))});
        data.rows.push_back({tr("shape"), dimensions(tensor.dims(), u"×"_s)});
        data.rows.push_back({tr("elements"), compactCount(tensor.elements())});
        if (sparse)
            data.rows.push_back({tr("stored"), compactCount(sparse->stored())});
        data.rows.push_back(
            {tr("size"), byteCount(sparse ? sparse->bytesInFile() : tensor.payload().size())});
        content.sections.push_back(std::move(data));
    } else if (const auto type = typeOf(view, value, types)) {
        InspectorSection data{tr("TYPE"), {}, false};
        data.rows.push_back({tr("type"), toQt(name(type->type))});
        const bool isPort = editable && (view.isGraphInput(value) || view.isGraphOutput(value)) &&
                            view.scope(value) == ScopeIndex::Main;
        if (type->hasShape || isPort)
            data.rows.push_back({.name = tr("shape"),
                                 .value = !type->hasShape       ? tr("not known")
                                          : type->shape.empty() ? tr("scalar")
                                                                : toQt(type->text()),
                                 .isQuiet = !type->hasShape});
        if (isPort) {
            data.rows[0].edit = {u"type"_s, [of, value, t = *type] { return typeField(of, value, t); }};
            data.rows[1].edit = {u"shape"_s, [of, value, t = *type] { return shapeField(of, value, t); }};
        }
        content.sections.push_back(std::move(data));
    }
    if (view.isGraphInput(value))
        content.summary =
            initializer ? tr("A constant that a caller may replace.") : tr("An input of the model.");
    if (view.isGraphOutput(value))
        content.summary = tr("An output of the model.");
    if (const NodeIndex producer = view.producer(value); producer != NodeIndex::None) {
        InspectorSection made{tr("MADE BY"), {}, false};
        made.rows.push_back({.name = toQt(view.op(producer)),
                             .value = toQt(view.label(producer)),
                             .link = nodeLink(producer)});
        content.sections.push_back(std::move(made));
    }
    InspectorSection readers{tr("READ BY"), {}, false};
    for (const Use& use : view.uses(value))
        readers.rows.push_back({.name = toQt(view.op(use.node)),
                                .value = toQt(view.label(use.node)),
                                .link = nodeLink(use.node)});
    addIfAny(content, std::move(readers));
    return content;
}

} // namespace pleat::ui
