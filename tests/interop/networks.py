# SPDX-License-Identifier: GPL-3.0-or-later
"""Folds torchvision's networks with pleat-cli and with other tools, and prints what each of them leaves as Markdown.

usage: networks.py PLEAT_CLI [NETWORK[@OPSET]...] [--peers PYTHON] [--peer NAME]... [--time NETWORK@OPSET] [--json]
Run it with tests/interop/requirements.txt installed. The tools beside pleat-cli have an environment of their own:
    python3 -m venv build/peers-venv && build/peers-venv/bin/pip install -r tests/interop/peers-requirements.txt
and take part with --peers build/peers-venv/bin/python. Each works on the same file; what it writes is run against the
original in ONNX Runtime, graph optimizations off, on the same random inputs.
The exit code is 1 if pleat-cli is wrong anywhere; a tool beside it that fails is told in the table.
"""
import argparse
import dataclasses
import json
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import graphs
import numerics
import workflow
from graphs import Failure
from peers import PEERS
from processes import last_line

HERE = pathlib.Path(__file__).parent
NETWORKS = ("mobilenet_v2", "resnet18", "resnet50", "densenet121", "shufflenet_v2_x1_0", "efficientnet_b0",
            "inception_v3", "regnet_y_400mf", "mnasnet1_0")
OPSETS = (13, 17)
# What the rules leave: 58 norms at the head of a dense layer, 3 of the transitions and the last one read a Concat
# whose parts other layers read too, and a Relu follows them. Each other batch norm follows a Conv of its own.
LEFT = {"densenet121": 62}
MORE_NODES = "The new weights are not stored: nodes that were not there before compute them whenever the model runs."
TIMES = 3  # runs whose median is told
PLEAT = "Pleat"


def progress(text):
    print(text, file=sys.stderr, flush=True)


def network_at_opsets(text):
    name, _, opset = text.partition("@")
    if name not in NETWORKS:
        raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(NETWORKS)}")
    return [(name, int(opset))] if opset else [(name, each) for each in OPSETS]


def exported(asked, folder, network, opset):
    """The file of the network; one that is there already is taken."""
    path = folder / f"{network}-{opset}.onnx"
    if not path.exists():
        done = subprocess.run([asked.torch, HERE / "export_torchvision.py", network, path, str(opset)],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            path.unlink(missing_ok=True)
            raise Failure(f"the export ended with {done.returncode}: {last_line(done.stderr)}")
    return path


def run_peer(python, peer, before, after, times=1):
    """What peers.py says, or Failure; a tool may also crash."""
    after.unlink(missing_ok=True)
    done = subprocess.run([python, HERE / "peers.py", peer, before, after, str(times)],
                          capture_output=True, text=True, check=False)
    if done.returncode < 0:
        raise Failure(f"crashed: {signal.strsignal(-done.returncode)}")
    if done.returncode != 0:
        raise Failure(last_line(done.stderr))
    return json.loads(last_line(done.stdout))


def peer_results(asked, before, folder):
    """By peer: the batch norms it leaves, the nodes it adds, the difference of the outputs; or why it failed."""
    results = {}
    nodes = graphs.working_nodes(graphs.load(before))
    feed, expected = numerics.run_before(before, asked.seed, shapes={}) if asked.peers else (None, None)
    for peer in asked.peer if asked.peers else []:
        after = folder / f"{before.stem}.{peer}.onnx"
        try:
            said = run_peer(asked.peers, peer, before, after)
            model = graphs.load(after)
            results[peer] = {"left": graphs.count(model, workflow.OPERATOR),
                             "more_nodes": graphs.working_nodes(model) - nodes,
                             "difference": numerics.difference_from(feed, expected, after),
                             "version": said["version"]}
        except Failure as failure:
            results[peer] = {"failed": str(failure)}
        after.unlink(missing_ok=True)
    return results


def result_of(asked, folder, network, opset):
    progress(f"{network}, opset {opset}")
    result = {"network": network, "opset": opset}
    try:
        before = exported(asked, folder, network, opset)
        after = folder / f"{before.stem}.folded.onnx"
        outcome = workflow.check(asked.cli, before, after, shapes={}, seed=asked.seed)
        after.unlink()
        workflow.expect("batch norms left", outcome.left, LEFT.get(network, 0))
        workflow.expect("folded and blocked pairs", outcome.folded + sum(outcome.blocked.values()), outcome.batch_norms)
        result |= dataclasses.asdict(outcome)
    except Failure as failure:
        result["failed"] = str(failure)
        return result
    return result | {"peers": peer_results(asked, before, folder)}


def pleat_seconds(cli, before, after):
    start = time.perf_counter()
    workflow.pleat(cli, "fold", before, "-o", after)
    return time.perf_counter() - start


def times_of(asked, folder, network, opset):
    """By tool: its version and the seconds of its runs on this network, or why it failed."""
    progress(f"times on {network}, opset {opset}")
    before, after = exported(asked, folder, network, opset), folder / "timed.onnx"
    version = subprocess.run([asked.cli, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    times = {PLEAT: {"version": version, "seconds": [pleat_seconds(asked.cli, before, after) for _ in range(TIMES)]}}
    for peer in asked.peer if asked.peers else []:
        try:
            times[peer] = run_peer(asked.peers, peer, before, after, TIMES)
        except Failure as failure:
            times[peer] = {"failed": str(failure)}
    after.unlink(missing_ok=True)
    return times


class Notes:
    """Numbered remarks under a table; the same text gets the same number."""

    def __init__(self):
        self.texts = []

    def mark(self, text):
        if text not in self.texts:
            self.texts.append(text)
        return f"[{self.texts.index(text) + 1}]"

    def lines(self):
        return [f"{number}. {text}" for number, text in enumerate(self.texts, start=1)]


def markdown(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(map(str, line)) + " |" for line in lines]


def peer_cell(result, notes):
    if "failed" in result:
        return f"failed {notes.mark(result['failed'])}"
    if not result["difference"] <= workflow.TOLERANCE:
        return f"{result['left']}, **outputs differ by {result['difference']:.1g}**"
    if result["more_nodes"] > 0:
        return f"{result['left']}, but {result['more_nodes']} more nodes {notes.mark(MORE_NODES)}"
    return str(result["left"])


def network_row(result, peers, notes):
    row = [result["network"], result["opset"]]
    if "failed" in result:
        return row + [f"failed {notes.mark(result['failed'])}"] + ["–"] * (4 + len(peers))
    reasons = ", ".join(f"{n} `{code}`" for code, n in sorted(result["blocked"].items())) or "–"
    pleat = [result["batch_norms"], result["folded"], result["left"], reasons, f"{result['difference']:.1e}"]
    return row + pleat + [peer_cell(result["peers"][peer], notes) for peer in peers]


def version_of(peer, results):
    said = [result.get("peers", {}).get(peer, {}) for result in results]
    return next((each["version"] for each in said if "version" in each), "")


def network_table(results, peers):
    notes = Notes()
    header = ["network", "opset", "batch norms", "folded", "left", "blocked, by reason", "largest difference"]
    header += [f"left by {peer} {version_of(peer, results)}".rstrip() for peer in peers]
    rows = [network_row(result, peers, notes) for result in results]
    agreeing = [each["difference"] for result in results for each in result.get("peers", {}).values()
                if each.get("difference", 1) <= workflow.TOLERANCE]
    told = [f"Where nothing is said, a tool's outputs agree with the original's within {max(agreeing):.1e} "
            "of the largest one."] if agreeing else []
    return markdown(header, rows) + [""] + told + notes.lines()


def time_row(tool, result, notes):
    if "failed" in result:
        return [tool, "–", f"failed {notes.mark(result['failed'])}", "–"]
    seconds = result["seconds"]
    return [tool, result["version"], f"{statistics.median(seconds):.2f}", f"{min(seconds):.2f} to {max(seconds):.2f}"]


def time_table(times, network, opset):
    notes = Notes()
    header = [f"{network}, opset {opset}", "version", f"seconds, median of {TIMES}", "fastest to slowest"]
    rows = [time_row(tool, result, notes) for tool, result in times.items()]
    told = ("From file to file. Pleat's time includes the start of its program; of the others, Python's start and "
            "their import are left out. Ranges that overlap tell no order.")
    return markdown(header, rows) + ["", told] + notes.lines()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cli", help="pleat-cli")
    parser.add_argument("networks", nargs="*", type=network_at_opsets, metavar="NETWORK[@OPSET]",
                        help="some only; without @OPSET at " + " and ".join(map(str, OPSETS)))
    parser.add_argument("--peers", metavar="PYTHON", help="the Python that has the other tools")
    parser.add_argument("--peer", action="append", choices=PEERS, help="only this one; may be given again")
    parser.add_argument("--time", type=network_at_opsets, metavar="NETWORK@OPSET", help="also time every tool on this")
    parser.add_argument("--torch", default="/usr/bin/python3", metavar="PYTHON", help="the Python that has torchvision")
    parser.add_argument("--folder", type=pathlib.Path, help="where exported networks are kept, and taken from if there")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    asked = parser.parse_intermixed_args()  # networks may stand after options
    asked.networks = sum(asked.networks or map(network_at_opsets, NETWORKS), [])
    asked.peer = asked.peer or list(PEERS)
    return asked


def run(asked, folder):
    results = [result_of(asked, folder, *each) for each in asked.networks]
    times = times_of(asked, folder, *asked.time[-1]) if asked.time else {}
    if asked.json:
        print(json.dumps({"networks": results, "times": times}, indent=2))
    else:
        lines = network_table(results, asked.peer if asked.peers else [])
        lines += ["", *time_table(times, *asked.time[-1])] if times else []
        print(*lines, sep="\n")
    return all("failed" not in result for result in results)


def main():
    asked = arguments()
    if asked.folder:
        asked.folder.mkdir(parents=True, exist_ok=True)
        sys.exit(not run(asked, asked.folder))
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(not run(asked, pathlib.Path(folder)))


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(str(failure))
