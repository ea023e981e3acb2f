# SPDX-License-Identifier: GPL-3.0-or-later
"""pleat-cli verify --bits held against numpy and ONNX Runtime: weights are rounded here by numpy alone, put into the
model by the onnx package, and run; activations by ONNX Runtime's own QuantizeLinear and DequantizeLinear. Inputs are
what numpy and Pillow-like code make of the same files.

usage: rehearsing.py PLEAT_CLI SAMPLE.onnx DIGITS.csv [NETWORK.onnx...]
"""
import pathlib
import sys
import tempfile
import zlib

import numpy
import onnx
import onnxruntime
from onnx import helper, numpy_helper

import workflow
from graphs import Failure
from measuring import quantized

LAYERS = ("Conv", "Gemm", "MatMul")
CLOSE = 0.02  # dB: sums of millions of floats in another order


def session(model):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def with_outputs(model, names):
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    known = {output.name for output in copy.graph.output}
    copy.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in known)
    return copy


def rounded(model, bits, per_channel, symmetric, only=None):
    """The model with the weights of its layers, or of one, rounded and back."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    tensors = {tensor.name: tensor for tensor in copy.graph.initializer}
    for node in copy.graph.node:
        if node.op_type not in LAYERS or (only and node.name != only):
            continue
        tensor = tensors[node.input[1]]
        values = numpy_helper.to_array(tensor).astype("float64")
        transposed = node.op_type == "MatMul" or (node.op_type == "Gemm" and not any(a.name == "transB" and a.i for a in node.attribute))
        rows = values.T if transposed else values.reshape(values.shape[0], -1)
        if not per_channel:
            rows = rows.reshape(1, -1)
        back = numpy.stack([quantized(row, row.min(), row.max(), bits, symmetric) for row in rows])
        if not per_channel:
            back = back.reshape(values.T.shape if transposed else (values.shape[0], -1))
        back = back.T if transposed else back
        tensor.CopyFrom(numpy_helper.from_array(back.reshape(values.shape).astype("float32"), tensor.name))
    return copy


def with_rounded_activations(model, ranges):
    """Each of these values goes through ONNX Runtime's own QuantizeLinear and DequantizeLinear where it is read."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    nodes = []
    for node in copy.graph.node:
        for slot, name in enumerate(node.input):
            if name in ranges:
                node.input[slot] = name + "_back"
        nodes.append(node)
        for name in node.output:
            if name not in ranges:
                continue
            least, most = min(ranges[name][0], 0.0), max(ranges[name][1], 0.0)
            scale = (most - least) / 255
            copy.graph.initializer.append(numpy_helper.from_array(numpy.float32(scale), name + "_s"))
            copy.graph.initializer.append(numpy_helper.from_array(numpy.uint8(numpy.round(-least / scale)), name + "_z"))
            nodes.append(helper.make_node("QuantizeLinear", [name, name + "_s", name + "_z"], [name + "_q"]))
            nodes.append(helper.make_node("DequantizeLinear", [name + "_q", name + "_s", name + "_z"], [name + "_back"]))
    made = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del copy.graph.node[:]
    copy.graph.node.extend(made)
    return copy


def run(model, names, samples):
    running = session(with_outputs(model, names))
    found = {name: [] for name in names}
    for sample in samples:
        for name, value in zip(names, running.run(names, {running.get_inputs()[0].name: sample})):
            found[name].append(value.astype("float64"))
    return {name: numpy.stack(values) for name, values in found.items()}


def ratio(was, now):
    noise = ((was - now) ** 2).sum()
    return 10 * numpy.log10((was**2).sum() / noise) if noise else numpy.inf


def close(what, found, wanted):
    if not abs(float(found) - wanted) <= CLOSE and found != "inf":
        raise Failure(f"{what}: {found}, expected {wanted}")


def check(cli, before, after, samples, given, bits, per_channel, symmetric, activations):
    """`given`: the options that make pleat-cli read the same samples."""
    options = [*given, "--bits", bits, "--sensitivity"]
    options += ["--per-channel"] * per_channel + ["--asymmetric"] * (not symmetric) + ["--activations"] * activations
    told = workflow.pleat(cli, "verify", before, after, *options)["rehearsal"]
    for side, path in ("before", before), ("after", after):
        model = onnx.load(path)
        output = model.graph.output[0].name
        places = [layer["output"] for layer in told[side]["layers"]]
        workflow.expect("layers", len(places), sum(node.op_type in LAYERS for node in model.graph.node))
        was = run(model, sorted({*places, output}), samples)
        other = rounded(model, bits, per_channel, symmetric)
        names = {name: name for name in was}
        if activations:
            ranges = {name: (was[name].min(), was[name].max()) for name in was if name != output}
            other = with_rounded_activations(other, ranges)
            names = {name: name + "_back" if name in ranges else name for name in was}
        now = run(other, sorted(names.values()), samples)
        what = f"{path.name} at {bits} bits, {'channel' if per_channel else 'tensor'}, symmetric {symmetric}, activations {activations}"
        close(what, told[side]["sqnr"], ratio(was[output], now[output]))
        for layer in told[side]["layers"]:
            place = layer["output"]
            close(f"{what}, {layer['layer']}", layer["sqnr"], ratio(was[place], now[names[place]]))
        classes = told[side]["outputs"][0]["classes"]
        agree = (was[output].argmax(-1) == now[output].argmax(-1)).sum()
        workflow.expect(f"{what}: same class", (classes["rows"], classes["top1"]), (len(samples), int(agree)))
        layer = told[side]["layers"][len(places) // 2]
        alone = run(rounded(model, bits, per_channel, symmetric, layer["layer"]), [output], samples)
        close(f"{what}, {layer['layer']} alone", layer["alone_sqnr"], ratio(was[output], alone[output]))
    return told


def check_accuracy(told, model, images, labels):
    right = (run(model, [model.graph.output[0].name], images)[model.graph.output[0].name].argmax(-1).ravel() == labels).sum()
    workflow.expect("accuracy in float", told["before"]["accuracy"]["float"], {"samples": len(labels), "right": int(right)})


def png(pixels):
    """A PNG of rows of red, green and blue, or of gray, by the specification alone."""
    gray = pixels.ndim == 2
    height, width = pixels.shape[:2]

    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0 if gray else 2, 0, 0, 0])
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def triangle(size, to):
    """The matrix of a linear interpolation that covers what it shrinks, as Pillow's BILINEAR."""
    scale = size / to
    reach = max(scale, 1.0)
    centers = (numpy.arange(to) + 0.5) * scale
    weights = numpy.maximum(0, 1 - abs(numpy.arange(size)[None] + 0.5 - centers[:, None]) / reach)
    return weights / weights.sum(1, keepdims=True)


def check_images(cli, sample, folded, folder):
    """Colored images of another size, for the sample's 8 by 8 gray ones: what it makes of them is what it makes of the
    array that numpy makes of them."""
    rng = numpy.random.default_rng(5)
    images, arrays = folder / "images", []
    images.mkdir()
    for number, shape in enumerate([(8, 8, 3), (20, 31, 3), (5, 6, 3), (16, 16)]):
        pixels = rng.integers(0, 256, shape, dtype=numpy.uint8)
        (images / f"{number}.png").write_bytes(png(pixels))
        gray = pixels.astype("float64") if pixels.ndim == 2 else pixels @ numpy.array([0.299, 0.587, 0.114])
        small = triangle(gray.shape[0], 8) @ gray @ triangle(gray.shape[1], 8).T
        arrays.append(((small / 255 - 0.1) / 0.5).astype("float32")[None])
    numpy.savez(folder / "arrays.npz", image=numpy.stack(arrays))
    of = [workflow.pleat(cli, "verify", sample, folded, "--bits", 8, *options)["rehearsal"]["after"]["sqnr"]
          for options in (["--images", images, "--mean", "0.1", "--std", "0.5"], ["--inputs", folder / "arrays.npz"])]
    if abs(of[0] - of[1]) > 1e-3:
        raise Failure(f"images: {of[0]} dB, as arrays: {of[1]} dB")


def check_sample(cli, sample, table, folder):
    folded = folder / "folded.onnx"
    workflow.pleat(cli, "fold", sample, "-o", folded)
    numbers = numpy.loadtxt(table, delimiter=",")
    images = [(row[:64] / 16).reshape(1, 1, 8, 8).astype("float32") for row in numbers]
    given = ["--inputs", table, "--label-column", "last", "--scale", 16]
    for bits, per_channel, symmetric, activations in (8, False, True, False), (4, True, False, False), (8, False, True, True):
        told = check(cli, sample, folded, images, given, bits, per_channel, symmetric, activations)
        check_accuracy(told, onnx.load(sample), images, numbers[:, 64])
        print(f"{sample.name}: {told['sentence']} Labels met: {told['before']['accuracy']['float']['right']} in float, "
              f"{told['before']['accuracy']['rounded']['right']} and {told['after']['accuracy']['rounded']['right']} rounded")
    # The same samples as arrays, packed in each way that numpy has.
    array = numpy.concatenate(images)
    for name, save in {"stored": numpy.savez, "compressed": numpy.savez_compressed}.items():
        for order in "C", "F":
            file = folder / f"{name}{order}.npz"
            save(file, image=numpy.asarray(array, order=order), labels=numbers[:, 64])
            again = workflow.pleat(cli, "verify", sample, folded, "--bits", 8, "--activations", "--inputs", file)
            workflow.expect(f"{name}, order {order}", again["rehearsal"]["after"]["sqnr"], told["after"]["sqnr"])
    check_images(cli, sample, folded, folder)


def check_network(cli, network, folder):
    folded = folder / "network.onnx"
    workflow.pleat(cli, "fold", network, "-o", folded)
    rng = numpy.random.default_rng(3)
    samples = [rng.normal(size=(1, 3, 224, 224)).astype("float32") for _ in range(2)]
    file = folder / "samples.npz"
    numpy.savez(file, **{onnx.load(network).graph.input[0].name: numpy.concatenate(samples)})
    told = check(cli, network, folded, samples, ["--inputs", file], 8, False, True, False)
    print(f"{network.name}: {told['sentence']}")


def main():
    cli, sample, table, *networks = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check_sample(cli, pathlib.Path(sample), table, folder)
        for network in map(pathlib.Path, networks):
            check_network(cli, network, folder)


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(str(failure))
