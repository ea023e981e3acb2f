// SPDX-License-Identifier: GPL-3.0-or-later
// What findFolds() answers: every batch norm of a model with its verdict, and the chains of constants that
// fold as well. Values, free to cross threads. resources/guide/folding.md is the contract.
#pragma once

#include "core/base/Ids.h"
#include "core/base/Sentence.h"
#include "core/fold/Reason.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pleat {

using FoldId = std::string; // scope path and the chain's output tensor: stable for a file

struct NodeRef {
    NodeId id = NodeId::None;
    std::string name; // the node's name, or what label() gives where it has none
    std::string op;
};

enum class FoldDirection { After, Before }; // the affine comes after the layer, or before it

struct FoldWarning {
    std::string code;
    Sentence message;
};

// Whom to blame for a refusal: a node or a tensor, by name.
struct Blame {
    enum class Kind { Node, Tensor } kind = Kind::Node;
    std::string name;
    NodeId node = NodeId::None; // the node itself, or the one that makes the tensor (None: nobody does)
};

struct FoldCandidate {
    FoldId id;
    bool foldable = false;
    std::optional<Reason> reason; // of the refusal
    Sentence message;             // the whole sentence; also says what will happen when foldable
    std::vector<Blame> blame;
    std::optional<FoldDirection> direction;
    std::optional<NodeRef> layer; // the layer, also for a refusal where one was found
    std::vector<NodeRef> affine;  // the chain, in the order of the data
    std::vector<NodeRef> between; // what lies between the chain and the layer
    bool batchNorm = false;
    bool onlyWhenChosen = false; // not among those that are folded when nothing is chosen
    std::optional<std::uint64_t> channels;
    std::string scope;
    std::vector<FoldWarning> warnings;
};

} // namespace pleat
