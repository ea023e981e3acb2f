// SPDX-License-Identifier: GPL-3.0-or-later
// An edit by hand, of any kind and of any part of a model; most can be done. Those that take a file (an
// array, another model) get one that is written into `folder`; without it, there are none of them.
#pragma once

#include "core/edit/EditStep.h"

#include <filesystem>
#include <random>

namespace pleat::test {

EditStep randomStep(const GraphView& view, std::mt19937& random, const std::filesystem::path& folder = {});

} // namespace pleat::test
