// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/worker/RunInput.h"

#include "core/io/Sink.h"
#include "core/model/Limits.h"
#include "core/model/ModelWriter.h"
#include "core/worker/Worker.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sys/mman.h>
#include <sys/stat.h>

namespace pleat {

namespace {

constexpr const char* nameForMessages = "the model for ONNX Runtime";

// A message that makes these values outputs when its bytes are appended to those of a model: what protobuf
// reads of one field twice is merged, and of a repeated one it is all.
std::string outputsToAppend(const Model& model, std::span<const std::string> outputs)
{
    onnx::ModelProto more;
    const auto& own = model.graph->header->output();
    for (const std::string& output : outputs) {
        if (std::ranges::find(own, output, &onnx::ValueInfoProto::name) == own.end())
            more.mutable_graph()->add_output()->set_name(output);
    }
    return more.SerializeAsString();
}

// What there is no room for is no fault of the model.
Result<void> asUnsupported(Result<void> done)
{
    if (!done && done.error().code == ErrorCode::Unwritable)
        return failure(ErrorCode::Unsupported, done.error().message);
    return done;
}

} // namespace

TemporaryFolders::~TemporaryFolders()
{
    for (const std::filesystem::path& path : m_paths) {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
}

Result<std::filesystem::path> TemporaryFolders::make()
{
    std::error_code error;
    const std::filesystem::path where = std::filesystem::temp_directory_path(error);
    std::string name = (where / "pleat-XXXXXX").string();
    if (error || !::mkdtemp(name.data()))
        return failure(ErrorCode::Unsupported,
                       "The model has more than 2 GiB, and no temporary folder can be made for it in " +
                           where.string() + ". Set TMPDIR to a folder with room for it.");
    return m_paths.emplace_back(name);
}

Result<void> RunInputWriter::model(const Model& model, std::span<const std::string> outputs,
                                   Progress& progress, const std::stop_token& stop)
{
    const std::string more = outputsToAppend(model, outputs);
    DescriptorSink sink(m_descriptor, nameForMessages); // the model's length is counted from here
    auto streamed = streamModel(model, sink, progress, stop);
    // That it is too large is known before the first byte.
    if (!streamed && streamed.error().code == ErrorCode::Unwritable && sink.written() == 0)
        return asUnsupported(inFolder(model, more, progress, stop));
    if (streamed)
        streamed = sink.write(std::as_bytes(std::span(more)));
    addLength(0);
    addLength(sink.written());
    return asUnsupported(std::move(streamed));
}

Result<void> RunInputWriter::inFolder(const Model& model, const std::string& more, Progress& progress,
                                      const std::stop_token& stop)
{
    const auto folder = m_folders.make();
    if (!folder)
        return tl::make_unexpected(folder.error());
    const std::filesystem::path file = *folder / "model.onnx";
    const auto saved = saveModel(model, file, progress, stop, DataPlacement::External);
    if (!saved)
        return tl::make_unexpected(saved.error());
    std::ofstream appended(file, std::ios::binary | std::ios::app);
    appended << more;
    if (!appended.flush())
        return failure(ErrorCode::Unsupported, file.string() + " cannot be written.");
    if (auto named = bytes(file.string()); !named)
        return named;
    addLength(0);
    return {};
}

Result<void> RunInputWriter::model(std::string_view message)
{
    addLength(0);
    return bytes(message);
}

Result<void> RunInputWriter::bytes(std::string_view bytes)
{
    addLength(bytes.size());
    return asUnsupported(
        DescriptorSink(m_descriptor, nameForMessages).write(std::as_bytes(std::span(bytes))));
}

Result<void> RunInputWriter::tensors(std::span<const onnx::TensorProto> tensors)
{
    // As messages of one graph, each written as it is made.
    std::uint64_t length = 0;
    for (const onnx::TensorProto& tensor : tensors) {
        onnx::GraphProto one;
        *one.add_initializer() = tensor;
        const std::string message = one.SerializeAsString();
        if (message.empty())
            return failure(ErrorCode::Unsupported, "The input " + tensor.name() + " is larger than 2 GiB.");
        length += message.size();
        auto done = DescriptorSink(m_descriptor, nameForMessages).write(std::as_bytes(std::span(message)));
        if (!done)
            return asUnsupported(std::move(done));
    }
    addLength(length);
    return {};
}

void RunInputWriter::addLength(std::uint64_t length)
{
    m_lengths += m_lengths.empty() ? "" : " ";
    m_lengths += std::to_string(length);
}

Result<RunInput> runInput(const std::function<Result<void>(RunInputWriter&)>& write)
{
    RunInput input;
    auto file = workerInput([&](int descriptor) -> Result<void> {
        RunInputWriter writer(descriptor);
        auto done = write(writer);
        input.m_lengths = std::move(writer.m_lengths);
        input.m_folders = std::move(writer.m_folders);
        return done;
    });
    if (!file)
        return tl::make_unexpected(std::move(file.error()));
    input.m_file = std::move(*file);
    return input;
}

Result<RunParts> RunParts::of(int descriptor, std::string_view lengths)
{
    const auto unreadable = [] {
        return failure(ErrorCode::Unsupported, "What was to be run cannot be read.");
    };
    struct stat status {};
    if (::fstat(descriptor, &status) != 0)
        return unreadable();
    const auto all = static_cast<std::size_t>(status.st_size);
    void* const mapped = all == 0 ? nullptr : ::mmap(nullptr, all, PROT_READ, MAP_SHARED, descriptor, 0);
    if (mapped == MAP_FAILED)
        return failure(ErrorCode::Exhausted, "There is not enough memory for what was to be run.");
    RunParts parts;
    std::string_view rest(static_cast<const char*>(mapped), all);
    const char* at = lengths.data();
    const char* const end = lengths.data() + lengths.size();
    while (at != end) {
        std::size_t length = 0;
        const auto [next, problem] = std::from_chars(at, end, length);
        if (problem != std::errc() || length > rest.size() || (next != end && *next != ' '))
            return unreadable();
        parts.m_parts.push_back(rest.substr(0, length));
        rest.remove_prefix(length);
        at = next == end ? end : next + 1;
    }
    if (!rest.empty())
        return unreadable();
    return parts;
}

Result<OnnxSession> RunParts::open(const LoadedOnnxRuntime& runtime, std::size_t part,
                                   SessionRules rules) const
{
    if (m_parts[part].empty())
        return OnnxSession::open(runtime, m_parts[part + 1], rules);
    return OnnxSession::open(runtime, std::filesystem::path(m_parts[part]), rules);
}

Result<std::vector<onnx::TensorProto>> RunParts::tensors(std::size_t part) const
{
    onnx::GraphProto graph;
    const std::string_view bytes = m_parts[part];
    if (bytes.size() > largestMessage || !graph.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
        return failure(ErrorCode::Unsupported, "The inputs cannot be read; they may be larger than 2 GiB.");
    return std::vector<onnx::TensorProto>(std::make_move_iterator(graph.mutable_initializer()->begin()),
                                          std::make_move_iterator(graph.mutable_initializer()->end()));
}

} // namespace pleat
