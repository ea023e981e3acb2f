# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs two models on ONNX Runtime, its own graph optimisations off, on the same random inputs and compares."""
import numpy
import onnxruntime

from graphs import Failure

SPATIAL_SIZES = (224, 64, 48, 32)  # tried in turn where a model leaves its sizes open
DTYPES = {"tensor(float)": "float32", "tensor(double)": "float64", "tensor(float16)": "float16",
          "tensor(int64)": "int64", "tensor(int32)": "int32", "tensor(uint8)": "uint8", "tensor(bool)": "bool"}


def first_line(error):
    return str(error).strip().partition("\n")[0]


def session(path):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the binding throws a class of its own for each status
        raise Failure(f"ONNX Runtime does not load {path.name}: {first_line(error)}") from error


def concrete_shape(shape, spatial):
    """Open dimensions get a value: the batch 2, channels 3, further axes the size of a known one or `spatial`."""
    known = [d for d in shape[2:] if isinstance(d, int) and d > 0]
    defaults = [2, 3] + [known[0] if known else spatial] * max(0, len(shape) - 2)
    return [d if isinstance(d, int) and d > 0 else default for d, default in zip(shape, defaults)]


def random_inputs(model, seed, shapes, spatial):
    draw = numpy.random.default_rng(seed)
    feed = {}
    for each in model.get_inputs():
        if each.type not in DTYPES:
            raise Failure(f"input {each.name} is a {each.type}")
        dtype = numpy.dtype(DTYPES[each.type])
        shape = shapes.get(each.name) or concrete_shape(each.shape, spatial)
        values = draw.standard_normal(shape) if dtype.kind == "f" else draw.integers(0, 2, shape)
        feed[each.name] = values.astype(dtype)
    return feed


def run_before(path, seed, shapes):
    """The inputs and the outputs of the first choice of sizes that the model accepts."""
    model = session(path)
    for spatial in SPATIAL_SIZES:
        feed = random_inputs(model, seed, shapes, spatial)
        try:
            return feed, model.run(None, feed)
        except Exception as error:
            reason = error
    raise Failure(f"no sizes tried were accepted, give them with --shape: {first_line(reason)}")


def relative_difference(before, after):
    """Largest |before - after| over the largest |before|; infinite where shapes or non-finite values differ."""
    if before.shape != after.shape or before.dtype != after.dtype:
        return float("inf")
    if before.dtype.kind != "f":
        return 0.0 if numpy.array_equal(before, after) else float("inf")
    a, b = before.astype(numpy.float64), after.astype(numpy.float64)
    finite = numpy.isfinite(a)
    if not numpy.array_equal(a[~finite], b[~finite], equal_nan=True):
        return float("inf")
    largest = numpy.abs(a[finite]).max(initial=0.0)
    difference = numpy.abs(a[finite] - b[finite]).max(initial=0.0)
    if not numpy.isfinite(difference):
        return float("inf")
    return float(difference / largest) if largest else float(difference)


def difference_from(feed, expected, after):
    """The largest relative difference between the outputs expected for `feed` and those of the model in the file."""
    model = session(after)
    try:
        found = model.run(None, feed)
    except Exception as error:
        raise Failure(f"ONNX Runtime does not run the result: {first_line(error)}") from error
    if len(found) != len(expected):
        raise Failure(f"{len(found)} outputs instead of {len(expected)}")
    return max(map(relative_difference, expected, found), default=0.0)


def compare(before, after, seed, shapes):
    """The largest relative difference among the outputs of the models in the two files."""
    return difference_from(*run_before(before, seed, shapes), after)
