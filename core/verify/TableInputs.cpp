// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Text.h"
#include "core/tensor/Kernels.h"
#include "core/verify/InputParts.h"

#include <algorithm>
#include <fmt/format.h>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

// Which column has the classes; nothing: none has.
Result<std::optional<std::size_t>> labelColumn(const std::string& asked,
                                               const std::vector<std::string>& heads, const std::string& file)
{
    if (asked.empty())
        return std::optional<std::size_t>();
    if (const auto named = std::ranges::find(heads, asked); named != heads.end() && !numberIn(asked))
        return std::optional(static_cast<std::size_t>(named - heads.begin()));
    if (asked == "last")
        return std::optional(heads.size() - 1);
    const auto number = labelIn(asked);
    if (number && *number >= 1 && *number <= std::ssize(heads))
        return std::optional(static_cast<std::size_t>(*number - 1));
    return failure(ErrorCode::Usage, fmt::format("{} has no column \"{}\".", file, asked), file);
}

// A row a sample, one number behind the other.
struct Table {
    std::vector<double> numbers;
    std::vector<std::int64_t> labels;
    std::uint64_t rows = 0, columns = 0;
};

Result<Table> readTable(const OwnInputs& own)
{
    const std::string file = own.files.front().string();
    const auto lines = linesOf(own.files.front());
    if (!lines)
        return tl::make_unexpected(lines.error());
    if (lines->empty())
        return failure(ErrorCode::Usage, file + " has no rows.", file);
    const std::vector<std::string> heads = fieldsOf(lines->front());
    const bool hasHead =
        !std::ranges::all_of(heads, [](const auto& head) { return numberIn(head).has_value(); });
    const auto labels = labelColumn(own.labelColumn, heads, file);
    if (!labels)
        return tl::make_unexpected(labels.error());
    Table table;
    table.columns = heads.size() - (*labels ? 1 : 0);
    table.numbers.reserve(lines->size() * table.columns);
    for (std::size_t line = hasHead ? 1 : 0; line < lines->size(); ++line) {
        const std::vector<std::string> fields = fieldsOf((*lines)[line]);
        if (fields.size() != heads.size())
            return failure(ErrorCode::Usage,
                           fmt::format("{}: row {} has {}, and the first has {}.", file, line + 1,
                                       counted(fields.size(), "column"), heads.size()),
                           file);
        for (std::size_t column = 0; column < fields.size(); ++column) {
            const auto number = numberIn(fields[column]);
            const bool isLabel = *labels == column;
            if (!number || (isLabel && !labelIn(fields[column])))
                return failure(ErrorCode::Usage,
                               fmt::format("{}: row {}, column {} is no {}: \"{}\".", file, line + 1,
                                           column + 1, isLabel ? "class number" : "number", fields[column]),
                               file);
            if (isLabel)
                table.labels.push_back(*labelIn(fields[column]));
            else
                table.numbers.push_back(*number);
        }
        ++table.rows;
    }
    return table;
}

} // namespace

Result<Inputs> tableInputs(const GraphView& view, const OwnInputs& own, Cutter& cutter, Progress& progress,
                           const std::stop_token& stop)
{
    const std::string file = own.files.front().string();
    const std::vector<InputPort> ports = inputPorts(view);
    const auto unfit = [&](const std::string& why) { return failure(ErrorCode::Usage, why, file); };
    if (ports.size() != 1)
        return unfit(
            fmt::format("A table is for a model with one input, and this one has {}.", ports.size()));
    const InputPort& port = ports.front();
    if (!isFoldable(port.type.type) || !port.type.hasShape || port.type.shape.empty())
        return unfit(fmt::format("A table is for an input of floats with axes, and {} takes {}.", port.name,
                                 portText(port)));
    if (own.mean.size() != 1 || own.deviation.size() != 1)
        return unfit("The columns of a table have one mean and one deviation.");
    auto table = readTable(own);
    if (!table)
        return tl::make_unexpected(std::move(table.error()));
    std::vector<std::int64_t> dims{static_cast<std::int64_t>(table->rows)};
    std::uint64_t columns = 1;
    for (std::size_t axis = 1; axis < port.type.shape.size(); ++axis) {
        const std::int64_t declared = port.type.shape[axis].value;
        dims.push_back(declared >= 0 ? declared : static_cast<std::int64_t>(table->columns));
        columns *= static_cast<std::uint64_t>(dims.back());
    }
    if (columns != table->columns)
        return unfit(fmt::format("The input {} takes {}, which is {} a sample, and a row of {} has {}.",
                                 port.name, portText(port), counted(columns, "number"), file,
                                 table->columns));
    auto cut = cutter.cut(port, port.type.type, dims, file);
    if (!cut)
        return tl::make_unexpected(std::move(cut.error()));
    Inputs inputs;
    inputs.batches = static_cast<std::size_t>(cut->batches);
    inputs.samples = cut->batches * cut->atOnce;
    if (cut->rest > 0)
        inputs.notes.push_back(fmt::format("The last {} of {} fill no batch, and were left out.",
                                           counted(cut->rest, "row"), file));
    table->labels.resize(table->labels.empty() ? 0 : static_cast<std::size_t>(inputs.samples));
    inputs.labels = std::move(table->labels);
    inputs.origin = counted(inputs.samples, "row") + " of " + file;
    const double scale = own.scale.value_or(1), mean = own.mean.front(), deviation = own.deviation.front();
    for (double& number : table->numbers)
        number = (number / scale - mean) / deviation;
    const auto numbers = std::make_shared<const std::vector<double>>(std::move(table->numbers));
    inputs.batch = [=, cut = *cut](std::size_t number) -> Result<Inputs::Batch> {
        const auto length = static_cast<std::size_t>(cut.atOnce * columns);
        onnx::TensorProto tensor;
        tensor.set_name(port.name);
        tensor.set_data_type(static_cast<std::int32_t>(port.type.type));
        tensor.mutable_dims()->Add(cut.dims.begin(), cut.dims.end());
        std::string& raw = *tensor.mutable_raw_data();
        raw.resize(static_cast<std::size_t>(storedBytes(port.type.type, length)));
        narrow(port.type.type, std::span(*numbers).subspan(number * length, length),
               std::as_writable_bytes(std::span(raw)));
        return Inputs::Batch{std::move(tensor)};
    };
    return withFile(std::move(inputs), own.files.front(), progress, stop);
}

} // namespace pleat
