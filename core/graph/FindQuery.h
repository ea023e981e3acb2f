// SPDX-License-Identifier: GPL-3.0-or-later
// What somebody looks for in a graph: words and conditions, all of which have to hold.
//
//     conv.3 relu        a part of the name or of the operator; "in quotes" with spaces
//     op:Conv            this operator, not ConvTranspose
//     attr:group=32      an attribute with this value, attr:group any; lists as 3,3
//     shape:1x3          a tensor with these sizes side by side, a ? for any
//     dtype:float16      a tensor of this type
//
// Upper and lower case are the same (ASCII). A condition on tensors holds for a node that makes or reads such
// a one. A value; any thread.
#pragma once

#include "core/graph/GraphView.h"
#include "core/model/ValueTypes.h"

#include <string>
#include <string_view>
#include <vector>

namespace pleat {

class FindQuery final {
public:
    FindQuery() = default; // holds for nothing
    explicit FindQuery(std::string_view text);

    // Nothing is asked for: it is empty, or its conditions are not finished ("op:").
    bool isEmpty() const { return m_terms.empty(); }
    bool matches(const GraphView& view, NodeIndex node, const ValueTypes& types) const;
    bool matches(const GraphView& view, ValueIndex value, const ValueTypes& types) const;

private:
    enum class Kind { Word, Op, Attribute, Shape, Type };
    struct Term {
        Kind kind = Kind::Word;
        std::string text;               // in lower case; of an attribute its name
        std::string value;              // of an attribute; empty: any
        std::vector<std::string> sizes; // of a shape
    };
    static Term termOf(std::string word, bool quoted);
    static bool isFinished(const Term& term);
    static bool holds(const Term& term, const ValueType& type);

    std::vector<Term> m_terms;
};

} // namespace pleat
