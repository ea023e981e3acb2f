// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Sentence.h"

#include <fmt/format.h>

namespace pleat {

namespace {

void append(const Sentence& sentence, std::string& text);

void append(const Argument& argument, std::string& text)
{
    if (argument.kind == Argument::Kind::Sentence)
        return append(argument.part.front(), text);
    if (argument.kind == Argument::Kind::Operation)
        text.append(argument.op).append(" ");
    text += argument.text;
}

void append(const Sentence& sentence, std::string& text)
{
    std::string_view rest = sentence.pattern();
    for (const Argument& argument : sentence.arguments()) {
        const std::size_t place = rest.find("{}");
        text += rest.substr(0, place);
        append(argument, text);
        rest.remove_prefix(place + 2);
    }
    text += rest;
}

} // namespace

Sentence::Sentence(std::string_view literal, std::vector<Argument> arguments)
    : m_pattern(literal),
      m_arguments(std::move(arguments))
{
}

Argument::Argument(double number) : text(fmt::format("{}", number)) {}

std::string Sentence::text() const
{
    std::string text;
    append(*this, text);
    return text;
}

} // namespace pleat
