#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports a torchvision network with its batch norms still in it, as a PyTorch user would before folding them.

usage: /usr/bin/python3 export_torchvision.py NAME OUT.onnx [OPSET] [--frozen]      frozen batch norms, in single steps
Needs Debian's python3-torch and python3-torchvision.

Pretrained weights would have to be downloaded, so the weights are random (with a fixed seed) and the batch norms gather
their statistics from noise, as in training. With statistics that do not fit, the signal dies out on the way through a
deep network, and a wrong weight in an early layer would not show in its output. Shifts of 0.5 keep the rounding of
float from growing from layer to layer. So 1 % more in one weight tensor changes the output by 1 %, and rounding by 1e-6.
"""
import sys
import warnings

import torch
import torchvision

SIZES = {"inception_v3": 299}  # pixels; all others take 224


def train_batch_norms(network, size):
    draw = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.momentum = None  # average over all that was seen
                layer.weight.copy_(0.5 + torch.rand(layer.num_features, generator=draw))
                layer.weight[0].neg_()
                layer.bias.copy_(0.5 + 0.2 * torch.randn(layer.num_features, generator=draw))
        network.train()(torch.randn(8, 3, size, size, generator=draw))


def wake_constants(network):
    """Transformers begin with heads of zeros, biases of zeros and scales of 10⁻⁶: then no wrong weight would show."""
    draw = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.numel() > 1 and bool((parameter == parameter.flatten()[0]).all()):
                parameter.add_(0.1 * torch.randn(parameter.shape, generator=draw))


def main():
    frozen = "--frozen" in sys.argv
    name, target, *rest = (argument for argument in sys.argv[1:] if argument != "--frozen")
    opset = int(rest[0]) if rest else 13
    size = SIZES.get(name, 224)
    warnings.simplefilter("ignore")
    torch.manual_seed(1)
    network = getattr(torchvision.models, name)(weights=None)
    if any(isinstance(layer, torch.nn.BatchNorm2d) for layer in network.modules()):
        train_batch_norms(network, size)
    else:
        wake_constants(network)
    if frozen:
        trained = network.state_dict()
        network = getattr(torchvision.models, name)(weights=None, norm_layer=torchvision.ops.FrozenBatchNorm2d)
        network.load_state_dict(trained)
    # PRESERVE and no constant folding: else the exporter folds the batch norms itself.
    torch.onnx.export(network.eval(), torch.zeros(1, 3, size, size), target, opset_version=opset,
                      training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
                      input_names=["input"], output_names=["output"],
                      dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}})


if __name__ == "__main__":
    main()
