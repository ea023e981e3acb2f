# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits a real network with pleat-cli and holds what comes of it against the onnx package and ONNX Runtime.

usage: editing.py PLEAT_CLI MODEL.onnx
A new output, a fixed and a freed batch, a cut in two, both halves merged again, weights of float16 and a replaced one: the ONNX checker takes each
model, and ONNX Runtime, graph optimizations off, gives the numbers that the original gives; a recipe of it all gives the
same bytes again.
"""
import pathlib
import sys
import tempfile

import graphs
import numerics
import numpy
import onnx
import processes
import workflow
from graphs import Failure

HALF = 5e-3  # of the largest output: weights rounded to 11 bits
ROWS, COLUMNS = 1 << 15, 1 << 14  # of each of two matrices of 2 GiB that lie outside
MEGABYTES = 100  # of memory, for a model of 4 GiB


class Editor:
    def __init__(self, cli, model, folder):
        self.cli, self.model, self.folder = cli, model, folder

    def edit(self, name, *options, model=None):
        after = self.folder / f"{name}.onnx"
        workflow.pleat(self.cli, "edit", model or self.model, "-o", after, *options)
        objection = graphs.check_error(after)
        if objection:
            raise Failure(f"{name}: the ONNX checker rejects it: {objection}")
        return after


def run(path, feed):
    session = numerics.session(path)
    names = [each.name for each in session.get_outputs()]
    return dict(zip(names, session.run(names, feed)))


def same(what, before, after, tolerance=0.0):
    apart = numpy.abs(before.astype("f8") - after).max() / numpy.abs(before).max() if before.shape == after.shape else numpy.inf
    if not apart <= tolerance:
        raise Failure(f"{what}: {apart:.3g} of the largest number apart")
    return apart


def check_large(cli, folder):
    """Edits a model of 4 GiB, whose data file is one hole, without reading it."""
    weights = []
    for number, dims in enumerate([(COLUMNS, ROWS), (ROWS, COLUMNS)]):
        tensor = onnx.TensorProto(name=f"w{number}", dims=dims, data_type=onnx.TensorProto.FLOAT,
                                  data_location=onnx.TensorProto.EXTERNAL)
        for key, value in (("location", "large.data"), ("offset", number * 4 * ROWS * COLUMNS), ("length", 4 * ROWS * COLUMNS)):
            tensor.external_data.add(key=key, value=str(value))
        weights.append(tensor)
    ports = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, COLUMNS]) for name in "xy"]
    nodes = [onnx.helper.make_node("MatMul", ["x", "w0"], ["t"]), onnx.helper.make_node("MatMul", ["t", "w1"], ["y"])]
    graph = onnx.helper.make_graph(nodes, "large", ports[:1], ports[1:], weights)
    with open(folder / "large.data", "wb") as data:
        data.truncate(2 * 4 * ROWS * COLUMNS)
    model, after = folder / "large.onnx", folder / "edited.onnx"
    model.write_bytes(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=7).SerializeToString())
    done = processes.run([cli, "edit", model, "-o", after, "--rename", "w0=first", "--output", "t", "--batch", "N", "--insert",
                          "t=Relu", "--rename", "x=picture"])
    if not done.megabytes < MEGABYTES:
        raise Failure(f"a model of 4 GiB is edited with {done.megabytes:.0f} MB of memory")
    names = [each.name for each in graphs.load(after).graph.initializer]
    workflow.expect("weights of the large model", names, ["first", "w1"])
    merged = processes.run([cli, "merge", model, after, "-o", folder / "merged.onnx", "--join", "y=picture", "--prefix", "b/"])
    if not merged.megabytes < MEGABYTES:
        raise Failure(f"two models of 4 GiB are merged with {merged.megabytes:.0f} MB of memory")
    valued = processes.run([cli, "edit", model, "-o", folder / "valued.onnx", "--set-value", "w0[:,5]=1", "--set-value", "w1[3,4]=2"])
    if not valued.megabytes < MEGABYTES:
        raise Failure(f"values of a model of 4 GiB are set with {valued.megabytes:.0f} MB of memory")
    return max(done.megabytes, merged.megabytes, valued.megabytes)


def main():
    cli, model = sys.argv[1], pathlib.Path(sys.argv[2])
    proto = onnx.load(str(model))
    source, result = proto.graph.input[0].name, proto.graph.output[0].name
    middle = [node for node in proto.graph.node if node.op_type == "Conv"][0].output[0]  # nothing goes past it
    weight = next(each for each in proto.graph.initializer if len(each.dims) == 4)
    one = numpy.random.default_rng(1).standard_normal((1, 3, 64, 64)).astype("f4")
    many = numpy.random.default_rng(2).standard_normal((3, 3, 64, 64)).astype("f4")
    with tempfile.TemporaryDirectory() as folder:
        editor = Editor(cli, model, pathlib.Path(folder))
        freed = editor.edit("freed", "--input-shape", f"{source}=Nx3x64x64")
        wanted = run(freed, {source: one})[result]
        each = [run(freed, {source: many[i:i + 1]})[result] for i in range(3)]
        same("batch of three", numpy.concatenate(each), run(freed, {source: many})[result], 1e-5)
        fixed = editor.edit("fixed", "--batch", "3", model=freed)
        workflow.expect("batch", numerics.session(fixed).get_outputs()[0].shape[0], 3)
        same("fixed batch", run(freed, {source: many})[result], run(fixed, {source: many})[result])
        probed = run(editor.edit("probed", "--output", middle, model=freed), {source: one})
        same("with a new output", wanted, probed[result])
        head = editor.edit("head", "--cut", middle, model=freed)
        tail = editor.edit("tail", "--cut-from", middle, model=freed)
        between = run(head, {source: one})
        workflow.expect("outputs of the head", list(between), [middle])
        same("head", probed[middle], between[middle])
        same("head and tail", wanted, run(tail, between)[result])
        merged = editor.folder / "merged.onnx"
        workflow.pleat(cli, "merge", head, tail, "-o", merged)
        same("head and tail merged", wanted, run(merged, {source: one})[result])
        beside = editor.folder / "beside.onnx"
        workflow.pleat(cli, "merge", head, freed, "-o", beside, "--beside", "--prefix", "b/")
        both = run(beside, {source: one, f"b/{source}": one})
        same("beside: the one", between[middle], both[middle])
        same("beside: the other", wanted, both[f"b/{result}"])
        half = editor.edit("half", "--store-as", "float16", model=freed)
        rounded = same("weights of float16", wanted, run(half, {source: one})[result], HALF)
        if not half.stat().st_size < 0.6 * freed.stat().st_size:
            raise Failure(f"{half.stat().st_size} bytes with weights of float16")
        computed = editor.edit("computed", "--compute-as", "float16", model=freed)
        computing = same("computing in float16", wanted, run(computed, {source: one})[result], 20 * HALF)
        numpy.save(pathlib.Path(folder) / "w.npy", onnx.numpy_helper.to_array(weight) * 2)
        steps = ["--rename", f"{source}=picture", "--replace", f"{weight.name}={folder}/w.npy", "--scale", f"{weight.name}=0.5",
                 "--rename", f"{result}=scores"]
        recipe = pathlib.Path(folder) / "recipe.json"
        named = editor.edit("named", *steps, "--save-recipe", recipe, model=freed)
        same("renamed", wanted, run(named, {"picture": one})["scores"])
        again = pathlib.Path(folder) / "again.onnx"
        workflow.pleat(cli, "apply", recipe, freed, "-o", again)
        if again.read_bytes() != named.read_bytes():
            raise Failure("the recipe gives other bytes")
        megabytes = check_large(cli, pathlib.Path(folder))
    print(f"{model.name}: batch freed and fixed, an output more, cut in two at {middle} and merged, renamed and replaced: the same numbers; "
          f"weights of float16 within {rounded:.1e}, all of it within {computing:.1e}; a model of 4 GiB edited with {megabytes:.0f} MB")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"{sys.argv[2]}: {failure}")
