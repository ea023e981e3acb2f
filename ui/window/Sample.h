// SPDX-License-Identifier: GPL-3.0-or-later
// The sample model as a file: the engine reads positions of a file, so what is embedded in the program
// becomes one in the user's cache.
#pragma once

#include "core/base/Result.h"

#include <QString>

namespace pleat::ui {

// The path of the sample. Writes it where it is missing or holds anything else than the sample; it is there
// whole or not at all.
Result<QString> sampleOnDisk();

} // namespace pleat::ui
