// SPDX-License-Identifier: GPL-3.0-or-later
// What a Rewriter has collected; private to Rewriter.cpp and Rewriting.cpp.
#pragma once

#include "core/base/NameTable.h"
#include "core/rewrite/Rewriter.h"

#include <map>
#include <onnx/onnx_pb.h>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace pleat {

struct Rewriter::State {
    std::shared_ptr<const GraphView> view;
    std::map<NodeIndex, std::shared_ptr<onnx::NodeProto>> changed;
    std::vector<bool> borrows; // nodes whose attributes are the view's; as long as nodeCount(), or empty
    std::map<NodeIndex, std::vector<Payload>> payloads; // of changed ones that got others
    std::set<NodeIndex> removed;
    std::map<NodeIndex, std::vector<onnx::NodeProto>> before, after; // inserted nodes, by neighbour
    std::map<ScopeIndex, std::vector<TensorMessage>> added;
    std::map<ValueIndex, TensorMessage> replaced; // initializers
    std::map<ScopeIndex, std::vector<TensorMessage>>
        restated; // replaced constants, by where they are defined
    std::map<ScopeIndex, std::set<std::string_view>> otherNumbers; // names, in the view
    bool freezesInputs = false;
    std::unordered_set<std::string> newNames;
    std::unordered_map<std::string, int> variations; // the number of the last one
    NameIndex nodeNames;                             // of the view, once many are asked for
    int nodeNamesAsked = 0;
    bool isNodeName(std::string_view name);
};

// Makes a Constant node one of this tensor, in place of all attributes; returns the payloads of such a node.
std::vector<Payload> setValue(onnx::NodeProto& constant, const TensorMessage& tensor);

} // namespace pleat
