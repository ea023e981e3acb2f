// SPDX-License-Identifier: GPL-3.0-or-later
// What a Rewriter has collected; private to Rewriter.cpp and Rewriting.cpp.
#pragma once

#include "core/graph/Rewriter.h"

#include <deque>
#include <map>
#include <onnx/onnx_pb.h>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace pleat {

struct Rewriter::State {
    using TensorPointer = std::shared_ptr<const onnx::TensorProto>;
    std::shared_ptr<const GraphView> view;
    std::map<NodeIndex, std::shared_ptr<onnx::NodeProto>> changed;
    std::set<NodeIndex> removed;
    std::map<NodeIndex, std::vector<onnx::NodeProto>> before, after; // inserted nodes, by neighbour
    std::map<ScopeIndex, std::vector<TensorPointer>> added;
    std::map<ValueIndex, TensorPointer> replaced; // initializers
    std::map<ScopeIndex, std::vector<TensorPointer>>
        restated; // replaced constants, by where they are defined
    std::map<ScopeIndex, std::set<std::string_view>> otherNumbers; // names, in the view
    bool freezesInputs = false;
    std::shared_ptr<std::vector<Payload>> payloads; // the model's own first
    // Every name in the model, with the number of its last variation; filled when first asked. The names lie
    // in the view and in `newNames`.
    std::unordered_map<std::string_view, int> names;
    std::deque<std::string> newNames;
};

} // namespace pleat
