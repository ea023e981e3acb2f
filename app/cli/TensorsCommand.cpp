// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Commands.h"
#include "app/cli/OpenedView.h"
#include "app/cli/Output.h"
#include "app/cli/Terminal.h"
#include "core/base/Text.h"
#include "core/base/Visible.h"
#include "core/report/Json.h"
#include "core/report/Npy.h"
#include "core/report/TensorFile.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unordered_map>

namespace pleat::cli {

namespace {

struct TensorsArguments {
    std::string model, output;
    std::vector<std::string> names;
    bool list = false, json = false;
};

// In the order of the names. Error Usage for one that is not there.
Result<std::vector<NamedTensor>> chosen(std::vector<NamedTensor> all, const TensorsArguments& options)
{
    if (options.names.empty())
        return all;
    std::unordered_map<std::string_view, const NamedTensor*> known;
    for (const NamedTensor& tensor : all)
        known.emplace(tensor.name, &tensor);
    std::vector<NamedTensor> found;
    found.reserve(options.names.size());
    for (const std::string& name : options.names) {
        const auto at = known.find(name);
        if (at == known.end())
            return failure(ErrorCode::Usage,
                           "There is no tensor \"" + name +
                               "\" stored in the model; --list names those there are.",
                           options.model);
        found.push_back(*at->second);
    }
    return found;
}

void print(const TensorFiles& files)
{
    if (!files.output.empty()) {
        fmt::print("Written to {}: {}\n", visible(files.output), counted(files.tensors.size(), "tensor"));
        return;
    }
    for (const NamedTensor& tensor : files.tensors)
        fmt::print("{:>12}  {} ({}{}{})\n",
                   grouped(storedBytes(tensor.tensor.type(), tensor.tensor.elements())), visible(tensor.name),
                   fmt::join(tensor.dims(), "×"), tensor.dims().empty() ? "" : " ",
                   name(tensor.tensor.type()));
    fmt::print("{}; at the left, how many bytes.\n", counted(files.tensors.size(), "tensor"));
}

// Types that numpy has not are there as raw bytes: once a type.
void noteTypes(const TensorFiles& files)
{
    std::vector<DataType> told;
    for (const NamedTensor& tensor : files.tensors) {
        const DataType type = tensor.tensor.type();
        const std::string note = npyNote(type);
        if (note.empty() || std::ranges::find(told, type) != told.end())
            continue;
        told.push_back(type);
        say("pleat-cli: note: " + note);
    }
}

int runTensors(const TensorsArguments& options, const std::stop_token& stop)
{
    const auto format = tensorFormat(options.output);
    if (options.output.empty() != options.list) {
        say("pleat-cli: tensors needs either -o FILE or --list");
        return Usage;
    }
    if (!options.list && !format) {
        say("pleat-cli: the name of the file says the format: .npy, .npz or .safetensors");
        return Usage;
    }
    if (!options.list && areOneFile(options.output, options.model)) {
        say("pleat-cli: -o would overwrite the model; give it a file of its own");
        return Usage;
    }
    const auto& view = untilExit(openView(options.model, stop));
    if (!view)
        return fail(view.error(), CannotRead);
    auto tensors = chosen(tensorsOf(**view), options);
    if (!tensors)
        return fail(tensors.error(), CannotRead);
    TensorFiles files{options.model, options.output, std::move(*tensors), {}};
    if (format) {
        if (options.names.empty()) // what is asked for by name has to be written
            files.leftOut = leaveOut(files.tensors, *format);
        for (const LeftOutTensor& left : files.leftOut)
            say("pleat-cli: note: left out " + left.name + ": " + left.why + ".");
        if (const auto saved = saveTensors(files.output, files.tensors, *format, stop); !saved)
            return fail(saved.error(), CannotWrite);
        if (*format != TensorFormat::Safetensors)
            noteTypes(files);
    }
    if (options.json)
        static_cast<void>(printText(tensorsJson(files)));
    else
        print(files);
    return Done;
}

} // namespace

Run addTensors(CLI::App& parser)
{
    const auto options = std::make_shared<TensorsArguments>();
    CLI::App& command = *parser.add_subcommand(
        "tensors",
        "Lists the tensors that a model stores, or writes them for Python: .npy, .npz, .safetensors");
    command.add_option("MODEL", options->model, "An ONNX file")->required();
    command.add_option("NAME", options->names, "Only these; all where none is given");
    command.add_option("-o,--output", options->output,
                       "The file to write: .npy (one tensor), .npz or .safetensors");
    command.add_flag("--list", options->list, "Write nothing, but list them");
    command.add_flag("--json", options->json, "One JSON object on standard output");
    return [options](const std::stop_token& stop) { return runTensors(*options, stop); };
}

} // namespace pleat::cli
