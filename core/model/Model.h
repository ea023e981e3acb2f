// SPDX-License-Identifier: GPL-3.0-or-later
// An ONNX model as an immutable value. It is a header plus vectors of shared messages: an edit makes a new
// Model that shares all that it did not touch, so keeping the old one is undo, and any thread may read. The
// messages are the structure only; the bytes of large tensors are Payloads, and most of them stay in the
// file. An initializer holds its own (TensorMessage.h). A tensor inside another message, an attribute of a
// node or a sparse initializer, whose bytes were left out has data_location=EXTERNAL and one external_data
// entry, key `pleat.payload`, whose value is the index into the payloads of the very Node or Graph. So each
// of them means the same in any model. Bodies of If/Loop/Scan are Graphs of their own, taken out of their
// node's message. Protobuf types stay inside core: nothing above it looks into the messages.
#pragma once

#include "core/base/Ids.h"
#include "core/base/SharedVector.h"
#include "core/io/File.h"
#include "core/model/TensorMessage.h"
#include "core/tensor/TensorView.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace onnx {
class FunctionProto;
class GraphProto;
class ModelProto;
class NodeProto;
class SparseTensorProto;
class TensorProto;
class ValueInfoProto;
} // namespace onnx

namespace pleat {

// Where in which file the bytes of a message (without its tag and length) lie. A message that still has its
// range is unchanged since opening, and is saved by copying from a file that its Model keeps open.
struct SourceRange {
    FileId file = FileId::None; // None: made in memory
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    bool exists() const { return file != FileId::None; }
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

// What few nodes have beside their message.
struct NodeParts {
    std::vector<Body> bodies;
    std::vector<Payload> payloads; // of the tensors in its attributes
};

struct Node {
    NodeId id = NodeId::None;
    std::shared_ptr<const onnx::NodeProto> proto;
    std::shared_ptr<const NodeParts> parts; // null: none
    SourceRange source;

    std::span<const Body> bodies() const
    {
        return parts ? std::span(parts->bodies) : std::span<const Body>();
    }
    std::span<const Payload> payloads() const
    {
        return parts ? std::span(parts->payloads) : std::span<const Payload>();
    }
    void setParts(NodeParts made); // null where there is nothing in them
};

struct Initializer {
    TensorId id = TensorId::None;
    TensorMessage tensor;
    SourceRange source;
};

// What is said about the type of a value inside the graph: a value_info. An exporter with shape inference
// writes one for every value.
struct Description {
    Description(std::shared_ptr<const onnx::ValueInfoProto> message, SourceRange range = {});

    std::shared_ptr<const onnx::ValueInfoProto> proto;
    SourceRange source;
    std::uint32_t nameHash; // NameIndex::hashOf(): whoever looks for a name need not look into each message
};

struct Graph {
    std::shared_ptr<const onnx::GraphProto> header; // everything but the three that follow
    Sequence<Node> nodes;
    Sequence<Initializer> initializers;
    Sequence<Description> descriptions;
    std::vector<Payload> payloads; // of the tensors in the header
    SourceRange source;            // of the whole GraphProto; gone as soon as anything inside changed
};

// A local function. Its header is everything but the nodes; functions have no initializers.
struct Function {
    std::shared_ptr<const onnx::FunctionProto> header;
    std::shared_ptr<const Graph> body; // `header` of this Graph is an empty GraphProto
    SourceRange source;
};

struct Model {
    FilePointer source; // the file that was opened; null for a model made in memory
    // The files that parts from other models were read from.
    std::vector<FilePointer> otherSources;
    std::shared_ptr<const onnx::ModelProto> header; // everything but graph and functions
    std::shared_ptr<const Graph> graph;             // never null; an absent graph is an Error when opening
    std::vector<Function> functions;
    // Of everything that stems from the same opening; never null.
    std::shared_ptr<IdSource> ids = std::make_shared<IdSource>();
    bool edited = false; // false: saving copies the file

    std::int64_t irVersion() const;
    std::int64_t opset(const std::string& domain = {}) const; // 0 when the model does not import the domain
    std::string producer() const;                             // "pytorch 1.13.1"

    // One of the files that are kept open; null when it is none of them.
    FilePointer file(FileId id) const;
    // For whoever puts parts of `other` into this model, under ids of this one: what they were read from
    // stays open, so that they are saved by copying.
    void keepSourcesOf(const Model& other);
    void keepSource(const FilePointer& file);
};

// A tensor with its bytes where they are. Typed data (float_data, int32_data, …) is turned into stored bytes.
// One in another message comes with the payloads of the Node or Graph that it is in.
TensorView tensorView(const TensorMessage& tensor);
TensorView tensorView(std::span<const Payload> payloads, const onnx::TensorProto& tensor);
TensorView tensorView(const onnx::TensorProto& tensor, const Payload* leftOut); // null: the message has them
// All elements of a sparse tensor, under the name of its values.
TensorView tensorView(std::span<const Payload> payloads, const onnx::SparseTensorProto& tensor);

} // namespace pleat
