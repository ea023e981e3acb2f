// SPDX-License-Identifier: GPL-3.0-or-later
// An edit by hand, of any kind and of any part of a model; most can be done.
#pragma once

#include "core/edit/EditStep.h"

#include <filesystem>
#include <random>

namespace pleat::test {

// Those that take a file are only given with a folder: arrays are written into it, and models to be merged
// are there, under these names.
constexpr std::size_t mergedModels = 8;
std::string mergedModel(std::size_t number);

EditStep randomStep(const GraphView& view, std::mt19937& random, const std::filesystem::path& folder = {});

} // namespace pleat::test
