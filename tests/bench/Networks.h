// SPDX-License-Identifier: GPL-3.0-or-later
// The networks that are measured, made on the spot: their structure and size are those of real ones, their
// weights random. Every function writes a model and terminates the program if it cannot.
#pragma once

#include <cstdint>
#include <filesystem>

namespace pleat::bench {

// ResNet with bottleneck blocks (K. He et al., "Deep Residual Learning for Image Recognition", 2015, table 1)
// for 224 × 224 images: 50, 101 or 152 layers, a batch norm after each convolution, 1000 classes.
void writeResNet(const std::filesystem::path& model, int layers);

// Conv and BatchNormalization in turn: `pairs` convolutions of channels × channels × 1 × 1.
enum class Declared { Ports, Everything }; // Everything: a value_info for each value, as shape inference adds
void writeChain(const std::filesystem::path& model, int pairs, int channels,
                Declared declared = Declared::Ports);

// Conv and BatchNormalization in turn, 1024 channels, 3 × 3: 37.7 MB a convolution, all of them in the file
// `<model>.data` beside the model, at multiples of 64 KiB. Sparse: the data file has its length, and no
// contents.
enum class Contents { Random, Sparse };
void writeExternal(const std::filesystem::path& model, int pairs, Contents contents);
constexpr std::uint64_t externalTensorBytes = std::uint64_t{1024} * 1024 * 9 * 4;

} // namespace pleat::bench
