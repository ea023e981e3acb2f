// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures as numbers: PNG by libpng, JPEG by libjpeg-turbo. Plain values and pure functions.
#pragma once

#include "core/base/Result.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace pleat {

// Rows from the top, pixels from the left, red, green and blue side by side.
struct Image {
    std::uint32_t width = 0, height = 0;
    std::vector<std::uint8_t> colors; // 3 a pixel
};

// By what the file holds, whatever its name says. Palettes and 16 bits become 8 bits a color, transparency is
// left out, an orientation in the file is not followed. Errors: those of File; Unreadable for what is neither
// or damaged; Unsupported above 64 million pixels, and for JPEG in CMYK.
Result<Image> readImage(const std::filesystem::path& path);

// The image in another size, its channels one behind the other, [3][height][width] or, as gray, one of them
// ([height][width], ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B): values of 0 to 255. Linear interpolation
// where it grows; where it shrinks, the triangle is as wide as what it covers, so that nothing is skipped
// (Pillow's BILINEAR, torchvision's with antialias).
std::vector<double> resized(const Image& image, std::uint32_t width, std::uint32_t height, bool gray);

} // namespace pleat
