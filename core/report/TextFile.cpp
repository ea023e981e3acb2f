// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/TextFile.h"

#include "core/io/OutputFile.h"

#include <ctime>
#include <fmt/chrono.h>
#include <span>

namespace pleat {

Result<void> saveText(const std::filesystem::path& file,
                      const std::function<Result<void>(const TextSink&)>& writeTo,
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

std::string today()
{
    return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::time(nullptr)));
}

} // namespace pleat
