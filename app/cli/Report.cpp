// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Report.h"

#include "core/io/OutputFile.h"

#include <ctime>
#include <fmt/chrono.h>
#include <span>

namespace pleat::cli {

bool isPage(const std::string& file)
{
    return file.ends_with(".html") || file.ends_with(".htm");
}

Result<void> saveText(const std::string& file, const std::function<Result<void>(const TextSink&)>& writeTo,
                      const std::stop_token& stop)
{
    auto output = OutputFile::create(file);
    if (!output)
        return tl::make_unexpected(std::move(output.error()));
    const auto write = [&](std::string_view text) { return output->write(std::as_bytes(std::span(text))); };
    if (auto written = writeTo(write); !written)
        return written;
    return output->commit(stop);
}

Result<RecipeSource> fileFacts(const std::string& file, Progress& progress, const std::stop_token& stop)
{
    const auto opened = File::open(file);
    if (!opened)
        return tl::make_unexpected(opened.error());
    return recipeSource(**opened, progress, stop);
}

std::string today()
{
    return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::time(nullptr)));
}

} // namespace pleat::cli
