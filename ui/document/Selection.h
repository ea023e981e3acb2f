// SPDX-License-Identifier: GPL-3.0-or-later
// What is selected, for the canvas and all panels alike: a node, a value, or a fold with its layer.
// Whoever changes it hears its own change too, and must not mind. UI thread only.
#pragma once

#include "core/base/Ids.h"
#include "core/fold/FoldCandidate.h"

#include <QObject>
#include <string>

namespace pleat::ui {

class Selection final : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    struct Value {
        std::size_t document = 0;   // its place in Workspace::documents()
        std::string scope;          // of the node or the value, GraphView's path
        NodeId node = NodeId::None; // its layer or the node itself; None: the model, or a value
        std::string value;          // name of the value; empty unless a value is selected
        FoldId fold;                // the candidate that the node belongs to; empty when it belongs to none
        bool operator==(const Value&) const = default;
        bool isEmpty() const { return node == NodeId::None && value.empty() && fold.empty(); }
    };

    const Value& value() const { return m_value; }
    void set(Value value);
    void clear() { set({}); }

Q_SIGNALS:
    void changed();

private:
    Value m_value;
};

} // namespace pleat::ui
