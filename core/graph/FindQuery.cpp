// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/FindQuery.h"

#include "core/graph/Describe.h"

#include <algorithm>
#include <array>
#include <utility>

namespace pleat {

namespace {

char lowered(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// `part` is in lower case already.
bool contains(std::string_view text, std::string_view part)
{
    return !std::ranges::search(text, part, {}, [](char c) { return lowered(c); }).empty() || part.empty();
}

bool isSame(std::string_view text, std::string_view other)
{
    return std::ranges::equal(text, other, {}, [](char c) { return lowered(c); });
}

std::string withoutSpaces(std::string text)
{
    std::erase(text, ' ');
    return text;
}

// "1x3", "1×3", "1,3".
std::vector<std::string> sizesOf(std::string_view text)
{
    constexpr std::string_view times = "×";
    std::vector<std::string> sizes(1);
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool isTimes = text.substr(at).starts_with(times);
        if (isTimes)
            at += times.size() - 1;
        if (isTimes || text[at] == 'x' || text[at] == ',')
            sizes.emplace_back();
        else
            sizes.back() += text[at];
    }
    std::erase(sizes, std::string()); // "1x" is on its way to "1x3"
    return sizes;
}

bool isSize(const Dimension& dimension, const std::string& wanted)
{
    return wanted == "?" || (dimension.value >= 0 ? std::to_string(dimension.value) == wanted
                                                  : isSame(dimension.symbol, wanted));
}

} // namespace

FindQuery::FindQuery(std::string_view text)
{
    std::string word;
    bool inQuotes = false, quoted = false;
    const auto end = [&] {
        if (Term term = termOf(std::exchange(word, {}), std::exchange(quoted, false)); isFinished(term))
            m_terms.push_back(std::move(term));
    };
    for (const char c : text) {
        if (c == '"') {
            quoted |= !inQuotes && word.empty();
            inQuotes = !inQuotes;
        } else if (c == ' ' && !inQuotes) {
            end();
        } else {
            word += lowered(c);
        }
    }
    end();
}

FindQuery::Term FindQuery::termOf(std::string word, bool quoted)
{
    constexpr std::array kinds{std::pair{std::string_view("op:"), Kind::Op},
                               std::pair{std::string_view("attr:"), Kind::Attribute},
                               std::pair{std::string_view("shape:"), Kind::Shape},
                               std::pair{std::string_view("dtype:"), Kind::Type}};
    for (const auto& [prefix, kind] : kinds) {
        if (quoted || !word.starts_with(prefix))
            continue;
        Term term{kind, word.substr(prefix.size()), {}, {}};
        if (kind == Kind::Shape)
            term.sizes = sizesOf(term.text);
        if (const std::size_t equals = term.text.find('=');
            kind == Kind::Attribute && equals != std::string::npos) {
            term.value = withoutSpaces(term.text.substr(equals + 1));
            term.text.resize(equals);
        }
        // As NumPy calls them, beside ONNX's own names.
        if (kind == Kind::Type && term.text == "float32")
            term.text = "float";
        else if (kind == Kind::Type && term.text == "float64")
            term.text = "double";
        return term;
    }
    return {Kind::Word, std::move(word), {}, {}};
}

bool FindQuery::isFinished(const Term& term)
{
    return term.kind == Kind::Shape ? !term.sizes.empty() : !term.text.empty();
}

bool FindQuery::holds(const Term& term, const ValueType& type)
{
    if (term.kind == Kind::Type)
        return isSame(name(type.type), term.text);
    return type.hasShape && !std::ranges::search(type.shape, term.sizes, isSize).empty();
}

bool FindQuery::matches(const GraphView& view, NodeIndex node, const ValueTypes& types) const
{
    const auto holdsOfNode = [&](const Term& term) {
        const auto holdsOfAny = [&](std::span<const ValueIndex> values) {
            return std::ranges::any_of(values, [&](ValueIndex value) {
                return value != ValueIndex::None && holds(term, knownType(view, value, types));
            });
        };
        switch (term.kind) {
        case Kind::Word:
            return contains(view.op(node), term.text) ||
                   (view.name(node).empty() ? contains(view.label(node), term.text)
                                            : contains(view.name(node), term.text));
        case Kind::Op:
            return isSame(view.op(node), term.text);
        case Kind::Attribute:
            return std::ranges::any_of(attributesOf(view, node), [&](const AttributeText& attribute) {
                return isSame(attribute.name, term.text) &&
                       (term.value.empty() || isSame(withoutSpaces(attribute.value), term.value));
            });
        case Kind::Shape:
        case Kind::Type:
            break;
        }
        return holdsOfAny(view.outputs(node)) || holdsOfAny(view.inputs(node));
    };
    return !isEmpty() && std::ranges::all_of(m_terms, holdsOfNode);
}

bool FindQuery::matches(const GraphView& view, ValueIndex value, const ValueTypes& types) const
{
    const auto holdsOfValue = [&](const Term& term) {
        switch (term.kind) {
        case Kind::Word:
            return contains(view.name(value), term.text);
        case Kind::Op:
        case Kind::Attribute:
            return false; // of nodes
        case Kind::Shape:
        case Kind::Type:
            break;
        }
        return holds(term, knownType(view, value, types));
    };
    return !isEmpty() && std::ranges::all_of(m_terms, holdsOfValue);
}

} // namespace pleat
