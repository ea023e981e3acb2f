// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/NpyFile.h"

#include "core/base/Text.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace pleat {

namespace {

constexpr std::uint64_t longestHeader = 1 << 20;
constexpr std::size_t mostAxes = 64; // as numpy has it

constexpr std::array npyTypes{
    std::pair{DataType::Float, "<f4"},     std::pair{DataType::Double, "<f8"},
    std::pair{DataType::Float16, "<f2"},   std::pair{DataType::Int8, "|i1"},
    std::pair{DataType::Int16, "<i2"},     std::pair{DataType::Int32, "<i4"},
    std::pair{DataType::Int64, "<i8"},     std::pair{DataType::UInt8, "|u1"},
    std::pair{DataType::UInt16, "<u2"},    std::pair{DataType::UInt32, "<u4"},
    std::pair{DataType::UInt64, "<u8"},    std::pair{DataType::Bool, "|b1"},
    std::pair{DataType::Complex64, "<c8"}, std::pair{DataType::Complex128, "<c16"},
    std::pair{DataType::BFloat16, "|V2"},
};

struct Header {
    std::string type;
    bool isFortran = false;
    std::vector<std::int64_t> dims;
};

// The dictionary of a header: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
class HeaderText final {
public:
    explicit HeaderText(std::string_view text) : m_rest(text) {}

    // Nothing: it is none, or has other keys.
    std::optional<Header> read()
    {
        Header header;
        int found = 0;
        if (!take("{"))
            return std::nullopt;
        while (!take("}")) {
            const auto key = string();
            const bool isRead =
                key && take(":") &&
                ((*key == "descr" && readType(header)) || (*key == "fortran_order" && readOrder(header)) ||
                 (*key == "shape" && readShape(header)));
            if (!isRead || ++found > 3)
                return std::nullopt;
            take(",");
        }
        skip();
        return found == 3 && m_rest.empty() && !header.type.empty() ? std::optional(header) : std::nullopt;
    }

private:
    void skip()
    {
        while (!m_rest.empty() && (m_rest.front() == ' ' || m_rest.front() == '\n'))
            m_rest.remove_prefix(1);
    }
    bool take(std::string_view word)
    {
        skip();
        if (!m_rest.starts_with(word))
            return false;
        m_rest.remove_prefix(word.size());
        return true;
    }
    std::optional<std::string> string()
    {
        skip();
        const char quote = m_rest.empty() ? '\0' : m_rest.front();
        const std::size_t end = quote == '\'' || quote == '"' ? m_rest.find(quote, 1) : m_rest.npos;
        if (end == m_rest.npos)
            return std::nullopt;
        std::string text(m_rest.substr(1, end - 1));
        m_rest.remove_prefix(end + 1);
        return text;
    }
    bool readType(Header& header)
    {
        if (auto type = string()) {
            header.type = *type;
            return true;
        }
        // A list of fields: a structured array.
        header.type = m_rest.substr(0, m_rest.find(']') + 1);
        m_rest.remove_prefix(header.type.size());
        return header.type.starts_with('[');
    }
    bool readOrder(Header& header)
    {
        header.isFortran = take("True");
        return header.isFortran || take("False");
    }
    bool readShape(Header& header)
    {
        if (!take("("))
            return false;
        while (!take(")")) {
            skip();
            std::uint64_t size = 0;
            std::size_t digits = 0;
            for (; digits < m_rest.size() && m_rest[digits] >= '0' && m_rest[digits] <= '9' && digits < 18;
                 ++digits)
                size = 10 * size + static_cast<std::uint64_t>(m_rest[digits] - '0');
            m_rest.remove_prefix(digits);
            take("L"); // of Python 2
            if (digits == 0 || header.dims.size() == mostAxes)
                return false;
            header.dims.push_back(static_cast<std::int64_t>(size));
            if (!take(",") && !m_rest.starts_with(')'))
                return false;
        }
        return true;
    }

    std::string_view m_rest;
};

tl::unexpected<Error> unreadable(const std::string& where, const std::string& why)
{
    return failure(ErrorCode::Unreadable, where + " is no array of numpy that can be read: " + why, where);
}

Result<DataType> typeOf(const std::string& npy, const std::string& where)
{
    const auto known =
        std::ranges::find(npyTypes, npy, [](const auto& pair) { return std::string_view(pair.second); });
    if (known != npyTypes.end())
        return known->first;
    const bool isTurned = npy.starts_with('>');
    std::string why = where + " holds numbers of the type " + npy + ", which no input has.";
    if (isTurned)
        why = where + " holds numbers with the most significant byte first (" + npy +
              "). Save them with .astype('<" + npy.substr(1) + "').";
    else if (npy.ends_with('O'))
        why = where + " holds pickled objects, which are not read. Save an array of numbers.";
    return failure(ErrorCode::Unsupported, why, where);
}

// How many elements there are; nothing where no file could hold as many.
std::optional<std::uint64_t> elementsOf(const std::vector<std::int64_t>& dims)
{
    std::uint64_t count = 1;
    if (std::ranges::count(dims, 0) > 0)
        return 0;
    for (const std::int64_t dim : dims)
        if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(dim), &count) || count > std::uint64_t{1}
                                                                                                  << 48)
            return std::nullopt;
    return count;
}

// The same elements with the last axis varying fastest.
std::vector<std::byte> reordered(const std::vector<std::byte>& bytes, const std::vector<std::int64_t>& dims,
                                 std::size_t width)
{
    std::vector<std::byte> result(bytes.size());
    std::vector<std::int64_t> at(dims.size());
    std::vector<std::size_t> strides(dims.size(), width);
    for (std::size_t axis = 1; axis < dims.size(); ++axis)
        strides[axis] = strides[axis - 1] * static_cast<std::size_t>(dims[axis - 1]);
    std::size_t from = 0;
    for (std::size_t to = 0; to < result.size(); to += width) {
        std::memcpy(result.data() + to, bytes.data() + from, width);
        for (std::size_t axis = dims.size(); axis-- > 0;) {
            from += strides[axis];
            if (++at[axis] < dims[axis])
                break;
            from -= strides[axis] * static_cast<std::size_t>(dims[axis]);
            at[axis] = 0;
        }
    }
    return result;
}

} // namespace

std::string_view npyType(DataType type)
{
    const auto known = std::ranges::find(npyTypes, type, [](const auto& pair) { return pair.first; });
    if (known != npyTypes.end())
        return known->second;
    const bool isByte = elementBits(type) == 8; // float8
    return isByte ? "|V1" : "";
}

Result<TensorView> readNpy(const StoredBytes& bytes, const std::string& name, const std::string& where)
{
    std::array<std::byte, 12> start{};
    const std::uint64_t all = size(bytes);
    if (all < 10)
        return unreadable(where, "it is too short.");
    const std::size_t known = static_cast<std::size_t>(std::min<std::uint64_t>(all, start.size()));
    if (auto got = read(bytes, 0, std::span(start).first(known)); !got)
        return tl::make_unexpected(std::move(got.error()));
    if (std::memcmp(start.data(), "\x93NUMPY", 6) != 0)
        return unreadable(where, "it does not begin as one.");
    const auto version = std::to_integer<int>(start[6]);
    if (version < 1 || version > 3)
        return unreadable(where, "it is of a format that is not known.");
    const std::uint64_t before = version == 1 ? 10 : 12;
    std::uint64_t length = 0;
    for (std::uint64_t b = before; b-- > 8;)
        length = length << 8 | std::to_integer<std::uint64_t>(start[b]);
    if (length > longestHeader || before + length > all)
        return unreadable(where, "it ends too early.");
    std::string text(static_cast<std::size_t>(length), '\0');
    if (auto got = read(bytes, before, std::as_writable_bytes(std::span(text))); !got)
        return tl::make_unexpected(std::move(got.error()));
    const auto header = HeaderText(text).read();
    if (!header)
        return unreadable(where, "what it says of its type and shape makes no sense.");
    const auto type = typeOf(header->type, where);
    if (!type)
        return tl::make_unexpected(type.error());
    const auto count = elementsOf(header->dims);
    const std::uint64_t needed = count ? storedBytes(*type, *count) : 0;
    if (!count || needed > all - before - length)
        return unreadable(where, "it is shorter than its shape needs.");
    const bool turns = header->isFortran && header->dims.size() > 1 && *count > 0;
    if (const auto* const range = std::get_if<FileRange>(&bytes); range && !turns)
        return TensorView(name, *type, header->dims,
                          Payload{FileRange{range->file, range->offset + before + length, needed}});
    std::vector<std::byte> elements(static_cast<std::size_t>(needed));
    if (auto got = read(bytes, before + length, elements); !got)
        return tl::make_unexpected(std::move(got.error()));
    if (turns)
        elements = reordered(elements, header->dims, static_cast<std::size_t>(storedBytes(*type, 1)));
    return TensorView(name, *type, header->dims,
                      Payload{std::make_shared<const std::vector<std::byte>>(std::move(elements))});
}

std::string npzName(const ZipArchive::Entry& entry)
{
    return entry.name.ends_with(".npy") ? entry.name.substr(0, entry.name.size() - 4) : entry.name;
}

Result<TensorView> readNpz(const ZipArchive& archive, const ZipArchive::Entry& entry, const std::string& file,
                           const std::stop_token& stop)
{
    constexpr std::uint64_t mostInflated = std::uint64_t{4} << 30; // bytes of a compressed array
    StoredBytes bytes = entry.packed;
    if (entry.isDeflated) {
        auto contents = archive.contents(entry, mostInflated, stop);
        if (!contents)
            return tl::make_unexpected(std::move(contents.error()));
        bytes = std::make_shared<const std::vector<std::byte>>(std::move(*contents));
    } else if (auto whole = archive.check(entry, stop); !whole) {
        return tl::make_unexpected(std::move(whole.error()));
    }
    const std::string name = npzName(entry);
    return readNpy(bytes, name, file + " (" + name + ")");
}

} // namespace pleat
