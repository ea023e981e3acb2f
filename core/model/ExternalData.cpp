// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/ExternalData.h"

#include "core/base/Text.h"

#include <algorithm>
#include <charconv>

namespace pleat {

namespace fs = std::filesystem;

namespace {

const Bytes& noBytes()
{
    static const Bytes none = std::make_shared<const std::vector<std::byte>>();
    return none;
}

std::optional<std::uint64_t> number(const std::string& text)
{
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

const std::string* find(const ExternalEntries& entries, std::string_view key)
{
    const auto found =
        std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.first == key; });
    return found == entries.end() ? nullptr : &found->second;
}

// Why `location` may not be followed; empty when it may.
std::string unsafe(const fs::path& location)
{
    if (location.native().find('\0') != std::string::npos)
        return "is not a file name";
    if (location.is_absolute())
        return "is an absolute path; Pleat reads data only from the model's folder";
    if (*location.lexically_normal().begin() == "..")
        return "leads out of the model's folder; Pleat reads data only from there";
    // ONNX allows none; where a part of the path is a link, it would lead anywhere.
    if (std::find(location.begin(), location.end(), "..") != location.end())
        return "has \"..\" in its path; Pleat follows only paths that go down from the model's folder";
    return {};
}

} // namespace

bool isInside(const fs::path& file, const fs::path& folder)
{
    const auto [atFolder, atFile] = std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
    static_cast<void>(atFile);
    return atFolder == folder.end();
}

ExternalData::ExternalData(const File& model, bool inMemory)
    : m_model(model.path()),
      m_id(model.id()),
      m_inMemory(inMemory)
{
}

// A file that the model gives several names is one file: its bytes are copied once, its descriptor is one.
Result<FilePointer> ExternalData::openOnce(const fs::path& path)
{
    FilePointer& file = m_opened[path];
    if (!file) {
        auto opened = File::open(path);
        if (!opened)
            return opened;
        file = std::move(*opened);
    }
    return file;
}

ExternalData::DataFile& ExternalData::open(const std::string& location)
{
    const auto [at, isNew] = m_files.try_emplace(location);
    DataFile& data = at->second;
    if (!isNew)
        return data;
    if (m_inMemory) {
        data.problem = "lies in the file \"" + location + "\", but this model is not in a folder";
        return data;
    }
    if (const std::string why = unsafe(location); !why.empty()) {
        data.problem = "lies in the file \"" + location + "\", which " + why;
        return data;
    }
    std::error_code error;
    if (m_folder.empty()) {
        m_folder =
            fs::weakly_canonical(m_model.has_parent_path() ? m_model.parent_path() : fs::path("."), error);
        m_folderBehind = fs::weakly_canonical(m_model, error).parent_path();
    }
    const fs::path path = fs::weakly_canonical(m_folder / location, error);
    if (error || !(isInside(path, m_folder) || isInside(path, m_folderBehind))) {
        data.problem = "lies in the file \"" + location +
                       "\", which is a link out of the model's folder; Pleat reads data only from there";
        return data;
    }
    auto opened = openOnce(path);
    if (opened)
        data.file = *opened;
    else
        data.problem = "lies in a data file that cannot be read: " + opened.error().message;
    return data;
}

std::vector<std::string> ExternalData::takeNotices()
{
    return shortened(std::move(m_notices), "data files are missing, too short or cannot be read");
}

Payload ExternalData::payload(ExternalEntries entries, const std::string& tensor,
                              std::optional<std::uint64_t> needed)
{
    ExternalPlace place{std::move(entries), m_id, {}};
    const auto without = [&](const std::string& problem) {
        place.problem = m_model.filename().string() + ": tensor \"" + tensor + "\" " + problem +
                        (problem.ends_with('.') ? "" : ".");
    };
    const auto noticed = [&](bool& already) {
        if (!already)
            m_notices.push_back(place.problem);
        already = true;
        return Payload{noBytes(), std::make_shared<const ExternalPlace>(std::move(place))};
    };
    const std::string* location = find(place.entries, "location");
    const std::string* offsetText = find(place.entries, "offset");
    const std::string* lengthText = find(place.entries, "length");
    bool fresh = false;
    if (!location || location->empty()) {
        without("has its data in another file, but the model does not say in which");
        return noticed(fresh);
    }
    const auto offset = offsetText ? number(*offsetText) : std::optional<std::uint64_t>(0);
    auto length = lengthText ? number(*lengthText) : needed;
    if (!offset || (lengthText && !length)) {
        without("has an offset or a length in " + *location + " that is not a number");
        return noticed(fresh);
    }
    DataFile& data = open(*location);
    if (!data.file) {
        without(data.problem);
        return noticed(data.noticed);
    }
    if (!length)
        length = data.file->size() - std::min(*offset, data.file->size());
    if (needed && *length != *needed) {
        without("needs " + counted(*needed, "byte") + " by its type and shape, but the model gives it " +
                grouped(*length) + " of " + *location);
        return noticed(data.noticed);
    }
    if (*offset > data.file->size() || *length > data.file->size() - *offset) {
        without("needs " + counted(*length, "byte") + " at offset " + grouped(*offset) + " of " + *location +
                ", which has " + counted(data.file->size(), "byte") +
                ". The file may be truncated; copy it again.");
        return noticed(data.noticed);
    }
    return {FileRange{data.file, *offset, *length}, std::make_shared<const ExternalPlace>(std::move(place))};
}

} // namespace pleat
