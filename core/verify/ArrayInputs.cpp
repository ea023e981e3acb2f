// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Text.h"
#include "core/tensor/NpyFile.h"
#include "core/verify/InputParts.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

using Arrays = std::map<std::string, TensorView>; // by name; of a .npy one without

Result<Arrays> readArchive(const FilePointer& file, const std::string& called,
                           const std::vector<InputPort>& ports, std::vector<std::string>& notes,
                           const std::stop_token& stop)
{
    const auto archive = ZipArchive::open(file);
    if (!archive)
        return tl::make_unexpected(archive.error());
    Arrays arrays;
    for (const ZipArchive::Entry& entry : archive->entries()) {
        const std::string name = npzName(entry);
        if (std::ranges::count(ports, name, &InputPort::name) == 0) {
            notes.push_back(fmt::format("{} also holds {}, which is no input of the model.", called, name));
            continue;
        }
        auto array = readNpz(*archive, entry, called, stop);
        if (!array)
            return tl::make_unexpected(std::move(array.error()));
        arrays.emplace(name, std::move(*array));
    }
    return arrays;
}

struct CutArray {
    TensorView array;
    Cut cut;
};

Result<Inputs::Batch> batchOf(const std::vector<CutArray>& arrays, std::size_t number)
{
    Inputs::Batch batch;
    batch.reserve(arrays.size());
    for (const CutArray& each : arrays) {
        onnx::TensorProto tensor;
        tensor.set_name(each.array.name());
        tensor.set_data_type(static_cast<std::int32_t>(each.array.type()));
        std::uint64_t count = 1;
        for (const std::int64_t dim : each.cut.dims) {
            tensor.add_dims(dim);
            count *= static_cast<std::uint64_t>(dim);
        }
        std::string& raw = *tensor.mutable_raw_data();
        raw.resize(static_cast<std::size_t>(storedBytes(each.array.type(), count)));
        const std::uint64_t first = each.cut.batches == 1 ? 0 : number * count;
        if (auto read = each.array.read(first, count, std::as_writable_bytes(std::span(raw))); !read)
            return tl::make_unexpected(std::move(read.error()));
        batch.push_back(std::move(tensor));
    }
    return batch;
}

} // namespace

Result<Inputs> arrayInputs(const GraphView& view, const std::filesystem::path& path, Cutter& cutter,
                           Progress& progress, const std::stop_token& stop)
{
    const auto file = File::open(path);
    if (!file)
        return tl::make_unexpected(file.error());
    const std::string called = path.string();
    const std::vector<InputPort> ports = inputPorts(view);
    Inputs inputs;
    std::array<std::byte, 1> start{};
    const bool isSingle = (*file)->read(0, start) && start[0] == std::byte{0x93};
    Arrays arrays;
    if (isSingle) {
        if (ports.size() != 1)
            return failure(
                ErrorCode::Usage,
                fmt::format("{} holds one array, and the model has {}: save them as .npz, by the names of "
                            "the inputs.",
                            called, counted(ports.size(), "input")),
                called);
        auto array = readNpy(FileRange{*file, 0, (*file)->size()}, ports.front().name, called);
        if (!array)
            return tl::make_unexpected(std::move(array.error()));
        arrays.emplace(ports.front().name, std::move(*array));
    } else {
        auto read = readArchive(*file, called, ports, inputs.notes, stop);
        if (!read)
            return tl::make_unexpected(std::move(read.error()));
        arrays = std::move(*read);
    }
    const auto cuts = std::make_shared<std::vector<CutArray>>();
    const CutArray* many = nullptr;
    cuts->reserve(ports.size());
    for (const InputPort& port : ports) {
        const auto array = arrays.find(port.name);
        if (array == arrays.end())
            return failure(ErrorCode::Usage,
                           fmt::format("{} has no array for the input {}, which takes {}.", called, port.name,
                                       portText(port)),
                           called);
        auto cut = cutter.cut(port, array->second.type(), array->second.dims(), called);
        if (!cut)
            return tl::make_unexpected(std::move(cut.error()));
        cuts->push_back({array->second, std::move(*cut)});
        const CutArray& last = cuts->back();
        if (many && last.cut.batches > 1 && last.cut.batches != many->cut.batches)
            return failure(ErrorCode::Usage,
                           fmt::format("{} has {} of {}, and {} of {}.", called,
                                       counted(many->cut.batches, "batch"), many->array.name(),
                                       last.cut.batches, port.name),
                           called);
        if (!many || last.cut.batches > many->cut.batches)
            many = &last;
    }
    if (!many)
        return failure(ErrorCode::Usage, "The model has no inputs.");
    if (many->cut.rest > 0)
        inputs.notes.push_back(fmt::format("The last {} of {} fill no batch, and were left out.",
                                           counted(many->cut.rest, "sample"), called));
    inputs.batches = static_cast<std::size_t>(many->cut.batches);
    inputs.samples = many->cut.batches * many->cut.atOnce;
    inputs.origin = counted(inputs.samples, "sample") + " of " + called;
    inputs.batch = [cuts](std::size_t number) { return batchOf(*cuts, number); };
    return withFile(std::move(inputs), path, progress, stop);
}

} // namespace pleat
