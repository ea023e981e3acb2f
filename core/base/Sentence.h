// SPDX-License-Identifier: GPL-3.0-or-later
// A sentence as a value: an English pattern with a place, {}, for each of its arguments. Whoever shows it
// decides how a node is called (by its whole name, by a short one, as "it") and in which language, so nobody
// has to look for names in a finished text. The patterns are literals: they are what a translation is keyed
// by (lupdate -tr-function-alias QT_TRANSLATE_NOOP=…). Plain values, free to cross threads.
#pragma once

#include "core/base/Ids.h"

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace pleat {

struct Argument;

class Sentence final {
public:
    Sentence() = default; // an empty one

    // Without arguments: the literal is the whole sentence.
    template<std::size_t N>
    Sentence(const char (&literal)[N]) : m_pattern(literal, N - 1)
    {
    }
    // Use sentence(), which counts the places.
    Sentence(std::string_view literal, std::vector<Argument> arguments);

    bool empty() const { return m_pattern.empty(); }
    std::string_view pattern() const { return m_pattern; }
    const std::vector<Argument>& arguments() const { return m_arguments; }

    // With every node and tensor by its whole name.
    std::string text() const;

private:
    std::string_view m_pattern; // of a literal
    std::vector<Argument> m_arguments;
};

// What stands in a place.
struct Argument {
    enum class Kind {
        Word,      // a number, a type, what an operator calls its input: the same for everybody
        Node,      // a node, by its name or what GraphView::label() gives
        Operation, // the same with its operator before it: "Clip /block/relu6/Clip"
        Tensor,    // a tensor, by its name
        Sentence   // a part of a sentence
    };

    Argument(std::string word) : text(std::move(word)) {}
    Argument(std::string_view word) : text(word) {}
    Argument(const char* word) : text(word) {}
    template<class Number>
    requires std::integral<Number> Argument(Number number) : text(std::to_string(number)) {}
    Argument(double number); // as short as it can be without losing anything
    Argument(Sentence whole) : kind(Kind::Sentence) { part.push_back(std::move(whole)); }
    Argument(Kind what, std::string name, std::string op, NodeId id)
        : kind(what),
          text(std::move(name)),
          op(std::move(op)),
          node(id)
    {
    }

    Kind kind = Kind::Word;
    std::string text;             // the word or the name
    std::string op;               // of a Node or Operation
    NodeId node = NodeId::None;   // of a Node or Operation
    std::vector<Sentence> part{}; // the one of a Sentence
};

// The pattern of a sentence with so many places; another number of them does not compile.
template<std::size_t Places>
struct Pattern {
    template<std::size_t N>
    consteval Pattern(const char (&pattern)[N]) : literal(pattern, N - 1)
    {
        std::size_t places = 0;
        for (std::size_t at = literal.find("{}"); at != literal.npos; at = literal.find("{}", at + 2))
            ++places;
        if (places != Places)
            throw "as many places as arguments";
    }
    std::string_view literal;
};

// sentence("{} has {} values", named(view, node), count)
template<class... Arguments>
Sentence sentence(std::type_identity_t<Pattern<sizeof...(Arguments)>> pattern, Arguments&&... arguments)
{
    std::vector<Argument> all;
    all.reserve(sizeof...(arguments));
    (all.emplace_back(std::forward<Arguments>(arguments)), ...);
    return {pattern.literal, std::move(all)};
}

} // namespace pleat
