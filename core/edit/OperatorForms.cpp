// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/edit/OperatorForms.h"

#include "core/edit/AttributeNumbers.h"
#include "core/edit/Written.h"
#include "core/graph/Attributes.h"
#include "core/graph/Describe.h"
#include "core/graph/Opsets.h"
#include "core/graph/Pages.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <onnx/defs/schema.h>
#include <onnx/onnx_pb.h>
#include <set>

namespace pleat {

namespace {

std::string kindOf(onnx::AttributeProto::AttributeType type)
{
    std::string kind = onnx::AttributeProto::AttributeType_Name(type);
    std::ranges::transform(kind, kind.begin(),
                           [](char c) { return c == '_' ? ' ' : static_cast<char>(c | 0x20); });
    return kind;
}

std::string listed(const auto& values)
{
    std::string text;
    for (const auto& value : values)
        text += fmt::format("{}{}", text.empty() ? "" : ", ", value);
    return text;
}

// Integers that are types of elements are called by their names.
bool isTypeOfElements(std::string_view attribute)
{
    return attribute == "to" || attribute == "dtype";
}

std::optional<std::string> attributeText(const onnx::AttributeProto& attribute)
{
    using Proto = onnx::AttributeProto;
    if (!attribute.ref_attr_name().empty())
        return std::nullopt;
    switch (attribute.type()) {
    case Proto::INT:
        if (isTypeOfElements(attribute.name()) && attribute.i() > 0 &&
            attribute.i() <= static_cast<int>(DataType::Int2))
            return name(static_cast<DataType>(attribute.i()));
        return fmt::format("{}", attribute.i());
    case Proto::FLOAT:
        return fmt::format("{}", attribute.f());
    case Proto::STRING:
        return attribute.s();
    case Proto::INTS:
        return listed(attribute.ints());
    case Proto::FLOATS:
        return listed(attribute.floats());
    case Proto::STRINGS: // of which a comma divides one from the next
        if (std::ranges::any_of(attribute.strings(), [](const std::string& each) {
                return each.empty() || each.find(',') != std::string::npos || each.starts_with(' ');
            }))
            return std::nullopt;
        return listed(attribute.strings());
    default:
        return std::nullopt;
    }
}

// What an attribute may be, as far as it is known: texts that the operator allows, flags, types of elements.
std::vector<std::string> choicesOf(const Definition& definition, std::string_view attribute)
{
    const auto texts = allowedTexts(definition, attribute);
    if (!texts.empty())
        return {texts.begin(), texts.end()};
    static constexpr std::array<std::string_view, 14> flags{
        "keepdims",          "transA",          "transB",    "ceil_mode",    "count_include_pad",
        "exclusive",         "reverse",         "largest",   "sorted",       "align_corners",
        "select_last_index", "exclude_outside", "allowzero", "training_mode"};
    if (std::ranges::find(flags, attribute) != flags.end())
        return {"0", "1"};
    return isTypeOfElements(attribute) ? typeNames() : std::vector<std::string>();
}

// The version of the operator that first has the attribute; 0: it has always had it.
int firstWith(const onnx::OpSchema& schema, const std::string& attribute)
{
    int first = schema.since_version();
    while (first > 1) {
        const auto* const older = onnx::OpSchemaRegistry::Schema(schema.Name(), first - 1, schema.domain());
        if (!older)
            return 0;
        if (!older->attributes().contains(attribute))
            return first;
        first = older->since_version();
    }
    return 0;
}

AttributeForm formOf(const Definition& definition, const std::string& name,
                     const onnx::OpSchema::Attribute& known)
{
    AttributeForm form{.name = name, .kind = kindOf(known.type)};
    using Proto = onnx::AttributeProto;
    constexpr std::array texts{Proto::INT,  Proto::FLOAT,  Proto::STRING,
                               Proto::INTS, Proto::FLOATS, Proto::STRINGS};
    form.isNumbers = known.type == Proto::TENSOR;
    form.isText = form.isNumbers || std::ranges::find(texts, known.type) != texts.end();
    form.isRequired = known.required;
    if (known.default_value.has_name())
        form.text = attributeText(known.default_value).value_or("");
    form.since = firstWith(*definition.schema, name);
    form.choices = choicesOf(definition, name);
    return form;
}

SlotForm slotOf(const onnx::OpSchema::FormalParameter& formal)
{
    return {formal.GetName(), formal.GetOption() == onnx::OpSchema::Optional,
            formal.GetOption() == onnx::OpSchema::Variadic};
}

std::string versionText(const onnx::OpSchema& schema)
{
    return fmt::format("{} {}", schema.domain().empty() ? "ai.onnx" : schema.domain(),
                       schema.since_version());
}

// "**Attributes**", then a point for each.
template<class Item>
std::string chapter(const char* title, const auto& items, const Item& item)
{
    if (items.empty())
        return {};
    std::string text = fmt::format("\n\n**{}**\n\n", title);
    for (const auto& each : items)
        text += item(each) + "\n";
    return text;
}

// Lines of a point belong to it.
std::string within(const std::string& description)
{
    std::string text;
    for (const char c : description)
        text += c == '\n' ? ' ' : c;
    return text;
}

const Function* functionCalled(const GraphView& view, NodeIndex node)
{
    const std::vector<ScopeIndex> pages = pagesOf(view, node);
    const std::int32_t function = pages.empty() ? -1 : view.scopes()[index(pages.front())].function;
    return function < 0 ? nullptr : &view.model().functions[static_cast<std::size_t>(function)];
}

} // namespace

std::vector<AttributeForm> attributeForms(const GraphView& view, NodeIndex node)
{
    const Definition definition = functionCalled(view, node) ? Definition() : definitionOf(view, node);
    const auto* const schema = definition.schema;
    std::vector<AttributeForm> forms;
    for (const onnx::AttributeProto& attribute : view.entry(node).proto->attribute()) {
        const auto known = schema ? schema->attributes().find(attribute.name())
                                  : std::map<std::string, onnx::OpSchema::Attribute>::const_iterator();
        AttributeForm form{.name = attribute.name()};
        if (schema && known != schema->attributes().end())
            form = formOf(definition, attribute.name(), known->second);
        form.isSet = true;
        const auto text = attributeText(attribute);
        form.isText = text.has_value();
        form.isNumbers = false;
        form.kind = kindOf(attribute.type());
        form.text = text ? *text : describe(view.entry(node), attribute).value;
        if (const auto numbers = attribute.type() == onnx::AttributeProto::TENSOR && attribute.has_t()
                                     ? numbersText(tensorView(view.entry(node).payloads(), attribute.t()))
                                     : std::nullopt) {
            form.isText = form.isNumbers = true;
            form.text = *numbers;
        }
        forms.push_back(std::move(form));
    }
    if (!schema)
        return forms;
    for (const auto& [name, known] : schema->attributes()) {
        if (!attribute(*view.entry(node).proto, name))
            forms.push_back(formOf(definition, name, known));
    }
    return forms;
}

std::optional<OperatorForm> operatorForm(const GraphView& view, ScopeIndex scope, const std::string& domain,
                                         const std::string& op)
{
    for (const Function& function : view.model().functions) {
        if (function.header->domain() != domain || function.header->name() != op)
            continue;
        OperatorForm form{op, domain, 0, firstSentence(function.header->doc_string()), {}, {}, {}};
        for (const std::string& input : function.header->input())
            form.inputs.push_back({input, false, false});
        for (const std::string& output : function.header->output())
            form.outputs.push_back({output, false, false});
        return form;
    }
    const Definition definition = definitionOf(view, scope, domain, op);
    const auto* const schema = definition.schema;
    if (!schema)
        return std::nullopt;
    OperatorForm form{
        op, domain, schema->since_version(), firstSentence(schema->doc() ? schema->doc() : ""), {}, {}, {}};
    std::ranges::transform(schema->inputs(), std::back_inserter(form.inputs), slotOf);
    std::ranges::transform(schema->outputs(), std::back_inserter(form.outputs), slotOf);
    for (const auto& [name, known] : schema->attributes()) {
        if (known.required)
            form.required.push_back(formOf(definition, name, known));
    }
    return form;
}

std::vector<OperatorForm> operatorsFor(const GraphView& view, ScopeIndex scope)
{
    std::vector<OperatorForm> all;
    for (const Function& function : view.model().functions)
        all.push_back({function.header->name(),
                       function.header->domain(),
                       0,
                       firstSentence(function.header->doc_string()),
                       {},
                       {},
                       {}});
    std::set<std::pair<std::string, std::string>> seen;
    for (const onnx::OpSchema& each : onnx::OpSchemaRegistry::get_all_schemas_with_history()) {
        if (!seen.emplace(each.Name(), each.domain()).second)
            continue;
        const auto* const schema = definitionOf(view, scope, each.domain(), each.Name()).schema;
        if (schema && !schema->Deprecated())
            all.push_back({schema->Name(),
                           schema->domain(),
                           schema->since_version(),
                           firstSentence(schema->doc() ? schema->doc() : ""),
                           {},
                           {},
                           {}});
    }
    std::ranges::sort(all, {}, [](const OperatorForm& form) { return std::tie(form.name, form.domain); });
    return all;
}

std::string documentationOf(const GraphView& view, NodeIndex node)
{
    const Definition definition = functionCalled(view, node) ? Definition() : definitionOf(view, node);
    const auto* const schema = definition.schema;
    if (!schema)
        return {};
    std::string text = fmt::format("{}\n", schema->doc() ? schema->doc() : "");
    text += chapter("Attributes", schema->attributes(), [&](const auto& each) {
        const AttributeForm form = formOf(definition, each.first, each.second);
        return fmt::format("- **{}** ({}{}{}) {}", form.name, form.kind,
                           form.isRequired     ? ", required"
                           : form.text.empty() ? ""
                                               : ", default " + form.text,
                           form.since > 0 ? fmt::format(", since {}", form.since) : "",
                           within(each.second.description));
    });
    const auto slot = [](const onnx::OpSchema::FormalParameter& formal) {
        const SlotForm form = slotOf(formal);
        return fmt::format("- **{}** ({}{}) {}", form.name, formal.GetTypeStr(),
                           form.isVariadic   ? ", any number of them"
                           : form.isOptional ? ", optional"
                                             : "",
                           within(formal.GetDescription()));
    };
    text += chapter("Inputs", schema->inputs(), slot);
    text += chapter("Outputs", schema->outputs(), slot);
    return text + fmt::format("\n\n*{}*\n", versionText(*schema));
}

} // namespace pleat
