// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/ModelWriter.h"

#include "core/base/Text.h"
#include "core/io/OutputFile.h"
#include "core/model/SavePlan.h"
#include "core/model/TensorWalk.h"
#include "core/tensor/Kernels.h"

#include <algorithm>
#include <limits>

namespace pleat {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t blockBytes = std::uint64_t{1} << 20; // of weights computed at a time
constexpr std::uint64_t copyBytes = std::uint64_t{1} << 24;  // copied between two reports
constexpr std::uint64_t largestModel = std::numeric_limits<std::int32_t>::max(); // protobuf's limit

// Bytes on their way into the output, with progress and cancelling between the blocks.
class Stream final {
public:
    Stream(OutputFile& output, std::uint64_t total, Progress& progress, const std::stop_token& stop)
        : m_output(output),
          m_total(total),
          m_progress(progress),
          m_stop(stop)
    {
    }

    Result<void> write(std::span<const std::byte> bytes)
    {
        for (; !bytes.empty(); bytes = bytes.subspan(std::min<std::size_t>(bytes.size(), copyBytes))) {
            if (auto done = m_output.write(bytes.first(std::min<std::size_t>(bytes.size(), copyBytes)));
                !done)
                return done;
            if (auto going = goOn(); !going)
                return going;
        }
        return {};
    }

    Result<void> copy(FileRange range)
    {
        const std::uint64_t end = range.offset + range.length;
        for (; range.offset < end; range.offset += range.length) {
            range.length = std::min(end - range.offset, copyBytes);
            if (auto done = m_output.copy(range, m_stop); !done)
                return done;
            if (auto going = goOn(); !going)
                return going;
        }
        return {};
    }

    // A tensor that a fold has scaled, block by block.
    Result<void> compute(const TensorView& tensor)
    {
        const std::uint64_t count = tensor.elements();
        const std::uint64_t width = storedBytes(tensor.type(), 1);
        const std::uint64_t step = blockBytes / width;
        std::uint64_t overflows = 0;
        m_block.resize(static_cast<std::size_t>(std::min(step, count) * width));
        for (std::uint64_t first = 0; first < count; first += step) {
            const std::uint64_t part = std::min(step, count - first);
            const auto bytes = std::span(m_block).first(static_cast<std::size_t>(part * width));
            if (auto done = tensor.read(first, part, bytes); !done)
                return done;
            overflows += overflowed(tensor, first, bytes);
            if (auto done = write(bytes); !done)
                return done;
        }
        if (overflows > 0)
            m_notices.push_back(counted(overflows, "weight") + " of \"" + tensor.name() +
                                "\" became infinite in " + name(tensor.type()) + ".");
        return {};
    }

    std::vector<std::string> takeNotices() { return std::move(m_notices); }

private:
    // How many finite weights the factors have made infinite. The stored ones are read again only where it
    // may be so.
    static std::uint64_t overflowed(const TensorView& tensor, std::uint64_t first,
                                    std::span<const std::byte> bytes)
    {
        const auto* scaled = std::get_if<ScaledBytes>(&tensor.payload().content);
        const std::uint64_t after = scaled ? countNonFinite(tensor.type(), bytes) : 0;
        if (after == 0)
            return 0;
        std::vector<std::byte> stored(bytes.size());
        const std::uint64_t offset = first * storedBytes(tensor.type(), 1);
        if (!read(scaled->base, offset, stored))
            return after;
        return after - std::min(after, countNonFinite(tensor.type(), stored));
    }

    Result<void> goOn()
    {
        m_progress.advance(m_output.written(), m_total);
        if (m_stop.stop_requested())
            return cancelled();
        return {};
    }

    OutputFile& m_output;
    std::uint64_t m_total;
    Progress& m_progress;
    const std::stop_token& m_stop;
    std::vector<std::byte> m_block;
    std::vector<std::string> m_notices;
};

struct WriteSegment {
    Stream& stream;
    const Model& model;

    Result<void> operator()(const std::string& bytes) const
    {
        return stream.write(std::as_bytes(std::span(bytes)));
    }
    Result<void> operator()(const SourceRange& range) const
    {
        return stream.copy({model.source, range.offset, range.length});
    }
    Result<void> operator()(const TensorView& tensor) const
    {
        const auto& content = tensor.payload().content;
        if (const auto* range = std::get_if<FileRange>(&content))
            return stream.copy(*range);
        if (const auto* bytes = std::get_if<Bytes>(&content))
            return *bytes ? stream.write(**bytes) : Result<void>{};
        return stream.compute(tensor);
    }
};

std::string folderOf(const fs::path& file)
{
    std::error_code error;
    const fs::path whole = fs::weakly_canonical(fs::absolute(file, error), error);
    return whole.parent_path().string();
}

// The first tensor in use whose bytes are in another file; null when all are in the model.
const onnx::TensorProto* externalTensor(const Model& model, const Graph& graph)
{
    const onnx::TensorProto* found = nullptr;
    const auto look = [&](const onnx::TensorProto& tensor) {
        const auto index = payloadIndex(tensor);
        if (!found && index && *index < model.payloads->size() && (*model.payloads)[*index].isExternal())
            found = &tensor;
    };
    for (const Initializer& initializer : graph.initializers)
        look(*initializer.proto);
    forEachTensor(*graph.header, look);
    for (const Node& node : graph.nodes) {
        forEachTensor(*node.proto, look);
        for (const Body& body : node.bodies) {
            if (!found)
                found = externalTensor(model, *body.graph);
        }
    }
    return found;
}

const onnx::TensorProto* externalTensor(const Model& model)
{
    const onnx::TensorProto* found = externalTensor(model, *model.graph);
    for (const Function& function : model.functions) {
        if (!found)
            found = externalTensor(model, *function.body);
    }
    return found;
}

// External data can be read but not written yet (the plan of segments is where it will be added).
Result<void> checkExternal(const Model& model, const fs::path& target)
{
    const auto& payloads = *model.payloads;
    if (std::none_of(payloads.begin(), payloads.end(),
                     [](const Payload& payload) { return payload.isExternal(); }))
        return {};
    for (const Payload& payload : payloads) {
        const auto* range = std::get_if<FileRange>(&payload.content);
        std::error_code error;
        if (range && range->file != model.source && fs::equivalent(range->file->path(), target, error)) {
            return failure(ErrorCode::Unwritable,
                           target.string() +
                               ": this file holds weights of the model that is open. Choose another name.",
                           target.string());
        }
    }
    const onnx::TensorProto* tensor = externalTensor(model);
    if (!tensor)
        return {};
    const std::string who = "Tensor \"" + tensor->name() + "\" has its data in another file than the model. ";
    if (model.edited) {
        return failure(
            ErrorCode::Unsupported,
            who + "Pleat can read such models, but not yet save changed ones. Convert the model to a "
                  "single file first (onnx.save does it).",
            tensor->name());
    }
    if (!model.source || folderOf(model.source->path()) != folderOf(target)) {
        return failure(
            ErrorCode::Unsupported,
            who + "Pleat cannot yet take that data to another folder. Save into the model's own folder, or "
                  "copy the data file too.",
            tensor->name());
    }
    return {};
}

Result<Saved> copyWhole(const Model& model, const fs::path& target, Progress& progress,
                        const std::stop_token& stop)
{
    auto output = OutputFile::create(target);
    if (!output)
        return tl::make_unexpected(output.error());
    const std::uint64_t size = model.source->size();
    Stream stream(*output, size, progress, stop);
    if (auto done = stream.copy({model.source, 0, size}); !done)
        return tl::make_unexpected(done.error());
    if (auto done = output->commit(); !done)
        return tl::make_unexpected(done.error());
    return Saved{};
}

Result<Saved> writePlanned(const Model& model, const fs::path& target, Progress& progress,
                           const std::stop_token& stop)
{
    const auto plan = SavePlan::of(model);
    if (!plan)
        return tl::make_unexpected(plan.error());
    if (plan->bytes() > largestModel) {
        return failure(ErrorCode::Unsupported,
                       target.string() + ": the model would have " + counted(plan->bytes(), "byte") +
                           ", and a single ONNX file can have at most " + grouped(largestModel) +
                           ". Pleat cannot yet write the weights to a file of their own.",
                       target.string());
    }
    auto output = OutputFile::create(target);
    if (!output)
        return tl::make_unexpected(output.error());
    Stream stream(*output, plan->bytes(), progress, stop);
    for (const SavePlan::Segment& segment : plan->segments()) {
        if (auto done = std::visit(WriteSegment{stream, model}, segment); !done)
            return tl::make_unexpected(done.error());
    }
    if (output->written() != plan->bytes())
        return failure(ErrorCode::Internal, "the saved model does not have the planned length",
                       target.string());
    if (auto done = output->commit(); !done)
        return tl::make_unexpected(done.error());
    return Saved{stream.takeNotices()};
}

} // namespace

Result<Saved> saveModel(const Model& model, const fs::path& target, Progress& progress, std::stop_token stop)
{
    if (stop.stop_requested())
        return cancelled();
    if (model.source) {
        if (auto same = model.source->checkUnchanged(); !same)
            return tl::make_unexpected(same.error());
    }
    if (auto good = checkExternal(model, target); !good)
        return tl::make_unexpected(good.error());
    return model.source && !model.edited ? copyWhole(model, target, progress, stop)
                                         : writePlanned(model, target, progress, stop);
}

} // namespace pleat
