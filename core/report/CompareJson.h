// SPDX-License-Identifier: GPL-3.0-or-later
// The JSON of `compare` (Json.h says how it is written).
#pragma once

#include "core/compare/CompareNodes.h"
#include "core/compare/CompareTensors.h"
#include "core/report/TextSink.h"

#include <span>
#include <string>

namespace pleat {

// How many tensors or nodes there are of each kind; the last two count where they are.
struct CompareCounts {
    std::uint64_t same = 0, different = 0, onlyBefore = 0, onlyAfter = 0;
    void add(const ComparedTensor& tensor);
    void add(const ComparedNode& node);
};
CompareCounts countsOf(std::span<const ComparedNode> nodes);

// What the graphs of two models have to say, beside their tensors.
struct ComparedGraphs {
    std::vector<std::string> interface; // interfaceDifferences()
    std::vector<ComparedNode> nodes;
};

// {"before", "after", "interface", "nodes": […], "nodes_same", …, "tensors": […], "same", "different",
// "only_before", "only_after"}: begin, then tensors as they come, then the end.
class CompareJson final {
public:
    explicit CompareJson(TextSink write) : m_write(std::move(write)) {}
    Result<void> begin(const std::string& before, const std::string& after, const ComparedGraphs& graphs);
    Result<void> add(const ComparedTensor& tensor);
    Result<void> end(const CompareCounts& tensors);

private:
    Result<void> list(const std::string& piece);

    TextSink m_write;
    bool m_any = false;
};

} // namespace pleat
