// SPDX-License-Identifier: GPL-3.0-or-later
// The SHA-256 of a file (FIPS 180-4, by OpenSSL): by it a recipe knows what it was made from.
#pragma once

#include "core/base/Progress.h"
#include "core/io/File.h"

#include <stop_token>
#include <string>

namespace pleat {

// 64 hexadecimal digits, of the bytes as they were opened. Reads all of them, about a gigabyte a second.
// Errors: those of File::read(); Cancelled.
Result<std::string> sha256(const File& file, Progress& progress, const std::stop_token& stop);

} // namespace pleat
