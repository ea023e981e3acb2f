// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/TensorFile.h"

#include "core/base/Text.h"
#include "core/graph/StoredTensors.h"
#include "core/report/Npy.h"
#include "core/report/Safetensors.h"

#include <fmt/format.h>

namespace pleat {

std::optional<TensorFormat> tensorFormat(const std::filesystem::path& file)
{
    const std::string ending = file.extension().string();
    if (ending == ".npy")
        return TensorFormat::Npy;
    if (ending == ".npz")
        return TensorFormat::Npz;
    if (ending == ".safetensors")
        return TensorFormat::Safetensors;
    return std::nullopt;
}

std::vector<NamedTensor> tensorsOf(const GraphView& view)
{
    std::vector<NamedTensor> all;
    for (const ValueIndex value : storedValues(view)) {
        auto tensor = storedTensor(view, value);
        if (!tensor)
            continue;
        const std::string& path = view.scopes()[index(view.scope(value))].path;
        std::string name = path.empty() ? std::string() : path + "/";
        name += view.name(value);
        all.push_back({std::move(name), std::move(*tensor), false});
    }
    return all;
}

std::vector<LeftOutTensor> leaveOut(std::vector<NamedTensor>& tensors, TensorFormat format)
{
    std::vector<LeftOutTensor> left;
    std::erase_if(tensors, [&](const NamedTensor& tensor) {
        const DataType type = tensor.tensor.type();
        const bool fits =
            !(format == TensorFormat::Safetensors ? safetensorsType(type) : npyType(type)).empty();
        if (!fits)
            left.push_back({tensor.name, fmt::format("the format has no type {}", name(type))});
        return !fits;
    });
    return left;
}

Result<void> saveTensors(const std::filesystem::path& file, std::span<const NamedTensor> tensors,
                         TensorFormat format, const std::stop_token& stop)
{
    if (format == TensorFormat::Npz)
        return saveNpz(file, tensors, stop);
    if (format == TensorFormat::Safetensors)
        return saveSafetensors(file, tensors, {}, stop);
    if (tensors.size() != 1)
        return failure(ErrorCode::Usage,
                       "A .npy file holds one tensor, and here are " + grouped(tensors.size()) +
                           ": name one, or write .npz or .safetensors.",
                       file.string());
    return saveNpy(file, tensors.front().tensor, {}, stop);
}

} // namespace pleat
