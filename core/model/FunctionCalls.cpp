// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/FunctionCalls.h"

#include "core/model/OnnxFields.h"

#include <onnx/onnx_pb.h>
#include <unordered_map>
#include <vector>

namespace pleat {

namespace {

// `overload` is newer than some libraries: they know it as an unknown field.
std::string textField(const google::protobuf::Message& message, std::uint32_t fieldNumber)
{
    const int number = static_cast<int>(fieldNumber);
    const auto* reflection = message.GetReflection();
    if (const auto* field = message.GetDescriptor()->FindFieldByNumber(number))
        return reflection->GetString(message, field);
    const auto& unknown = reflection->GetUnknownFields(message);
    for (int at = unknown.field_count() - 1; at >= 0; --at) {
        const auto& field = unknown.field(at);
        if (field.number() == number && field.type() == google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED)
            return field.length_delimited();
    }
    return {};
}

std::string identity(const std::string& domain, const std::string& name, const std::string& overload)
{
    return (domain == "ai.onnx" ? std::string() : domain) + '\0' + name + '\0' + overload;
}

using Functions = std::unordered_map<std::string, std::size_t>;

void collectCalls(const Graph& graph, const Functions& functions, std::vector<std::size_t>& calls)
{
    for (const Node& node : graph.nodes) {
        const auto& proto = *node.proto;
        const auto found = functions.find(
            identity(proto.domain(), proto.op_type(), textField(proto, field::node::overload)));
        if (found != functions.end())
            calls.push_back(found->second);
        for (const Body& body : node.bodies())
            collectCalls(*body.graph, functions, calls);
    }
}

} // namespace

std::string overloadOf(const onnx::FunctionProto& function)
{
    return textField(function, field::function::overload);
}

std::optional<Error> checkFunctionCalls(const Model& model)
{
    const std::size_t count = model.functions.size();
    Functions functions;
    for (std::size_t index = 0; index < count; ++index) {
        const auto& header = *model.functions[index].header;
        const std::string key = identity(header.domain(), header.name(), overloadOf(header));
        if (!functions.emplace(key, index).second)
            return Error{ErrorCode::Unreadable, "function \"" + header.name() + "\" is there twice.",
                         header.name()};
    }
    std::vector<std::vector<std::size_t>> calls(count);
    for (std::size_t index = 0; index < count; ++index)
        collectCalls(*model.functions[index].body, functions, calls[index]);

    enum class State { New, Open, Done };
    std::vector<State> states(count, State::New);
    std::vector<std::pair<std::size_t, std::size_t>> path; // function, next call to follow
    for (std::size_t start = 0; start < count; ++start) {
        if (states[start] != State::New)
            continue;
        states[start] = State::Open;
        path.assign(1, {start, 0});
        while (!path.empty()) {
            auto& [function, next] = path.back();
            if (next == calls[function].size()) {
                states[function] = State::Done;
                path.pop_back();
                continue;
            }
            const std::size_t callee = calls[function][next++];
            if (states[callee] == State::Open) {
                const std::string& name = model.functions[callee].header->name();
                return Error{ErrorCode::Unreadable,
                             "function \"" + name + "\" calls itself, directly or through others.", name};
            }
            if (states[callee] == State::New) {
                states[callee] = State::Open;
                path.emplace_back(callee, 0);
            }
        }
    }
    return std::nullopt;
}

} // namespace pleat
