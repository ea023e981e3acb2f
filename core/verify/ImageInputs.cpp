// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Text.h"
#include "core/io/Digest.h"
#include "core/tensor/Kernels.h"
#include "core/verify/Image.h"
#include "core/verify/InputParts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

constexpr std::int64_t usualSide = 224; // where the model leaves it open
constexpr std::size_t mostImages = 1000000;

// What the model wants of an image.
struct Frame {
    std::string input;
    DataType type = DataType::Float;
    std::int64_t batch = 1, channels = 3, height = 0, width = 0;
    bool channelsLast = false;
    double scale = 255;
    std::vector<double> mean{}, deviation{}; // one a channel
};

bool isImageName(const std::filesystem::path& path)
{
    std::string extension = path.extension().string();
    for (char& c : extension)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return extension == ".png" || extension == ".jpg" || extension == ".jpeg";
}

Result<std::vector<std::filesystem::path>> filesOf(const std::vector<std::filesystem::path>& asked)
{
    std::vector<std::filesystem::path> files;
    for (const std::filesystem::path& path : asked) {
        std::error_code problem;
        if (!std::filesystem::is_directory(path, problem)) {
            files.push_back(path);
            continue;
        }
        std::filesystem::recursive_directory_iterator folder(path, problem);
        const std::size_t before = files.size();
        for (; !problem && folder != std::filesystem::recursive_directory_iterator() &&
               files.size() <= mostImages;
             folder.increment(problem))
            if (isImageName(folder->path()))
                files.push_back(folder->path());
        if (problem)
            return failure(ErrorCode::Unreadable, fmt::format("{}: {}.", path.string(), problem.message()),
                           path.string());
        if (files.size() == before)
            return failure(ErrorCode::Usage, path.string() + " holds no PNG and no JPEG.", path.string());
        std::sort(files.begin() + static_cast<std::ptrdiff_t>(before), files.end());
    }
    if (files.size() > mostImages)
        return failure(ErrorCode::Unsupported,
                       fmt::format("More than {} are too many.", counted(mostImages, "image")));
    return files;
}

Result<std::vector<double>> perChannel(const std::vector<double>& given, std::int64_t channels,
                                       const char* what)
{
    const bool isGood = (given.size() == 1 || std::ssize(given) == channels) &&
                        std::ranges::all_of(given, [](double value) { return std::isfinite(value); });
    if (!isGood)
        return failure(ErrorCode::Usage, fmt::format("The input has {}, and there are {} numbers as {}.",
                                                     counted(static_cast<std::uint64_t>(channels), "channel"),
                                                     given.size(), what));
    return given.size() == 1 ? std::vector<double>(static_cast<std::size_t>(channels), given.front()) : given;
}

Result<Frame> frameOf(const GraphView& view, const OwnInputs& own,
                      const std::map<std::string, std::int64_t>& sizes, std::vector<std::string>& notes)
{
    const std::vector<InputPort> ports = inputPorts(view);
    if (ports.size() != 1)
        return failure(
            ErrorCode::Usage,
            fmt::format("Images are for a model with one input, and this one has {}.", ports.size()));
    const InputPort& port = ports.front();
    const bool isImage = port.type.hasShape && port.type.shape.size() == 4 &&
                         (isFoldable(port.type.type) || port.type.type == DataType::UInt8);
    const auto size = [&](std::size_t axis) {
        const Dimension& dimension = port.type.shape[axis];
        const auto given = sizes.find(dimension.symbol);
        return dimension.value < 0 && given != sizes.end() ? given->second : dimension.value;
    };
    const auto isChannels = [&](std::size_t axis) { return size(axis) == 1 || size(axis) == 3; };
    if (!isImage || (!isChannels(1) && !isChannels(3)))
        return failure(ErrorCode::Usage,
                       fmt::format("Images are for an input of four axes with 1 or 3 channels, of floats or "
                                   "uint8, and {} takes {}.",
                                   port.name, portText(port)),
                       port.name);
    Frame frame{.input = port.name, .type = port.type.type};
    frame.channelsLast = own.channelsLast.value_or(!isChannels(1));
    const std::size_t channels = frame.channelsLast ? 3 : 1, height = frame.channelsLast ? 1 : 2;
    if (!isChannels(channels))
        return failure(ErrorCode::Usage,
                       fmt::format("In this layout the input {} has no axis of 1 or 3 channels: it takes {}.",
                                   port.name, portText(port)),
                       port.name);
    frame.channels = size(channels);
    frame.batch = std::max<std::int64_t>(size(0), 1);
    for (auto& [axis, side] : {std::pair(height, &frame.height), std::pair(height + 1, &frame.width)}) {
        *side = size(axis);
        if (*side >= 0)
            continue;
        *side = usualSide;
        notes.push_back(
            fmt::format("Axis {} of {} has any size, and was taken as {}.", axis, port.name, usualSide));
    }
    if (frame.width < 1 || frame.height < 1 || frame.width > 16384 || frame.height > 16384)
        return failure(ErrorCode::Usage, fmt::format("The input {} takes {}, which is no size for an image.",
                                                     port.name, portText(port)));
    auto mean = perChannel(own.mean, frame.channels, "mean"),
         deviation = perChannel(own.deviation, frame.channels, "deviation");
    if (!mean || !deviation)
        return tl::make_unexpected(mean ? deviation.error() : mean.error());
    frame.mean = std::move(*mean);
    frame.deviation = std::move(*deviation);
    frame.scale = own.scale.value_or(port.type.type == DataType::UInt8 ? 1 : 255);
    return frame;
}

Result<void> addImage(const std::filesystem::path& path, const Frame& frame, std::size_t sample,
                      std::span<double> into)
{
    const auto image = readImage(path);
    if (!image)
        return tl::make_unexpected(image.error());
    const auto values = resized(*image, static_cast<std::uint32_t>(frame.width),
                                static_cast<std::uint32_t>(frame.height), frame.channels == 1);
    const auto channels = static_cast<std::size_t>(frame.channels), pixels = values.size() / channels;
    for (std::size_t channel = 0; channel < channels; ++channel)
        for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
            const std::size_t place =
                frame.channelsLast ? pixel * channels + channel : channel * pixels + pixel;
            into[sample * values.size() + place] =
                (values[channel * pixels + pixel] / frame.scale - frame.mean[channel]) /
                frame.deviation[channel];
        }
    return {};
}

std::string bytesOf(DataType type, const std::vector<double>& values)
{
    std::string raw(static_cast<std::size_t>(storedBytes(type, values.size())), '\0');
    if (type == DataType::UInt8)
        std::ranges::transform(values, raw.begin(), [](double value) {
            return static_cast<char>(
                static_cast<unsigned char>(std::clamp(std::nearbyint(value), 0.0, 255.0)));
        });
    else
        narrow(type, values, std::as_writable_bytes(std::span(raw)));
    return raw;
}

} // namespace

Result<Inputs> imageInputs(const GraphView& view, const OwnInputs& own,
                           const std::map<std::string, std::int64_t>& sizes, std::vector<std::string>& names,
                           Progress& progress, const std::stop_token& stop)
{
    Inputs inputs;
    auto frame = frameOf(view, own, sizes, inputs.notes);
    if (!frame)
        return tl::make_unexpected(std::move(frame.error()));
    auto files = filesOf(own.files);
    if (!files)
        return tl::make_unexpected(std::move(files.error()));
    const auto batch = static_cast<std::size_t>(frame->batch);
    inputs.batches = files->size() / batch;
    if (inputs.batches == 0)
        return failure(ErrorCode::Usage, fmt::format("The input {} takes {} at a time, and there are {}.",
                                                     frame->input, counted(batch, "image"), files->size()));
    if (const std::size_t rest = files->size() % batch; rest > 0)
        inputs.notes.push_back(
            fmt::format("The last {} fill no batch, and were left out.", counted(rest, "image")));
    files->resize(inputs.batches * batch);
    inputs.samples = files->size();
    inputs.origin = counted(inputs.samples, "image");
    std::string digests;
    NoProgress quiet;
    InputFile all{.name = own.files.front().string() + (own.files.size() > 1 ? ", …" : "")};
    names.reserve(files->size());
    for (std::size_t n = 0; n < files->size(); ++n) {
        const auto described = describedFile((*files)[n], quiet, stop);
        if (!described)
            return tl::make_unexpected(described.error());
        all.bytes += described->bytes;
        digests += described->sha256;
        names.push_back((*files)[n].filename().string());
        progress.advance(n + 1, files->size());
    }
    auto digest = sha256(std::as_bytes(std::span(digests)));
    if (!digest)
        return tl::make_unexpected(std::move(digest.error()));
    all.sha256 = std::move(*digest);
    inputs.files.push_back(std::move(all));
    inputs.batch = [frame = std::move(*frame),
                    files = std::move(*files)](std::size_t number) -> Result<Inputs::Batch> {
        const auto count = static_cast<std::size_t>(frame.batch);
        std::vector<double> values(count *
                                   static_cast<std::size_t>(frame.channels * frame.height * frame.width));
        for (std::size_t sample = 0; sample < count; ++sample)
            if (auto added = addImage(files[number * count + sample], frame, sample, values); !added)
                return tl::make_unexpected(std::move(added.error()));
        onnx::TensorProto tensor;
        tensor.set_name(frame.input);
        tensor.set_data_type(static_cast<std::int32_t>(frame.type));
        for (const std::int64_t dim :
             frame.channelsLast ? std::array{frame.batch, frame.height, frame.width, frame.channels}
                                : std::array{frame.batch, frame.channels, frame.height, frame.width})
            tensor.add_dims(dim);
        tensor.set_raw_data(bytesOf(frame.type, values));
        return Inputs::Batch{std::move(tensor)};
    };
    return inputs;
}

} // namespace pleat
