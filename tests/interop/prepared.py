# SPDX-License-Identifier: GPL-3.0-or-later
"""Prepares and folds networks with pleat-cli and with other tools, each as whole processes, and prints a table.

usage: prepared.py PLEAT_CLI [NETWORK[@OPSET]...] [--model FILE]... [--peers PYTHON] [--peer NAME]... [--json]
The environments are those of networks.py; of peers-requirements.txt, aimet-onnx and torch are not needed. Every tool works on the same file, in turn, TIMES times; what it writes is run
against the original in ONNX Runtime, graph optimizations off, on the same random inputs.
The exit code is 1 if pleat-cli is wrong anywhere, or has more nodes than a tool beside it whose outputs agree.
"""
import argparse
import functools
import json
import os
import pathlib
import statistics
import sys
import tempfile

import graphs
import networks
import numerics
import processes
import workflow
from graphs import Failure
from peers import SIMPLIFIERS

TORCHVISION = ("mobilenet_v2", "mobilenet_v3_small", "resnet18", "resnet50", "densenet121", "shufflenet_v2_x1_0",
               "efficientnet_b0", "googlenet", "inception_v3", "regnet_y_400mf", "mnasnet1_0", "convnext_tiny",
               "swin_t", "vit_b_16")
OPSET = 17
TIMES = 3  # runs whose median is told
# Nodes that a tool beside it saves and Pleat does not, and why.
KNOWN = {"convnext_tiny": (10, "ONNX Runtime moves Transposes past other operators until two of them meet.")}
PREPARE, FOLD = "prepare", "prepare, fold"
LARGER = ("{} nodes stay since their results, as constants, would take more bytes than what they are computed from; the "
          "tools beside it write them out.")


def network_at_opset(text):
    name, _, opset = text.partition("@")
    return name, int(opset or OPSET)


class Pleat:
    """Prepares, and also folds."""

    def __init__(self, cli, folds):
        self.cli, self.folds = cli, folds

    def run(self, before, after):
        prepared = after.with_suffix(".prepared.onnx") if self.folds else after
        runs = [processes.run([self.cli, "prepare", before, "-o", prepared, "--json"])]
        if self.folds:
            runs.append(processes.run([self.cli, "fold", prepared, "-o", after]))
            prepared.unlink()
        left = json.loads(runs[0].out)["left"]
        return {"seconds": sum(run.seconds for run in runs), "megabytes": max(run.megabytes for run in runs),
                "larger": sum(place["code"] == "larger" for place in left)}


class Peer:
    def __init__(self, python, name):
        self.command = [python, pathlib.Path(__file__).with_name("peers.py"), name]

    def run(self, before, after):
        run = processes.run([*self.command, before, after])
        told = json.loads(run.out.strip().splitlines()[-1])
        return {"seconds": run.seconds, "megabytes": run.megabytes, "version": told["version"],
                "inside": told["seconds"][0]}  # its Python's start and import not counted


def node_count(path):
    return sum(1 for _ in graphs.nodes(graphs.load(path).graph))


def tools_of(asked):
    tools = {PREPARE: Pleat(asked.cli, False), FOLD: Pleat(asked.cli, True)}
    return tools | {name: Peer(asked.peers, name) for name in asked.peer if asked.peers}


def measured(asked, before, folder):
    """By tool: nodes, difference of the outputs, seconds, memory; or why it failed."""
    tools = tools_of(asked)
    feed, expected = numerics.run_before(before, asked.seed, dict(asked.shape))
    runs, results = {name: [] for name in tools}, {}
    after = {name: folder / f"{before.stem}.{name.replace(', ', '-')}.after.onnx" for name in tools}
    for _ in range(asked.times):
        for name, tool in tools.items():
            if name in results:
                continue
            after[name].unlink(missing_ok=True)
            try:
                runs[name].append(tool.run(before, after[name]))
            except Failure as failure:
                results[name] = {"failed": str(failure)}
    for name in tools:
        if name not in results:
            results[name] = result_of(runs[name], feed, expected, after[name])
        after[name].unlink(missing_ok=True)
    return results


def result_of(runs, feed, expected, after):
    result = {key: statistics.median(run[key] for run in runs) for key in runs[0] if key != "version"}
    if "version" in runs[0]:
        result["version"] = runs[0]["version"]
    try:
        return result | {"nodes": node_count(after), "difference": numerics.difference_from(feed, expected, after)}
    except Failure as failure:
        return result | {"failed": str(failure)}


def is_right(result):
    return "failed" not in result and result["difference"] <= workflow.TOLERANCE


def complaints(network):
    """What is wrong with pleat-cli on this network."""
    tools = network["tools"]
    for name in (PREPARE, FOLD):
        if not is_right(tools[name]):
            yield f"{network['network']}: {name}: {tools[name].get('failed') or 'the outputs differ'}"
    allowed = tools[FOLD].get("larger", 0) + KNOWN.get(network["network"].partition("@")[0], (0, ""))[0]
    peers = {name: result for name, result in tools.items() if name in SIMPLIFIERS and is_right(result)}
    for name, result in peers.items():
        if is_right(tools[FOLD]) and result["nodes"] < tools[FOLD]["nodes"] - allowed:
            yield f"{network['network']}: {tools[FOLD]['nodes']} nodes, {name} has {result['nodes']}"


def cell(result, notes):
    if "failed" in result:
        return f"failed {notes.mark(result['failed'])}"
    note = " " + notes.mark(LARGER.format(int(result["larger"]))) if result.get("larger") else ""
    wrong = "" if is_right(result) else f", **outputs differ by {result['difference']:.1g}**"
    return f"{int(result['nodes'])}{note}{wrong} · {result['seconds']:.2f} s · {result['megabytes']:.0f} MB"


def table(results, names):
    notes = networks.Notes()
    versions = {name: tools[name]["version"] for result in results if (tools := result.get("tools"))
                for name in names if "version" in tools.get(name, {})}
    header = ["network", "nodes", *(f"{name} {versions.get(name, '')}".rstrip() for name in names),
              "largest difference"]
    rows = []
    for result in results:
        if "failed" in result:
            rows.append([result["network"], f"failed {notes.mark(result['failed'])}"] + ["–"] * (len(names) + 1))
            continue
        tools = result["tools"]
        known = KNOWN.get(result["network"].partition("@")[0])
        name = result["network"] + (" " + notes.mark(known[1]) if known else "")
        rows.append([name, result["nodes"], *(cell(tools[name], notes) for name in names),
                     f"{tools[FOLD].get('difference', float('nan')):.1e}"])
    return networks.markdown(header, rows) + [""] + notes.lines()


def models_of(asked, folder):
    """By name: how to get the file."""
    for name, opset in asked.networks:
        yield f"{name}@{opset}", functools.partial(networks.exported, asked, folder, name, opset)
    for path in asked.model:
        yield path.stem, functools.partial(pathlib.Path, path)


def run(asked, folder):
    results = []
    for name, file in models_of(asked, folder):
        networks.progress(name)
        try:
            before = file()
            results.append({"network": name, "nodes": node_count(before), "tools": measured(asked, before, folder)})
        except Failure as failure:
            results.append({"network": name, "failed": str(failure)})
    wrong = [text for result in results for text in ([f"{result['network']}: {result['failed']}"]
             if "failed" in result else complaints(result))]
    names = list(tools_of(asked))
    print(json.dumps(results, indent=2) if asked.json else "\n".join(table(results, names)))
    print(f"load {os.getloadavg()[0]:.1f} at the end", *wrong, sep="\n", file=sys.stderr)
    return not wrong


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cli", help="pleat-cli")
    parser.add_argument("networks", nargs="*", type=network_at_opset, metavar="NETWORK[@OPSET]",
                        help=f"of torchvision; without @OPSET at {OPSET}")
    parser.add_argument("--model", action="append", default=[], type=pathlib.Path, metavar="FILE", help="also this")
    parser.add_argument("--shape", action="append", default=[], type=workflow.named_shape, metavar="NAME=N,N,…",
                        help="the shape of the input of this name")
    parser.add_argument("--peers", metavar="PYTHON", help="the Python that has the other tools")
    parser.add_argument("--peer", action="append", choices=SIMPLIFIERS, help="only this one; may be given again")
    parser.add_argument("--torch", default="/usr/bin/python3", metavar="PYTHON", help="the Python that has torchvision")
    parser.add_argument("--folder", type=pathlib.Path, help="where exported networks are kept, and taken from if there")
    parser.add_argument("--times", type=int, default=TIMES, help="runs whose median is told")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON list instead of the table")
    asked = parser.parse_intermixed_args()  # networks may stand after options
    asked.networks = asked.networks or ([] if asked.model else list(map(network_at_opset, TORCHVISION)))
    asked.peer = asked.peer or list(SIMPLIFIERS)
    return asked


def main():
    asked = arguments()
    if asked.folder:
        asked.folder.mkdir(parents=True, exist_ok=True)
        sys.exit(not run(asked, asked.folder))
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(not run(asked, pathlib.Path(folder)))


if __name__ == "__main__":
    main()
