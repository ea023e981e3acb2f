// SPDX-License-Identifier: GPL-3.0-or-later
// Where the bytes of each tensor go when a model is saved: into the model file, into a fresh data file beside
// it, or nowhere, because they lie in a data file in which the saved model finds them. Decides, writes
// nothing. An immutable value.
#pragma once

#include "core/model/Model.h"

#include <filesystem>
#include <set>
#include <unordered_set>

namespace pleat {

enum class DataPlacement {
    Keep,    // what is inside the model file stays inside, what is in data files stays in data files
    Inline,  // everything inside the model file, which can have at most 2 GiB
    External // every tensor of `smallestOutside` bytes and more in one data file
};

inline constexpr std::uint64_t smallestOutside = 4096; // bytes: a page
inline constexpr std::uint64_t dataAlignment = 4096;   // in a data file, so that a tensor can be mapped
inline constexpr std::uint64_t smallAlignment = 64;    // of those that are smaller than that

inline constexpr std::uint64_t largestModel = 0x7fffffff; // bytes of a model file: protobuf's limit

class Placement final {
public:
    enum class Place { Model, DataFile, AsOpened };

    // For saving `model` as a file of `folder`.
    Placement(const Model& model, DataPlacement wanted, const std::filesystem::path& folder);

    // The same for a model that is too large for one file: what would stay inside goes to the data file.
    Placement withoutLargeInside() const;
    bool keepsLargeInside() const { return m_largeInside; }

    DataPlacement wanted() const { return m_wanted; }
    bool sameFolder() const { return m_sameFolder; } // as the opened model's
    Place of(const Payload& payload) const;

    // A message of the opened file that holds this tensor cannot be copied as it stands.
    bool moves(const Payload& payload) const;
    bool movesAny() const { return m_movesAny; }

    // The data files that the model's tensors are read from, once each; without the model file itself.
    const std::vector<FilePointer>& dataFiles() const { return m_dataFiles; }

    // Locations (as paths in the normal form) of data that could not be read but that the saved model goes on
    // naming, so that it is complete when somebody brings them.
    const std::set<std::filesystem::path>& missing() const { return m_missing; }

    // The saved model refers to this one.
    bool staysInPlace(const FilePointer& dataFile) const { return m_inPlace.contains(dataFile); }

private:
    // What the opened model calls its data file means the same in the saved one.
    bool isNamedFromHere(const Payload& payload) const;

    DataPlacement m_wanted;
    bool m_sameFolder = false;
    std::vector<FileId> m_here; // of the model files in this folder that parts come from
    bool m_largeInside = true;
    bool m_movesAny = false;
    std::vector<FilePointer> m_dataFiles;
    std::unordered_set<FilePointer> m_inPlace; // some of them
    std::set<std::filesystem::path> m_missing;
};

} // namespace pleat
