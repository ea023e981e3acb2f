// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/edit/EditFields.h"

#include "core/edit/Written.h"
#include "ui/document/Convert.h"
#include "ui/widgets/Translate.h"

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

// A step of what was written, of which nothing has to be understood before.
template<class Make>
std::function<Result<EditStep>(const QString&)> written(Make make)
{
    return [make](const QString& text) -> Result<EditStep> { return EditStep(make(toStd(text))); };
}

QStringList toQt(const std::vector<std::string>& texts)
{
    QStringList list;
    for (const std::string& text : texts)
        list += ui::toQt(text);
    return list;
}

// What stands before the first "=" and behind it.
Result<std::pair<std::string, std::string>> divided(const QString& text, const QString& form)
{
    const qsizetype at = text.indexOf(u'=');
    if (at < 1)
        return failure(ErrorCode::Usage, toStd(tr("It must be written as %1.").arg(form)));
    return std::pair(toStd(text.first(at).trimmed()), toStd(text.sliced(at + 1).trimmed()));
}

} // namespace

QStringList tensorsIn(const GraphView& view, ScopeIndex scope)
{
    QStringList names;
    for (std::uint32_t v = 0; v < view.valueCount(); ++v) {
        const ValueIndex value{v};
        if (view.exists(value) && view.find(scope, view.name(value)) == value)
            names += ui::toQt(view.name(value));
    }
    names.sort();
    return names;
}

EditField nodeNameField(const ViewPointer& view, NodeIndex node)
{
    return {.what = tr("name of the node"),
            .text = ui::toQt(view->name(node)),
            .hint = tr("no name"),
            .step = written([id = lastingId(*view, node)](std::string text) {
                return RenameNode{id, std::move(text)};
            })};
}

EditField operatorField(const ViewPointer& view, NodeIndex node)
{
    QStringList names;
    for (const OperatorForm& form : operatorsFor(*view, view->scope(node)))
        names += ui::toQt(form.domain.empty() ? form.name : form.domain + "::" + form.name);
    const std::string domain(view->domain(node));
    const QString op = ui::toQt(view->op(node));
    return {.what = tr("operator"),
            .text = domain.empty() ? op : ui::toQt(domain) + u"::"_s + op,
            .choices = names,
            .step = written([id = lastingId(*view, node)](const std::string& text) {
                const std::size_t at = text.rfind("::");
                return at == std::string::npos ? ReplaceOperator{id, text, {}}
                                               : ReplaceOperator{id, text.substr(at + 2), text.substr(0, at)};
            })};
}

EditField nodeDocField(const ViewPointer& view, NodeIndex node)
{
    return {.what = tr("doc string"),
            .text = ui::toQt(docOf(*view, node)),
            .manyLines = true,
            .step = written([id = lastingId(*view, node)](std::string text) {
                return SetNodeDoc{id, std::move(text)};
            })};
}

EditField attributeField(const ViewPointer& view, NodeIndex node, const AttributeForm& form)
{
    const std::string id = lastingId(*view, node);
    EditField field{.what = ui::toQt(form.name),
                    .text = form.isSet ? ui::toQt(form.text) : QString(),
                    .hint = !form.text.empty() ? ui::toQt(form.text)
                            : form.isNumbers   ? u"float[2x3]: 1, 2, 3, 4, 5, 6"_s
                                               : ui::toQt(form.kind),
                    .choices = toQt(form.choices),
                    .step = [view, node, id, name = form.name,
                             isNumbers = form.isNumbers](const QString& text) -> Result<EditStep> {
                        if (isNumbers)
                            return EditStep(SetAttributeNumbers{id, name, toStd(text)});
                        auto value = parsedAttribute(*view, node, name, toStd(text));
                        if (!value)
                            return tl::make_unexpected(std::move(value.error()));
                        return EditStep(SetAttribute{id, name, std::move(*value)});
                    }};
    constexpr std::size_t aLine = 60;
    field.manyLines = form.kind != "int" && form.kind != "float" &&
                      (form.text.size() > aLine || form.text.find('\n') != std::string::npos);
    if (form.isSet && !form.isRequired) {
        field.removal = RemoveAttribute{id, form.name};
        field.removes = tr("Remove it");
    }
    return field;
}

EditField newAttributeField(const ViewPointer& view, NodeIndex node)
{
    return {.what = tr("new attribute"),
            .text = {},
            .hint = tr("name=value"),
            .step = [view, node, id = lastingId(*view, node)](const QString& text) -> Result<EditStep> {
                const auto parts = divided(text, tr("name=value"));
                if (!parts)
                    return tl::make_unexpected(parts.error());
                auto value = parsedAttribute(*view, node, parts->first, parts->second);
                if (!value)
                    return tl::make_unexpected(std::move(value.error()));
                return EditStep(SetAttribute{id, parts->first, std::move(*value)});
            }};
}

EditField inputField(const ViewPointer& view, NodeIndex node, std::size_t slot, const QString& formal)
{
    const ValueIndex now = view->input(node, slot);
    const std::string id = lastingId(*view, node);
    const auto at = static_cast<std::int64_t>(slot);
    EditField field{.what = formal,
                    .text = now == ValueIndex::None ? QString() : ui::toQt(view->name(now)),
                    .hint = tr("name of a tensor"),
                    .choices = tensorsIn(*view, view->scope(node)),
                    .step = [view, node, id, at](const QString& text) -> Result<EditStep> {
                        if (text.isEmpty())
                            return EditStep(ConnectInput{id, at, {}});
                        const ValueIndex tensor = view->find(view->scope(node), toStd(text));
                        if (tensor == ValueIndex::None)
                            return failure(ErrorCode::Usage,
                                           toStd(tr("The model has no tensor called \"%1\".").arg(text)));
                        return EditStep(ConnectInput{id, at, lastingId(*view, tensor)});
                    }};
    return field;
}

EditField tensorNameField(const ViewPointer& view, ValueIndex value)
{
    return {.what = tr("name of the tensor"),
            .text = ui::toQt(view->name(value)),
            .step = written([id = lastingId(*view, value)](std::string text) {
                return RenameTensor{id, std::move(text)};
            })};
}

EditField shapeField(const ViewPointer& view, ValueIndex port, const ValueType& type)
{
    return {.what = tr("shape"),
            .text = type.hasShape ? ui::toQt(type.text()) : QString(),
            .hint = u"N×3×224×224"_s,
            .step = [name = std::string(view->name(port)),
                     isInput = view->isGraphInput(port)](const QString& text) -> Result<EditStep> {
                const auto shape = writtenShape(toStd(text));
                if (!shape)
                    return tl::make_unexpected(shape.error());
                if (isInput)
                    return EditStep(SetInput{name, *shape, DataType::Undefined});
                return EditStep(SetOutput{name, *shape});
            }};
}

EditField typeField(const ViewPointer& view, ValueIndex port, const ValueType& type)
{
    return {.what = tr("type"),
            .text = type.type == DataType::Undefined ? QString() : ui::toQt(name(type.type)),
            .choices = toQt(typeNames()),
            .step = [name = std::string(view->name(port)),
                     isInput = view->isGraphInput(port)](const QString& text) -> Result<EditStep> {
                const auto type = writtenType(toStd(text));
                if (!type)
                    return tl::make_unexpected(type.error());
                if (isInput)
                    return EditStep(SetInput{name, std::nullopt, *type});
                return EditStep(InsertNode{name, "", "Cast", {{"to", static_cast<std::int64_t>(*type)}}});
            }};
}

std::optional<EditField> batchField(const ModelInfo& info)
{
    for (const ModelInfo::Port& port : info.inputs) {
        if (!port.type.hasShape || port.type.shape.empty())
            continue;
        const Dimension& first = port.type.shape.front();
        return EditField{.what = tr("batch size"),
                         .text = first.value >= 0 ? QString::number(first.value) : ui::toQt(first.symbol),
                         .hint = tr("a number, or a name that leaves it open"),
                         .step = [](const QString& text) -> Result<EditStep> {
                             return writtenDimension(toStd(text)).map([](const Dimension& size) {
                                 return EditStep(SetBatch{size});
                             });
                         }};
    }
    return std::nullopt;
}

EditField symbolField(const std::string& symbol)
{
    return {.what = tr("name of the size"),
            .text = ui::toQt(symbol),
            .step = written([symbol](std::string text) {
                return RenameSymbol{symbol, std::move(text)};
            })};
}

EditField textField(const GraphView& view, ModelText which, const QString& what)
{
    const bool isDoc = which == ModelText::Doc || which == ModelText::GraphDoc;
    return {.what = what,
            .text = ui::toQt(textOf(view, which)),
            .manyLines = isDoc,
            .step = written([which](std::string text) {
                return SetModelText{which, std::move(text)};
            })};
}

EditField opsetField(const std::string& domain, std::int64_t now)
{
    return {.what = tr("version of the operator set"),
            .text = QString::number(now),
            .step = [domain](const QString& text) -> Result<EditStep> {
                bool isNumber = false;
                const qlonglong version = text.toLongLong(&isNumber);
                if (!isNumber)
                    return failure(ErrorCode::Usage, toStd(tr("\"%1\" is no version.").arg(text)));
                return EditStep(SetOpset{domain, version});
            },
            .removal = SetOpset{domain, std::nullopt},
            .removes = tr("Do not import it")};
}

EditField metadataField(const std::string& key, const std::string& now)
{
    return {.what = ui::toQt(key),
            .text = ui::toQt(now),
            .step = written([key](std::string text) {
                return SetMetadata{key, std::move(text)};
            }),
            .removal = SetMetadata{key, std::nullopt},
            .removes = tr("Remove it")};
}

EditField newMetadataField()
{
    return {.what = tr("new entry"),
            .text = {},
            .hint = tr("key=value"),
            .step = [](const QString& text) -> Result<EditStep> {
                auto parts = divided(text, tr("key=value"));
                if (!parts)
                    return tl::make_unexpected(std::move(parts.error()));
                return EditStep(SetMetadata{std::move(parts->first), std::move(parts->second)});
            }};
}

} // namespace pleat::ui
