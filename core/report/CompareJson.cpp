// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/CompareJson.h"

#include "core/report/JsonValues.h"

namespace pleat {

namespace {

const char* wordOf(MatchedBy by)
{
    switch (by) {
    case MatchedBy::Name:
        return "name";
    case MatchedBy::Output:
        return "output";
    case MatchedBy::Node:
        return "node";
    default:
        return "structure";
    }
}

const char* wordOf(NodesMatchedBy by)
{
    return by == NodesMatchedBy::Name ? "name" : by == NodesMatchedBy::Output ? "output" : "structure";
}

const char* wordOf(NodeDifference::What what)
{
    switch (what) {
    case NodeDifference::What::Operator:
        return "operator";
    case NodeDifference::What::Name:
        return "name";
    case NodeDifference::What::Attribute:
        return "attribute";
    case NodeDifference::What::Input:
        return "input";
    default:
        return "shape";
    }
}

Json sideJson(const std::optional<TensorSide>& side, const Range* range)
{
    if (!side)
        return nullptr;
    Json json{
        {"name", side->name}, {"scope", side->scope}, {"dtype", name(side->type)}, {"shape", side->dims}};
    if (range) {
        json["min"] = number(range->min);
        json["max"] = number(range->max);
    }
    return json;
}

Json comparedJson(const ComparedTensor& tensor)
{
    const auto& measured = tensor.difference;
    Json json{{"before", sideJson(tensor.before, measured ? &measured->before : nullptr)},
              {"after", sideJson(tensor.after, measured ? &measured->after : nullptr)}};
    if (tensor.by == MatchedBy::Nobody)
        return json;
    json["matched_by"] = wordOf(tensor.by);
    json["same"] = tensor.isSame();
    if (!measured) {
        json["problem"] = tensor.problem;
        return json;
    }
    json["differing"] = measured->differing;
    json["apart"] = measured->apart;
    json["max_difference"] = number(measured->largest);
    json["max_relative"] = number(measured->largestRelative);
    json["sqnr"] = number(measured->sqnr);
    return json;
}

Json sideJson(const std::optional<NodeSide>& side)
{
    return side ? Json{{"name", side->name},
                       {"scope", side->scope},
                       {"op", side->op},
                       {"domain", side->domain}}
                : Json(nullptr);
}

Json comparedJson(const ComparedNode& node)
{
    Json json{{"before", sideJson(node.before)}, {"after", sideJson(node.after)}};
    if (node.by == NodesMatchedBy::Nobody)
        return json;
    json["matched_by"] = wordOf(node.by);
    json["same"] = node.isSame();
    Json changes = Json::array();
    for (const NodeDifference& change : node.changes)
        changes.push_back({{"what", wordOf(change.what)},
                           {"which", orNull(change.which)},
                           {"before", orNull(change.before)},
                           {"after", orNull(change.after)}});
    json["changes"] = changes;
    return json;
}

std::string countsJson(const CompareCounts& counts, const std::string& prefix)
{
    std::string piece;
    for (const auto& [key, count] :
         {std::pair("same", counts.same), std::pair("different", counts.different),
          std::pair("only_before", counts.onlyBefore), std::pair("only_after", counts.onlyAfter)})
        piece += ",\n  " + Json(prefix + key).dump() + ": " + Json(count).dump();
    return piece;
}

} // namespace

void CompareCounts::add(const ComparedTensor& tensor)
{
    ++(!tensor.after ? onlyBefore : !tensor.before ? onlyAfter : tensor.isSame() ? same : different);
}

void CompareCounts::add(const ComparedNode& node)
{
    ++(!node.after ? onlyBefore : !node.before ? onlyAfter : node.isSame() ? same : different);
}

CompareCounts countsOf(std::span<const ComparedNode> nodes)
{
    CompareCounts counts;
    for (const ComparedNode& node : nodes)
        counts.add(node);
    return counts;
}

Result<void> CompareJson::list(const std::string& piece)
{
    const std::string comma = m_any ? ",\n    " : "\n    ";
    m_any = true;
    return m_write(comma + piece);
}

Result<void> CompareJson::begin(const std::string& before, const std::string& after,
                                const ComparedGraphs& graphs)
{
    if (auto written = m_write(
            "{\n  \"before\": " + indented(Json(before), 2) + ",\n  \"after\": " + indented(Json(after), 2) +
            ",\n  \"interface\": " + indented(Json(graphs.interface), 2) + ",\n  \"nodes\": [");
        !written)
        return written;
    for (const ComparedNode& node : graphs.nodes)
        if (auto written = list(indented(comparedJson(node), 4)); !written)
            return written;
    const std::string end = m_any ? "\n  ]" : "]";
    m_any = false;
    return m_write(end + countsJson(countsOf(graphs.nodes), "nodes_") + ",\n  \"tensors\": [");
}

Result<void> CompareJson::add(const ComparedTensor& tensor)
{
    return list(indented(comparedJson(tensor), 4));
}

Result<void> CompareJson::end(const CompareCounts& tensors)
{
    return m_write((m_any ? "\n  ]" : "]") + countsJson(tensors, "") + "\n}\n");
}

} // namespace pleat
