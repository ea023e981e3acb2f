// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/edit/AttributeValue.h"

#include "core/edit/Written.h"
#include "core/graph/Attributes.h"
#include "core/graph/Opsets.h"
#include "core/rewrite/Transplant.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <onnx/defs/schema.h>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

using AttributeType = onnx::AttributeProto::AttributeType;

std::string_view typeName(AttributeType type)
{
    switch (type) {
    case onnx::AttributeProto::INT:
        return "an integer";
    case onnx::AttributeProto::FLOAT:
        return "a number";
    case onnx::AttributeProto::STRING:
        return "a text";
    case onnx::AttributeProto::INTS:
        return "a list of integers";
    case onnx::AttributeProto::FLOATS:
        return "a list of numbers";
    case onnx::AttributeProto::STRINGS:
        return "a list of texts";
    case onnx::AttributeProto::TENSOR:
        return "a tensor";
    case onnx::AttributeProto::GRAPH:
        return "a graph";
    default:
        return "of another type";
    }
}

AttributeType naturalType(const AttributeValue& value)
{
    constexpr std::array types{onnx::AttributeProto::INT,    onnx::AttributeProto::FLOAT,
                               onnx::AttributeProto::STRING, onnx::AttributeProto::INTS,
                               onnx::AttributeProto::FLOATS, onnx::AttributeProto::STRINGS};
    return types[value.index()];
}

// Integers stand for numbers, and a list without anything in it for any list.
std::optional<AttributeValue> converted(const AttributeValue& value, AttributeType type)
{
    if (naturalType(value) == type)
        return value;
    if (const auto* const integer = std::get_if<std::int64_t>(&value);
        integer && type == onnx::AttributeProto::FLOAT)
        return static_cast<double>(*integer);
    const auto* const integers = std::get_if<std::vector<std::int64_t>>(&value);
    if (integers && type == onnx::AttributeProto::FLOATS)
        return std::vector<double>(integers->begin(), integers->end());
    if (integers && integers->empty() && type == onnx::AttributeProto::STRINGS)
        return std::vector<std::string>();
    return std::nullopt;
}

void store(const AttributeValue& value, onnx::AttributeProto& message)
{
    message.set_type(naturalType(value));
    switch (value.index()) {
    case 0:
        message.set_i(std::get<0>(value));
        break;
    case 1:
        message.set_f(static_cast<float>(std::get<1>(value)));
        break;
    case 2:
        message.set_s(std::get<2>(value));
        break;
    case 3:
        for (const std::int64_t each : std::get<3>(value))
            message.add_ints(each);
        break;
    case 4:
        for (const double each : std::get<4>(value))
            message.add_floats(static_cast<float>(each));
        break;
    default:
        for (const std::string& each : std::get<5>(value))
            message.add_strings(each);
    }
}

std::string joined(const auto& texts)
{
    std::string all;
    for (const auto& text : texts)
        all += (all.empty() ? "" : ", ") + std::string(text);
    return all;
}

std::vector<std::string> namesOf(const onnx::OpSchema& schema)
{
    std::vector<std::string> names;
    for (const auto& [name, attribute] : schema.attributes())
        names.push_back(name);
    return names;
}

template<class Number>
std::optional<Number> numberOf(std::string_view text)
{
    Number number{};
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() ? std::optional(number)
                                                                           : std::nullopt;
}

std::optional<std::int64_t> typeByName(const std::string& text)
{
    const auto type = writtenType(text);
    return type ? std::optional(static_cast<std::int64_t>(*type)) : std::nullopt;
}

std::vector<std::string> parts(std::string_view text)
{
    if (text.starts_with('[') && text.ends_with(']'))
        text = text.substr(1, text.size() - 2);
    std::vector<std::string> all;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        std::string_view part = text.substr(0, comma);
        while (part.starts_with(' '))
            part.remove_prefix(1);
        all.emplace_back(part);
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return all;
}

template<class Number>
std::optional<AttributeValue> numbersOf(std::string_view text)
{
    std::vector<Number> numbers;
    for (const std::string& part : parts(text)) {
        const auto number = numberOf<Number>(part);
        if (!number)
            return std::nullopt;
        numbers.push_back(*number);
    }
    return AttributeValue(std::move(numbers));
}

std::optional<AttributeValue> parsedAs(AttributeType type, const std::string& text)
{
    const auto wrap = [](const auto& number) -> std::optional<AttributeValue> {
        return number ? std::optional<AttributeValue>(*number) : std::nullopt;
    };
    switch (type) {
    case onnx::AttributeProto::INT: {
        const auto number = numberOf<std::int64_t>(text);
        return wrap(number ? number : typeByName(text));
    }
    case onnx::AttributeProto::FLOAT:
        return wrap(numberOf<double>(text));
    case onnx::AttributeProto::STRING:
        return text;
    case onnx::AttributeProto::INTS:
        return numbersOf<std::int64_t>(text);
    case onnx::AttributeProto::FLOATS:
        return numbersOf<double>(text);
    case onnx::AttributeProto::STRINGS:
        return parts(text);
    default:
        return std::nullopt;
    }
}

AttributeType looksLike(const std::string& text)
{
    const bool isList = text.starts_with('[') || text.find(',') != std::string::npos;
    for (const auto type : isList ? std::array{onnx::AttributeProto::INTS, onnx::AttributeProto::FLOATS}
                                  : std::array{onnx::AttributeProto::INT, onnx::AttributeProto::FLOAT}) {
        const bool isName = type == onnx::AttributeProto::INT && typeByName(text);
        if (parsedAs(type, text) && !isName)
            return type;
    }
    return text.starts_with('[') ? onnx::AttributeProto::STRINGS : onnx::AttributeProto::STRING;
}

// Undefined: nobody knows.
AttributeType wantedType(const std::string& name, const onnx::OpSchema* schema,
                         const onnx::AttributeProto* now)
{
    if (schema) {
        if (const auto known = schema->attributes().find(name); known != schema->attributes().end())
            return known->second.type;
    }
    return now ? now->type() : onnx::AttributeProto::UNDEFINED;
}

Result<AttributeValue> parsed(AttributeType type, Argument of, const std::string& name,
                              const std::string& text)
{
    if (type == onnx::AttributeProto::UNDEFINED)
        type = looksLike(text);
    if (auto value = parsedAs(type, text))
        return std::move(*value);
    return refused(sentence("Attribute \"{}\" of {} must be {}, and \"{}\" is none.", name, std::move(of),
                            std::string(typeName(type)), text),
                   name);
}

} // namespace

Definition definitionOf(const GraphView& view, ScopeIndex scope, const std::string& domain,
                        const std::string& op)
{
    const Scope& root = view.scopes()[index(rootOf(view, scope))];
    std::int64_t version = view.model().opset(domain);
    if (root.function >= 0) {
        version = 0;
        for (const auto& import :
             view.model().functions[static_cast<std::size_t>(root.function)].header->opset_import()) {
            if (import.domain() == domain || (domain.empty() && import.domain() == "ai.onnx"))
                version = import.version();
        }
    }
    const auto& ranges = onnx::OpSchemaRegistry::DomainToVersionRange::Instance().Map();
    const auto range = ranges.find(domain);
    if (version < 1 || range == ranges.end())
        return {};
    const std::int64_t newest = range->second.second;
    return {onnx::OpSchemaRegistry::Schema(op, static_cast<int>(std::min(version, newest)), domain),
            version <= newest};
}

Definition definitionOf(const GraphView& view, NodeIndex node)
{
    return definitionOf(view, view.scope(node), std::string(view.domain(node)), std::string(view.op(node)));
}

Result<onnx::AttributeProto> attributeMessage(const NamedAttribute& attribute, const std::string& op,
                                              const Definition& definition, const onnx::AttributeProto* now)
{
    const auto& [name, value] = attribute;
    const onnx::OpSchema* const schema = definition.schema;
    if (name.empty())
        return refused(sentence("An attribute of {} is to have no name.", op));
    if (schema && definition.isCurrent && !now && !schema->attributes().contains(name))
        return refused(
            sentence("{} has no attribute \"{}\"; it has {}.", op, name,
                     schema->attributes().empty() ? std::string("none") : joined(namesOf(*schema))),
            name);
    const AttributeType wanted = wantedType(name, schema, now);
    const auto fitting =
        wanted == onnx::AttributeProto::UNDEFINED ? std::optional(value) : converted(value, wanted);
    if (!fitting)
        return refused(sentence("Attribute \"{}\" of {} must be {}, and is to be {}.", name, op,
                                std::string(typeName(wanted)), std::string(typeName(naturalType(value)))),
                       name);
    const auto* const number = std::get_if<double>(&*fitting);
    const auto* const numbers = std::get_if<std::vector<double>>(&*fitting);
    const auto isFinite = [](double each) { return std::isfinite(each); };
    if ((number && !isFinite(*number)) || (numbers && !std::ranges::all_of(*numbers, isFinite)))
        return refused(sentence("Attribute \"{}\" of {} must be finite.", name, op), name);
    if (const auto* const text = std::get_if<std::string>(&*fitting)) {
        const auto allowed = allowedTexts(definition, name);
        if (!allowed.empty() && std::ranges::find(allowed, *text) == allowed.end())
            return refused(sentence("Attribute \"{}\" of {} must be one of {}.", name, op, joined(allowed)),
                           name);
    }
    onnx::AttributeProto message;
    message.set_name(name);
    store(*fitting, message);
    return message;
}

Result<AttributeValue> parsedAttribute(const GraphView& view, NodeIndex node, const std::string& name,
                                       const std::string& text)
{
    return parsed(wantedType(name, definitionOf(view, node).schema, attribute(*view.entry(node).proto, name)),
                  operation(view, node), name, text);
}

Result<AttributeValue> parsedAttribute(const Definition& definition, const std::string& op,
                                       const std::string& name, const std::string& text)
{
    return parsed(wantedType(name, definition.schema, nullptr), op, name, text);
}

bool holdsTensor(const Definition& definition, const std::string& name, const onnx::AttributeProto* now)
{
    return wantedType(name, definition.schema, now) == onnx::AttributeProto::TENSOR;
}

std::optional<Sentence> whyNotInput(const onnx::OpSchema& schema, std::size_t slot, DataType type)
{
    const auto& formals = schema.inputs();
    if (slot >= static_cast<std::size_t>(schema.max_input()))
        return sentence("{} has {} inputs at most.", schema.Name(), schema.max_input());
    if (type == DataType::Undefined || formals.empty())
        return std::nullopt;
    const auto& formal = formals[std::min(slot, formals.size() - 1)];
    const std::string wanted = "tensor(" + name(type) + ")";
    const bool fits =
        formal.GetTypes().empty() ||
        std::ranges::any_of(formal.GetTypes(), [&](const auto* each) { return *each == wanted; });
    if (fits)
        return std::nullopt;
    return sentence("{} takes no {} for its input {}.", schema.Name(), name(type), formal.GetName());
}

} // namespace pleat
