#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the sample model, digits.onnx, and writes the 300 images that it never saw.

usage: train_digits.py [MODEL.onnx [IMAGES.csv]]    (default: beside this file, and tests/fixtures/digits-300.csv)
needs: apt-get install --no-install-recommends python3-torch python3-sklearn   (run it with /usr/bin/python3)

The model reads `image`, float [batch, 1, 8, 8], pixel / 16, and gives `logits`, float [batch, 10]. A line of the CSV is an image and
its label as in the data set: 64 pixels 0..16 row by row, then the digit. The same machine gives the same two files each time; another
processor may round differently.

Data: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits (1998), from the UCI Machine Learning Repository: the 1797
images that scikit-learn ships, 300 of which, its classes evenly, are held out here and never trained on.
"""
import sys
from collections import OrderedDict
from pathlib import Path

import numpy
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

HERE = Path(__file__).resolve().parent
TEST_IMAGES = 300
EPOCHS = 60
BATCH = 32
SEED = 8


def layers(**named):
    return nn.Sequential(OrderedDict(named))


def conv_bn(channels_in, channels_out, kernel, stride=1, group=1, bias=False):
    """Without an activation: what ends an inverted residual."""
    return OrderedDict(
        conv=nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, groups=group, bias=bias),
        bn=nn.BatchNorm2d(channels_out))


def conv_bn_relu6(*shape, **options):
    return layers(**conv_bn(*shape, **options), relu6=nn.ReLU6())


def depthwise_separable(channels_in, channels_out, stride=1):
    return layers(
        depthwise=conv_bn_relu6(channels_in, channels_in, 3, stride=stride, group=channels_in),
        pointwise=conv_bn_relu6(channels_in, channels_out, 1))


class InvertedResidual(nn.Module):
    def __init__(self, channels, expanded):
        super().__init__()
        self.expand = conv_bn_relu6(channels, expanded, 1)
        self.depthwise = conv_bn_relu6(expanded, expanded, 3, group=expanded)
        self.project = layers(**conv_bn(expanded, channels, 1))

    def forward(self, x):
        return x + self.project(self.depthwise(self.expand(x)))


class DigitsNet(nn.Module):
    """Batch norms of every kind a user meets: features.3.bn follows a sum with an activated tensor and is followed by another
    activation, so that no layer can take it; each of the others can go into the Conv or Gemm before it."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            conv_bn_relu6(1, 16, 3, bias=True),
            depthwise_separable(16, 32),
            InvertedResidual(32, 96),
            layers(bn=nn.BatchNorm2d(32), relu=nn.ReLU()),
            depthwise_separable(32, 64, stride=2),
            InvertedResidual(64, 128),
            conv_bn_relu6(64, 96, 1))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.classifier = layers(
            hidden=nn.Linear(96, 64), bn=nn.BatchNorm1d(64), relu=nn.ReLU(), output=nn.Linear(64, 10))

    def forward(self, image):
        return self.classifier(self.flatten(self.pool(self.features(image))))


def as_input(pixels):
    return torch.from_numpy(pixels.reshape(-1, 1, 8, 8) / 16).float()


def shifted(images):
    """Each image moved by up to one pixel, so that 1497 of them are enough to learn from."""
    padded = nn.functional.pad(images, (1, 1, 1, 1))
    rows, columns = torch.randint(0, 3, (2, len(images)))
    return torch.stack([image[:, r:r + 8, c:c + 8] for image, r, c in zip(padded, rows, columns)])


def train(network, images, labels):
    """A fixed number of epochs and no look at the test images, so that their accuracy is an honest one."""
    steps = EPOCHS * (len(images) // BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), lr=4e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=steps)
    network.train()
    for _ in range(EPOCHS):
        order = torch.randperm(len(images))
        for start in range(0, len(images) - BATCH + 1, BATCH):
            chosen = order[start:start + BATCH]
            loss = nn.functional.cross_entropy(network(shifted(images[chosen])), labels[chosen], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return network.eval()


def export_with_batch_norms(network, target):
    """PRESERVE and no constant folding, since the exporter folds batch norms itself otherwise."""
    torch.onnx.export(
        network, torch.zeros(1, 1, 8, 8), str(target), training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
        opset_version=13, input_names=["image"], output_names=["logits"],
        dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}})


def main():
    model = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "digits.onnx"
    table = Path(sys.argv[2]) if len(sys.argv) > 2 else HERE.parents[1] / "tests" / "fixtures" / "digits-300.csv"
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    digits = load_digits()
    pixels, test_pixels, labels, test_labels = train_test_split(
        digits.data, digits.target, test_size=TEST_IMAGES, stratify=digits.target, random_state=SEED)
    network = train(DigitsNet(), as_input(pixels), torch.from_numpy(labels).long())

    with torch.no_grad():
        right = int((network(as_input(test_pixels)).argmax(1).numpy() == test_labels).sum())
    print(f"{right} of {TEST_IMAGES} test images are right ({right / TEST_IMAGES:.2%})")
    if right <= 0.97 * TEST_IMAGES:
        sys.exit("That is not above 97 %: nothing was written.")

    export_with_batch_norms(network, model)
    numpy.savetxt(table, numpy.column_stack([test_pixels, test_labels]), fmt="%d", delimiter=",")
    print(f"wrote {model} and {table}")


if __name__ == "__main__":
    main()
