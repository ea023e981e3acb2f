// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/Image.h"

#include "core/base/Text.h"
#include "core/io/File.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <png.h>
#include <ranges>
#include <turbojpeg.h>

namespace pleat {

namespace {

constexpr std::uint64_t mostPixels = std::uint64_t{1} << 26, mostBytes = std::uint64_t{1} << 28;

tl::unexpected<Error> unreadable(const std::string& file, const std::string& why)
{
    return failure(ErrorCode::Unreadable, file + " cannot be read as an image: " + why, file);
}

Result<void> checkSize(const std::string& file, std::uint64_t width, std::uint64_t height)
{
    if (width > 0 && height > 0 && width * height <= mostPixels)
        return {};
    return failure(ErrorCode::Unsupported,
                   file + " is " + grouped(width) + " by " + grouped(height) + " pixels large, and at most " +
                       grouped(mostPixels) + " pixels are read.",
                   file);
}

Result<Image> readPng(const std::vector<std::byte>& bytes, const std::string& file)
{
    png_image png{};
    png.version = PNG_IMAGE_VERSION;
    const std::unique_ptr<png_image, void (*)(png_image*)> owned(&png, png_image_free);
    if (!png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()))
        return unreadable(file, std::string(png.message) + ".");
    if (auto good = checkSize(file, png.width, png.height); !good)
        return tl::make_unexpected(std::move(good.error()));
    png.format = PNG_FORMAT_RGBA; // asked for without transparency, it would be laid over a background
    png.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
    std::vector<std::uint8_t> all(PNG_IMAGE_SIZE(png));
    Image image{png.width, png.height, {}};
    if (!png_image_finish_read(&png, nullptr, all.data(), 0, nullptr))
        return unreadable(file, std::string(png.message) + ".");
    image.colors.resize(all.size() / 4 * 3);
    for (std::size_t pixel = 0; pixel < all.size() / 4; ++pixel)
        std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(4 * pixel), 3,
                    image.colors.begin() + static_cast<std::ptrdiff_t>(3 * pixel));
    return image;
}

Result<Image> readJpeg(const std::vector<std::byte>& bytes, const std::string& file)
{
    const std::unique_ptr<void, int (*)(void*)> reader(tjInitDecompress(), tjDestroy);
    const auto* const data = reinterpret_cast<const unsigned char*>(bytes.data());
    int width = 0, height = 0, subsampling = 0, colors = 0;
    if (!reader ||
        tjDecompressHeader3(reader.get(), data, bytes.size(), &width, &height, &subsampling, &colors) != 0)
        return unreadable(file, reader ? tjGetErrorStr2(reader.get()) : "there is no memory for it.");
    if (auto good = checkSize(file, static_cast<std::uint64_t>(width), static_cast<std::uint64_t>(height));
        !good)
        return tl::make_unexpected(std::move(good.error()));
    if (colors == TJCS_CMYK || colors == TJCS_YCCK)
        return failure(ErrorCode::Unsupported, file + " is a JPEG in CMYK. Save it in RGB.", file);
    Image image{static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height), {}};
    image.colors.resize(std::size_t{3} * image.width * image.height);
    if (tjDecompress2(reader.get(), data, bytes.size(), image.colors.data(), width, 0, height, TJPF_RGB,
                      TJFLAG_ACCURATEDCT) != 0)
        return unreadable(file, tjGetErrorStr2(reader.get()) + std::string("."));
    return image;
}

// For a pixel of the result, the pixels that it is made of and how much each counts.
struct Weights {
    std::size_t first = 0;
    std::vector<double> parts;
};

std::vector<Weights> weightsFor(std::uint32_t from, std::uint32_t to)
{
    const double ratio = static_cast<double>(from) / to, reach = std::max(ratio, 1.0);
    std::vector<Weights> all(to);
    for (std::uint32_t n = 0; n < to; ++n) {
        const double center = (n + 0.5) * ratio;
        const double first = std::max(std::floor(center - reach + 0.5), 0.0);
        const double end = std::min(std::floor(center + reach + 0.5), static_cast<double>(from));
        all[n].first = static_cast<std::size_t>(first);
        double sum = 0;
        for (double at = first; at < end; ++at) {
            all[n].parts.push_back(std::max(0.0, 1 - std::abs((at - center + 0.5) / reach)));
            sum += all[n].parts.back();
        }
        for (double& part : all[n].parts)
            part /= sum;
    }
    return all;
}

double valueOf(const std::uint8_t* pixel, std::size_t channel, bool gray)
{
    return gray ? 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2] : pixel[channel];
}

} // namespace

Result<Image> readImage(const std::filesystem::path& path)
{
    const std::string called = path.string();
    const auto file = File::open(path);
    if (!file)
        return tl::make_unexpected(file.error());
    if ((*file)->size() > mostBytes)
        return failure(ErrorCode::Unsupported, called + " is larger than 256 MiB.", called);
    std::vector<std::byte> bytes(static_cast<std::size_t>((*file)->size()));
    if (auto read = (*file)->read(0, bytes); !read)
        return tl::make_unexpected(std::move(read.error()));
    const auto begins = [&](std::initializer_list<int> start) {
        return std::ranges::equal(
            start, bytes | std::views::take(start.size()) |
                       std::views::transform([](std::byte b) { return std::to_integer<int>(b); }));
    };
    if (begins({0x89, 'P', 'N', 'G'}))
        return readPng(bytes, called);
    if (begins({0xff, 0xd8}))
        return readJpeg(bytes, called);
    return unreadable(called, "it is neither a PNG nor a JPEG.");
}

std::vector<double> resized(const Image& image, std::uint32_t width, std::uint32_t height, bool gray)
{
    const std::vector<Weights> columns = weightsFor(image.width, width),
                               rows = weightsFor(image.height, height);
    const std::size_t channels = gray ? 1 : 3;
    std::vector<double> result(channels * height * width);
    std::vector<double> wide(std::size_t{image.height} * width); // all rows, in the new width
    for (std::size_t channel = 0; channel < channels; ++channel) {
        for (std::size_t y = 0; y < image.height; ++y)
            for (std::size_t x = 0; x < width; ++x) {
                double sum = 0;
                for (std::size_t n = 0; n < columns[x].parts.size(); ++n)
                    sum += columns[x].parts[n] *
                           valueOf(image.colors.data() + 3 * (y * image.width + columns[x].first + n),
                                   channel, gray);
                wide[y * width + x] = sum;
            }
        for (std::size_t y = 0; y < height; ++y)
            for (std::size_t n = 0; n < rows[y].parts.size(); ++n)
                for (std::size_t x = 0; x < width; ++x)
                    result[(channel * height + y) * width + x] +=
                        rows[y].parts[n] * wide[(rows[y].first + n) * width + x];
    }
    return result;
}

} // namespace pleat
