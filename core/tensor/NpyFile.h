// SPDX-License-Identifier: GPL-3.0-or-later
// Reading what numpy has saved: one array of a .npy, versions 1.0 to 3.0 (numpy.lib.format in numpy's
// documentation), and numpy's names of types. Nothing that a file says is believed.
#pragma once

#include "core/io/ZipArchive.h"
#include "core/tensor/TensorView.h"

#include <stop_token>

namespace pleat {

// numpy's name of the type with its byte order, "<f4"; empty where it has none.
std::string_view npyType(DataType type);

// The array in these bytes, as a tensor that is called `name`. It is read when somebody wants it, from where
// it is; into memory at once where its order is Fortran's. `where`: what messages call the bytes. Errors:
// Unreadable for what is no array or is shorter than it says; Unsupported for types that no tensor has, other
// byte orders and pickled objects, with what to do about it; those of reading.
Result<TensorView> readNpy(const StoredBytes& bytes, const std::string& name, const std::string& where);

// What numpy.load() calls the array of an entry of a .npz.
std::string npzName(const ZipArchive::Entry& entry);

// That array; one that is packed is unpacked into memory. `file`: what messages call the archive. Errors:
// those of readNpy() and ZipArchive.
Result<TensorView> readNpz(const ZipArchive& archive, const ZipArchive::Entry& entry, const std::string& file,
                           const std::stop_token& stop);

} // namespace pleat
