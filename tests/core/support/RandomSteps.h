// SPDX-License-Identifier: GPL-3.0-or-later
// An edit by hand, of any kind and of any part of a model; most can be done.
#pragma once

#include "core/edit/EditStep.h"

#include <random>

namespace pleat::test {

EditStep randomStep(const GraphView& view, std::mt19937& random);

} // namespace pleat::test
