// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Commands.h"
#include "app/cli/OpenedView.h"
#include "app/cli/Terminal.h"
#include "core/base/Visible.h"
#include "core/graph/Describe.h"
#include "core/report/Json.h"
#include "core/worker/ShapeInference.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>

namespace pleat::cli {

namespace {

constexpr int inferenceSeconds = 60;

struct InfoArguments {
    std::string model;
    bool json = false;
};

void printPorts(const char* title, const std::vector<ModelInfo::Port>& ports)
{
    for (const ModelInfo::Port& port : ports)
        fmt::print("{:<12}{}  {} {}\n", title, visible(port.name), name(port.type.type),
                   visible(port.type.text()));
}

void print(const ModelInfo& info)
{
    fmt::print("{:<12}{}\n{:<12}{}\n", "file", visible(info.file), "bytes", info.bytes);
    constexpr std::size_t shown = 4;
    for (std::size_t d = 0; d < std::min(info.dataFiles.size(), shown); ++d)
        fmt::print("{:<12}{}  {} bytes\n", "data", visible(info.dataFiles[d].file), info.dataFiles[d].bytes);
    if (info.dataFiles.size() > shown)
        fmt::print("{:<12}and {} more\n", "data", info.dataFiles.size() - shown);
    fmt::print("{:<12}{}\n{:<12}{}\n", "IR version", info.irVersion, "producer",
               info.producer.empty() ? "unknown" : visible(info.producer));
    for (const auto& [domain, version] : info.opsets)
        fmt::print("{:<12}{} {}\n", "opset", domain.empty() ? "ai.onnx" : visible(domain), version);
    fmt::print("{:<12}{}\n{:<12}{}\n", "nodes", info.nodes, "parameters", info.parameters);
    for (const auto& [type, count] : info.parametersByType) {
        if (info.parametersByType.size() > 1)
            fmt::print("{:<12}{} {}\n", "", count, name(type));
    }
    if (info.macs)
        fmt::print("{:<12}{}\n", "MACs", *info.macs);
    else
        fmt::print("{:<12}at least {}\n", "MACs", info.macsAtLeast);
    for (const std::string& note : notesOf(info))
        fmt::print("{:<12}{}\n", "note", note);
    printPorts("input", info.inputs);
    printPorts("output", info.outputs);
    std::vector<std::pair<std::uint64_t, std::string>> ops;
    ops.reserve(info.ops.size());
    for (const auto& [op, count] : info.ops)
        ops.emplace_back(count, op);
    std::ranges::sort(ops, std::greater());
    for (const auto& [count, op] : ops)
        fmt::print("{:>8}  {}\n", count, visible(op));
}

int runInfo(const InfoArguments& options, const std::stop_token& stop)
{
    const auto& view = untilExit(openView(options.model, stop));
    if (!view)
        return fail(view.error(), CannotRead);
    const InferredTypes types = inferTypes((*view)->model(), thisProgram(), inferenceSeconds, stop);
    if (stop.stop_requested())
        return Interrupted;
    if (!types.problem.empty())
        say("pleat-cli: note: " + types.problem);
    const ModelInfo info = describe(**view, types.types);
    if (options.json)
        fmt::print("{}", infoJson(info));
    else
        print(info);
    return Done;
}

} // namespace

Run addInfo(CLI::App& parser)
{
    const auto options = std::make_shared<InfoArguments>();
    CLI::App& command =
        *parser.add_subcommand("info", "What a model is: size, operators, inputs and outputs, cost");
    command.add_option("MODEL", options->model, "An ONNX file")->required();
    command.add_flag("--json", options->json, "One JSON object on standard output");
    return [options](const std::stop_token& stop) { return runInfo(*options, stop); };
}

} // namespace pleat::cli
