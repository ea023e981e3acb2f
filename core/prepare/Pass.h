// SPDX-License-Identifier: GPL-3.0-or-later
// A pass: one way to write a model more simply that computes the same. It looks at a model, which stays as it
// is, and writes what it would change into a Round; the driver (Prepare.h) applies that and asks again until
// there is nothing left to do. A new pass is a file in this folder and a line in Passes.cpp.
#pragma once

#include "core/base/Progress.h"
#include "core/graph/Named.h"
#include "core/prepare/Subject.h"
#include "core/rewrite/Rewriter.h"

#include <initializer_list>
#include <map>
#include <span>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace pleat {

class Engine;

// What some passes want to be told.
struct PrepareOptions {
    std::map<std::string, std::int64_t> dims;              // sizes for symbols of the inputs' shapes
    std::uint64_t largestResult = std::uint64_t{16} << 20; // bytes that a computed constant may have
    std::optional<std::int64_t> opset;                     // what to convert to
    bool operator==(const PrepareOptions&) const = default;
};

// One thing that is done: what, and which nodes of the model before it are concerned.
struct PreparedPlace {
    Sentence what;
    std::vector<NodeId> nodes;
};

// One thing that looks like work for the pass and is not done, and why.
struct LeftPlace {
    std::string code; // "dynamic-shape", "graph-output", …
    NodeId node = NodeId::None;
    Sentence why;
};

// One look at a model. What is written in it does not overlap: who wants nodes that are claimed already waits
// for the next round.
class Round final {
public:
    using Refused = std::unordered_map<NodeId, Sentence>; // places that could not be applied, and why

    // `engine`: null where there is none.
    Round(const Subject& subject, const PrepareOptions& options, Engine* engine, const Refused& refused,
          std::size_t most = static_cast<std::size_t>(-1));

    const Subject& subject() const { return m_subject; }
    const GraphView& view() const { return m_subject.view(); }
    const Shapes& shapes() const { return m_subject.shapes(); }
    const ElementTypes& types() const { return m_subject.types(); }
    const PrepareOptions& options() const { return m_options; }
    Engine* engine() const { return m_engine; } // null: there is none
    // The nodes in the order of the data, scope after scope; those of a function come once.
    std::vector<NodeIndex> nodes() const;

    // Nobody has claimed the node in this round.
    bool isFree(NodeIndex node) const { return !m_claimed.contains(node); }
    // Claims the nodes, of which the first names the place, for a change that the sentence describes, which
    // is then written with pen(). False, and nothing is to be written: one of them is claimed already, or the
    // place was refused. Without nodes: a change of other things, which cannot be refused alone.
    bool claim(std::initializer_list<NodeIndex> nodes, Sentence what);
    bool claim(std::span<const NodeIndex> nodes, Sentence what);
    // The node goes, and what reads its output `from` reads `to`: claim(), then replace() and remove(). Where
    // that cannot be, since `from` is an output of the graph, the place is left with that reason.
    bool bypass(NodeIndex node, ValueIndex from, ValueIndex to, Sentence what);
    void leave(NodeIndex node, std::string code, Sentence why);
    // Whether `value` is what its name means to all that read `readers`: a body may have another of that
    // name.
    bool isKnownByName(ValueIndex value, ValueIndex readers) const;

    Rewriter& pen() { return m_pen; }

    const std::vector<PreparedPlace>& done() const { return m_done; }
    const std::vector<LeftPlace>& left() const { return m_left; }

private:
    const Subject& m_subject;
    const PrepareOptions& m_options;
    Engine* m_engine;
    const Refused& m_refused;
    std::size_t m_most;
    Rewriter m_pen;
    std::unordered_set<NodeIndex> m_claimed;
    std::vector<PreparedPlace> m_done;
    std::vector<LeftPlace> m_left;
};

struct Pass {
    std::string_view id; // what the command line and recipes call it
    const char* name;    // for a check box
    const char* about;   // a sentence: what goes, what comes, why that is the same
    bool byDefault;      // otherwise on request
    // Errors: what is not about one place, as data that cannot be read; Cancelled.
    Result<void> (*look)(Round& round, Progress& progress, const std::stop_token& stop);
    bool isSlow = false; // it asks another process about the whole model: not to be looked at uninvited
};

// All, in the order in which they are best applied.
std::span<const Pass> passes();
const Pass* findPass(std::string_view id); // null: there is none

} // namespace pleat
