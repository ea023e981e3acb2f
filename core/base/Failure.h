// SPDX-License-Identifier: GPL-3.0-or-later
// From exceptions to errors. Below the boundaries nobody catches: what the C++ library or another one throws
// (no memory, no thread, no descriptor) travels up to the command line, the worker or a job, cleaning up on
// its way, and becomes an Error there.
#pragma once

#include "core/base/Result.h"

namespace pleat {

// What the exception at hand means, in a sentence.
// REQUIRES: called within a catch block.
Error caughtError();

} // namespace pleat
