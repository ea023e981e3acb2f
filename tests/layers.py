#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the #include lines: app uses ui uses core, core uses no Qt, and within core and within ui
nothing points down the list.

usage: layers.py ROOT      prints each line that breaks this; the exit code is 1 if there is one
"""
import pathlib
import re
import sys

TOP = [["core"], ["ui"], ["app"]]
CORE = [["base", "layout"], ["io"], ["tensor"], ["model"], ["worker"], ["graph"], ["rewrite"], ["fold", "prepare", "edit"], ["weights", "compare"], ["verify"], ["recipe"], ["report"]]
UI = [["jobs", "widgets"], ["document"], ["edit"], ["canvas", "fold", "history", "inspector", "layers", "prepare", "problems", "verify", "weights"], ["compare"], ["window"]]
INSIDE = {"core": CORE, "ui": UI}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
QT = re.compile(r"Q[A-Z]|Qt|q[a-z]+\.h$")


def rank(layers, name):
    return next((i for i, layer in enumerate(layers) if name in layer), None)


def allowed(layers, user, used):
    """Itself or a layer below; siblings do not know each other. Raises for a folder that is in no layer."""
    above, below = rank(layers, user), rank(layers, used)
    if above is None or below is None:
        raise KeyError(f"{user if above is None else used} is in no layer: add it to {sys.argv[0]}")
    return user == used or below < above


def objection(file, included):
    user, used = file.parts, pathlib.PurePath(included).parts
    if user[0] == "core" and QT.match(included):
        return "core uses no Qt"
    if ".." in used:
        return "includes start at the root"
    if len(used) < 2 or rank(TOP, used[0]) is None:
        return None
    if not allowed(TOP, user[0], used[0]):
        return f"{user[0]} may not use {used[0]}"
    if user[0] in INSIDE and len(user) != 3:
        return f"{user[0]} has no files beside its folders"
    if user[0] == used[0] and user[0] in INSIDE and not allowed(INSIDE[user[0]], user[1], used[1]):
        return f"{user[0]}/{user[1]} may not use {used[0]}/{used[1]}"
    return None


def main():
    root = pathlib.Path(sys.argv[1])
    files = [file for (top,) in TOP for file in sorted((root / top).rglob("*")) if file.suffix in (".h", ".cpp")]
    wrong = 0
    for file in files:
        path = file.relative_to(root)
        for included in INCLUDE.findall(file.read_text(encoding="utf-8")):
            if reason := objection(path, included):
                print(f"{path}: includes {included}: {reason}")
                wrong += 1
    print(f"{len(files)} files read, {wrong} includes out of place")
    sys.exit(0 if files and not wrong else 1)


if __name__ == "__main__":
    main()
