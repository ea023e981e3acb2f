# SPDX-License-Identifier: GPL-3.0-or-later
"""Tensors as .npy, .npz and .safetensors, read back by numpy's and safetensors' own libraries.

usage: tensors.py WRITE_TENSORS PLEAT_CLI
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import zipfile

import ml_dtypes
import numpy
import onnx
import safetensors
import safetensors.numpy

import workflow
from graphs import Failure

DTYPES = {"float": "float32", "double": "float64", "half": "float16", "i8": "int8", "i16": "int16", "i32": "int32",
          "i64": "int64", "u8": "uint8", "u16": "uint16", "u32": "uint32", "u64": "uint64", "truth": "bool",
          "brain": ml_dtypes.bfloat16}
ONLY_NUMPY = {"complex": "complex64", "wide_complex": "complex128", "eight": ml_dtypes.float8_e4m3fnuz}
SHAPES = {"": (3, 5, 2, 7), "_scalar": (), "_none": (4, 0), "_matrix": (700, 3), "_long": (9, 41, 1009)}
RAW = {ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fnuz}


def drawn(draw, dtype, shape):
    if numpy.dtype(dtype).kind == "c":
        return (draw.standard_normal(shape) + 1j * draw.standard_normal(shape)).astype(dtype)
    if numpy.dtype(dtype).kind in "iub":
        return numpy.asarray(draw.integers(-100, 100, shape)).astype(dtype)
    return numpy.asarray(draw.standard_normal(shape)).astype(dtype)


def save(path, tensors, external=False):
    graph = onnx.helper.make_graph([onnx.helper.make_node("Identity", ["x"], ["y"])], "tensors",
                                   [onnx.helper.make_tensor_value_info("x", 1, [1])],
                                   [onnx.helper.make_tensor_value_info("y", 1, [1])],
                                   [onnx.numpy_helper.from_array(value, name) for name, value in tensors.items()])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 19)], ir_version=9)
    onnx.save(model, path, save_as_external_data=external, location=f"{path.stem}.data", size_threshold=0)


def write(program, *arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"write_tensors ended with {done.returncode}: {done.stderr.strip()}")


def refusal(program, target, *arguments):
    """The sentence; nothing is left behind."""
    before = sorted(target.parent.iterdir())
    done = subprocess.run([program, arguments[0], target, *arguments[1:]], capture_output=True, text=True, check=False)
    workflow.expect(f"exit code for {target.name}", done.returncode, 1)
    workflow.expect(f"files after {target.name}", sorted(target.parent.iterdir()), before)
    return done.stderr


def expect_same(what, found, wanted):
    """Type, shape and every bit; numpy has no bfloat16 and float8, so these come as raw bytes."""
    if wanted.dtype.type in RAW and found.dtype.kind == "V":
        found = found.view(wanted.dtype)
    if (found.dtype, found.shape, found.tobytes()) != (wanted.dtype, wanted.shape, wanted.tobytes()):
        raise Failure(f"{what}: {found.dtype}{found.shape} is not {wanted.dtype}{wanted.shape} of the model")


def expect_all_same(what, found, wanted):
    workflow.expect(f"names in {what}", sorted(found), sorted(wanted))
    for name, value in wanted.items():
        expect_same(f"{what}: {name}", found[name], value)


def check_formats(program, folder, draw):
    tensors = {name + suffix: drawn(draw, dtype, shape) for name, dtype in (DTYPES | ONLY_NUMPY).items()
               for suffix, shape in SHAPES.items()}
    common = {name: value for name, value in tensors.items() if name.split("_")[0] in DTYPES}
    for external in False, True:
        every, model = folder / f"every-{external}.onnx", folder / f"common-{external}.onnx"
        save(every, tensors, external)
        save(model, common, external)
        write(program, every, folder / "all.npz")
        workflow.expect("what is wrong with the archive", zipfile.ZipFile(folder / "all.npz").testzip(), None)
        expect_all_same("all.npz", dict(numpy.load(folder / "all.npz")), tensors)
        write(program, model, folder / "all.safetensors")
        expect_all_same("all.safetensors", safetensors.numpy.load_file(folder / "all.safetensors"), common)
        write(program, model, folder / "turned.safetensors", "--transpose")
        expect_all_same("turned.safetensors", safetensors.numpy.load_file(folder / "turned.safetensors"),
                        {name: numpy.ascontiguousarray(value.T) if value.ndim == 2 else value
                         for name, value in common.items()})
    return len(tensors)


def check_turned(program, folder, draw):
    """Matrices that are several tiles of 8 MiB: side by side, and one below the other."""
    tensors = {"wide": drawn(draw, "float32", (1500, 2000)), "tall": drawn(draw, "float32", (2_200_000, 2)),
               "bytes": drawn(draw, "uint8", (4099, 5003))}
    save(folder / "large.onnx", tensors)
    write(program, folder / "large.onnx", folder / "large.safetensors", "--transpose")
    expect_all_same("large.safetensors", safetensors.numpy.load_file(folder / "large.safetensors"),
                    {name: numpy.ascontiguousarray(value.T) for name, value in tensors.items()})


def check_metadata(program, folder):
    """The header as the format has it: a length, JSON from '{' on, elements where a type's width divides their place."""
    data = (folder / "all.safetensors").read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    workflow.expect("metadata", header.pop("__metadata__"), {"format": "pt"})
    ends = sorted(tuple(entry["data_offsets"]) for entry in header.values())
    holes = [start for (_, end), (start, _) in zip(ends, ends[1:]) if start != end]
    workflow.expect("holes between elements", holes, [])
    workflow.expect("bytes behind the last element", 8 + length + ends[-1][1], len(data))
    widths = {"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2}
    crooked = [name for name, entry in header.items()
               if (8 + length + entry["data_offsets"][0]) % widths.get(entry["dtype"], 1)]
    workflow.expect("elements at odd places", crooked, [])
    with safetensors.safe_open(folder / "all.safetensors", "numpy") as opened:
        workflow.expect("metadata by the library", opened.metadata(), {"format": "pt"})


def check_selections(program, folder, draw):
    value = drawn(draw, "float32", (6, 5, 4, 7))
    save(folder / "one.onnx", {"w": value, "scalar": numpy.float32(3)})
    for text in ("0:6 0:5 0:4 0:7", "2:1 0:5 0:4 0:7", "1:4 2:3 1:2 3:3", "0:6 0:5 0:4 6:1", "5:1 4:1 3:1 6:1",
                 "0:0 0:5 0:4 0:7", "3:2 1:0 0:4 0:7", "0:6 4:1 0:4 0:7"):
        ranges = [tuple(map(int, each.split(":"))) for each in text.split()]
        write(program, folder / "one.onnx", folder / "part.npy", "w", *text.split())
        expect_same(text, numpy.load(folder / "part.npy"), value[tuple(slice(f, f + c) for f, c in ranges)])
    write(program, folder / "one.onnx", folder / "scalar.npy", "scalar")
    expect_same("scalar", numpy.load(folder / "scalar.npy"), numpy.array(3, "float32"))
    for text in "0:7 0:5 0:4 0:7", "0:6 0:5 0:4", "7:0 0:5 0:4 0:7":
        said = refusal(program, folder / "outside.npy", folder / "one.onnx", "w", *text.split())
        workflow.expect(f"the sentence for {text}", "does not lie within" in said, True)


def check_planes(program, folder, draw):
    """What the table shows, two axes at a time: as text, each value comes back as the very same one."""
    kinds = [name for name in DTYPES if name not in ("truth", "brain")]
    tensors = {name: drawn(draw, DTYPES[name], (6, 5, 4, 7)) for name in kinds} | {
        "far": numpy.array([[2**63 - 1, -2**63], [2**53 + 1, -1]], "int64"),
        "odd": numpy.array([[numpy.nan, numpy.inf], [-numpy.inf, -0.0]], "float32"),
        "brain": drawn(draw, ml_dtypes.bfloat16, (3, 9)), "row": drawn(draw, "float64", (11,))}
    save(folder / "planes.onnx", tensors)
    target = folder / "plane.csv"
    count = 0
    for name, value in tensors.items():
        for rows in range(value.ndim) if value.ndim > 1 else (None,):
            for columns in range(value.ndim):
                if rows == columns:
                    continue
                at = [draw.integers(size) for size in value.shape]
                chosen = [slice(None) if axis in (rows, columns) else at[axis] for axis in range(value.ndim)]
                wanted = value[tuple(chosen)]
                wanted = wanted.T if rows is not None and rows > columns else numpy.atleast_2d(wanted)
                write(program, folder / "planes.onnx", target, name, "-" if rows is None else rows, columns, *at)
                cells = [line.split(",") for line in target.read_text().splitlines()]
                kind = int if value.dtype.kind in "iu" else float
                found = numpy.array([[kind(cell) for cell in line] for line in cells],
                                    value.dtype if kind is int else "float64").astype(value.dtype)
                expect_same(f"{name}, rows {rows}, columns {columns}", found, numpy.ascontiguousarray(wanted))
                count += 1
    return count


def check_sparse(cli, folder, draw):
    """Sparse initializers of both forms come out as the dense tensors that they stand for."""
    wanted = {}
    sparse = []
    for name, dtype in ("float", "float32"), ("half", "float16"), ("i64", "int64"), ("truth", "bool"):
        for form, shape in ("linear", (300, 5, 40)), ("coordinates", (70, 900)):
            dense = numpy.where(draw.random(shape) < 0.2, drawn(draw, dtype, shape), numpy.zeros((), dtype))
            wanted[f"{name}_{form}"] = dense
            places = numpy.flatnonzero(dense) if form == "linear" else numpy.argwhere(dense)
            sparse.append(onnx.helper.make_sparse_tensor(
                onnx.numpy_helper.from_array(dense[dense != 0], f"{name}_{form}"),
                onnx.numpy_helper.from_array(places.astype("int64"), ""), shape))
    graph = onnx.helper.make_graph([onnx.helper.make_node("Identity", ["x"], ["y"])], "sparse",
                                   [onnx.helper.make_tensor_value_info("x", 1, [1])],
                                   [onnx.helper.make_tensor_value_info("y", 1, [1])], sparse_initializer=sparse)
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 19)], ir_version=9),
              folder / "sparse.onnx")
    workflow.pleat(cli, "tensors", folder / "sparse.onnx", "-o", folder / "sparse.npz")
    expect_all_same("sparse.npz", dict(numpy.load(folder / "sparse.npz")), wanted)


def check_refusals(program, folder):
    odd = folder / "odd.onnx"
    save(odd, {"packed": numpy.array([1, 2], ml_dtypes.int4), "words": numpy.array(["a"], object)})
    for name, reason in ("packed", "several share a byte"), ("words", "no fixed size"):
        for target in "odd.npy", "odd.npz", "odd.safetensors":
            workflow.expect(f"{name} as {target}", reason in refusal(program, folder / target, odd, name), True)
    save(odd, {"c": numpy.array([1j], "complex64")})
    said = refusal(program, folder / "odd.safetensors", odd)
    workflow.expect("complex numbers", "does not have" in said, True)
    save(odd, {"__metadata__": numpy.zeros(1, "float32")})
    workflow.expect("__metadata__", "called" in refusal(program, folder / "odd.safetensors", odd), True)
    save(odd, {"a/../../b": numpy.zeros(1, "float32")})
    workflow.expect("..", "another folder" in refusal(program, folder / "odd.npz", odd), True)
    save(folder / "away.onnx", {"w": numpy.zeros(9, "float32")}, external=True)
    (folder / "away.data").unlink()
    for target in "odd.npy", "odd.npz", "odd.safetensors":
        workflow.expect("missing data", "away.data" in refusal(program, folder / target, folder / "away.onnx"), True)


def check_folded(program, cli, folder, draw):
    """Weights that a fold has scaled and nobody has computed: the same bits as in the saved model."""
    n = 700
    value = lambda *shape: draw.uniform(0.5, 1.5, shape).astype("float32")
    tensors = {"w": value(n, n, 1, 1), "scale": value(n), "bias": value(n), "mean": value(n), "var": value(n),
               "m": value(n, 400), "scale2": value(400), "bias2": value(400), "mean2": value(400), "var2": value(400)}
    nodes = [onnx.helper.make_node("Conv", ["x", "w"], ["c"]),
             onnx.helper.make_node("BatchNormalization", ["c", "scale", "bias", "mean", "var"], ["b"]),
             onnx.helper.make_node("Flatten", ["b"], ["f"]), onnx.helper.make_node("MatMul", ["f", "m"], ["g"]),
             onnx.helper.make_node("BatchNormalization", ["g", "scale2", "bias2", "mean2", "var2"], ["y"])]
    graph = onnx.helper.make_graph(nodes, "folded", [onnx.helper.make_tensor_value_info("x", 1, [1, n, 1, 1])],
                                   [onnx.helper.make_tensor_value_info("y", 1, [1, 400])],
                                   [onnx.numpy_helper.from_array(each, name) for name, each in tensors.items()])
    model = folder / "pairs.onnx"
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8), model)
    workflow.expect("folded", workflow.pleat(cli, "fold", model, "-o", folder / "folded.onnx")["folded"], 2)
    wanted = {tensor.name: onnx.numpy_helper.to_array(tensor)
              for tensor in onnx.load(folder / "folded.onnx").graph.initializer}
    write(program, model, folder / "folded.npz", "--fold")
    expect_all_same("folded.npz", dict(numpy.load(folder / "folded.npz")), wanted)
    write(program, model, folder / "folded.safetensors", "--fold", "--transpose")
    expect_all_same("folded.safetensors", safetensors.numpy.load_file(folder / "folded.safetensors"),
                    {name: numpy.ascontiguousarray(each.T) if each.ndim == 2 else each
                     for name, each in wanted.items()})
    write(program, model, folder / "folded.npy", "--fold", "w", "3:691", "699:1", "0:1", "0:1")
    expect_same("folded.npy", numpy.load(folder / "folded.npy"), wanted["w"][3:694, 699:])


def main():
    program, cli = sys.argv[1:]
    draw = numpy.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        count = check_formats(program, folder, draw)
        check_metadata(program, folder)
        check_turned(program, folder, draw)
        check_selections(program, folder, draw)
        planes = check_planes(program, folder, draw)
        check_sparse(cli, folder, draw)
        check_refusals(program, folder)
        check_folded(program, cli, folder, draw)
    print(f"{count} tensors are the same bit for bit in .npy, .npz and .safetensors, and {planes} planes as text")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(str(failure))
