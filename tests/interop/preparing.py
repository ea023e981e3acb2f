# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole workflow on the command line: a network is prepared and then folded, and computes the same.

usage: preparing.py PLEAT_CLI MODEL.onnx PAIRS [LEFT]
After all passes that are on by default, and after each of them alone, at least as many pairs with a batch norm are found
as before; after all of them just PAIRS. These fold, LEFT batch norms are left (0), and the outputs in ONNX Runtime, graph
optimizations off, agree with the original's.
"""
import pathlib
import sys
import tempfile

import graphs
import numerics
import workflow
from graphs import Failure


def foldable(cli, model):
    """The ids of the pairs with a batch norm that can be folded."""
    pairs = workflow.pleat(cli, "pairs", model)["pairs"]
    return {pair["id"] for pair in pairs if pair["batch_norm"] and pair["status"] == "foldable"}


def expect_same_outputs(what, before, after):
    difference = numerics.compare(before, after, 1, {})
    if not difference <= workflow.TOLERANCE:
        raise Failure(f"{what}: outputs differ by {difference:.3g} of the largest one")
    return difference


def check_each_pass(cli, model, folder):
    before = foldable(cli, model)
    passes = [each["pass"] for each in workflow.pleat(cli, "prepare", "--list")["passes"] if each["default"]]
    for name in passes:
        after = folder / f"{name}.onnx"
        workflow.pleat(cli, "prepare", model, "-o", after, "--passes", name)
        found = foldable(cli, after)
        if not before <= found:
            raise Failure(f"pairs that are lost by {name}: {sorted(before - found)}")
        after.unlink()
    return len(passes)


def main():
    cli, model, wanted = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    left = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        passes = check_each_pass(cli, model, folder)
        prepared, folded = folder / "prepared.onnx", folder / "folded.onnx"
        workflow.pleat(cli, "prepare", model, "-o", prepared)
        before, after = foldable(cli, model), foldable(cli, prepared)
        workflow.expect("pairs after preparing", len(after), wanted)
        workflow.expect("pairs that are lost by preparing", sorted(before - after), [])
        difference = expect_same_outputs("prepared", model, prepared)
        objection = graphs.check_error(prepared)
        if objection and not graphs.check_error(model):
            raise Failure(f"the ONNX checker rejects what was prepared: {objection}")
        outcome = workflow.check(cli, prepared, folded, shapes={})
        workflow.expect("folded, left", (outcome.folded, outcome.left), (wanted, left))
        difference = max(difference, expect_same_outputs("prepared and folded", model, folded))
    print(f"{model.name}: {len(before)} pairs before, none lost by any of {passes} passes, {len(after)} after all; "
          f"all folded, outputs within {difference:.1e}")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"{sys.argv[2]}: {failure}")
