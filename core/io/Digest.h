// SPDX-License-Identifier: GPL-3.0-or-later
// SHA-256 (FIPS 180-4, by OpenSSL): of a file, by which a recipe knows what it was made from, and of bytes.
#pragma once

#include "core/base/Progress.h"
#include "core/io/File.h"

#include <span>
#include <stop_token>
#include <string>

namespace pleat {

// 64 hexadecimal digits, of the bytes as they were opened. Reads all of them, about a gigabyte a second.
// Errors: those of File::read(); Cancelled.
Result<std::string> sha256(const File& file, Progress& progress, const std::stop_token& stop);

// The same of bytes in memory.
Result<std::string> sha256(std::span<const std::byte> bytes);

} // namespace pleat
