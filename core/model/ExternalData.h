// SPDX-License-Identifier: GPL-3.0-or-later
// The data files beside a model. Each is opened once and shared by the tensors in it. A location may not lead
// out of the model's folder, be it by an absolute path, by "..", or by a link; where the model itself is a
// link, a link to the folder of the file behind it is good, too (so the caches of model hubs look). What
// cannot be had is no error yet: the payload then carries the sentence for whoever wants the bytes.
#pragma once

#include "core/tensor/Payload.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pleat {

// Both paths canonical.
bool isInside(const std::filesystem::path& file, const std::filesystem::path& folder);

class ExternalData final {
public:
    // `model` is the model file; a model in memory has no folder and so no data files.
    ExternalData(const File& model, bool inMemory);

    // The payload of a tensor with these external_data entries; `needed` is what its type and dims ask for,
    // nothing where the type is unknown.
    Payload payload(ExternalEntries entries, const std::string& tensor, std::optional<std::uint64_t> needed);

    // One sentence for each data file that is missing, unsafe or too short; of many, for the first few.
    std::vector<std::string> takeNotices();

private:
    struct DataFile {
        FilePointer file;
        std::string problem; // why there is none
        bool noticed = false;
    };
    DataFile& open(const std::string& location);
    Result<FilePointer> openOnce(const std::filesystem::path& path);

    std::filesystem::path m_model;
    FileId m_id;
    std::filesystem::path m_folder;       // canonical
    std::filesystem::path m_folderBehind; // of the file behind a link to the model, canonical
    bool m_inMemory = false;
    std::map<std::string, DataFile> m_files; // by location
    std::map<std::filesystem::path, FilePointer> m_opened;
    std::vector<std::string> m_notices;
};

} // namespace pleat
