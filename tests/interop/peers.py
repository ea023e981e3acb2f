# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs another tool on a model; networks.py and prepared.py call this with the Python that has the tools.

usage: peers.py PEER BEFORE.onnx AFTER.onnx [TIMES]      PEER is a key of PEERS or SIMPLIFIERS
Prints one JSON object: the tool's version and the seconds of each run, from file to file, its import not counted.
"""
import importlib
import importlib.metadata
import json
import sys
import time


def fold_by_aimet(before, after):
    """As its users are told to: simplify, then fold. The simplifier's own folding is off, so that AIMET's is seen."""
    import onnx
    import onnxsim
    from aimet_onnx.batch_norm_fold import fold_all_batch_norms_to_weight
    model, _ = onnxsim.simplify(onnx.load(before), skip_fuse_bn=True)
    fold_all_batch_norms_to_weight(model)
    onnx.save(model, after)


def fold_by_onnxoptimizer(before, after):
    import onnx
    import onnxoptimizer
    passes = onnxoptimizer.get_fuse_and_elimination_passes()  # fuse_bn_into_conv is one of them
    onnx.save(onnxoptimizer.optimize(onnx.load(before), passes), after)


def fold_by_onnxsim(before, after):
    import onnx
    import onnxsim
    model, equal = onnxsim.simplify(onnx.load(before))
    if not equal:
        raise RuntimeError("its own check finds the result different")
    onnx.save(model, after)


def fold_by_onnxslim(before, after):
    import onnx
    import onnxslim
    onnx.save(onnxslim.slim(onnx.load(before)), after)


def optimize_by_onnxruntime(before, after, level):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
    options.optimized_model_filepath = after
    onnxruntime.InferenceSession(before, options, providers=["CPUExecutionProvider"])


def fold_by_onnxruntime(before, after):
    optimize_by_onnxruntime(before, after, "ORT_ENABLE_EXTENDED")


def simplify_by_onnxruntime(before, after):
    """With ONNX's own operators alone."""
    optimize_by_onnxruntime(before, after, "ORT_ENABLE_BASIC")


# By package: the function to call, and what to import before the clock starts.
PEERS = {
    "aimet-onnx": (fold_by_aimet, ["onnx", "onnxsim", "aimet_onnx.batch_norm_fold"]),
    "onnxoptimizer": (fold_by_onnxoptimizer, ["onnx", "onnxoptimizer"]),
    "onnxsim": (fold_by_onnxsim, ["onnx", "onnxsim"]),
    "onnxslim": (fold_by_onnxslim, ["onnx", "onnxslim"]),
    "onnxruntime": (fold_by_onnxruntime, ["onnxruntime"]),
}

# What their users simplify with; all of them fold batch norms, too.
BASIC = "-basic"
SIMPLIFIERS = {peer: PEERS[peer] for peer in ("onnxsim", "onnxoptimizer", "onnxslim")}
SIMPLIFIERS["onnxruntime" + BASIC] = (simplify_by_onnxruntime, ["onnxruntime"])


def seconds_of(fold, before, after):
    start = time.perf_counter()
    fold(before, after)
    return time.perf_counter() - start


def main():
    peer, before, after = sys.argv[1:4]
    times = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    fold, modules = (PEERS | SIMPLIFIERS)[peer]
    for module in modules:
        importlib.import_module(module)
    seconds = [seconds_of(fold, before, after) for _ in range(times)]
    print(json.dumps({"version": importlib.metadata.version(peer.removesuffix(BASIC)), "seconds": seconds}))


if __name__ == "__main__":
    main()
