// SPDX-License-Identifier: GPL-3.0-or-later
// The wire format of Protocol Buffers, read by position from a file, and taken apart and put together in
// memory. It knows tags, varints and lengths and nothing of ONNX. Every length is checked against the message
// around it before it is used. A scanner has one thread; errors are remembered, so that a loop checks once.
#pragma once

#include "core/io/File.h"
#include "core/model/Model.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pleat::wire {

// ONNX has no groups, but protobuf keeps those of a newer or foreign writer, and so does Pleat: as one field.
enum class Type : std::uint32_t { Varint = 0, Fixed64 = 1, Bytes = 2, Group = 3, GroupEnd = 4, Fixed32 = 5 };

struct Field {
    std::uint32_t number = 0;
    Type type = Type::Varint;
    std::uint64_t value = 0;  // of a varint
    std::uint64_t start = 0;  // where its tag starts
    std::uint64_t offset = 0; // where its contents start (Bytes: behind the length)
    std::uint64_t length = 0; // of its contents (Group: with the tag that ends it)
    std::uint64_t end() const { return offset + length; }
};

class Scanner final {
public:
    explicit Scanner(FilePointer file);

    // The field at `at`, inside a message that ends at `end`; moves `at` behind it. False at the end of the
    // message and after an error.
    bool next(std::uint64_t& at, std::uint64_t end, Field& field);

    // Appends bytes of the file to `into`. False after an error; one is that `into` would get larger than a
    // message can be, which is seen before anything is read.
    bool append(std::uint64_t offset, std::uint64_t length, std::string& into);

    // The first thing that went wrong.
    bool failed() const { return m_failed; }
    const Error& error() const { return m_error; }
    bool fail(ErrorCode code, std::string message, std::string where = {});
    bool damaged(const std::string& what, std::uint64_t at);
    bool tooLarge(std::uint64_t bytes, std::uint64_t at); // for a message

    const FilePointer& file() const { return m_file; }
    SourceRange range(const Field& field) const { return {m_file->id(), field.offset, field.length}; }

private:
    bool window(std::uint64_t at);
    bool moveWindow(std::uint64_t at);
    bool varint(std::uint64_t& at, std::uint64_t end, std::uint64_t& value);
    bool tag(std::uint64_t& at, std::uint64_t end, Field& field);
    bool contents(std::uint64_t& at, std::uint64_t end, Field& field);
    bool group(std::uint64_t& at, std::uint64_t end, Field& field);

    FilePointer m_file;
    std::vector<std::byte> m_window;
    std::uint64_t m_windowStart = 0;
    std::uint64_t m_windowLength = 0;
    Error m_error;
    bool m_failed = false;
};

// Writing.
void appendVarint(std::string& into, std::uint64_t value);
void appendTag(std::string& into, std::uint32_t number, Type type);
void appendLength(std::string& into, std::uint32_t number, std::uint64_t length); // tag and length
void appendBytes(std::string& into, std::uint32_t number, std::string_view contents);
std::uint64_t varintSize(std::uint64_t value);
std::uint64_t lengthSize(std::uint32_t number, std::uint64_t length); // of what appendLength() writes

// The same reading for a message in memory that a library has made, so it is well-formed: false at its end.
bool next(std::string_view message, std::uint64_t& at, Field& field);
std::uint64_t varint(std::string_view message, std::uint64_t& at);

} // namespace pleat::wire
