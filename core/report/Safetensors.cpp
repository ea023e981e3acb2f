// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/Safetensors.h"

#include "core/base/Text.h"
#include "core/io/OutputFile.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_set>

namespace pleat {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t largestHeader = 100'000'000; // bytes
constexpr std::string_view metadataKey = "__metadata__";

Result<void> check(std::span<const NamedTensor> tensors)
{
    std::unordered_set<std::string_view> names;
    for (const NamedTensor& entry : tensors) {
        if (entry.name == metadataKey)
            return failure(ErrorCode::Usage,
                           "No tensor in a safetensors file can be called \"__metadata__\".", entry.name);
        if (!names.insert(entry.name).second)
            return failure(ErrorCode::Usage, "Two tensors are to be stored as \"" + entry.name + "\".",
                           entry.name);
        if (auto good = checkElements(entry.tensor); !good)
            return good;
        if (safetensorsType(entry.tensor.type()).empty())
            return failure(ErrorCode::Unsupported,
                           "Tensor \"" + entry.tensor.name() + "\" holds " + name(entry.tensor.type()) +
                               ", which the safetensors format does not have.",
                           entry.tensor.name());
    }
    return {};
}

std::vector<const NamedTensor*> widestFirst(std::span<const NamedTensor> tensors)
{
    std::vector<const NamedTensor*> sorted;
    sorted.reserve(tensors.size());
    for (const NamedTensor& entry : tensors)
        sorted.push_back(&entry);
    std::ranges::stable_sort(sorted, std::ranges::greater(),
                             [](const NamedTensor* entry) { return elementBits(entry->tensor.type()); });
    return sorted;
}

Result<std::string> header(const std::vector<const NamedTensor*>& tensors, const Metadata& metadata)
{
    std::string text = "{";
    try {
        if (!metadata.empty())
            text += Json(metadataKey).dump() + ":" + Json(std::map(metadata.begin(), metadata.end())).dump();
        std::uint64_t offset = 0;
        for (const NamedTensor* entry : tensors) {
            const DataType type = entry->tensor.type();
            const std::uint64_t end = offset + storedBytes(type, entry->tensor.elements());
            const Json json{
                {"dtype", safetensorsType(type)}, {"shape", entry->dims()}, {"data_offsets", {offset, end}}};
            text += (text.size() > 1 ? "," : "") + Json(entry->name).dump() + ":" + json.dump();
            offset = end;
        }
    } catch (const Json::type_error&) {
        return failure(ErrorCode::Usage,
                       "The name of a tensor is no UTF-8, which a safetensors file demands.");
    }
    text += "}";
    text.append((8 - text.size() % 8) % 8, ' ');
    if (text.size() > largestHeader)
        return failure(ErrorCode::Usage, "The names and shapes take " + counted(text.size(), "byte") +
                                             ", and a safetensors file can have at most " +
                                             grouped(largestHeader) + " of them.");
    return text;
}

} // namespace

std::string_view safetensorsType(DataType type)
{
    switch (type) {
    case DataType::Float:
        return "F32";
    case DataType::Double:
        return "F64";
    case DataType::Float16:
        return "F16";
    case DataType::BFloat16:
        return "BF16";
    case DataType::Float8E4M3FN:
        return "F8_E4M3";
    case DataType::Float8E5M2:
        return "F8_E5M2";
    case DataType::Int8:
        return "I8";
    case DataType::Int16:
        return "I16";
    case DataType::Int32:
        return "I32";
    case DataType::Int64:
        return "I64";
    case DataType::UInt8:
        return "U8";
    case DataType::UInt16:
        return "U16";
    case DataType::UInt32:
        return "U32";
    case DataType::UInt64:
        return "U64";
    case DataType::Bool:
        return "BOOL";
    default:
        return "";
    }
}

Result<void> writeSafetensors(Sink& output, std::span<const NamedTensor> tensors, const Metadata& metadata,
                              const std::stop_token& stop)
{
    if (auto good = check(tensors); !good)
        return good;
    const auto sorted = widestFirst(tensors);
    const auto text = header(sorted, metadata);
    if (!text)
        return tl::make_unexpected(text.error());
    std::string length;
    for (int b = 0; b < 8; ++b)
        length += static_cast<char>(std::uint64_t{text->size()} >> (8 * b) & 0xff);
    if (auto done = output.write(std::as_bytes(std::span(length))); !done)
        return done;
    if (auto done = output.write(std::as_bytes(std::span(*text))); !done)
        return done;
    for (const NamedTensor* entry : sorted) {
        auto done = entry->transposed ? writeTransposed(output, entry->tensor, stop)
                                      : writeElements(output, entry->tensor, stop);
        if (!done)
            return done;
    }
    return {};
}

Result<void> saveSafetensors(const std::filesystem::path& target, std::span<const NamedTensor> tensors,
                             const Metadata& metadata, const std::stop_token& stop)
{
    auto file = OutputFile::create(target);
    if (!file)
        return tl::make_unexpected(file.error());
    if (auto done = writeSafetensors(*file, tensors, metadata, stop); !done)
        return done;
    return file->commit(stop);
}

} // namespace pleat
