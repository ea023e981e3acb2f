// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/ModelReader.h"

#include "core/model/StructureReader.h"
#include "core/model/Validator.h"

#include <algorithm>
#include <array>

namespace pleat {

namespace {

// A clone of a model hub without its large files holds this text instead of the model.
bool isLargeFilePointer(const File& file)
{
    constexpr std::string_view sign = "version https://git-lfs";
    std::array<char, sign.size()> start{};
    return file.size() >= start.size() && file.size() < 1024 &&
           file.read(0, std::as_writable_bytes(std::span(start))) &&
           std::string_view(start.data(), start.size()) == sign;
}

Result<OpenedModel> open(const FilePointer& file, bool inMemory, Progress& progress, std::stop_token stop)
{
    ExternalData external(*file, inMemory);
    auto model = StructureReader(file, external, progress, stop).read();
    if (!model) {
        if (model.error().code == ErrorCode::Unreadable && isLargeFilePointer(*file)) {
            model.error().message =
                file->path().string() +
                ": this is only a pointer of Git LFS, not the model. Fetch it with \"git lfs pull\".";
        }
        return tl::make_unexpected(model.error());
    }
    OpenedModel opened{std::move(*model), external.takeNotices()};
    auto notices = validate(opened.model);
    if (!notices) {
        Error error = notices.error();
        error.message = file->path().string() + ": " + error.message;
        return tl::make_unexpected(std::move(error));
    }
    opened.notices.insert(opened.notices.end(), notices->begin(), notices->end());
    return opened;
}

} // namespace

Result<OpenedModel> openModel(const std::filesystem::path& path, Progress& progress, std::stop_token stop)
{
    auto file = File::open(path);
    if (!file)
        return tl::make_unexpected(file.error());
    return open(*file, false, progress, std::move(stop));
}

Result<OpenedModel> openModel(const Bytes& bytes, const std::filesystem::path& nameForMessages)
{
    auto file = File::inMemory(*bytes, nameForMessages);
    if (!file)
        return tl::make_unexpected(file.error());
    NoProgress progress;
    return open(*file, true, progress, {});
}

} // namespace pleat
