// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/Sink.h"

#include "core/base/Blocks.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <unistd.h>

namespace pleat {

Result<void> DescriptorSink::write(std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const ssize_t wrote = ::write(m_descriptor, bytes.data(), bytes.size());
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return failure(ErrorCode::Unwritable,
                           m_name.string() + " cannot be written: " +
                               std::generic_category().message(wrote < 0 ? errno : ENOSPC) + ".",
                           m_name.string());
        m_written += static_cast<std::uint64_t>(wrote);
        bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    }
    return {};
}

Result<void> DescriptorSink::copy(const FileRange& range, std::stop_token stop)
{
    m_block.resize(static_cast<std::size_t>(std::min(blockBytes, range.length)));
    for (std::uint64_t at = 0; at < range.length;) {
        if (stop.stop_requested())
            return cancelled();
        const auto block = std::span(m_block).first(
            static_cast<std::size_t>(std::min<std::uint64_t>(m_block.size(), range.length - at)));
        if (auto read = range.file->read(range.offset + at, block); !read)
            return read;
        if (auto done = write(block); !done)
            return done;
        at += block.size();
    }
    return {};
}

} // namespace pleat
