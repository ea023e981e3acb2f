// SPDX-License-Identifier: GPL-3.0-or-later
// The words of each edit stand in one table, Words, by which it is written and read.
#include "core/recipe/EditJson.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <tuple>

namespace pleat {

namespace {

using Json = nlohmann::ordered_json;

template<class Kind, class T>
struct Field {
    const char* key;
    T Kind::*member;
};

template<class Kind>
struct Words;

template<>
struct Words<RenameTensor> {
    static constexpr const char* kind = "rename_tensor";
    static constexpr std::tuple fields{Field{"tensor", &RenameTensor::tensor},
                                       Field{"to", &RenameTensor::to}};
};

template<>
struct Words<RenameNode> {
    static constexpr const char* kind = "rename_node";
    static constexpr std::tuple fields{Field{"node", &RenameNode::node}, Field{"to", &RenameNode::to}};
};

template<>
struct Words<RenameSymbol> {
    static constexpr const char* kind = "rename_size";
    static constexpr std::tuple fields{Field{"size", &RenameSymbol::symbol}, Field{"to", &RenameSymbol::to}};
};

template<>
struct Words<SetMetadata> {
    static constexpr const char* kind = "set_metadata";
    static constexpr std::tuple fields{Field{"key", &SetMetadata::key}, Field{"value", &SetMetadata::value}};
};

template<>
struct Words<SetModelText> {
    static constexpr const char* kind = "set_text";
    static constexpr std::tuple fields{Field{"which", &SetModelText::which},
                                       Field{"text", &SetModelText::text}};
};

template<>
struct Words<SetNodeDoc> {
    static constexpr const char* kind = "set_node_doc";
    static constexpr std::tuple fields{Field{"node", &SetNodeDoc::node}, Field{"text", &SetNodeDoc::text}};
};

template<>
struct Words<SetOpset> {
    static constexpr const char* kind = "set_opset";
    static constexpr std::tuple fields{Field{"domain", &SetOpset::domain},
                                       Field{"version", &SetOpset::version}};
};

template<>
struct Words<RemoveNode> {
    static constexpr const char* kind = "remove_node";
    static constexpr std::tuple fields{Field{"node", &RemoveNode::node},
                                       Field{"feeders", &RemoveNode::feeders}};
};

template<>
struct Words<BypassNode> {
    static constexpr const char* kind = "bypass_node";
    static constexpr std::tuple fields{Field{"node", &BypassNode::node}};
};

template<>
struct Words<DuplicateNode> {
    static constexpr const char* kind = "duplicate_node";
    static constexpr std::tuple fields{Field{"node", &DuplicateNode::node}};
};

template<>
struct Words<ConnectInput> {
    static constexpr const char* kind = "connect";
    static constexpr std::tuple fields{Field{"node", &ConnectInput::node},
                                       Field{"input", &ConnectInput::input},
                                       Field{"tensor", &ConnectInput::tensor}};
};

template<>
struct Words<InsertNode> {
    static constexpr const char* kind = "insert_node";
    static constexpr std::tuple fields{Field{"tensor", &InsertNode::tensor},
                                       Field{"reader", &InsertNode::reader}, Field{"op", &InsertNode::op},
                                       Field{"attributes", &InsertNode::attributes}};
};

template<>
struct Words<AddNode> {
    static constexpr const char* kind = "add_node";
    static constexpr std::tuple fields{
        Field{"op", &AddNode::op},         Field{"domain", &AddNode::domain},
        Field{"inputs", &AddNode::inputs}, Field{"outputs", &AddNode::outputs},
        Field{"name", &AddNode::name},     Field{"attributes", &AddNode::attributes}};
};

template<>
struct Words<SetAttribute> {
    static constexpr const char* kind = "set_attribute";
    static constexpr std::tuple fields{Field{"node", &SetAttribute::node}, Field{"name", &SetAttribute::name},
                                       Field{"value", &SetAttribute::value}};
};

template<>
struct Words<RemoveAttribute> {
    static constexpr const char* kind = "remove_attribute";
    static constexpr std::tuple fields{Field{"node", &RemoveAttribute::node},
                                       Field{"name", &RemoveAttribute::name}};
};

template<>
struct Words<ReplaceOperator> {
    static constexpr const char* kind = "replace_operator";
    static constexpr std::tuple fields{Field{"node", &ReplaceOperator::node},
                                       Field{"op", &ReplaceOperator::op},
                                       Field{"domain", &ReplaceOperator::domain}};
};

template<>
struct Words<AddOutput> {
    static constexpr const char* kind = "add_output";
    static constexpr std::tuple fields{Field{"tensor", &AddOutput::tensor}};
};

template<>
struct Words<RemoveOutput> {
    static constexpr const char* kind = "remove_output";
    static constexpr std::tuple fields{Field{"tensor", &RemoveOutput::tensor}};
};

template<>
struct Words<CutOut> {
    static constexpr const char* kind = "cut";
    static constexpr std::tuple fields{Field{"from", &CutOut::from}, Field{"to", &CutOut::to}};
};

template<>
struct Words<SetInput> {
    static constexpr const char* kind = "set_input";
    static constexpr std::tuple fields{Field{"input", &SetInput::input}, Field{"shape", &SetInput::shape},
                                       Field{"type", &SetInput::type}};
};

template<>
struct Words<SetOutput> {
    static constexpr const char* kind = "set_output";
    static constexpr std::tuple fields{Field{"output", &SetOutput::output},
                                       Field{"shape", &SetOutput::shape}};
};

template<>
struct Words<SetBatch> {
    static constexpr const char* kind = "set_batch";
    static constexpr std::tuple fields{Field{"size", &SetBatch::size}};
};

template<>
struct Words<FillTensor> {
    static constexpr const char* kind = "fill_tensor";
    static constexpr std::tuple fields{Field{"tensor", &FillTensor::tensor},
                                       Field{"value", &FillTensor::value}};
};

template<>
struct Words<ScaleTensor> {
    static constexpr const char* kind = "scale_tensor";
    static constexpr std::tuple fields{Field{"tensor", &ScaleTensor::tensor},
                                       Field{"factor", &ScaleTensor::factor}};
};

template<>
struct Words<PruneTensor> {
    static constexpr const char* kind = "prune_tensor";
    static constexpr std::tuple fields{Field{"tensor", &PruneTensor::tensor},
                                       Field{"threshold", &PruneTensor::threshold}};
};

template<>
struct Words<StoreTensorAs> {
    static constexpr const char* kind = "store_tensor";
    static constexpr std::tuple fields{Field{"tensor", &StoreTensorAs::tensor},
                                       Field{"type", &StoreTensorAs::type}};
};

template<>
struct Words<ReplaceTensor> {
    static constexpr const char* kind = "replace_tensor";
    static constexpr std::tuple fields{
        Field{"tensor", &ReplaceTensor::tensor}, Field{"file", &ReplaceTensor::file},
        Field{"array", &ReplaceTensor::array}, Field{"convert", &ReplaceTensor::convert}};
};

template<>
struct Words<SetValues> {
    static constexpr const char* kind = "set_values";
    static constexpr std::tuple fields{Field{"tensor", &SetValues::tensor}, Field{"at", &SetValues::at},
                                       Field{"value", &SetValues::value}};
};

template<>
struct Words<SetAttributeTensor> {
    static constexpr const char* kind = "set_attribute_tensor";
    static constexpr std::tuple fields{
        Field{"node", &SetAttributeTensor::node}, Field{"name", &SetAttributeTensor::name},
        Field{"file", &SetAttributeTensor::file}, Field{"array", &SetAttributeTensor::array}};
};

template<>
struct Words<SetAttributeNumbers> {
    static constexpr const char* kind = "set_attribute_numbers";
    static constexpr std::tuple fields{Field{"node", &SetAttributeNumbers::node},
                                       Field{"name", &SetAttributeNumbers::name},
                                       Field{"numbers", &SetAttributeNumbers::numbers}};
};

template<>
struct Words<ComputeAs> {
    static constexpr const char* kind = "compute_as";
    static constexpr std::tuple fields{Field{"type", &ComputeAs::type}, Field{"ports", &ComputeAs::ports},
                                       Field{"keep", &ComputeAs::keep}};
};

template<>
struct Words<MergeModel> {
    static constexpr const char* kind = "merge";
    static constexpr std::tuple fields{
        Field{"file", &MergeModel::file},     Field{"bytes", &MergeModel::bytes},
        Field{"sha256", &MergeModel::sha256}, Field{"joins", &MergeModel::joins},
        Field{"prefix", &MergeModel::prefix}, Field{"beside", &MergeModel::beside}};
};

constexpr std::array<std::pair<ModelText, const char*>, 6> modelTexts{
    {{ModelText::ProducerName, "producer_name"},
     {ModelText::ProducerVersion, "producer_version"},
     {ModelText::Domain, "domain"},
     {ModelText::Doc, "doc"},
     {ModelText::GraphName, "graph_name"},
     {ModelText::GraphDoc, "graph_doc"}}};

Json toJson(const std::string& text)
{
    return text;
}

Json toJson(std::int64_t number)
{
    return number;
}

Json toJson(std::uint64_t number)
{
    return number;
}

Json toJson(double number)
{
    return number;
}

Json toJson(bool flag)
{
    return flag;
}

Json toJson(DataType type)
{
    return name(type);
}

// A number, a symbol, or null where nothing is known.
Json toJson(const Dimension& size)
{
    return size.value >= 0 ? Json(size.value) : size.symbol.empty() ? Json() : Json(size.symbol);
}

// A list of numbers without a fraction is one of integers: the type is told by what the operator wants.
Json toJson(const AttributeValue& value)
{
    return std::visit([](const auto& each) { return Json(each); }, value);
}

// In their order: {"min": 0, "max": 6}.
Json toJson(const std::vector<NamedAttribute>& attributes)
{
    Json json = Json::object();
    for (const NamedAttribute& each : attributes)
        json[each.name] = toJson(each.value);
    return json;
}

// By input: {"x": "features"}.
Json toJson(const std::vector<Join>& joins)
{
    Json json = Json::object();
    for (const Join& each : joins)
        json[each.input] = each.tensor;
    return json;
}

template<class T>
Json toJson(const std::vector<T>& values)
{
    Json json = Json::array();
    for (const T& each : values)
        json.push_back(toJson(each));
    return json;
}

Json toJson(ModelText which)
{
    return std::ranges::find(modelTexts, which, &std::pair<ModelText, const char*>::first)->second;
}

template<class T>
Json toJson(const std::optional<T>& value)
{
    return value ? toJson(*value) : Json();
}

// False: it is of another type.
bool fromJson(const Json& json, std::string& text)
{
    if (json.is_string())
        text = json.get<std::string>();
    return json.is_string();
}

bool fromJson(const Json& json, std::int64_t& number)
{
    if (json.is_number_integer())
        number = json.get<std::int64_t>();
    return json.is_number_integer();
}

bool fromJson(const Json& json, std::uint64_t& number)
{
    if (json.is_number_unsigned())
        number = json.get<std::uint64_t>();
    return json.is_number_unsigned();
}

bool fromJson(const Json& json, ModelText& which)
{
    for (const auto& [known, word] : modelTexts) {
        if (json == word) {
            which = known;
            return true;
        }
    }
    return false;
}

bool fromJson(const Json& json, double& number)
{
    if (json.is_number())
        number = json.get<double>();
    return json.is_number();
}

bool fromJson(const Json& json, bool& flag)
{
    if (json.is_boolean())
        flag = json.get<bool>();
    return json.is_boolean();
}

bool fromJson(const Json& json, DataType& type)
{
    for (std::int32_t each = 1; json.is_string() && each <= static_cast<std::int32_t>(DataType::Int2);
         ++each) {
        if (json == name(static_cast<DataType>(each))) {
            type = static_cast<DataType>(each);
            return true;
        }
    }
    return false;
}

bool fromJson(const Json& json, Dimension& size)
{
    if (json.is_number_unsigned())
        size = {json.get<std::int64_t>(), {}};
    else if (json.is_string())
        size = {-1, json.get<std::string>()};
    return json.is_number_unsigned() || json.is_string() || json.is_null();
}

template<class T>
bool fromJson(const Json& json, std::vector<T>& values)
{
    return json.is_array() &&
           std::ranges::all_of(json, [&](const Json& each) { return fromJson(each, values.emplace_back()); });
}

bool fromJson(const Json& json, AttributeValue& value)
{
    const auto take = [&]<class T>(T read) {
        const bool fits = fromJson(json, read);
        if (fits)
            value = std::move(read);
        return fits;
    };
    return take(std::int64_t()) || take(double()) || take(std::string()) ||
           take(std::vector<std::int64_t>()) || take(std::vector<double>()) ||
           take(std::vector<std::string>());
}

bool fromJson(const Json& json, std::vector<Join>& joins)
{
    if (!json.is_object())
        return false;
    for (const auto& [input, tensor] : json.items()) {
        joins.push_back({{}, input});
        if (!fromJson(tensor, joins.back().tensor))
            return false;
    }
    return true;
}

bool fromJson(const Json& json, std::vector<NamedAttribute>& attributes)
{
    if (!json.is_object())
        return false;
    for (const auto& [name, value] : json.items()) {
        attributes.push_back({name, {}});
        if (!fromJson(value, attributes.back().value))
            return false;
    }
    return true;
}

template<class T>
bool fromJson(const Json& json, std::optional<T>& value)
{
    return fromJson(json, value.emplace());
}

template<class Kind>
Json parametersOf(const Kind& step)
{
    Json json = Json::object();
    const Kind plain;
    const auto add = [&](const auto& field) {
        if (!(step.*field.member == plain.*field.member))
            json[field.key] = toJson(step.*field.member);
    };
    std::apply([&](const auto&... field) { (add(field), ...); }, Words<Kind>::fields);
    return json;
}

template<class Kind>
tl::expected<EditStep, std::string> read(const Json& parameters)
{
    Kind step;
    for (const auto& [key, value] : parameters.items()) {
        bool isKnown = false;
        const auto take = [&, &name = key, &json = value](const auto& field) {
            isKnown = isKnown || (name == field.key && fromJson(json, step.*field.member));
        };
        std::apply([&](const auto&... field) { (take(field), ...); }, Words<Kind>::fields);
        if (!isKnown)
            return tl::make_unexpected(fmt::format("\"{}\" is not known, or is of another type", key));
    }
    return step;
}

template<std::size_t... Kinds>
std::optional<tl::expected<EditStep, std::string>> readAny(const std::string& kind, const Json& parameters,
                                                           std::index_sequence<Kinds...>)
{
    std::optional<tl::expected<EditStep, std::string>> found;
    const auto look = [&]<class Kind>(const Kind*) {
        if (kind == Words<Kind>::kind)
            found = read<Kind>(parameters);
    };
    (look(static_cast<const std::variant_alternative_t<Kinds, EditStep>*>(nullptr)), ...);
    return found;
}

} // namespace

Json editJson(const EditStep& step)
{
    return std::visit(
        []<class Kind>(const Kind& kind) -> Json {
            return {{Words<Kind>::kind, parametersOf(kind)}};
        },
        step);
}

std::optional<tl::expected<EditStep, std::string>> readEdit(const std::string& kind, const Json& parameters)
{
    return readAny(kind, parameters, std::make_index_sequence<std::variant_size_v<EditStep>>());
}

} // namespace pleat
