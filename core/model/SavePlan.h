// SPDX-License-Identifier: GPL-3.0-or-later
// What a model file will consist of, piece by piece, before a byte of it is written: bytes at hand, ranges of
// the opened file that are copied as they are, and payloads that are copied or computed when their turn
// comes. All enclosing lengths are known when the plan is made. A plan refers to the Model, which must
// outlive it.
#pragma once

#include "core/model/Model.h"
#include "core/model/WireScanner.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pleat {

class SavePlan final {
public:
    using Segment = std::variant<std::string, SourceRange, TensorView>;

    // Errors: the source's own; Unsupported for a tensor whose bytes are outside of the model file.
    static Result<SavePlan> of(const Model& model);

    std::uint64_t bytes() const { return m_bytes; }
    const std::vector<Segment>& segments() const { return m_segments; }

private:
    explicit SavePlan(const Model& model);

    // Each appends segments and returns how many bytes they make.
    std::uint64_t addModel();
    std::uint64_t addGraph(std::uint32_t number, const Graph& graph);
    std::uint64_t addFunction(std::uint32_t number, const Function& function);
    std::uint64_t addNode(std::uint32_t number, const Node& node);
    std::uint64_t addAttribute(std::string_view message, const Node& node, int index);
    std::uint64_t addSparse(std::string_view message);
    std::uint64_t addInitializer(std::uint32_t number, const Initializer& initializer);
    std::uint64_t addTensor(std::uint32_t number, std::string_view message);
    std::uint64_t addPayload(std::uint32_t number, onnx::TensorProto tensor, std::size_t payload);
    std::uint64_t addSource(std::uint32_t number, const SourceRange& range);
    std::uint64_t addBytes(std::string_view bytes);
    template<class Contents>
    std::uint64_t enclose(std::uint32_t number, Contents&& contents);
    bool continuesCopy(const std::string& header, const SourceRange& range);
    bool isCopied(const SourceRange& range) const { return m_model.source && range.exists(); }

    const Model& m_model;
    std::vector<Segment> m_segments;
    std::optional<wire::Scanner> m_gaps; // looks at what lies between two copied messages
    std::uint64_t m_bytes = 0;
    bool m_open = false; // the last segment is bytes that may grow
    std::optional<Error> m_error;
};

} // namespace pleat
