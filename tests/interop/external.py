# SPDX-License-Identifier: GPL-3.0-or-later
"""Folds networks whose weights lie beside the model and holds what is saved against the onnx package and ONNX Runtime.

usage: external.py PLEAT_CLI NETWORK.onnx

From the network with its weights inside and from the same saved by onnx with external data: every --data, into the same
folder and into another one. Then a network of more than 2 GiB, which a single file cannot hold.
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx

import graphs
import numerics
import workflow
from graphs import Failure

LARGE_LAYERS, LARGE_CHANNELS = 9, 8192  # 1×1 kernels of 256 MiB each


def save_external(source, target):
    """The weights in one file, those of the inner graphs too, as the onnx package lays them out."""
    onnx.save(onnx.load(source), target, save_as_external_data=True, location=target.name + "_data", size_threshold=512)


def weights(path):
    """All tensors of the main graph with their bytes, wherever they lie."""
    model = onnx.load(path)
    return {tensor.name: onnx.numpy_helper.to_array(tensor).tobytes() for tensor in model.graph.initializer}


def data_files(path):
    """Which files the tensors of the main graph are in."""
    return {entry.value for tensor in graphs.load(path).graph.initializer
            for entry in tensor.external_data if entry.key == "location"}


def check_placements(cli, network, folder):
    sources = {"inside": folder / "inside.onnx", "outside": folder / "outside.onnx"}
    sources["inside"].write_bytes(network.read_bytes())
    save_external(network, sources["outside"])
    original = sources["outside"].with_name("outside.onnx_data").read_bytes()
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    inputs, before = numerics.run_before(network, 1, {})
    truth = None
    rows = []
    for kind, source in sources.items():
        for data in ("keep", "inline", "external"):
            for place in (folder, elsewhere):
                target = place / f"{kind}-{data}.onnx"
                found = workflow.pleat(cli, "fold", source, "-o", target, "--data", data)
                own = pathlib.Path(found["data"]).name if "data" in found else None
                wanted = {own} if data == "external" or (data == "keep" and kind == "outside") else set()
                used = data_files(target)
                if place == folder and data == "keep" and kind == "outside":
                    workflow.expect("unchanged data stays where it is", used - {own} <= {"outside.onnx_data"}, True)
                else:
                    workflow.expect(f"data files of {target.name}", used, wanted - {None})
                if error := graphs.check_error(target):
                    raise Failure(f"{target.name}: the checker says: {error}")
                saved = weights(target)
                truth = truth or saved
                workflow.expect(f"the weights of {target.name} are those of the others", saved == truth, True)
                difference = numerics.difference_from(inputs, before, target)
                if difference > workflow.TOLERANCE:
                    raise Failure(f"{target.name}: outputs differ by {difference}")
                rows.append([target.relative_to(folder), len(used), f"{difference:.1e}"])
    workflow.expect("the original data", sources["outside"].with_name("outside.onnx_data").read_bytes() == original, True)
    return rows


def write_large(path):
    """Conv 1×1 and BatchNormalization in turn; the weights go to a file as they are made."""
    draw = numpy.random.default_rng(1)
    n = LARGE_CHANNELS
    block = draw.standard_normal((256, n), numpy.float32) / numpy.sqrt(numpy.float32(n))
    nodes, tensors = [], []
    with open(path.with_suffix(".bin"), "wb") as data:
        for layer in range(LARGE_LAYERS):
            weight = onnx.TensorProto(name=f"w{layer}", data_type=onnx.TensorProto.FLOAT, dims=[n, n, 1, 1],
                                      data_location=onnx.TensorProto.EXTERNAL)
            for key, value in (("location", path.with_suffix(".bin").name), ("offset", data.tell()), ("length", 4 * n * n)):
                weight.external_data.add(key=key, value=str(value))
            tensors.append(weight)
            for row in range(n // 256):
                data.write(numpy.roll(block, row * 31 + layer, axis=1).tobytes())
            source = f"b{layer - 1}" if layer else "x"
            nodes.append(onnx.helper.make_node("Conv", [source, f"w{layer}"], [f"c{layer}"]))
            parameters = {"scale": draw.uniform(0.5, 1.5, n), "shift": draw.uniform(-1, 1, n),
                          "mean": draw.uniform(-0.1, 0.1, n), "variance": draw.uniform(0.5, 1.5, n)}
            names = [f"{name}{layer}" for name in parameters]
            tensors += [onnx.numpy_helper.from_array(values.astype(numpy.float32), name)
                        for name, values in zip(names, parameters.values())]
            nodes.append(onnx.helper.make_node("BatchNormalization", [f"c{layer}", *names], [f"b{layer}"]))
    shape = [1, n, 1, 1]
    graph = onnx.helper.make_graph(nodes, "large", [onnx.helper.make_tensor_value_info("x", 1, shape)],
                                   [onnx.helper.make_tensor_value_info(f"b{LARGE_LAYERS - 1}", 1, shape)], tensors)
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8), path)


def check_large(cli, folder):
    source, target = folder / "large.onnx", folder / "folded.onnx"
    write_large(source)
    inside = subprocess.run([cli, "fold", source, "-o", target, "--data", "inline"], capture_output=True, text=True)
    workflow.expect("exit code of --data inline", inside.returncode, 4)
    workflow.expect("its sentence names the limit", "2,147,483,647" in inside.stderr, True)
    workflow.expect("nothing is written", target.exists(), False)
    found = workflow.pleat(cli, "fold", source, "-o", target)
    workflow.expect("pairs folded", found["folded"], LARGE_LAYERS)
    if error := graphs.check_error(target):
        raise Failure(f"{target.name}: the checker says: {error}")
    inputs, before = numerics.run_before(source, 1, {})
    difference = numerics.difference_from(inputs, before, target)
    if difference > workflow.TOLERANCE:
        raise Failure(f"{target.name}: outputs differ by {difference}")
    return [[f"{pathlib.Path(found['data']).stat().st_size:,} bytes", 1, f"{difference:.1e}"]]


def main():
    cli, network = sys.argv[1], pathlib.Path(sys.argv[2])
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        rows += check_placements(cli, network, pathlib.Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        rows += check_large(cli, pathlib.Path(folder))
    workflow.print_table(rows, ["saved as", "data files", "largest difference"])


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"{sys.argv[2]}: {failure}")
