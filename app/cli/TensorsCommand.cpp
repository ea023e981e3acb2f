// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Commands.h"
#include "app/cli/OpenedView.h"
#include "app/cli/Output.h"
#include "app/cli/Terminal.h"
#include "core/base/Text.h"
#include "core/base/Visible.h"
#include "core/graph/StoredTensors.h"
#include "core/report/Json.h"
#include "core/report/Npy.h"
#include "core/report/Safetensors.h"

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

enum class Form { Npy, Npz, Safetensors, None };

Form formOf(const std::string& file)
{
    return file.ends_with(".npy")           ? Form::Npy
           : file.ends_with(".npz")         ? Form::Npz
           : file.ends_with(".safetensors") ? Form::Safetensors
                                            : Form::None;
}

// All of a model. In a body or function they are called by its path, too.
std::vector<NamedTensor> tensorsOf(const GraphView& view)
{
    std::vector<NamedTensor> all;
    for (const ValueIndex value : storedValues(view)) {
        auto tensor = storedTensor(view, value);
        if (!tensor)
            continue;
        const std::string& path = view.scopes()[index(view.scope(value))].path;
        std::string name = path.empty() ? std::string() : path + "/";
        name += view.name(value);
        all.push_back({std::move(name), std::move(*tensor), false});
    }
    return all;
}

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

bool isOfForm(const NamedTensor& tensor, Form form)
{
    const DataType type = tensor.tensor.type();
    return form == Form::Safetensors ? !safetensorsType(type).empty() : !npyType(type).empty();
}

// Of all tensors those that the format can hold; what was asked for by name has to be written.
void leaveOut(TensorFiles& files, const TensorsArguments& options, Form form)
{
    if (form == Form::None || !options.names.empty())
        return;
    std::erase_if(files.tensors, [&](const NamedTensor& tensor) {
        if (isOfForm(tensor, form))
            return false;
        files.leftOut.push_back(
            {tensor.name, fmt::format("the format has no type {}", name(tensor.tensor.type()))});
        return true;
    });
}

Result<void> save(const TensorFiles& files, Form form, const std::stop_token& stop)
{
    if (form == Form::Npz)
        return saveNpz(files.output, files.tensors, stop);
    if (form == Form::Safetensors)
        return saveSafetensors(files.output, files.tensors, {}, stop);
    if (files.tensors.size() != 1)
        return failure(ErrorCode::Usage,
                       "A .npy file holds one tensor, and here are " + grouped(files.tensors.size()) +
                           ": name one, or write .npz or .safetensors.",
                       files.output);
    return saveNpy(files.output, files.tensors.front().tensor, {}, stop);
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
    const Form form = formOf(options.output);
    if (options.output.empty() != options.list) {
        say("pleat-cli: tensors needs either -o FILE or --list");
        return Usage;
    }
    if (!options.list && form == Form::None) {
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
    if (!options.list) {
        leaveOut(files, options, form);
        for (const TensorFiles::LeftOut& left : files.leftOut)
            say("pleat-cli: note: left out " + left.name + ": " + left.why + ".");
        if (const auto saved = save(files, form, stop); !saved)
            return fail(saved.error(), CannotWrite);
        if (form != Form::Safetensors)
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
