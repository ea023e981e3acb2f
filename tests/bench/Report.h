// SPDX-License-Identifier: GPL-3.0-or-later
// How every measurement of this folder reports: rows of a table on standard output and, with "--json FILE",
// the same as JSON. A row is a figure, often beside the anchor that was measured in turn with it, and may
// have a target; a missed target is said, it is no failure.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pleat::bench {

struct Row {
    std::string what;
    double value = 0;
    std::string unit;
    std::string anchor{};   // what it is compared with: "memcpy", "cp"
    double anchorValue = 0; // in the same unit
    std::optional<double> ratio{};
    std::optional<double> atLeast{}, atMost{}; // the target of the ratio, or of the value where there is none
};

class Report final {
public:
    // Takes "--json FILE" out of the arguments.
    Report(std::string name, int& argc, char** argv);

    void heading(const std::string& text);
    void add(const Row& row);
    void note(const std::string& text);

    // Writes the JSON; the exit code of main().
    int finish() const;

private:
    std::string m_name, m_file;
    std::vector<std::string> m_rows, m_notes;
};

double median(std::vector<double> values);
double percentile95(std::vector<double> values);

double wallSeconds();
double processorSeconds(); // of this process: beside other work, too

// Runs each work once a round, in turn, beginning with another one in each round; for each the median of its
// seconds. A first round is not counted, nor is taking down what a work returns.
using Work = std::function<std::shared_ptr<void>()>;
std::vector<double> interleaved(int rounds, const std::vector<Work>& works,
                                double (*seconds)() = wallSeconds);

} // namespace pleat::bench
