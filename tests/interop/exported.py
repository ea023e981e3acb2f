# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of a PyTorch user: an exported network, all its batch norms folded, looked at with the onnx package alone.

usage: exported.py PLEAT_CLI NETWORK.onnx      NETWORK is a key of EXPECTED
"""
import pathlib
import sys

import onnx

import graphs
import workflow
from graphs import Failure

# Counted in torchvision's networks: pairs, name of the first layer, what follows its batch norm.
EXPECTED = {
    "mobilenet_v2": (52, "/features/features.0/features.0.0/Conv", "Clip"),
    "resnet50": (53, "/conv1/Conv", "Relu"),
}


def first_nodes(model):
    return [node for node in model.graph.node if node.op_type != "Constant"][:2]


def constant(model, name):
    """The value of an initializer, or of a Constant node as torch writes them under PRESERVE."""
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    tensors |= {node.output[0]: node.attribute[0].t for node in model.graph.node if node.op_type == "Constant"}
    return onnx.numpy_helper.to_array(tensors[name])


def main():
    cli, before = sys.argv[1], pathlib.Path(sys.argv[2])
    pairs, first_layer, successor = EXPECTED[before.stem]
    after = before.with_suffix(".folded.onnx")

    outcome = workflow.check(cli, before, after, shapes={})
    workflow.expect("batch norms, folded, blocked, left", outcome.row()[:4], [pairs, pairs, "0", 0])

    unfolded, folded = onnx.load(before), onnx.load(after)
    layer, follower = first_nodes(unfolded)
    workflow.expect("first node before ends with its path", layer.name.endswith(first_layer), True)
    workflow.expect("second node before", follower.op_type, workflow.OPERATOR)
    new_layer, new_follower = first_nodes(folded)
    workflow.expect("first node after", new_layer.name, layer.name)
    workflow.expect("second node after", new_follower.op_type, successor)
    workflow.expect("batch norms after", graphs.count(folded, workflow.OPERATOR), 0)
    workflow.expect("inputs of the first layer before and after", (len(layer.input), len(new_layer.input)), (2, 3))
    changed = (constant(unfolded, layer.input[1]) != constant(folded, new_layer.input[1])).any()
    workflow.expect("the first layer's weights are new", bool(changed), True)
    onnx.checker.check_model(folded)
    workflow.print_table([[before.name, *outcome.row()]])


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"{sys.argv[2]}: {failure}")
