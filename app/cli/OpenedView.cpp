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

Result<OpenedViews> openViews(const std::string& before, const std::string& after,
                              const std::stop_token& stop)
{
    auto first = openView(before, stop);
    if (!first)
        return tl::make_unexpected(std::move(first.error()));
    auto second = openView(after, stop);
    if (!second)
        return tl::make_unexpected(std::move(second.error()));
    return OpenedViews{std::move(*first), std::move(*second)};
}

} // namespace pleat::cli
