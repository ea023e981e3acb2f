// SPDX-License-Identifier: GPL-3.0-or-later
// Opening a model for a command: with a progress bar, and notices on standard error.
#pragma once

#include "core/graph/GraphView.h"

#include <stop_token>
#include <string>

namespace pleat::cli {

Result<std::shared_ptr<const GraphView>> openView(const std::string& path, std::stop_token stop);

struct OpenedViews {
    std::shared_ptr<const GraphView> before, after;
};
Result<OpenedViews> openViews(const std::string& before, const std::string& after,
                              const std::stop_token& stop);

} // namespace pleat::cli
