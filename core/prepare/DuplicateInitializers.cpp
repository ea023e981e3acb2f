// SPDX-License-Identifier: GPL-3.0-or-later
// Initializers of the same type, shape and bytes, of which one is enough: what reads the others reads that.
// Bits are compared and not numbers, so that the results are the same to the last bit. One is kept in the
// graph that it stands in or in one around it, where its name means the same to all that read it. Those that
// a caller may replace (IR 4 on: an initializer that is an input, too) stay, and so do outputs of a graph and
// what an annotation names. A fold costs this nothing: it copies a weight that others read.
//
// Weights may be larger than memory: tensors of one type and shape are read side by side, a block of each at
// a time, and only as long as another one has the same bytes so far, which a hash tells. Those that are alike
// to the end are compared byte by byte, since hashes can be made to agree.
#include "core/prepare/PassFiles.h"

#include <algorithm>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

constexpr std::uint64_t firstBlock = 4096; // bytes, in which nearly all weights differ already
constexpr std::uint64_t block = 1 << 20;

Result<void> readBytes(const TensorView& tensor, std::uint64_t offset, std::span<std::byte> into)
{
    const Payload& payload = tensor.payload();
    if (payload.isScaled()) { // of whole bytes
        const auto size = static_cast<std::uint64_t>(elementBits(tensor.type())) / 8;
        return tensor.read(offset / size, into.size() / size, into);
    }
    if (const auto* const range = std::get_if<FileRange>(&payload.content))
        return read(StoredBytes(*range), offset, into);
    return read(StoredBytes(std::get<Bytes>(payload.content)), offset, into);
}

class Duplicates final {
public:
    Duplicates(Round& round, Progress& progress, const std::stop_token& stop)
        : m_round(round),
          m_view(round.view()),
          m_progress(progress),
          m_stop(stop)
    {
    }

    Result<void> run()
    {
        collect();
        for (const auto& [kind, values] : m_alike) {
            if (values.size() < 2)
                continue;
            if (auto compared = compare(values); !compared)
                return compared;
        }
        std::ranges::sort(m_merges);
        for (const auto& [value, kept] : m_merges) {
            if (m_round.claim(std::span<const NodeIndex>(),
                              sentence("Initializer {} goes: {} holds the same", named(m_view, value),
                                       named(m_view, kept))))
                m_round.pen().replace(value, kept);
        }
        return {};
    }

private:
    using Kind = std::pair<DataType, std::vector<std::int64_t>>;
    struct Part { // alike in all bytes before `offset`
        std::vector<std::size_t> members;
        std::uint64_t offset = 0;
    };

    void collect()
    {
        for (std::size_t s = 0; s < m_view.scopes().size(); ++s) {
            const Scope& scope = m_view.scopes()[s];
            std::unordered_set<std::string_view> annotated;
            for (const onnx::TensorAnnotation& annotation : scope.graph->header->quantization_annotation()) {
                annotated.insert(annotation.tensor_name());
                for (const onnx::StringStringEntryProto& entry : annotation.quant_parameter_tensor_names())
                    annotated.insert(entry.value());
            }
            for (const ValueIndex value : scope.initializers) {
                const Initializer* const initializer = m_view.initializer(value);
                if (!initializer || m_view.isSparse(value) || isOverridable(value) ||
                    m_view.isGraphOutput(value) || m_view.uses(value).empty() ||
                    annotated.contains(m_view.name(value)) || elementBits(initializer->tensor.type()) == 0)
                    continue;
                const auto dims = initializer->tensor.dims();
                m_alike[{initializer->tensor.type(), {dims.begin(), dims.end()}}].push_back(value);
            }
        }
    }

    bool isOverridable(ValueIndex value) const
    {
        return m_view.isGraphInput(value) &&
               (m_view.model().irVersion() >= 4 || m_view.scope(value) != ScopeIndex::Main);
    }

    Result<void> compare(const std::vector<ValueIndex>& values)
    {
        std::vector<TensorView> tensors;
        Part all;
        for (const ValueIndex value : values) {
            const std::string problem(
                tensors.emplace_back(tensorView(m_view.initializer(value)->tensor)).payload().problem());
            if (problem.empty())
                all.members.push_back(tensors.size() - 1);
            else
                m_round.leave(m_view.uses(value).front().node, "missing-data",
                              sentence("{} is not compared with others: {}", named(m_view, value), problem));
        }
        std::vector<Part> parts{std::move(all)};
        while (!parts.empty()) {
            const Part part = std::move(parts.back());
            parts.pop_back();
            if (part.members.size() < 2)
                continue;
            const std::uint64_t size = tensors[part.members.front()].payload().size();
            if (auto done = part.offset < size ? divide(part, tensors, size, parts)
                                               : merge(part, values, tensors, size);
                !done)
                return done;
        }
        return {};
    }

    Result<void> divide(const Part& part, const std::vector<TensorView>& tensors, std::uint64_t size,
                        std::vector<Part>& into)
    {
        const std::uint64_t wanted = part.offset == 0 ? firstBlock : block;
        m_bytes.resize(std::min(wanted, size - part.offset));
        std::unordered_map<std::size_t, Part> byHash;
        for (const std::size_t member : part.members) {
            if (auto read = readInto(tensors[member], part.offset, m_bytes); !read)
                return read;
            const std::string_view content(reinterpret_cast<const char*>(m_bytes.data()), m_bytes.size());
            byHash[std::hash<std::string_view>()(content)].members.push_back(member);
        }
        for (auto& [hash, alike] : byHash) {
            alike.offset = part.offset + m_bytes.size();
            into.push_back(std::move(alike));
        }
        return {};
    }

    Result<void> merge(const Part& part, const std::vector<ValueIndex>& values,
                       const std::vector<TensorView>& tensors, std::uint64_t size)
    {
        std::unordered_map<ScopeIndex, std::size_t> kept; // a graph comes before the bodies in it
        for (const std::size_t member : part.members) {
            const ScopeIndex own = m_view.scope(values[member]);
            ScopeIndex scope = own;
            while (scope != ScopeIndex::None && !kept.contains(scope))
                scope = m_view.scopes()[index(scope)].parent;
            if (scope == ScopeIndex::None) {
                kept.emplace(own, member);
                continue;
            }
            const std::size_t first = kept.at(scope);
            if (!m_round.isKnownByName(values[first], values[member]))
                continue;
            const auto same = areSame(tensors[member], tensors[first], size);
            if (!same)
                return tl::make_unexpected(same.error());
            if (*same)
                m_merges.emplace_back(values[member], values[first]);
        }
        return {};
    }

    Result<bool> areSame(const TensorView& a, const TensorView& b, std::uint64_t size)
    {
        if (a.payload() == b.payload())
            return true;
        for (std::uint64_t offset = 0; offset < size; offset += block) {
            const std::uint64_t count = std::min(block, size - offset);
            m_bytes.resize(count);
            m_otherBytes.resize(count);
            if (auto read = readInto(a, offset, m_bytes); !read)
                return tl::make_unexpected(std::move(read.error()));
            if (auto read = readInto(b, offset, m_otherBytes); !read)
                return tl::make_unexpected(std::move(read.error()));
            if (m_bytes != m_otherBytes)
                return false;
        }
        return true;
    }

    Result<void> readInto(const TensorView& tensor, std::uint64_t offset, std::span<std::byte> into)
    {
        if (m_stop.stop_requested())
            return cancelled();
        m_read += into.size();
        m_progress.advance(m_read, 0);
        return readBytes(tensor, offset, into);
    }

    Round& m_round;
    const GraphView& m_view;
    Progress& m_progress;
    const std::stop_token& m_stop;
    std::map<Kind, std::vector<ValueIndex>> m_alike;
    std::vector<std::pair<ValueIndex, ValueIndex>> m_merges;
    std::vector<std::byte> m_bytes, m_otherBytes; // the blocks at hand
    std::uint64_t m_read = 0;
};

} // namespace

Result<void> lookForDuplicates(Round& round, Progress& progress, const std::stop_token& stop)
{
    return Duplicates(round, progress, stop).run();
}

} // namespace pleat
