// SPDX-License-Identifier: GPL-3.0-or-later
// .safetensors: the length of a JSON header in 8 bytes, the header, the elements, of which the header says
// type, shape and place ("Format" in the documentation of huggingface/safetensors).
#include "core/edit/ArrayFile.h"

#include "core/io/ZipArchive.h"
#include "core/tensor/NpyFile.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <nlohmann/json.hpp>

namespace pleat {

namespace {

constexpr std::uint64_t mostHeader = 100'000'000; // bytes, as all readers of safetensors have it

std::string namesIn(const std::vector<std::string>& names)
{
    constexpr std::size_t shown = 8;
    std::string all;
    for (std::size_t n = 0; n < std::min(names.size(), shown); ++n)
        all += (n == 0 ? "" : ", ") + names[n];
    return names.size() > shown ? all + ", …" : all;
}

// Which of them is meant; the only one need not be called so.
Result<std::size_t> chosen(const std::vector<std::string>& names, const std::string& name,
                           const std::string& file)
{
    if (const auto found = std::ranges::find(names, name); found != names.end())
        return static_cast<std::size_t>(found - names.begin());
    if (names.size() == 1)
        return 0;
    return failure(ErrorCode::Usage, file + " has no array \"" + name + "\"; it has " + namesIn(names) + ".",
                   file);
}

Result<TensorView> readFromArchive(const FilePointer& file, const std::string& called,
                                   const std::string& name, const std::stop_token& stop)
{
    const auto archive = ZipArchive::open(file);
    if (!archive)
        return tl::make_unexpected(archive.error());
    std::vector<std::string> names;
    for (const ZipArchive::Entry& entry : archive->entries())
        names.push_back(npzName(entry));
    const auto which = chosen(names, name, called);
    if (!which)
        return tl::make_unexpected(which.error());
    return readNpz(*archive, archive->entries()[*which], called, stop);
}

DataType typeCalled(std::string_view word)
{
    constexpr std::array types{
        std::pair{"F32", DataType::Float},         std::pair{"F64", DataType::Double},
        std::pair{"F16", DataType::Float16},       std::pair{"BF16", DataType::BFloat16},
        std::pair{"I8", DataType::Int8},           std::pair{"I16", DataType::Int16},
        std::pair{"I32", DataType::Int32},         std::pair{"I64", DataType::Int64},
        std::pair{"U8", DataType::UInt8},          std::pair{"U16", DataType::UInt16},
        std::pair{"U32", DataType::UInt32},        std::pair{"U64", DataType::UInt64},
        std::pair{"BOOL", DataType::Bool},         std::pair{"F8_E4M3", DataType::Float8E4M3FN},
        std::pair{"F8_E5M2", DataType::Float8E5M2}};
    const auto found = std::ranges::find(types, word, &std::pair<const char*, DataType>::first);
    return found == types.end() ? DataType::Undefined : found->second;
}

Result<TensorView> readFromSafetensors(const FilePointer& file, const std::string& called,
                                       const std::string& name)
{
    const auto damaged = [&](const std::string& why) {
        return failure(ErrorCode::Unreadable,
                       called + " cannot be read as .npy, .npz or .safetensors: " + why + ".", called);
    };
    std::array<std::byte, 8> start{};
    std::uint64_t length = 0;
    if (file->size() < start.size())
        return damaged("it is too short");
    if (auto read = file->read(0, start); !read)
        return tl::make_unexpected(std::move(read.error()));
    std::memcpy(&length, start.data(), start.size());
    if (length > mostHeader || length > file->size() - start.size())
        return damaged("its header is longer than the file");
    std::string text(static_cast<std::size_t>(length), '\0');
    if (auto read = file->read(start.size(), std::as_writable_bytes(std::span(text))); !read)
        return tl::make_unexpected(std::move(read.error()));
    const auto header = nlohmann::json::parse(text, nullptr, false);
    if (!header.is_object())
        return damaged("its header is no JSON object");
    std::vector<std::string> names;
    for (const auto& [key, value] : header.items()) {
        if (key != "__metadata__")
            names.push_back(key);
    }
    const auto which = chosen(names, name, called);
    if (!which)
        return tl::make_unexpected(which.error());
    const auto& entry = header.at(names[*which]);
    const auto areNumbers = [](const nlohmann::json& list) {
        return list.is_array() &&
               std::ranges::all_of(list, [](const auto& each) { return each.is_number_unsigned(); });
    };
    const bool fits = entry.is_object() && entry.contains("dtype") && entry.at("dtype").is_string() &&
                      entry.contains("shape") && areNumbers(entry.at("shape")) &&
                      entry.contains("data_offsets") && areNumbers(entry.at("data_offsets")) &&
                      entry.at("data_offsets").size() == 2;
    if (!fits)
        return damaged("its header says no type, shape and place of " + names[*which]);
    const DataType type = typeCalled(entry.at("dtype").get<std::string>());
    if (type == DataType::Undefined)
        return failure(ErrorCode::Unsupported,
                       called + " (" + names[*which] + ") is of a type that no tensor here has.", called);
    const auto first = entry.at("data_offsets")[0].get<std::uint64_t>(),
               end = entry.at("data_offsets")[1].get<std::uint64_t>();
    const std::uint64_t data = file->size() - start.size() - length;
    std::uint64_t elements = 1;
    std::vector<std::int64_t> dims;
    for (const auto& size : entry.at("shape")) {
        const auto dim = size.get<std::uint64_t>();
        if (dim != 0 && elements > data / dim)
            return damaged("it is too short for " + names[*which]);
        elements *= dim;
        dims.push_back(static_cast<std::int64_t>(dim));
    }
    if (first > end || end > data || end - first != storedBytes(type, elements))
        return damaged("it is too short for " + names[*which]);
    return TensorView(names[*which], type, std::move(dims),
                      Payload{FileRange{file, start.size() + length + first, end - first}});
}

} // namespace

Result<TensorView> readArray(const std::filesystem::path& path, const std::string& name,
                             const std::stop_token& stop)
{
    const auto file = File::open(path);
    if (!file)
        return tl::make_unexpected(file.error());
    const std::string called = path.string();
    std::array<std::byte, 2> start{};
    if ((*file)->size() < start.size())
        return failure(ErrorCode::Unreadable, called + " is too short to hold an array.", called);
    if (auto read = (*file)->read(0, start); !read)
        return tl::make_unexpected(std::move(read.error()));
    if (start[0] == std::byte{0x93})
        return readNpy(FileRange{*file, 0, (*file)->size()}, name, called);
    if (start[0] == std::byte{'P'} && start[1] == std::byte{'K'})
        return readFromArchive(*file, called, name, stop);
    return readFromSafetensors(*file, called, name);
}

} // namespace pleat
