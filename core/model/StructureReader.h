// SPDX-License-Identifier: GPL-3.0-or-later
// Knows which fields of ONNX's messages hold graphs, nodes and tensors, and reads a model file without the
// bytes of its large tensors. One use, one thread. Limits.h says how deep and how large a model may be.
// Fields that this program does not know are kept.
#pragma once

#include "core/base/NameTable.h"
#include "core/base/Progress.h"
#include "core/model/ExternalData.h"
#include "core/model/WireScanner.h"

#include <deque>
#include <stop_token>

namespace google::protobuf {
class Arena;
}

namespace onnx {
class AttributeProto;
class NodeProto;
} // namespace onnx

namespace pleat {

class StructureReader final {
public:
    StructureReader(FilePointer file, ExternalData& external, Progress& progress, std::stop_token stop);
    ~StructureReader();

    Result<Model> read();

private:
    using Field = wire::Field;
    enum class Copy { Verbatim, Rewritten, Failed };
    struct TensorFacts;

    bool readModel(Model& model);
    bool readGraph(const Field& field, Graph& graph, int depth);
    bool readFunction(const Field& field, Function& function);
    bool readNode(const Field& field, Node& node, int depth);
    bool readInitializer(const Field& field, Initializer& initializer);
    bool readDescription(const Field& field, Sequence<Description>& descriptions);
    template<class T>
    bool hasRoom(const Sequence<T>& sequence, const Field& field);
    Copy rewriteAttribute(const Field& field, int index, NodeParts& parts, std::string& into, int depth);
    Copy rewriteSparse(const Field& field, std::vector<Payload>& payloads, std::string& into);
    Copy rewriteTensor(const Field& field, std::vector<Payload>& payloads, std::string& into);
    Copy leaveOut(const Field& field, std::optional<Payload>& payload, std::string& into);
    bool examineTensor(const Field& field, TensorFacts& facts);
    bool examineEntry(const Field& field, ExternalEntries& entries);
    template<class Rewrite>
    Copy rewrite(const Field& field, std::string& into, Rewrite&& rewriteField);

    std::shared_ptr<const onnx::NodeProto> readPlainNode(const Field& field);
    std::optional<TensorMessage> readPlainTensor(const Field& field);
    void addInput(onnx::NodeProto& node, std::string_view name);
    onnx::AttributeProto* sharedAttribute(std::string_view bytes);
    bool count(const Field& field);
    template<class Message>
    bool parse(const std::string& bytes, Message& message, std::uint64_t offset);
    bool once(bool& seen, const char* what, const Field& field);
    bool goOn(std::uint64_t at);

    wire::Scanner m_scanner;
    std::shared_ptr<google::protobuf::Arena> m_arena; // of the plain messages
    ExternalData& m_external;
    Progress& m_progress;
    std::stop_token m_stop;
    std::shared_ptr<IdSource> m_ids = std::make_shared<IdSource>();
    std::uint32_t m_entries = 0;
    std::uint64_t m_structureBytes = 0;          // of all messages so far
    std::string m_structure;                     // of the node or initializer at hand
    std::unique_ptr<onnx::TensorProto> m_tensor; // the one at hand
    onnx::NodeProto* m_lastNode = nullptr;       // the last plain one
    // Attributes are the same again and again (strides, epsilon, …): those of plain nodes by their bytes.
    NameTable<onnx::AttributeProto*> m_attributes;
    std::deque<std::string> m_attributeBytes;
    // Of the plain node at hand.
    std::string m_whole;
    std::vector<std::string_view> m_inputs;
    std::vector<onnx::AttributeProto*> m_nodeAttributes;
};

} // namespace pleat
