// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/ModelWriter.h"

#include "core/base/Blocks.h"
#include "core/base/Text.h"
#include "core/io/OutputFile.h"
#include "core/model/DataFiles.h"
#include "core/model/SavePlan.h"
#include "core/tensor/Scaling.h"

#include <algorithm>
#include <array>

namespace pleat {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t pageBytes = 4096;
constexpr std::uint64_t copyBytes = std::uint64_t{1} << 24; // copied between two reports

// What all files of one save share.
struct Save {
    Progress& progress;
    const std::stop_token& stop;
    std::uint64_t total = 0; // bytes of all files
    std::uint64_t done = 0;  // of those before the one at hand
    std::vector<std::string> notices{};
};

// Bytes on their way into one file, with progress and cancelling between the blocks.
class Stream final {
public:
    Stream(Sink& output, Save& save) : m_output(output), m_save(save) {}

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
            if (auto done = m_output.copy(range, m_save.stop); !done)
                return done;
            if (auto going = goOn(); !going)
                return going;
        }
        return {};
    }

    // A tensor with all its bytes.
    Result<void> tensor(const TensorView& tensor)
    {
        const auto& content = tensor.payload().content;
        if (const auto* range = std::get_if<FileRange>(&content))
            return copy(*range);
        if (const auto* bytes = std::get_if<Bytes>(&content))
            return *bytes ? write(**bytes) : Result<void>{};
        return compute(tensor);
    }

    // Zeros up to `offset`.
    Result<void> pad(std::uint64_t offset)
    {
        static constexpr std::array<std::byte, dataAlignment> zeros{};
        return write(std::span(zeros).first(static_cast<std::size_t>(offset - m_output.written())));
    }

private:
    // A tensor that a fold has scaled, block by block.
    Result<void> compute(const TensorView& tensor)
    {
        const std::uint64_t count = tensor.elements();
        const std::uint64_t width = storedBytes(tensor.type(), 1);
        const std::uint64_t step = blockBytes / width;
        std::uint64_t infinite = 0;
        m_block.resize(static_cast<std::size_t>(std::min(step, count) * width) + pageBytes);
        for (std::uint64_t first = 0; first < count; first += step) {
            const std::uint64_t part = std::min(step, count - first);
            const auto bytes = std::span(m_block).subspan(startOfBlock(m_output.written()),
                                                          static_cast<std::size_t>(part * width));
            if (auto done = tensor.read(first, part, bytes); !done)
                return done;
            infinite += overflows(tensor, first, bytes);
            if (infinite > 0 && !mayOverflow(tensor))
                return becomesInfinite(tensor);
            if (auto done = write(bytes); !done)
                return done;
        }
        if (infinite > 0)
            m_save.notices.push_back(counted(infinite, "weight") + " of \"" + tensor.name() +
                                     "\" became infinite in " + name(tensor.type()) + ".");
        return {};
    }

    // Where in m_block the bytes for this place of the file start: at the same place in a cache line, but a
    // quarter of a page off. Between addresses that are alike in a page, some processors copy at half the
    // speed.
    std::size_t startOfBlock(std::uint64_t place) const
    {
        const auto address = reinterpret_cast<std::uintptr_t>(m_block.data());
        return static_cast<std::size_t>((place + pageBytes / 4 - address) % pageBytes);
    }

    static bool mayOverflow(const TensorView& tensor)
    {
        const auto* scaled = std::get_if<Scaled>(&tensor.payload().content);
        return scaled && (*scaled)->overflow == Overflow::IsWanted;
    }

    tl::unexpected<Error> becomesInfinite(const TensorView& tensor) const
    {
        return failure(ErrorCode::Unwritable,
                       m_output.target().string() +
                           ": nothing was written, since folding makes weights of \"" + tensor.name() +
                           "\" infinite in " + name(tensor.type()) +
                           ". Do not fold the batch norm of this layer, or allow it: pleat-cli fold "
                           "--allow-overflow.",
                       tensor.name());
    }

    Result<void> goOn()
    {
        m_save.progress.advance(m_save.done + m_output.written(), m_save.total);
        if (m_save.stop.stop_requested())
            return cancelled();
        return {};
    }

    Sink& m_output;
    Save& m_save;
    std::vector<std::byte> m_block;
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
        return stream.copy({model.file(range.file), range.offset, range.length});
    }
    Result<void> operator()(const std::shared_ptr<const TensorView>& tensor) const
    {
        return stream.tensor(*tensor);
    }
};

Result<void> checkSources(const Model& model, const Placement& placement)
{
    if (model.source) {
        if (auto same = model.source->checkUnchanged(); !same)
            return same;
    }
    for (const FilePointer& file : model.otherSources) {
        if (auto same = file->checkUnchanged(); !same)
            return same;
    }
    for (const FilePointer& file : placement.dataFiles()) {
        if (auto same = file->checkUnchanged(); !same)
            return same;
    }
    return {};
}

// The saved model will find what it refers to. Saved again, it would get a copy from what is open here.
Result<void> checkInPlace(const Placement& placement)
{
    for (const FilePointer& file : placement.dataFiles()) {
        if (placement.staysInPlace(file) && !file->isAtItsPath())
            return failure(ErrorCode::Changed,
                           file->path().string() +
                               ": the file was moved, deleted or replaced by another program while the model "
                               "was being saved. Save it again.",
                           file->path().string());
    }
    return {};
}

// A model is looked at through the path that it is opened by, and so are its data files.
Result<void> checkFolder(const fs::path& target, const fs::path& file)
{
    std::error_code error;
    if (fs::equivalent(target.parent_path() / ".", file.parent_path() / ".", error))
        return {};
    return failure(ErrorCode::Unwritable,
                   target.string() +
                       ": cannot be written: this is a symbolic link into another folder, and from "
                       "here the model would not find its data file. Save to " +
                       file.string() + ", or with all data inside.",
                   target.string());
}

Result<void> checkTarget(const Placement& placement, const fs::path& target)
{
    for (const FilePointer& file : placement.dataFiles()) {
        std::error_code error;
        if (fs::equivalent(file->path(), target, error)) {
            return failure(ErrorCode::Unwritable,
                           target.string() +
                               ": this file holds weights of the model that is open. Choose another name.",
                           target.string());
        }
    }
    // What is not there must not find the bytes of something else.
    for (const fs::path& location : placement.missing()) {
        std::error_code error;
        const fs::path wanted = target.parent_path() / location;
        if (fs::weakly_canonical(wanted, error) == fs::weakly_canonical(target, error)) {
            return failure(ErrorCode::Unwritable,
                           target.string() + ": the model expects weights that are missing in a file of this "
                                             "name. Choose another name.",
                           target.string());
        }
    }
    return {};
}

// An unedited model whose tensors stay where they are.
Result<void> copyWhole(const Model& model, const Placement& placement, OutputFile& output, Save& save)
{
    save.total = model.source->size();
    if (auto done = Stream(output, save).copy({model.source, 0, save.total}); !done)
        return done;
    if (auto there = checkInPlace(placement); !there)
        return there;
    return output.commit(save.stop);
}

Result<SavePlan> planFor(const Model& model, Placement& placement, const std::string& dataFile)
{
    auto plan = planSave(model, placement, dataFile);
    if (!plan || plan->bytes <= largestModel)
        return plan;
    const auto tooLarge = [](std::uint64_t bytes, const char* advice) {
        return failure(ErrorCode::Unwritable, "The model would have " + counted(bytes, "byte") +
                                                  ", and a single ONNX file can have at most " +
                                                  grouped(largestModel) + ". " + advice);
    };
    if (placement.wanted() == DataPlacement::Inline)
        return tooLarge(plan->bytes, "Leave the weights in a data file.");
    placement = placement.withoutLargeInside();
    auto smaller = planSave(model, placement, dataFile);
    if (smaller && smaller->bytes > largestModel)
        return tooLarge(smaller->bytes, "It is too large even with its weights in a data file.");
    return smaller;
}

Result<void> writeDataFile(const SavePlan& plan, OutputFile& output, Save& save)
{
    Stream stream(output, save);
    for (const SavePlan::Piece& piece : plan.pieces) {
        if (auto padded = stream.pad(piece.offset); !padded)
            return padded;
        if (auto done = stream.tensor(piece.tensor); !done)
            return done;
    }
    save.done = output.written();
    return {};
}

Result<void> writeModel(const Model& model, const SavePlan& plan, Sink& output, Save& save)
{
    Stream stream(output, save);
    for (const SavePlan::Segment& segment : plan.segments) {
        if (auto done = std::visit(WriteSegment{stream, model}, segment); !done)
            return done;
    }
    if (output.written() != plan.bytes || save.done != plan.dataBytes)
        return failure(ErrorCode::Internal, "the saved model does not have the planned length",
                       output.target().string());
    return {};
}

// The data file first and whole, then the model that names it: until the last rename the old model stands.
// Returns the data file; empty when there is none.
Result<fs::path> writePlanned(const Model& model, const fs::path& asked, Placement& placement,
                              OutputFile& output, Save& save)
{
    const fs::path& target = output.target();
    std::string name = freshDataFileName(target, placement);
    auto plan = planFor(model, placement, name);
    if (!plan)
        return tl::make_unexpected(plan.error());
    save.total = plan->bytes + plan->dataBytes;
    std::optional<OutputFile> data;
    fs::path dataFile;
    if (!plan->pieces.empty()) {
        if (auto good = checkFolder(asked, target); !good)
            return tl::make_unexpected(good.error());
        auto created = OutputFile::createFresh(
            target.parent_path(), [&](int n) { return dataFileName(target, placement, n); }, target);
        if (!created)
            return tl::make_unexpected(created.error());
        data = std::move(*created);
        if (auto done = writeDataFile(*plan, *data, save); !done)
            return tl::make_unexpected(done.error());
        auto placed = data->place();
        if (!placed)
            return placed;
        dataFile = *placed;
        if (dataFile.filename() != name) { // somebody was faster
            name = dataFile.filename().string();
            plan = planSave(model, placement, name);
            if (!plan)
                return tl::make_unexpected(plan.error());
            save.total = plan->bytes + plan->dataBytes;
        }
    }
    if (auto done = writeModel(model, *plan, output, save); !done)
        return tl::make_unexpected(done.error());
    if (auto same = checkSources(model, placement); !same)
        return tl::make_unexpected(same.error());
    if (auto there = checkInPlace(placement); !there)
        return tl::make_unexpected(there.error());
    if (auto done = output.commit(save.stop); !done)
        return tl::make_unexpected(done.error());
    if (data)
        data->keep();
    if (!placement.keepsLargeInside())
        save.notices.push_back("The model is too large for a single file, so its weights are in " + name +
                               ".");
    return dataFile;
}

} // namespace

Result<Saved> saveModel(const Model& model, const fs::path& target, Progress& progress, std::stop_token stop,
                        DataPlacement data)
{
    if (stop.stop_requested())
        return cancelled();
    auto output = OutputFile::create(target);
    if (!output)
        return tl::make_unexpected(output.error());
    Placement placement(model, data, output->target().parent_path());
    if (auto same = checkSources(model, placement); !same)
        return tl::make_unexpected(same.error());
    if (auto good = checkTarget(placement, output->target()); !good)
        return tl::make_unexpected(good.error());

    Save save{progress, stop};
    Saved saved;
    if (model.source && !model.edited && !placement.movesAny()) {
        if (auto done = copyWhole(model, placement, *output, save); !done)
            return tl::make_unexpected(done.error());
    } else {
        auto dataFile = writePlanned(model, target, placement, *output, save);
        if (!dataFile)
            return tl::make_unexpected(dataFile.error());
        saved.dataFile = std::move(*dataFile);
    }
    saved.notices = std::move(save.notices);
    if (!placement.sameFolder() && hasTrainingData(model))
        saved.notices.emplace_back("The training information of the model names data files, which are not "
                                   "copied. Copy them to the saved model if you train it.");
    for (std::string& notice : unusedDataFiles(model, placement, output->target(), saved.dataFile))
        saved.notices.push_back(std::move(notice));
    return saved;
}

Result<void> streamModel(const Model& model, Sink& output, Progress& progress, const std::stop_token& stop)
{
    if (stop.stop_requested())
        return cancelled();
    Placement placement(model, DataPlacement::Inline, {});
    if (auto same = checkSources(model, placement); !same)
        return same;
    Save save{progress, stop};
    const auto plan = planFor(model, placement, {});
    if (!plan)
        return tl::make_unexpected(plan.error());
    save.total = plan->bytes;
    if (auto done = writeModel(model, *plan, output, save); !done)
        return done;
    return checkSources(model, placement);
}

} // namespace pleat
