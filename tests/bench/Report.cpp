// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/Report.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>

namespace pleat::bench {

namespace {

std::string rounded(double value)
{
    return value >= 100 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

bool reached(const Row& row)
{
    const double figure = row.ratio.value_or(row.value);
    return (!row.atLeast || figure >= *row.atLeast) && (!row.atMost || figure <= *row.atMost);
}

std::string target(const Row& row)
{
    if (!row.atLeast && !row.atMost)
        return "";
    return fmt::format("{} {} {}", row.atLeast ? "≥" : "≤", rounded(row.atLeast ? *row.atLeast : *row.atMost),
                       reached(row) ? "✓" : "✗ missed");
}

nlohmann::json toJson(const Row& row)
{
    nlohmann::json json = {{"what", row.what}, {"value", row.value}, {"unit", row.unit}};
    if (!row.anchor.empty()) {
        json["anchor"] = row.anchor;
        json["anchor_value"] = row.anchorValue;
    }
    if (row.ratio)
        json["ratio"] = *row.ratio;
    if (row.atLeast)
        json["at_least"] = *row.atLeast;
    if (row.atMost)
        json["at_most"] = *row.atMost;
    if (row.atLeast || row.atMost)
        json["reached"] = reached(row);
    return json;
}

} // namespace

Report::Report(std::string name, int& argc, char** argv) : m_name(std::move(name))
{
    int kept = 1;
    for (int i = 1; i < argc; ++i) {
        if (std::string(argv[i]) == "--json" && i + 1 < argc)
            m_file = argv[++i];
        else
            argv[kept++] = argv[i];
    }
    argc = kept;
}

void Report::heading(const std::string& text)
{
    fmt::print("\n{}\n", text);
}

void Report::add(const Row& row)
{
    const std::string anchor =
        row.anchor.empty() ? "" : fmt::format("{} {} {}", row.anchor, rounded(row.anchorValue), row.unit);
    const std::string line =
        fmt::format("  {:<46} {:>14} {:>20} {:>8}  {}", row.what, rounded(row.value) + " " + row.unit, anchor,
                    row.ratio ? fmt::format("{:.2f}", *row.ratio) : "", target(row));
    fmt::print("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
    std::fflush(stdout);
    m_rows.push_back(toJson(row).dump());
}

void Report::note(const std::string& text)
{
    fmt::print("  {}\n", text);
    m_notes.push_back(text);
}

int Report::finish() const
{
    if (m_file.empty())
        return 0;
    nlohmann::json json = {{"bench", m_name}, {"rows", nlohmann::json::array()}, {"notes", m_notes}};
    for (const std::string& row : m_rows)
        json["rows"].push_back(nlohmann::json::parse(row));
    std::ofstream file(m_file);
    file << json.dump(1) << '\n';
    file.close();
    return file ? 0 : 1;
}

double percentile95(std::vector<double> values)
{
    std::ranges::sort(values);
    const auto rank = static_cast<std::size_t>(std::ceil(0.95 * static_cast<double>(values.size())));
    return values[rank - 1];
}

double median(std::vector<double> values)
{
    if (values.empty())
        return 0;
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

double processorSeconds()
{
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

double wallSeconds()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::vector<double> interleaved(int rounds, const std::vector<Work>& works, double (*seconds)())
{
    std::vector<std::vector<double>> times(works.size());
    for (int round = -1; round < rounds; ++round) {
        for (std::size_t turn = 0; turn < works.size(); ++turn) {
            const std::size_t which = (turn + static_cast<std::size_t>(round + 1)) % works.size();
            const double start = seconds();
            const auto made = works[which]();
            if (round >= 0)
                times[which].push_back(seconds() - start);
        }
    }
    std::vector<double> medians;
    for (auto& all : times)
        medians.push_back(median(std::move(all)));
    return medians;
}

} // namespace pleat::bench
