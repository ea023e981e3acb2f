#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""pleat-cli fold --state-dict: what it writes loads into the PyTorch network that was exported, and computes the same.

usage: /usr/bin/python3 state_dict.py PLEAT_CLI SITE_PACKAGES README.md [NETWORK...]
SITE_PACKAGES has safetensors. The lines that load it are those of the README. Without a NETWORK, small ones whose
parameters the exporter renames.
"""
import copy
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

import torch
import torchvision

from export_torchvision import train_batch_norms

TOLERANCE = 1e-5  # of the largest output
BATCH_NORM = torch.nn.modules.batchnorm._BatchNorm


class Failure(Exception):
    pass


def expect(what, found, wanted):
    if found != wanted:
        raise Failure(f"{what}: {found}, expected {wanted}")


def recipe(readme):
    """load_folded() of the README."""
    block = next(each for each in re.findall(r"```python\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL)
                 if "def load_folded" in each)
    names = {}
    exec(block, names)
    return names["load_folded"]


def export(network, path, shape, folding=False):
    """Without `folding` with its batch norms; with it as most people export: the exporter folds and transposes itself."""
    mode = torch.onnx.TrainingMode.EVAL if folding else torch.onnx.TrainingMode.PRESERVE
    torch.onnx.export(network.eval(), torch.zeros(shape), path, opset_version=13, training=mode,
                      do_constant_folding=folding, input_names=["input"], output_names=["output"])


def fold(cli, path, *more):
    file = path.with_suffix(".safetensors")
    done = subprocess.run([cli, "fold", path, "-o", path.with_suffix(".folded.onnx"), "--state-dict", file, "--json", *more],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"pleat-cli fold ended with {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout), file


def expected_keys(network, left):
    """Those of the network with Identity in the place of all but `left` batch norms, and a bias for what has none."""
    keys = set()
    for name, module in network.named_modules():
        own = {f"{name}.{key}".lstrip(".") for key in list(module._parameters) + list(module._buffers)}
        if isinstance(module, BATCH_NORM):
            own = own - {f"{name}.num_batches_tracked"} if name in left else set()
        keys |= {key for key in own if network_has(network, key)}
    return keys


def network_has(network, key):
    module, _, name = key.rpartition(".")
    return getattr(network.get_submodule(module), name) is not None


def check(name, network, load_folded, cli, folder, shape, **options):
    """The JSON of the fold. `biases`: modules without a bias that get one; `left`: batch norms that stay."""
    path = folder / f"{name}.onnx"
    export(network, path, shape, options.get("folding", False))
    told, file = fold(cli, path)
    from safetensors import safe_open
    with safe_open(file, "pt") as opened:
        keys = set(opened.keys())
    left = options.get("left", set())
    wanted = expected_keys(network, left) | {f"{module}.bias" for module in options["biases"]}
    expect(f"{name}: keys missing, keys too many", (sorted(wanted - keys), sorted(keys - wanted)), ([], []))
    folded = load_folded(copy.deepcopy(network), file)
    norms = {each for each, module in folded.named_modules() if isinstance(module, BATCH_NORM)}
    expect(f"{name}: batch norms in the network that was loaded", norms, left)
    given = torch.randn(2, *shape[1:], generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        before, after = network.eval()(given), folded(given)
    difference = float((before - after).abs().max() / before.abs().max())
    if not difference <= TOLERANCE:
        raise Failure(f"{name}: outputs differ by {difference:.3g} of the largest one")
    print(f"{name}: {len(keys)} keys, {len(told['state_dict']['mapped'])} of them mapped; outputs within {difference:.1e}")
    return told


def biases_of_convolutions(network):
    return {name for name, module in network.named_modules()
            if isinstance(module, torch.nn.Conv2d) and module.bias is None}


def torchvision_network(name):
    torch.manual_seed(1)
    network = getattr(torchvision.models, name)(weights=None)
    train_batch_norms(network, 224)
    return network


def check_torchvision(name, load_folded, cli, folder):
    network = torchvision_network(name)
    shape = (1, 3, 224, 224)
    told = check(name, network, load_folded, cli, folder, shape, biases=biases_of_convolutions(network))
    expect(f"{name}: names that are mapped", told["state_dict"]["mapped"], [])
    expect(f"{name}: left out", told["state_dict"]["left_out"], [])


class Tokens(torch.nn.Module):
    """Linear layers on more than two axes, whose weights the exporter transposes and renames."""

    def __init__(self):
        super().__init__()
        self.stem = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, bias=False), torch.nn.BatchNorm2d(8), torch.nn.ReLU())
        self.mix = torch.nn.Linear(8, 12)
        self.plain = torch.nn.Linear(12, 12, bias=False)
        self.norm = torch.nn.LayerNorm(12)
        self.scale = torch.nn.Parameter(torch.rand(12))

    def forward(self, x):
        return self.norm(self.plain(torch.relu(self.mix(self.stem(x).flatten(2).transpose(1, 2))))) * self.scale


class Blocked(torch.nn.Module):
    """One batch norm that stays, since a maximum lies before it."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv2d(3, 6, 3)
        self.folds = torch.nn.BatchNorm2d(6)
        self.stays = torch.nn.BatchNorm2d(6)
        self.turned = torch.nn.ConvTranspose2d(6, 4, 3, bias=False)
        self.last = torch.nn.BatchNorm2d(4)

    def forward(self, x):
        return self.last(self.turned(torch.sigmoid(self.stays(torch.sigmoid(self.folds(self.first(x)))))))


class Twice(torch.nn.Module):
    """One convolution that runs twice, with a batch norm of its own behind each."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(4, 4, 3, padding=1)
        self.one, self.two = torch.nn.BatchNorm2d(4), torch.nn.BatchNorm2d(4)

    def forward(self, x):
        return self.two(self.conv(torch.relu(self.one(self.conv(x)))))


def trained(network, shape):
    draw = torch.Generator().manual_seed(5)
    for module in network.modules():
        if isinstance(module, BATCH_NORM):
            module.momentum = None
            with torch.no_grad():
                module.weight.copy_(0.5 + torch.rand(module.num_features, generator=draw))
                module.bias.copy_(torch.randn(module.num_features, generator=draw))
    with torch.no_grad():
        network.train()(torch.randn(8, *shape[1:], generator=draw))
    return network.eval()


def check_small(load_folded, cli, folder):
    torch.manual_seed(1)
    shape = (1, 3, 10, 10)
    check("tokens", trained(Tokens(), shape), load_folded, cli, folder, shape, biases={"stem.0"})
    told = check("tokens_renamed", trained(Tokens(), shape), load_folded, cli, folder, shape, folding=True,
                 biases={"stem.0"})
    mapped = {each["to"]: each["how"] for each in told["state_dict"]["mapped"]}
    expect("how the weight of mix is known", mapped.get("mix.weight"), "the name of its layer's bias mix.bias")
    expect("how the weight of plain is known", mapped.get("plain.weight"), "the path of its layer /plain/MatMul")
    expect("the convolution was renamed", "stem.0.weight" in mapped, True)
    check("blocked", trained(Blocked(), shape), load_folded, cli, folder, shape, biases={"turned"}, left={"stays"})
    network = trained(Twice(), (1, 4, 6, 6))
    export(network, folder / "twice.onnx", (1, 4, 6, 6))
    try:
        fold(cli, folder / "twice.onnx")
    except Failure as failure:
        expect("the sentence about a module that runs twice", "call that module twice" in str(failure), True)
        expect("files", [(folder / f"twice{end}").exists() for end in (".safetensors", ".folded.onnx")], [False, False])
    else:
        raise Failure("a module that runs twice was folded in two ways")
    network = torchvision_network("resnet18")
    check("resnet18_renamed", network, load_folded, cli, folder, (1, 3, 224, 224), folding=True,
          biases=biases_of_convolutions(network))


def main():
    cli, site_packages, readme, *networks = sys.argv[1:]
    sys.path.append(site_packages)  # last: Debian's own packages come first
    warnings.simplefilter("ignore")
    load_folded = recipe(pathlib.Path(readme))
    with tempfile.TemporaryDirectory() as folder:
        for network in networks:
            check_torchvision(network, load_folded, cli, pathlib.Path(folder))
        if not networks:
            check_small(load_folded, cli, pathlib.Path(folder))


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(str(failure))
