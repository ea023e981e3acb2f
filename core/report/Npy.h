// SPDX-License-Identifier: GPL-3.0-or-later
// Tensors as numpy reads them: one, or a selection of it, as .npy; several as .npz, a zip archive of .npy
// files that are stored as they are, as numpy.savez writes it (formats: numpy.lib.format in numpy's
// documentation; PKWARE's APPNOTE.TXT 6.3.9, sections 4.3 to 4.5, with zip64 fields throughout). A .npy is of
// version 1.0: versions 2.0 and 3.0 are for headers above 65,535 bytes and for names of fields beyond
// Latin-1, which a tensor of at most 64 dimensions never needs.
// bfloat16 and float8 are no types of numpy: their elements are there as raw bytes (void), see npyNote().
#pragma once

#include "core/report/TensorBytes.h"
#include "core/tensor/NpyFile.h"

#include <filesystem>

namespace pleat {

// How to get at the numbers where they are stored as raw bytes; empty where they are stored as what they are.
std::string npyNote(DataType type);

// The whole tensor where `selection` is empty, else one slice an axis. Errors: Unsupported for types of less
// than a byte and strings; Usage where the selection is not within the tensor; those of writeElements().
Result<void> writeNpy(Sink& output, const TensorView& tensor, std::span<const Slice> selection,
                      const std::stop_token& stop);

// The keys of numpy.load() are the names. Errors: as for writeNpy(); Usage for a name twice, one with ".."
// between slashes, which would unpack into other folders, or one above 65,000 bytes.
Result<void> writeNpz(Sink& output, std::span<const NamedTensor> tensors, const std::stop_token& stop);

// The same into a file, which appears whole or not at all.
Result<void> saveNpy(const std::filesystem::path& target, const TensorView& tensor,
                     std::span<const Slice> selection, const std::stop_token& stop);
Result<void> saveNpz(const std::filesystem::path& target, std::span<const NamedTensor> tensors,
                     const std::stop_token& stop);

} // namespace pleat
