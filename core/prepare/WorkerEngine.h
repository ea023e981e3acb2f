// SPDX-License-Identifier: GPL-3.0-or-later
// The engine that a program has: workers of its own (core/worker).
#pragma once

#include "core/worker/Engine.h"

#include <memory>

namespace pleat {

// It remembers its last answers, since a pass looks at the same model again and again until nothing is left
// to do. Null where the place names no program: tests have none.
std::unique_ptr<Engine> workerEngine(WorkerPlace place);

} // namespace pleat
