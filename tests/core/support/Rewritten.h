// SPDX-License-Identifier: GPL-3.0-or-later
// A model as if every part of it had been edited without a change: what is saved then is put together anew.
#pragma once

#include "core/model/Model.h"

namespace pleat::test {

Model allRewritten(const Model& model);

} // namespace pleat::test
