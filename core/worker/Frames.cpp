// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/worker/Frames.h"

#include <cassert>

namespace pleat {

namespace {

void appendNumber(std::string& bytes, std::uint64_t number, int width)
{
    for (int byte = 0; byte < width; ++byte)
        bytes += static_cast<char>(number >> (8 * byte) & 0xff);
}

std::uint64_t numberAt(std::string_view bytes, std::size_t width)
{
    std::uint64_t number = 0;
    for (std::size_t byte = width; byte-- > 0;)
        number = number << 8 | static_cast<unsigned char>(bytes[byte]);
    return number;
}

} // namespace

std::string framed(FrameKind kind, std::string_view body)
{
    assert(body.size() <= largestFrame);
    std::string bytes;
    bytes.reserve(frameHead + body.size());
    appendNumber(bytes, body.size(), 4);
    bytes += static_cast<char>(kind);
    bytes += body;
    return bytes;
}

std::string framedProgress(std::uint64_t done, std::uint64_t total)
{
    std::string body;
    appendNumber(body, done, 8);
    appendNumber(body, total, 8);
    return framed(FrameKind::Progress, body);
}

std::optional<ProgressFigures> progressOf(const Frame& frame)
{
    if (frame.body.size() != 16)
        return std::nullopt;
    const std::string_view body = frame.body;
    return ProgressFigures{numberAt(body, 8), numberAt(body.substr(8), 8)};
}

void FrameReader::add(std::string_view bytes)
{
    m_bytes.erase(0, m_at);
    m_at = 0;
    if (!m_nonsense)
        m_bytes += bytes;
}

std::optional<Frame> FrameReader::next()
{
    const std::string_view rest = std::string_view(m_bytes).substr(m_at);
    if (m_nonsense || rest.size() < frameHead)
        return std::nullopt;
    const std::uint64_t length = numberAt(rest, 4);
    const auto kind = static_cast<FrameKind>(rest[4]);
    if (length > largestFrame || kind < FrameKind::Ask || kind > FrameKind::Failed) {
        m_nonsense = true;
        return std::nullopt;
    }
    if (rest.size() - frameHead < length)
        return std::nullopt;
    m_at += frameHead + static_cast<std::size_t>(length);
    return Frame{kind, std::string(rest.substr(frameHead, static_cast<std::size_t>(length)))};
}

} // namespace pleat
