# SPDX-License-Identifier: GPL-3.0-or-later
"""pleat-cli stats on whole networks before and after folding, held against numpy on the same weights.

usage: measuring.py PLEAT_CLI NETWORK.onnx...
"""
import pathlib
import sys
import tempfile

import numpy
import onnx

import workflow
from comparing import CLOSE, constants
from graphs import Failure


def quantized(values, least, most, bits, symmetric):
    """What comes back of the values, as M. Nagel et al. 2021, section 2.2, have it."""
    least, most = min(least, 0.0), max(most, 0.0)
    if symmetric:
        top = 2 ** (bits - 1) - 1
        step = max(-least, most) / top or 1.0
        return step * numpy.clip(numpy.round(values / step), -top, top)
    step = (most - least) / (2**bits - 1) or 1.0
    zero = numpy.round(-least / step)
    return step * (numpy.clip(numpy.round(values / step) + zero, 0, 2**bits - 1) - zero)


def ratio_of(values, bits, per_channel, symmetric):
    """`values`: a row a channel."""
    rows = values if per_channel else values.reshape(1, -1)
    back = numpy.stack([quantized(row, row.min(), row.max(), bits, symmetric) for row in rows])
    noise = ((rows - back) ** 2).sum()
    return 10 * numpy.log10((rows**2).sum() / noise) if noise else numpy.inf


def by_channel(row, values):
    """A row an output channel, for layers without groups that are transposed."""
    values = values.astype("float64")
    return values.reshape(values.shape[0], -1) if row["op"] in ("Conv", "Gemm") else values.T


def check_stats(cli, path):
    told = workflow.pleat(cli, "stats", path)
    tensors = constants(path)
    layers = [node for node in onnx.load(path).graph.node if node.op_type in ("Conv", "Gemm", "MatMul")]
    workflow.expect("layers", sorted(row["layer"] for row in told["layers"]), sorted(node.name for node in layers))
    for row in told["layers"]:
        values = by_channel(row, tensors[row["weight"]])
        name = row["weight"]
        workflow.expect(f"{name}: channels, shape", (row["channels"], row["shape"]),
                        (values.shape[0], list(tensors[name].shape)))
        wanted = {"min": values.min(), "max": values.max(), "mean": values.mean(), "std": values.std(),
                  "zeros": (values == 0).sum(), "nan": 0, "inf": 0}
        for key, value in wanted.items():
            if not numpy.isclose(row[key], value, rtol=CLOSE, atol=1e-12):
                raise Failure(f"{name}: {key} {row[key]}, expected {value}")
        bins = numpy.histogram(values, 256, (values.min(), values.max()))[0]
        shares = bins[bins > 0] / values.size
        if abs(row["entropy"] + (shares * numpy.log2(shares)).sum()) > 1e-3:  # numpy's borders round in another way
            raise Failure(f"{name}: entropy {row['entropy']}")
        check_ratios(name, row["sqnr"], values)
    return len(layers)


def check_ratios(name, ratios, values):
    for bits in 8, 4:
        for channels in "tensor", "channel":
            for symmetry in "symmetric", "asymmetric":
                found = ratios[str(bits)][channels][symmetry]
                plain = ratio_of(values, bits, channels == "channel", symmetry == "symmetric")
                what = f"{name}: SQNR at {bits} bits per {channels}, {symmetry}"
                if not numpy.isclose(float(found["min_max"]), plain, rtol=0, atol=1e-6):
                    raise Failure(f"{what}: {found['min_max']}, expected {plain}")
                if float(found["clipped"]) < plain - 1e-6:
                    raise Failure(f"{what}: clipped {found['clipped']} is worse than {plain}")


def main():
    cli, *networks = sys.argv[1:]
    for network in map(pathlib.Path, networks):
        with tempfile.TemporaryDirectory() as folder:
            after = pathlib.Path(folder) / "after.onnx"
            workflow.pleat(cli, "fold", network, "-o", after)
            count = check_stats(cli, network) + check_stats(cli, after)
        print(f"{network.name}: {count} weights before and after folding are as numpy measures them")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(str(failure))
