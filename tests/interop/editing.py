# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits a real network with pleat-cli and holds what comes of it against the onnx package and ONNX Runtime.

usage: editing.py PLEAT_CLI MODEL.onnx
A new output, a fixed and a freed batch, a cut in two, weights of float16 and a replaced one: the ONNX checker takes each
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
import workflow
from graphs import Failure

HALF = 5e-3  # of the largest output: weights rounded to 11 bits


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


def main():
    cli, model = sys.argv[1], pathlib.Path(sys.argv[2])
    proto = onnx.load(str(model))
    source, result = proto.graph.input[0].name, proto.graph.output[0].name
    middle = [node for node in proto.graph.node if node.op_type == "Conv"][len(proto.graph.node) // 8].output[0]
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
        half = editor.edit("half", "--store-as", "float16", model=freed)
        rounded = same("weights of float16", wanted, run(half, {source: one})[result], HALF)
        if not half.stat().st_size < 0.6 * freed.stat().st_size:
            raise Failure(f"{half.stat().st_size} bytes with weights of float16")
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
    print(f"{model.name}: batch freed and fixed, an output more, cut in two at {middle}, renamed and replaced: the same numbers; "
          f"weights of float16 within {rounded:.1e}")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"{sys.argv[2]}: {failure}")
