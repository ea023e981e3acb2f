# SPDX-License-Identifier: GPL-3.0-or-later
"""pleat-cli compare on whole networks before and after folding and on odd tensors, held against numpy on the same tensors.

usage: comparing.py PLEAT_CLI NETWORK.onnx...
"""
import pathlib
import sys
import tempfile

import ml_dtypes
import numpy
import onnx

import workflow
from graphs import Failure
from tensors import save

CLOSE = 1e-9


def number(value):
    return float(value)  # "nan" and "inf", too


def expect_close(what, found, wanted):
    if not numpy.isclose(number(found), wanted, rtol=CLOSE, atol=0, equal_nan=True):
        raise Failure(f"{what}: {found}, expected {wanted!r}")


def constants(path):
    """By name, those of the main graph: initializers and Constant nodes."""
    graph = onnx.load(path).graph
    tensors = list(graph.initializer)
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            tensors.append(node.attribute[0].t)
            tensors[-1].name = node.output[0]
    return {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in tensors}


def check_row(row, before, after):
    a, b = before.astype("float64").ravel(), after.astype("float64").ravel()
    finite = numpy.isfinite(a) & numpy.isfinite(b)
    same = (a == b) | (numpy.isnan(a) & numpy.isnan(b))
    off = numpy.abs(b[finite] - a[finite])
    name = row["before"]["name"]
    workflow.expect(f"{name}: differing, apart", (row["differing"], row["apart"]),
                    (int((~same).sum()), int((~same & ~finite).sum())))
    expect_close(f"{name}: largest difference", row["max_difference"], off.max(initial=0))
    with numpy.errstate(divide="ignore", invalid="ignore"):
        relative = numpy.where(off > 0, off / numpy.abs(a[finite]), 0)
        noise = (off * off).sum()
        ratio = 10 * numpy.log10((a[finite] ** 2).sum() / noise) if noise else numpy.inf
    expect_close(f"{name}: largest relative difference", row["max_relative"], relative.max(initial=0))
    expect_close(f"{name}: SQNR", row["sqnr"], ratio if finite.any() else numpy.nan)
    for side, values in (row["before"], a), (row["after"], b):
        values = values[numpy.isfinite(values)]
        expect_close(f"{name}: min", side["min"], values.min() if values.size else 0)
        expect_close(f"{name}: max", side["max"], values.max() if values.size else 0)


def check_compared(cli, before, after):
    told = workflow.pleat(cli, "compare", before, after)
    old, now = constants(before), constants(after)
    rows = told["tensors"]
    workflow.expect("tensors before", sorted(row["before"]["name"] for row in rows if row["before"]), sorted(old))
    workflow.expect("tensors after", sorted(row["after"]["name"] for row in rows if row["after"]), sorted(now))
    both = [row for row in rows if row["before"] and row["after"]]
    counts = (told["same"], told["different"], told["only_before"], told["only_after"])
    workflow.expect("counts", counts, (sum(row["same"] for row in both), sum(not row["same"] for row in both),
                                       sum(not row["after"] for row in rows), sum(not row["before"] for row in rows)))
    for row in both:
        workflow.expect("matched by name where there is one", row["matched_by"] == "name",
                        row["before"]["name"] in now)
        check_row(row, old[row["before"]["name"]], now[row["after"]["name"]])
    return len(both)


def check_odd(cli, folder, draw):
    """All types of real numbers, NaN, infinities, zeros, float after float16; more elements than one block has."""
    wide = draw.standard_normal((3, 70001))
    before = {"f": wide.astype("float32"), "d": wide, "h": wide.astype("float16"),
              "b": wide.astype(ml_dtypes.bfloat16), "i": draw.integers(-99, 99, (40, 5)), "none": numpy.zeros((0, 3)),
              "u": draw.integers(0, 99, 7).astype("uint8"), "t": numpy.array([True, False, True]), "zeros": numpy.zeros(9)}
    odd = numpy.array([numpy.nan, numpy.inf, -numpy.inf, 0, -0.0, 1, numpy.nan, 5], "float32")
    before |= {"odd": odd, "unknown": numpy.full(3, numpy.nan)}
    after = {name: (value + draw.integers(0, 2, value.shape)).astype("float32") for name, value in before.items()}
    after["odd"] = numpy.array([numpy.nan, numpy.inf, numpy.inf, 0, 0, 2, 3, numpy.nan], "float32")
    save(folder / "before.onnx", before)
    save(folder / "after.onnx", after)
    return check_compared(cli, folder / "before.onnx", folder / "after.onnx")


def main():
    cli, *networks = sys.argv[1:]
    draw = numpy.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        print(f"{check_odd(cli, folder, draw)} odd tensors are as far apart as numpy has it")
        for network in map(pathlib.Path, networks):
            after = folder / "after.onnx"
            workflow.pleat(cli, "fold", network, "-o", after)
            print(f"{network.name}: {check_compared(cli, network, after)} tensors before and after")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(str(failure))
