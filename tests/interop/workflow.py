# SPDX-License-Identifier: GPL-3.0-or-later
"""Folds whole models with pleat-cli and holds the results against the onnx package and ONNX Runtime.

For each model: what pleat-cli finds, what it folds, the ONNX checker on the result, and the outputs before and after on
the same random inputs. Prints a table; the exit code is 1 if anything is wrong.
"""
import argparse
import collections
import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile

import graphs
import numerics
from graphs import Failure

TOLERANCE = 1e-5  # of the largest |output|
OPERATOR = "BatchNormalization"


@dataclasses.dataclass
class Outcome:
    """What folding a model came to."""

    batch_norms: int
    folded: int  # pairs
    blocked: dict[str, int]  # pairs by code
    left: int  # batch norms
    difference: float  # of the outputs, relative to the largest one

    def reasons(self):
        return ", ".join(f"{n} {code}" for code, n in sorted(self.blocked.items())) or "0"

    def row(self):
        return [self.batch_norms, self.folded, self.reasons(), self.left, f"{self.difference:.1e}"]


def pleat(cli, *arguments):
    """What a command of pleat-cli printed as JSON."""
    done = subprocess.run([cli, *map(str, arguments), "--json"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"pleat-cli {arguments[0]} ended with {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def batch_norms(pairs):
    return sum(affine["op"] == OPERATOR for pair in pairs for affine in pair["affine"])


def expect(what, found, wanted):
    if found != wanted:
        raise Failure(f"{what}: {found}, expected {wanted}")


def check(cli, before, after, shapes, seed=1):
    """Folds `before` into `after`, raises Failure if anything is wrong, else returns the Outcome."""
    listed = pleat(cli, "pairs", before)
    pairs = [pair for pair in listed["pairs"] if pair["batch_norm"]]
    foldable = [pair for pair in pairs if pair["status"] == "foldable"]
    blocked = [pair for pair in pairs if pair["status"] == "blocked"]
    expect("foldable", listed["foldable"], len(foldable))
    expect("blocked", listed["blocked"], len(blocked))
    at_first = graphs.count(graphs.load(before), OPERATOR)
    expect("batch norms with a verdict", batch_norms(pairs), at_first)
    expect("blocked pairs without a code", [pair["id"] for pair in blocked if not pair["code"]], [])

    folded = pleat(cli, "fold", before, "-o", after)
    expect("folded", folded["folded"], len(foldable))
    left = graphs.count(graphs.load(after), OPERATOR)
    expect("batch norms left", left, at_first - batch_norms(foldable))

    objection = graphs.check_error(after)
    if objection and not graphs.check_error(before):
        raise Failure(f"the ONNX checker rejects the result: {objection}")
    difference = numerics.compare(before, after, seed, shapes)
    if not difference <= TOLERANCE:
        raise Failure(f"outputs differ by {difference:.3g} of the largest one")
    codes = collections.Counter(pair["code"] for pair in blocked)
    return Outcome(at_first, folded["folded"], dict(codes), left, difference)


def print_table(rows, heading=("model", "batch norms", "folded", "blocked", "left", "largest difference")):
    rows = [heading, *rows]
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows)]
    for row in rows:
        print("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip())


def named_shape(text):
    name, _, sizes = text.rpartition("=")
    return name, [int(size) for size in sizes.split(",")]


def models_of(paths):
    for path in paths:
        yield from sorted(path.rglob("*.onnx")) if path.is_dir() else [path]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cli", help="pleat-cli")
    parser.add_argument("models", nargs="+", type=pathlib.Path, help="models, or folders of models")
    parser.add_argument("--shape", action="append", default=[], type=named_shape, metavar="NAME=N,N,…",
                        help="the shape of the input of this name")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()

    models = list(models_of(asked.models))
    rows, failures = [], []
    for model in models:
        with tempfile.TemporaryDirectory() as folder:
            try:
                outcome = check(asked.cli, model, pathlib.Path(folder) / model.name, dict(asked.shape), asked.seed)
                rows.append([model.name, *outcome.row()])
            except Failure as failure:
                failures.append(f"{model}: {failure}")
    if rows:
        print_table(rows)
    print(*failures, sep="\n", file=sys.stderr, end="\n" if failures else "")
    print(f"{len(rows)} of {len(models)} models fold without a change of their outputs")
    sys.exit(0 if rows and not failures else 1)


if __name__ == "__main__":
    main()
