# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of pleat-cli fold --report and compare --html: their structure as an HTML parser sees it, their numbers as numpy
computes them from the ONNX files, and what Chromium makes of them; and the files of pleat-cli tensors.

usage: reporting.py PLEAT_CLI NETWORK.onnx [FOLDER]      FOLDER: where the screenshots are kept
"""
import hashlib
import html.parser
import math
import pathlib
import re
import subprocess
import sys
import tempfile
import zlib

import numpy
import onnx
import safetensors.numpy

import workflow
from comparing import constants
from graphs import Failure
from measuring import ratio_of

VOID = {"meta", "br"}
LEAF = {"path", "rect"}  # of SVG, closed by themselves
HOSTILE = "</script><img src=x onerror=alert(1)>\"' &lt; \u202e{}"
LAYERS = 1000
MOST_BYTES = 12_000_000
BACKGROUND = {"light": (0xF6, 0xF7, 0xF9), "dark": (0x1B, 0x1E, 0x24)}  # of the page


class Page(html.parser.HTMLParser):
    """Tables as lists of rows, a row as {key of the column: (its number or None, its text)}."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.tables, self.texts = [], [], [], []
        self.sortable, self.keys, self.cell = False, [], None
        self.feed(text)
        self.close()
        workflow.expect("tags left open", self.open, [])

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        given = dict(attributes)
        for name in given:
            if name.startswith("on") or name in ("src", "href", "xlink:href", "action", "data"):
                raise Failure(f"<{tag}> has {name}")
        if tag == "table":
            self.sortable = "sortable" in given.get("class", "")
            if self.sortable:
                self.tables.append([])
                self.keys = []
        if tag == "th" and "data-key" in given:
            self.keys.append(given["data-key"])
        if tag == "tbody" and self.sortable:  # a browser puts one into every table
            self.tables[-1].append({})
        if tag == "td" and self.sortable and "colspan" not in given:
            self.cell = [float(given["data-v"]) if "data-v" in given else None, ""]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        if tag not in LEAF:
            raise Failure(f"<{tag}/> is no HTML")
        self.handle_starttag(tag, attributes)
        self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            raise Failure(f"</{tag}> closes nothing")
        if tag == "td" and self.cell is not None:
            row = self.tables[-1][-1]
            row[self.keys[len(row)]] = tuple(self.cell)
            self.cell = None

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.texts.append(data)
        if self.cell is not None:
            self.cell[1] += data


def read(path):
    text = path.read_text("utf-8")  # strict
    if match := re.search(r"https?://|url\(|@import", text):
        raise Failure(f"{path.name} refers to something outside: {match[0]}")
    page = Page(text)
    workflow.expect(f"scripts in {path.name}", page.tags.count("script"), 1)
    return page


def run(cli, *arguments):
    done = subprocess.run([cli, *map(str, arguments)], capture_output=True, text=True, check=False)
    workflow.expect(f"exit code of {arguments[0]}: {done.stderr}", done.returncode, 0)


def expect_close(what, found, wanted, off=1e-9):
    if found is None or not math.isclose(found, wanted, rel_tol=off, abs_tol=off):
        raise Failure(f"{what}: {found}, expected {wanted}")


def check_fold(cli, network, folder):
    after = folder / "folded.onnx"
    target = folder / "fold.html"
    run(cli, "fold", network, "-o", after, "--report", target)
    page = read(target)
    for file in network, after:
        if hashlib.sha256(file.read_bytes()).hexdigest() not in page.texts:
            raise Failure(f"the SHA-256 of {file.name} is not in the page")
    old, new = constants(network), constants(after)
    norms = {node.input[0]: node for node in onnx.load(network).graph.node if node.op_type == "BatchNormalization"}
    layers = {node.name: node for node in onnx.load(network).graph.node if node.output[0] in norms}
    workflow.expect("rows", len(page.tables[0]), len(norms))
    later = {node.name: node for node in onnx.load(after).graph.node}
    for row in page.tables[0]:
        name = row["layer"][1]
        layer, norm = layers[name], norms[layers[name].output[0]]
        gamma, variance = (old[norm.input[i]].astype("float64") for i in (1, 4))
        epsilon = next((a.f for a in norm.attribute if a.name == "epsilon"), 1e-5)
        a, b = (weights.astype("float64").reshape(weights.shape[0], -1)
                for weights in (old[layer.input[1]], new[later[name].input[1]]))
        expect_close(f"{name}: channels", row["channels"][0], len(a))
        expect_close(f"{name}: range", row["range"][0], numpy.abs(b).max())
        expect_close(f"{name}: growth", row["growth"][0], numpy.ptp(b) / numpy.ptp(a))
        expect_close(f"{name}: |s|", row["scale"][0], numpy.abs(gamma / numpy.sqrt(variance + epsilon)).max())
        for key, bits, channels in (("sqnr8", 8, False), ("sqnr8c", 8, True), ("sqnr4", 4, False), ("sqnr4c", 4, True)):
            expect_close(f"{name}: {key}", row[key][0], ratio_of(b, bits, channels, True), 1e-6)
            workflow.expect(f"{name}: {key} in words", row[key][1],
                            f"{ratio_of(a, bits, channels, True):.1f} → {ratio_of(b, bits, channels, True):.1f}")
    return target


def check_compare(cli, network, folder):
    target = folder / "compare.html"
    run(cli, "compare", network, folder / "folded.onnx", "--html", target)
    page = read(target)
    old, new = constants(network), constants(folder / "folded.onnx")
    nodes, tables = page.tables[0], page.tables[1:]
    left = {node.name for node in onnx.load(folder / "folded.onnx", load_external_data=False).graph.node}
    gone = [node.name for node in onnx.load(network, load_external_data=False).graph.node
            if node.name not in left and node.op_type != "Constant"]
    workflow.expect("nodes only before", sorted(row["node"][1] for row in nodes if row["change"][1] == "only before"),
                    sorted(gone))
    different = [name for name in old if name in new and not numpy.array_equal(old[name], new[name])]
    workflow.expect("tensors that differ", sorted(row["tensor"][1] for row in tables[0]), sorted(different))
    ratios = [row["sqnr"][0] for row in tables[0]]
    workflow.expect("worst first", ratios, sorted(ratios))
    workflow.expect("tensors with plots", page.tags.count("details"), len(different))
    for row in tables[0]:
        a, b = (tensors[row["tensor"][1]].astype("float64") for tensors in (old, new))
        expect_close(f"{row['tensor'][1]}: largest", row["largest"][0], numpy.abs(b - a).max())
        expect_close(f"{row['tensor'][1]}: SQNR", row["sqnr"][0], 10 * math.log10((a**2).sum() / ((b - a) ** 2).sum()), 1e-6)
    for number, here, there in (1, old, new), (2, new, old):
        workflow.expect("tensors of one model only", sorted(row["tensor"][1] for row in tables[number]),
                        sorted(set(here) - set(there)))


def network_of(names, width, draw):
    """Convolutions with batch norms, one behind the other."""
    nodes, tensors, data = [], [], "x"
    for n, name in enumerate(names):
        values = {"weight": draw.standard_normal((width, width, 1, 1)), "scale": draw.uniform(0.1, 40, width),
                  "shift": draw.standard_normal(width), "mean": draw.standard_normal(width),
                  "variance": draw.uniform(0.5, 2, width)}
        tensors += [onnx.numpy_helper.from_array(value.astype("float32"), f"{n}.{key}") for key, value in values.items()]
        nodes.append(onnx.helper.make_node("Conv", [data, f"{n}.weight"], [f"{n}.y"], name=name))
        nodes.append(onnx.helper.make_node("BatchNormalization", [f"{n}.y", *(f"{n}.{key}" for key in list(values)[1:])],
                                           [f"{n}.z"], name=f"{name} bn"))
        data = f"{n}.z"
    ports = [[onnx.helper.make_tensor_value_info(name, 1, [1, width, 4, 4])] for name in ("x", data)]
    graph = onnx.helper.make_graph(nodes, "pairs", *ports, tensors)
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 15)], ir_version=8)


def check_hostile(cli, folder, draw):
    """Names that would be markup, and bytes that are no UTF-8: each is text in the page, and the page is UTF-8."""
    names = [HOSTILE.format(n) for n in range(3)] + ["broken #!"]
    model = folder / "hostile.onnx"
    model.write_bytes(network_of(names, 3, draw).SerializeToString().replace(b"broken #!", b"broken \xff\xc0"))
    run(cli, "fold", model, "-o", folder / "tamed.onnx", "--report", folder / "hostile.html")
    page = read(folder / "hostile.html")
    workflow.expect("names", [row["layer"][1] for row in page.tables[0]],
                    [name.replace("\u202e", "\\u202e") for name in names[:3]] + ["broken \\xff\\xc0"])
    if "img" in page.tags:
        raise Failure("a name became an element")


def check_big(cli, folder, draw):
    model, target = folder / "big.onnx", folder / "big.html"
    onnx.save(network_of([f"layer{n}" for n in range(LAYERS)], 160, draw), model)
    run(cli, "fold", model, "--dry-run", "--report", target)
    page = read(target)
    workflow.expect("rows", len(page.tables[0]), LAYERS)
    workflow.expect("layers with plots", page.tags.count("details"), 500)
    if target.stat().st_size > MOST_BYTES:
        raise Failure(f"the page of {LAYERS} layers has {target.stat().st_size} bytes")
    worst = sorted(row["sqnr8"][0] for row in page.tables[0])
    expect_close("worst first when sorted", browse(target, "#sort=sqnr8").tables[0][0]["sqnr8"][0], worst[0])
    return target.stat().st_size


def chromium(folder, *arguments):
    done = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                           f"--user-data-dir={folder / 'profile'}", *arguments],
                          capture_output=True, text=True, check=False, timeout=120)
    workflow.expect(f"exit code of chromium: {done.stderr[-500:]}", done.returncode, 0)
    return done.stdout


def browse(file, address=""):
    """The page as the browser has it after its script has run."""
    return Page(chromium(file.parent, "--dump-dom", f"file://{file}{address}"))


def check_sorting(file):
    """By each column of numbers; names sort as their language has it."""
    names = sorted(row["layer"][1] for row in read(file).tables[0])
    for key in "layer", "channels", "range", "growth", "sqnr8", "sqnr4c", "scale":
        for sign in "", "-":
            rows = browse(file, f"#sort={sign}{key}").tables[0]
            workflow.expect("layers when sorted", sorted(row["layer"][1] for row in rows), names)
            if key != "layer":
                found = [row[key][0] for row in rows]
                workflow.expect(f"sorted by {sign}{key}", found, sorted(found, reverse=sign == "-"))


def first_pixel(png):
    """The first row of a PNG has no filter that reaches before its first pixel."""
    data, at = b"", 8
    while at < len(png):
        length = int.from_bytes(png[at:at + 4], "big")
        if png[at + 4:at + 8] == b"IDAT":
            data += png[at + 8:at + 8 + length]
        at += length + 12
    return tuple(zlib.decompress(data)[1:4])


def check_screens(file, folder):
    for theme, wanted in BACKGROUND.items():
        shot = folder / f"report-{theme}.png"
        chromium(file.parent, "--window-size=1280,1000", f"--screenshot={shot}",
                 f"--blink-settings=preferredColorScheme={int(theme == 'light')}", f"file://{file}#sort=-growth")
        workflow.expect(f"background of {shot.name}", first_pixel(shot.read_bytes()), wanted)
        if shot.stat().st_size < 50_000:
            raise Failure(f"{shot.name} of {shot.stat().st_size} bytes shows next to nothing")


def check_tensors(cli, network, folder):
    wanted = constants(network)
    for name, load in ("all.npz", numpy.load), ("all.safetensors", safetensors.numpy.load_file):
        run(cli, "tensors", network, "-o", folder / name)
        found = load(folder / name)
        workflow.expect(f"names in {name}", sorted(found), sorted(wanted))
        for key, value in wanted.items():
            workflow.expect(f"{key} in {name}", (found[key].dtype, found[key].shape, found[key].tobytes()),
                            (value.dtype, value.shape, value.tobytes()))
    two = list(wanted)[:2]
    run(cli, "tensors", network, *two, "-o", folder / "two.npz")
    workflow.expect("the two that were named", sorted(numpy.load(folder / "two.npz")), sorted(two))
    run(cli, "tensors", network, two[0], "-o", folder / "one.npy")
    workflow.expect("the one that was named", numpy.load(folder / "one.npy").tobytes(), wanted[two[0]].tobytes())
    listed = workflow.pleat(cli, "tensors", network, "--list")["tensors"]
    workflow.expect("tensors listed", [(row["name"], row["shape"], row["bytes"]) for row in listed],
                    [(key, list(value.shape), value.nbytes) for key, value in wanted.items()])
    return len(wanted)


def main():
    cli, network, *rest = sys.argv[1:]
    network = pathlib.Path(network).resolve()
    draw = numpy.random.default_rng(11)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        target = check_fold(cli, network, folder)
        check_compare(cli, network, folder)
        check_hostile(cli, folder, draw)
        check_sorting(target)
        check_screens(target, pathlib.Path(rest[0]).resolve() if rest else folder)
        size = check_big(cli, folder, draw)
        count = check_tensors(cli, network, folder)
    print(f"{network.name}: the pages hold numpy's numbers and sort in Chromium; that of {LAYERS} layers has {size:,} bytes; "
          f"{count} tensors are as in the model")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(str(failure))
