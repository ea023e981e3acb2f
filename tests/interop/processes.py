# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command as a whole process: how long it took and how much memory it had at most.

A child starts with the peak of whoever starts it in its own count, so this file, run as a small program, starts it.
"""
import dataclasses
import json
import signal
import subprocess
import sys

from graphs import Failure


@dataclasses.dataclass
class Run:
    seconds: float
    megabytes: float  # 10^6 bytes: the largest resident set of it or of one of its children
    out: str


def run(command):
    """The Run, or Failure with what the command said last."""
    launcher = [sys.executable, "-S", "-E", "-c", LAUNCHER, *map(str, command)]
    done = subprocess.run(launcher, capture_output=True, text=True, check=False)
    told = json.loads(done.stderr.rpartition("\n")[2])
    if told["code"] < 0:
        raise Failure(f"crashed: {signal.strsignal(-told['code'])}")
    if told["code"] != 0:
        raise Failure(last_line(done.stderr.rpartition("\n")[0]))
    return Run(told["seconds"], told["bytes"] / 1e6, done.stdout)


def last_line(text):
    return (text.strip().splitlines() or ["it said nothing"])[-1]


# Its last line on standard error is what it measured.
LAUNCHER = """
import json, os, sys, time
start = time.perf_counter()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
seconds = time.perf_counter() - start
told = {"code": os.waitstatus_to_exitcode(status), "seconds": seconds, "bytes": usage.ru_maxrss * 1024}
sys.stderr.write("\\n" + json.dumps(told))
"""
