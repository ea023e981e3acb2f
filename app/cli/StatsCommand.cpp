// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Commands.h"
#include "app/cli/OpenedView.h"
#include "app/cli/Terminal.h"
#include "core/base/Visible.h"
#include "core/report/Json.h"
#include "core/weights/WeightTable.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>

namespace pleat::cli {

namespace {

struct StatsArguments {
    std::string model;
    bool json = false, csv = false;
};

double ratio(const LayerRow& row, const QuantizationScheme& scheme)
{
    const auto known = std::ranges::find(commonSchemes(), scheme);
    return row.sqnr[static_cast<std::size_t>(known - commonSchemes().begin())];
}

std::string decibels(double ratio)
{
    return std::isinf(ratio) ? "exact" : std::isnan(ratio) ? "" : fmt::format("{:.1f}", ratio);
}

std::string nameOf(const LayerRow& row)
{
    return row.scope.empty() ? row.layer.name : row.scope + "/" + row.layer.name;
}

// Worst first: what a quantizer per tensor with 8 bits leaves least of.
void print(std::vector<LayerRow> rows)
{
    const auto goodness = [](const LayerRow& row) {
        const double known =
            row.sqnr.empty() ? std::numeric_limits<double>::infinity() : ratio(row, {8, false, true, false});
        return std::isnan(known) ? std::numeric_limits<double>::infinity() : known;
    };
    std::ranges::stable_sort(rows, {}, goodness);
    fmt::print("{:>7} {:>7} {:>7} {:>7}  {:>10} {:>10}  {}\n", "8 bit", "channel", "4 bit", "channel", "min",
               "max", "layer (SQNR of its weight in dB, per tensor and per channel)");
    for (const LayerRow& row : rows) {
        const std::string what = fmt::format("{} ({} {} {})", visible(nameOf(row)), visible(row.layer.op),
                                             fmt::join(row.dims, "×"), name(row.type));
        if (row.problem) {
            fmt::print("{:>55}  {}\n          {}\n", "", what, visible(row.problem->message));
            continue;
        }
        const auto cell = [&row](int bits, bool perChannel) {
            return row.sqnr.empty() ? std::string() : decibels(ratio(row, {bits, perChannel, true, false}));
        };
        fmt::print("{:>7} {:>7} {:>7} {:>7}  {:>10.4g} {:>10.4g}  {}\n", cell(8, false), cell(8, true),
                   cell(4, false), cell(4, true), row.statistics.range.min, row.statistics.range.max, what);
        if (row.isRounded())
            fmt::print("{:>55}  stored as {}: rounded already, so there is no ratio\n", "", name(row.type));
        if (row.outlier)
            fmt::print("{:>55}  channel {} is {:.1f} times as wide as the median channel\n", "",
                       row.outlier->channel, row.outlier->ratio);
        if (row.statistics.nonFinite() > 0)
            fmt::print("{:>55}  {} NaN, {} infinite\n", "", row.statistics.nans, row.statistics.infinities);
    }
    if (rows.empty())
        fmt::print("There is no layer with a constant weight in this model.\n");
}

// RFC 4180.
std::string quoted(const std::string& text)
{
    if (text.find_first_of(",\"\r\n") == std::string::npos)
        return text;
    std::string all = "\"";
    for (const char c : text)
        all += c == '"' ? std::string("\"\"") : std::string(1, c);
    return all + '"';
}

std::string csvHead()
{
    std::string head =
        "layer,op,scope,weight,dtype,shape,channels,bytes,min,max,mean,std,zeros,nan,inf,subnormal,"
        "entropy,outlier_channel,outlier_ratio";
    for (const QuantizationScheme& scheme : commonSchemes())
        head += fmt::format(",sqnr_{}_{}_{}_{}", scheme.bits, scheme.perChannel ? "channel" : "tensor",
                            scheme.symmetric ? "symmetric" : "asymmetric",
                            scheme.clipped ? "clipped" : "min_max");
    return head + ",problem\r\n";
}

std::string csvLine(const LayerRow& row)
{
    std::string line = fmt::format("{},{},{},{},{},{}", quoted(visible(row.layer.name)),
                                   quoted(visible(row.layer.op)), quoted(visible(row.scope)),
                                   quoted(visible(row.tensor)), name(row.type), fmt::join(row.dims, "x"));
    const Statistics& s = row.statistics;
    if (row.problem)
        line += fmt::format(",,{},,,,,,,,,,,", row.bytes);
    else
        line +=
            fmt::format(",{},{},{},{},{},{},{},{},{},{},{},{},{}", s.channels.size(), row.bytes, s.range.min,
                        s.range.max, s.mean, s.deviation, s.zeros, s.nans, s.infinities, s.subnormals,
                        row.entropy, row.outlier ? std::to_string(row.outlier->channel) : "",
                        row.outlier ? fmt::format("{}", row.outlier->ratio) : "");
    for (std::size_t scheme = 0; scheme < commonSchemes().size(); ++scheme)
        line += row.sqnr.empty() ? "," : fmt::format(",{}", row.sqnr[scheme]);
    return line + "," + (row.problem ? quoted(visible(row.problem->message)) : "") + "\r\n";
}

int runStats(const StatsArguments& options, const std::stop_token& stop)
{
    const auto& view = untilExit(openView(options.model, stop));
    if (!view)
        return fail(view.error(), CannotRead);
    ProgressBar bar("Measuring");
    std::vector<LayerRow> rows;
    WeightsJson json(printText);
    const auto begun = options.json  ? json.begin(options.model)
                       : options.csv ? printText(csvHead())
                                     : Result<void>();
    if (!begun)
        return fail(begun.error(), CannotWrite);
    const auto take = [&](LayerRow row) -> Result<void> {
        if (options.json)
            return json.add(row);
        if (options.csv)
            return printText(csvLine(row));
        row.statistics.channels = {};
        row.statistics.means = {};
        rows.push_back(std::move(row));
        return {};
    };
    if (const auto measured = measureWeights(**view, take, bar, stop); !measured)
        return fail(measured.error(), CannotRead);
    if (options.json) {
        if (const auto ended = json.end(); !ended)
            return fail(ended.error(), CannotWrite);
    } else if (!options.csv) {
        print(std::move(rows));
    }
    return Done;
}

} // namespace

Run addStats(CLI::App& parser)
{
    const auto options = std::make_shared<StatsArguments>();
    CLI::App& command = *parser.add_subcommand(
        "stats", "The weights of each layer: range, distribution, and how well they stand 8 and 4 bits");
    command.add_option("MODEL", options->model, "An ONNX file")->required();
    auto* json = command.add_flag("--json", options->json, "One JSON object on standard output");
    command.add_flag("--csv", options->csv, "Comma-separated values on standard output")->excludes(json);
    return [options](const std::stop_token& stop) { return runStats(*options, stop); };
}

} // namespace pleat::cli
