// SPDX-License-Identifier: GPL-3.0-or-later
// An ONNX model as an immutable value. It is a header plus vectors of shared messages: an edit makes a new
// Model that shares all that it did not touch, so keeping the old one is undo, and any thread may read. The
// messages are the structure only; the bytes of large tensors are Payloads, and most of them stay in the
// file. A TensorProto whose bytes were left out has data_location=EXTERNAL and one external_data entry, key
// `pleat.payload`, value the index into `payloads`. Bodies of If/Loop/Scan are Graphs of their own, taken out
// of their node's message. Protobuf types stay inside core: nothing above it looks into the messages.
#pragma once

#include "core/base/Ids.h"
#include "core/base/SharedVector.h"
#include "core/io/File.h"
#include "core/model/TensorMessage.h"
#include "core/tensor/TensorView.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace onnx {
class FunctionProto;
class GraphProto;
class ModelProto;
class NodeProto;
class SparseTensorProto;
class TensorProto;
} // namespace onnx

namespace pleat {

// Where in the model file the bytes of a message (without its tag and length) lie. A message that still has
// its range is unchanged since opening and is saved by copying. Length 0 with offset 0: made in memory.
struct SourceRange {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    bool exists() const { return offset != 0; }
};

struct Graph;

// A graph held by an attribute of a node: `attribute` is the position among the node's attributes, `position`
// the one in `graphs`, or -1 where the attribute holds a single graph `g`. In the node's own message it is
// left empty.
struct Body {
    int attribute = 0;
    int position = -1;
    std::shared_ptr<const Graph> graph;
};

struct Node {
    NodeId id = NodeId::None;
    std::shared_ptr<const onnx::NodeProto> proto;
    std::vector<Body> bodies;
    SourceRange source;
};

struct Initializer {
    TensorId id = TensorId::None;
    TensorMessage tensor;
    SourceRange source;
};

struct Graph {
    std::shared_ptr<const onnx::GraphProto> header; // everything but nodes and initializers
    Sequence<Node> nodes;
    Sequence<Initializer> initializers;
    SourceRange source; // of the whole GraphProto; gone as soon as anything inside changed
};

// A local function. Its header is everything but the nodes; functions have no initializers.
struct Function {
    std::shared_ptr<const onnx::FunctionProto> header;
    std::shared_ptr<const Graph> body; // `header` of this Graph is an empty GraphProto
    SourceRange source;
};

struct Model {
    FilePointer source;                             // null for a model made in memory
    std::shared_ptr<const onnx::ModelProto> header; // everything but graph and functions
    std::shared_ptr<const Graph> graph;             // never null; an absent graph is an Error when opening
    std::vector<Function> functions;
    std::shared_ptr<const std::vector<Payload>> payloads;
    // Of everything that stems from the same opening; never null.
    std::shared_ptr<IdSource> ids = std::make_shared<IdSource>();
    bool edited = false; // false: saving copies the file

    std::int64_t irVersion() const;
    std::int64_t opset(const std::string& domain = {}) const; // 0 when the model does not import the domain
    std::string producer() const;                             // "pytorch 1.13.1"
};

// The tensor behind a message of this model, with its bytes where they are. Typed data (float_data,
// int32_data, …) is turned into stored bytes.
TensorView tensorView(const Model& model, const onnx::TensorProto& tensor);
TensorView tensorView(const Model& model, const TensorMessage& tensor);

// For messages made in memory: the message becomes a left-out tensor that refers to `payload`, which is
// appended.
std::shared_ptr<const onnx::TensorProto> makeTensor(std::vector<Payload>& payloads, std::string name,
                                                    DataType type, std::vector<std::int64_t> dims,
                                                    Payload payload);

} // namespace pleat
