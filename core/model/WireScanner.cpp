// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/WireScanner.h"

#include "core/base/Text.h"
#include "core/model/Limits.h"

#include <algorithm>
#include <cstring>

namespace pleat::wire {

namespace {

// Behind a skipped weight a few hundred bytes are wanted, in a run of nodes all of them.
constexpr std::uint64_t smallWindow = 4096;
constexpr std::uint64_t shortSkip = std::uint64_t{1} << 13;
constexpr std::uint64_t largeWindow = 65536;
constexpr std::uint64_t largestNumber = (std::uint64_t{1} << 29) - 1;

} // namespace

Scanner::Scanner(FilePointer file) : m_file(std::move(file)), m_window(largeWindow) {}

bool Scanner::fail(ErrorCode code, std::string message, std::string where)
{
    if (!m_failed)
        m_error = Error{code, std::move(message), std::move(where)};
    m_failed = true;
    return false;
}

bool Scanner::damaged(const std::string& what, std::uint64_t at)
{
    return fail(ErrorCode::Unreadable,
                m_file->path().string() + ": not an ONNX model, or a damaged one: " + what + " at offset " +
                    grouped(at) + ". If it was downloaded or copied, do that again.",
                m_file->path().string());
}

bool Scanner::tooLarge(std::uint64_t bytes, std::uint64_t at)
{
    return fail(ErrorCode::Unreadable,
                m_file->path().string() + ": a part at offset " + grouped(at) + " has " +
                    counted(bytes, "byte") + " besides its large tensors; ONNX's own format ends at " +
                    grouped(largestMessage) + ". The file may be damaged; copy it again.",
                m_file->path().string());
}

// Makes the window hold the byte at `at`, which lies inside the file.
bool Scanner::window(std::uint64_t at)
{
    return at - m_windowStart < m_windowLength || moveWindow(at);
}

bool Scanner::moveWindow(std::uint64_t at)
{
    // A small tensor was skipped, and more of them may follow: reading over them costs less than a call for
    // each.
    const std::uint64_t windowEnd = m_windowStart + m_windowLength;
    const bool straight = m_windowLength > 0 && at >= windowEnd && at - windowEnd < shortSkip;
    m_windowLength = std::min(straight ? largeWindow : smallWindow, m_file->size() - at);
    m_windowStart = at;
    const auto got = m_file->read(at, std::span(m_window).first(static_cast<std::size_t>(m_windowLength)));
    if (got)
        return true;
    m_windowLength = 0;
    return fail(got.error().code, got.error().message, got.error().where);
}

bool Scanner::varint(std::uint64_t& at, std::uint64_t end, std::uint64_t& value)
{
    const std::uint64_t start = at;
    // Nearly all have one byte, in the window.
    if (const std::uint64_t in = at - m_windowStart; at < end && in < m_windowLength) {
        value = static_cast<std::uint64_t>(m_window[static_cast<std::size_t>(in)]);
        if (value < 0x80) {
            ++at;
            return true;
        }
    }
    value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (at >= end)
            return damaged("a number goes past the end of its message", start);
        if (!window(at))
            return false;
        const auto byte = static_cast<std::uint64_t>(m_window[static_cast<std::size_t>(at - m_windowStart)]);
        ++at;
        if (shift == 63 && byte > 1)
            return damaged("a number has too many digits", start);
        value |= (byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return damaged("a number has too many digits", start);
}

bool Scanner::tag(std::uint64_t& at, std::uint64_t end, Field& field)
{
    field.start = at;
    field.value = 0;
    std::uint64_t tag = 0;
    if (!varint(at, end, tag))
        return false;
    if (tag >> 3 == 0 || tag >> 3 > largestNumber)
        return damaged("there is no field " + std::to_string(tag >> 3), field.start);
    field.number = static_cast<std::uint32_t>(tag >> 3);
    field.type = static_cast<Type>(tag & 7);
    field.offset = at;
    return true;
}

// Of anything but a group.
bool Scanner::contents(std::uint64_t& at, std::uint64_t end, Field& field)
{
    switch (field.type) {
    case Type::Varint:
        if (!varint(at, end, field.value))
            return false;
        field.length = at - field.offset;
        return true;
    case Type::Bytes:
        if (!varint(at, end, field.length))
            return false;
        field.offset = at;
        break;
    case Type::Fixed64:
        field.length = 8;
        break;
    case Type::Fixed32:
        field.length = 4;
        break;
    default:
        return damaged("field " + std::to_string(field.number) + " has a kind that is not in use",
                       field.start);
    }
    if (field.length > end - at) {
        return damaged("field " + std::to_string(field.number) + " claims " + counted(field.length, "byte") +
                           ", but its message has only " + grouped(end - at) + " left,",
                       field.start);
    }
    at += field.length;
    return true;
}

// All up to the tag that ends it.
bool Scanner::group(std::uint64_t& at, std::uint64_t end, Field& field)
{
    std::vector<std::uint32_t> open{field.number};
    Field part;
    while (!open.empty()) {
        if (!tag(at, end, part))
            return false;
        if (part.type == Type::Group) {
            if (open.size() == static_cast<std::size_t>(deepestGroup))
                return damaged("groups nest more than " + std::to_string(deepestGroup) + " deep", part.start);
            open.push_back(part.number);
        } else if (part.type == Type::GroupEnd) {
            if (part.number != open.back())
                return damaged("a group ends that did not begin", part.start);
            open.pop_back();
        } else if (!contents(at, end, part)) {
            return false;
        }
    }
    field.length = at - field.offset;
    return true;
}

bool Scanner::next(std::uint64_t& at, std::uint64_t end, Field& field)
{
    if (m_failed || at >= end || !tag(at, end, field))
        return false;
    return field.type == Type::Group ? group(at, end, field) : contents(at, end, field);
}

bool Scanner::append(std::uint64_t offset, std::uint64_t length, std::string& into)
{
    if (m_failed)
        return false;
    if (length > largestMessage || into.size() > largestMessage - length)
        return tooLarge(into.size() + length, offset);
    if (length > largeWindow) { // past the window, at once
        const std::size_t before = into.size();
        into.resize(before + static_cast<std::size_t>(length));
        const auto got = m_file->read(offset, std::as_writable_bytes(std::span(
                                                  into.data() + before, static_cast<std::size_t>(length))));
        return got || fail(got.error().code, got.error().message, got.error().where);
    }
    while (length > 0) {
        if (!window(offset))
            return false;
        const std::uint64_t skip = offset - m_windowStart;
        const std::uint64_t count = std::min(length, m_windowLength - skip);
        into.append(reinterpret_cast<const char*>(m_window.data()) + skip, static_cast<std::size_t>(count));
        offset += count;
        length -= count;
    }
    return true;
}

void appendVarint(std::string& into, std::uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        into += static_cast<char>(value | 0x80);
    into += static_cast<char>(value);
}

void appendTag(std::string& into, std::uint32_t number, Type type)
{
    appendVarint(into, std::uint64_t{number} << 3 | static_cast<std::uint64_t>(type));
}

void appendLength(std::string& into, std::uint32_t number, std::uint64_t length)
{
    appendTag(into, number, Type::Bytes);
    appendVarint(into, length);
}

void appendBytes(std::string& into, std::uint32_t number, std::string_view contents)
{
    appendLength(into, number, contents.size());
    into += contents;
}

std::uint64_t varintSize(std::uint64_t value)
{
    std::uint64_t size = 1;
    for (; value >= 0x80; value >>= 7)
        ++size;
    return size;
}

std::uint64_t lengthSize(std::uint32_t number, std::uint64_t length)
{
    return varintSize(std::uint64_t{number} << 3) + varintSize(length);
}

std::uint64_t varint(std::string_view message, std::uint64_t& at)
{
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at < message.size(); shift += 7) {
        const auto byte = static_cast<unsigned char>(message[static_cast<std::size_t>(at++)]);
        value |= std::uint64_t{byte & 0x7fu} << shift;
        if (byte < 0x80)
            break;
    }
    return value;
}

bool next(std::string_view message, std::uint64_t& at, Field& field)
{
    if (at >= message.size())
        return false;
    field.start = at;
    const std::uint64_t tag = varint(message, at);
    field.number = static_cast<std::uint32_t>(tag >> 3);
    field.type = static_cast<Type>(tag & 7);
    field.offset = at;
    field.value = 0;
    switch (field.type) {
    case Type::Varint:
        field.value = varint(message, at);
        field.length = at - field.offset;
        return true;
    case Type::Bytes:
        field.length = varint(message, at);
        field.offset = at;
        break;
    case Type::Fixed64:
        field.length = 8;
        break;
    case Type::Fixed32:
        field.length = 4;
        break;
    default:
        field.length = message.size() - at;
        break; // a group, which is unknown, and behind unknown fields come only others: all in one piece
    }
    field.length = std::min<std::uint64_t>(field.length, message.size() - at);
    at += field.length;
    return true;
}

} // namespace pleat::wire
