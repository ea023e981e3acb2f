// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/OpenedView.h"

#include "app/cli/Terminal.h"
#include "core/model/ModelReader.h"

namespace pleat::cli {

Result<std::shared_ptr<const GraphView>> openView(const std::string& path, std::stop_token stop)
{
    ProgressBar bar("Opening");
    auto opened = openModel(path, bar, std::move(stop));
    if (!opened)
        return tl::make_unexpected(opened.error());
    for (const std::string& notice : opened->notices)
        say("pleat-cli: note: " + notice);
    return GraphView::of(std::move(opened->model));
}

} // namespace pleat::cli
