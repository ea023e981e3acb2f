// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Report.h"

#include "app/cli/Output.h"
#include "app/cli/Terminal.h"
#include "core/io/File.h"

namespace pleat::cli {

bool isPage(const std::string& file)
{
    return file.ends_with(".html") || file.ends_with(".htm");
}

bool wouldOverwrite(const std::string& page, const std::string& before, const std::string& after)
{
    if (page.empty() || (!areOneFile(page, before) && !areOneFile(page, after)))
        return false;
    say("pleat-cli: --html would overwrite a model; give it a file of its own");
    return true;
}

Result<RecipeSource> fileFacts(const std::string& file, Progress& progress, const std::stop_token& stop)
{
    const auto opened = File::open(file);
    if (!opened)
        return tl::make_unexpected(opened.error());
    return recipeSource(**opened, progress, stop);
}

} // namespace pleat::cli
