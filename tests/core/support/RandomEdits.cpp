// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/support/RandomEdits.h"

#include "core/rewrite/Rewriter.h"

#include <onnx/onnx_pb.h>

namespace pleat::test {

Model changed(const std::shared_ptr<const GraphView>& view, std::mt19937& random)
{
    Rewriter rewriter(view);
    const auto& scope = view->scopes()[random() % view->scopes().size()];
    if (scope.nodes.empty())
        return view->model();
    const NodeIndex node = pick(scope.nodes, random);
    const ValueIndex input = view->input(node, 0), output = view->output(node, 0);
    switch (random() % 6) {
    case 0: // taken out; what read its result reads what it read
        if (input == ValueIndex::None || output == ValueIndex::None || view->isGraphOutput(output) ||
            !view->entry(node).bodies().empty())
            break;
        for (const Use& use : view->uses(output))
            rewriter.change(use.node).set_input(static_cast<int>(use.slot), std::string(view->name(input)));
        rewriter.remove(node);
        break;
    case 1: { // another behind it, which makes what it made
        if (output == ValueIndex::None)
            break;
        onnx::NodeProto relu;
        relu.set_op_type("Relu");
        relu.add_input(rewriter.uniqueName("before"));
        relu.add_output(std::string(view->name(output)));
        rewriter.change(node).set_output(0, relu.input(0));
        rewriter.insertAfter(node, relu);
        break;
    }
    case 2: { // another before it
        if (input == ValueIndex::None)
            break;
        onnx::NodeProto relu;
        relu.set_op_type("Relu");
        relu.add_input(std::string(view->name(input)));
        relu.add_output(rewriter.uniqueName("relu"));
        rewriter.change(node).set_input(0, relu.output(0));
        rewriter.insertBefore(node, relu);
        break;
    }
    case 3: { // a new constant instead of what it read
        if (input == ValueIndex::None)
            break;
        const auto bytes = std::make_shared<const std::vector<std::byte>>(8);
        rewriter.change(node).set_input(
            0, rewriter.add(view->scope(node), "constant", DataType::Float, {2}, Payload{bytes}));
        break;
    }
    case 4: { // other numbers
        if (scope.initializers.empty())
            break;
        const auto bytes = std::make_shared<const std::vector<std::byte>>(12);
        rewriter.replaceData(pick(scope.initializers, random), DataType::Float, {3}, Payload{bytes});
        break;
    }
    default: // another message
        rewriter.change(node).set_doc_string("changed");
    }
    return rewriter.apply();
}

} // namespace pleat::test
