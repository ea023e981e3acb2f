// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Visible.h"

#include <algorithm>
#include <cstdint>

namespace pleat {

namespace {

struct Character {
    std::uint32_t code = 0;
    std::size_t bytes = 0; // 0: the first byte begins no UTF-8 sequence
};

// The Unicode Standard, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.
Character first(std::string_view text)
{
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80)
        return {lead, 1};
    const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes)
        return {};
    std::uint32_t code = lead & (0xffu >> (bytes + 1));
    for (std::size_t at = 1; at < bytes; ++at) {
        if ((byte(at) & 0xc0) != 0x80)
            return {};
        code = code << 6 | (byte(at) & 0x3fu);
    }
    const std::uint32_t least = bytes == 4 ? 0x10000 : bytes == 3 ? 0x800 : 0x80;
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return {};
    return {code, bytes};
}

// How many characters of ASCII that steer nothing it begins with.
std::size_t plainStart(std::string_view text)
{
    const auto plain = [](char character) { return character >= 0x20 && character < 0x7f; };
    return static_cast<std::size_t>(std::ranges::find_if_not(text, plain) - text.begin());
}

bool steers(std::uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c || code == 0x200e ||
           code == 0x200f || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
           code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb) || (code >= 0xe0000 && code <= 0xe007f);
}

std::string hexadecimal(std::uint32_t number, std::size_t digits)
{
    std::string text(digits, '0');
    for (auto digit = text.rbegin(); digit != text.rend(); ++digit, number >>= 4)
        *digit = "0123456789abcdef"[number & 0xf];
    return text;
}

std::string utf16Escapes(std::uint32_t code)
{
    if (code < 0x10000)
        return "\\u" + hexadecimal(code, 4);
    code -= 0x10000;
    return "\\u" + hexadecimal(0xd800 + (code >> 10), 4) + "\\u" + hexadecimal(0xdc00 + (code & 0x3ff), 4);
}

std::string escaped(std::uint32_t code)
{
    switch (code) {
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        return code < 0x80      ? "\\x" + hexadecimal(code, 2)
               : code < 0x10000 ? "\\u" + hexadecimal(code, 4)
                                : "\\U" + hexadecimal(code, 8);
    }
}

} // namespace

std::string visible(std::string_view text)
{
    std::string shown;
    shown.reserve(text.size());
    while (!text.empty()) {
        const std::size_t plain = plainStart(text); // nearly all of nearly every text
        shown.append(text, 0, plain);
        text.remove_prefix(plain);
        if (text.empty())
            break;
        const Character character = first(text);
        const std::size_t bytes = std::max<std::size_t>(character.bytes, 1);
        if (character.bytes == 0)
            shown += "\\x" + hexadecimal(static_cast<unsigned char>(text.front()), 2);
        else if (steers(character.code))
            shown += escaped(character.code);
        else
            shown += text.substr(0, bytes);
        text.remove_prefix(bytes);
    }
    return shown;
}

std::string visibleJson(std::string json)
{
    const auto harmless = [](char byte) { return static_cast<unsigned char>(byte) < 0x7f; };
    if (std::ranges::all_of(json, harmless))
        return json;
    std::string shown;
    shown.reserve(json.size());
    for (std::string_view text = json; !text.empty();) {
        const Character character = first(text);
        const std::size_t bytes = std::max<std::size_t>(character.bytes, 1);
        // Line breaks and spaces of its own are below 0x20; in a string JSON has escaped them already.
        if (character.code >= 0x7f && steers(character.code))
            shown += utf16Escapes(character.code);
        else
            shown += text.substr(0, bytes);
        text.remove_prefix(bytes);
    }
    return shown;
}

} // namespace pleat
