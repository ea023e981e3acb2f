# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads of an ONNX file by the onnx package alone: what pleat-cli says is held against these."""
import onnx
from google.protobuf.message import DecodeError

FULL_CHECK_BYTES = 2**31  # what protobuf can hold in one message; above, the checker works on the file


class Failure(Exception):
    """Something about a model is wrong; the text says what."""


def load(path):
    try:
        return onnx.load(path, load_external_data=False)
    except DecodeError as error:
        raise Failure(f"{path.name} is not an ONNX model: {error}") from error


def nodes(graph):
    """The nodes of a graph and of all graphs inside it, in order."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in [attribute.g] if attribute.HasField("g") else attribute.graphs:
                yield from nodes(inner)


def count(model, op):
    found = sum(node.op_type == op for node in nodes(model.graph))
    return found + sum(node.op_type == op for function in model.functions for node in function.node)


def working_nodes(model):
    """How many nodes compute something."""
    return sum(node.op_type != "Constant" for node in nodes(model.graph))


def check_error(path):
    """The ONNX checker's objection to the file, or None."""
    try:
        onnx.checker.check_model(str(path), full_check=path.stat().st_size < FULL_CHECK_BYTES)
        return None
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        return str(error).strip().splitlines()[0]
