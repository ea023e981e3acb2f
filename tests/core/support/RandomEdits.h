// SPDX-License-Identifier: GPL-3.0-or-later
// Changes of a model, of any kind, for tests of what follows them.
#pragma once

#include "core/graph/GraphView.h"

#include <random>

namespace pleat::test {

template<class T>
T pick(const Sequence<T>& all, std::mt19937& random)
{
    return all.at(random() % all.size());
}

// The model after one of them.
Model changed(const std::shared_ptr<const GraphView>& view, std::mt19937& random);

} // namespace pleat::test
