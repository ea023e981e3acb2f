// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/Npy.h"

#include "core/base/Text.h"
#include "core/io/OutputFile.h"
#include "core/report/Zip.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unordered_set>

namespace pleat {

namespace {

constexpr std::size_t alignment = 64;      // of the elements in the file, as numpy has it
constexpr std::size_t longestName = 65000; // what a zip entry's 16 bits hold, less ".npy"

std::string header(DataType type, const std::vector<std::int64_t>& dims)
{
    const std::string shape = fmt::format("({}{})", fmt::join(dims, ", "), dims.size() == 1 ? "," : "");
    std::string text =
        fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", npyType(type), shape);
    constexpr std::size_t before = 10; // magic, version and length
    const std::size_t padded = (before + text.size() + 1 + alignment - 1) / alignment * alignment;
    text.append(padded - before - 1 - text.size(), ' ').append("\n");
    std::string all("\x93NUMPY\x01\x00", 8);
    all += static_cast<char>(text.size() & 0xff);
    all += static_cast<char>(text.size() >> 8);
    return all + text;
}

Result<void> check(const TensorView& tensor)
{
    if (auto good = checkElements(tensor); !good)
        return good;
    if (npyType(tensor.type()).empty())
        return failure(ErrorCode::Unsupported,
                       "Tensor \"" + tensor.name() + "\" holds " + name(tensor.type()) +
                           ", which has no type in numpy.",
                       tensor.name());
    return {};
}

Result<void> checkSelection(const TensorView& tensor, std::span<const Slice> selection)
{
    bool within = selection.size() == tensor.dims().size();
    for (std::size_t axis = 0; within && axis < selection.size(); ++axis) {
        const auto extent = static_cast<std::uint64_t>(tensor.dims()[axis]);
        within = selection[axis].first <= extent && selection[axis].count <= extent - selection[axis].first;
    }
    if (within)
        return {};
    return failure(ErrorCode::Usage,
                   fmt::format("The selection does not lie within tensor \"{}\" of shape [{}].",
                               tensor.name(), fmt::join(tensor.dims(), ", ")),
                   tensor.name());
}

Result<void> checkNames(std::span<const NamedTensor> tensors)
{
    std::unordered_set<std::string_view> names;
    for (const NamedTensor& tensor : tensors) {
        const std::string inSlashes = "/" + tensor.name + "/";
        if (inSlashes.find("/../") != std::string::npos)
            return failure(ErrorCode::Usage,
                           "\"" + tensor.name +
                               "\" cannot be the name of a file in an archive: unpacked, it would lie in "
                               "another folder.",
                           tensor.name);
        if (tensor.name.size() > longestName)
            return failure(ErrorCode::Usage,
                           "A name of " + counted(tensor.name.size(), "byte") +
                               " is too long for a file in an archive.",
                           tensor.name);
        if (!names.insert(tensor.name).second)
            return failure(ErrorCode::Usage, "Two tensors are to be stored as \"" + tensor.name + "\".",
                           tensor.name);
    }
    return {};
}

Result<void> writeChecked(Sink& output, const NamedTensor& entry, const std::stop_token& stop)
{
    const std::string head = header(entry.tensor.type(), entry.dims());
    if (auto done = output.write(std::as_bytes(std::span(head))); !done)
        return done;
    return entry.transposed ? writeTransposed(output, entry.tensor, stop)
                            : writeElements(output, entry.tensor, stop);
}

} // namespace

std::string npyNote(DataType type)
{
    if (!npyType(type).starts_with("|V"))
        return {};
    const bool wide = type == DataType::BFloat16;
    // The names of the Python package ml_dtypes.
    const std::string_view there = wide                               ? "bfloat16"
                                   : type == DataType::Float8E4M3FN   ? "float8_e4m3fn"
                                   : type == DataType::Float8E4M3FNUZ ? "float8_e4m3fnuz"
                                   : type == DataType::Float8E5M2     ? "float8_e5m2"
                                   : type == DataType::Float8E5M2FNUZ ? "float8_e5m2fnuz"
                                                                      : "float8_e8m0fnu";
    return fmt::format("{} is no type of numpy; its elements are stored as {}. They are numbers again with "
                       ".view(ml_dtypes.{}).",
                       name(type), wide ? "raw pairs of bytes" : "raw bytes", there);
}

Result<void> writeNpy(Sink& output, const TensorView& tensor, std::span<const Slice> selection,
                      const std::stop_token& stop)
{
    if (auto good = check(tensor); !good)
        return good;
    if (selection.empty())
        return writeChecked(output, {{}, tensor, false}, stop);
    if (auto good = checkSelection(tensor, selection); !good)
        return good;
    std::vector<std::int64_t> dims;
    dims.reserve(selection.size());
    for (const Slice& slice : selection)
        dims.push_back(static_cast<std::int64_t>(slice.count));
    const std::string head = header(tensor.type(), dims);
    if (auto done = output.write(std::as_bytes(std::span(head))); !done)
        return done;
    return writeElements(output, tensor, selection, stop);
}

Result<void> writeNpz(Sink& output, std::span<const NamedTensor> tensors, const std::stop_token& stop)
{
    if (auto good = checkNames(tensors); !good)
        return good;
    for (const NamedTensor& tensor : tensors) {
        if (auto good = check(tensor.tensor); !good)
            return good;
    }
    ZipWriter zip(output);
    for (const NamedTensor& tensor : tensors) {
        const auto write = [&](Sink& into) { return writeChecked(into, tensor, stop); };
        if (auto done = zip.add(tensor.name + ".npy", write); !done)
            return done;
    }
    return zip.finish();
}

Result<void> saveNpy(const std::filesystem::path& target, const TensorView& tensor,
                     std::span<const Slice> selection, const std::stop_token& stop)
{
    auto file = OutputFile::create(target);
    if (!file)
        return tl::make_unexpected(file.error());
    if (auto done = writeNpy(*file, tensor, selection, stop); !done)
        return done;
    return file->commit(stop);
}

Result<void> saveNpz(const std::filesystem::path& target, std::span<const NamedTensor> tensors,
                     const std::stop_token& stop)
{
    auto file = OutputFile::create(target);
    if (!file)
        return tl::make_unexpected(file.error());
    if (auto done = writeNpz(*file, tensors, stop); !done)
        return done;
    return file->commit(stop);
}

} // namespace pleat
