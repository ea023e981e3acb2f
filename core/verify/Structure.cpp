// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/Structure.h"

#include "core/base/Text.h"
#include "core/model/Assemble.h"
#include "core/model/TensorWalk.h"
#include "core/model/ValueTypes.h"
#include "core/worker/ModelCheck.h"

#include <algorithm>
#include <fmt/format.h>

namespace pleat {

namespace {

struct Port {
    std::string name;
    ValueType type;
};

// What callers have to give, or get.
std::vector<Port> portsOf(const GraphView& view, bool inputs)
{
    const ValueTypes declared = declaredTypes(view.model());
    const auto main = declared.find("");
    const Scope& scope = view.scopes()[index(ScopeIndex::Main)];
    std::vector<Port> ports;
    for (const ValueIndex value : inputs ? scope.inputs : scope.outputs) {
        if (inputs && view.initializer(value))
            continue;
        Port port{std::string(view.name(value)), {}};
        if (main != declared.end())
            if (const auto type = main->second.find(port.name); type != main->second.end())
                port.type = type->second;
        ports.push_back(std::move(port));
    }
    return ports;
}

bool fits(const ValueType& before, const ValueType& after)
{
    if (before.type != after.type)
        return false;
    if (!before.hasShape || !after.hasShape)
        return true;
    return std::ranges::equal(before.shape, after.shape, [](const Dimension& a, const Dimension& b) {
        return a.value < 0 || b.value < 0 || a.value == b.value;
    });
}

std::string inWords(const ValueType& type)
{
    const std::string shape = type.text();
    return shape.empty() ? name(type.type) : name(type.type) + " " + shape;
}

void compare(const std::vector<Port>& before, const std::vector<Port>& after, std::string_view what,
             std::vector<std::string>& into)
{
    const auto find = [](const std::vector<Port>& ports, const std::string& name) {
        return std::ranges::find(ports, name, &Port::name);
    };
    for (const Port& port : before) {
        const auto now = find(after, port.name);
        if (now == after.end())
            into.push_back(fmt::format("The {} {} is missing.", what, port.name));
        else if (!fits(port.type, now->type))
            into.push_back(fmt::format("The {} {} was {} and is {}.", what, port.name, inWords(port.type),
                                       inWords(now->type)));
    }
    for (const Port& port : after)
        if (find(before, port.name) == before.end())
            into.push_back(fmt::format("The {} {} is new.", what, port.name));
    if (into.empty() && !std::ranges::equal(before, after, {}, &Port::name, &Port::name))
        into.push_back(fmt::format("The {}s stand in another order.", what));
}

} // namespace

std::vector<std::string> interfaceDifferences(const GraphView& before, const GraphView& after)
{
    std::vector<std::string> inputs, outputs;
    compare(portsOf(before, true), portsOf(after, true), "input", inputs);
    compare(portsOf(before, false), portsOf(after, false), "output", outputs);
    inputs.insert(inputs.end(), outputs.begin(), outputs.end());
    return inputs;
}

std::vector<std::string> missingData(const GraphView& view)
{
    std::vector<std::string> missing;
    forEachTensor(view.model(), [&](const auto& tensor, const Payload* payload) {
        if (payload && !payload->problem().empty())
            missing.push_back(fmt::format("{}: {}", tensor.name(), payload->problem()));
    });
    return missing;
}

Result<std::string> checkerDifference(const GraphView& before, const GraphView& after,
                                      const std::filesystem::path& program, Progress& progress,
                                      const std::stop_token& stop)
{
    const auto complaint = [&](const GraphView& view) -> Result<std::string> {
        const auto model = assemble(view.model(), LeftOut::OneByte);
        if (!model)
            return std::string();
        auto found = checkByOnnx(model->SerializeAsString(), program, progress, stop);
        if (!found && found.error().code != ErrorCode::Cancelled)
            return std::string();
        return found;
    };
    auto now = complaint(after);
    if (!now || now->empty())
        return now;
    auto was = complaint(before);
    if (!was)
        return was;
    return was->empty()
               ? fmt::format("ONNX's checker accepted the model before, and says of this one: {}", *now)
               : std::string();
}

} // namespace pleat
