"""Spoils bundles and runs them in a page: `python tests/fuzz/bundles/run.py [--mutants 100] [KIND …]`.

Each must end in time, by a result or by a TexelflowError, and leave nothing: no stray rejection, no object on
the GPU, and a page in which an intact bundle gives what it gave before. `--only NUMBER --keep FOLDER` leaves
a mutant to look at. Pages are of a process of their own, which is ended where it does not answer.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS), str(TESTS.parent / "exporter")]

from playwright.sync_api import sync_playwright

from browser_support import REPOSITORY, PageServer, launch_chromium, open_runtime_page
from fuzz.bundles.judgement import Trials
from fuzz.bundles.kinds import MAKERS, make
from fuzz.bundles.mutants import mutant

LONGEST = 180.0
"""Seconds without a word."""


def work(names: Sequence[str], numbers: Sequence[int]) -> None:
    """Try mutants in one page; print a line of JSON for each."""
    server = PageServer()
    server.mount("/dist", REPOSITORY / "dist")
    with sync_playwright() as playwright:
        page = open_runtime_page(launch_chromium(playwright), server)
        page.set_default_timeout(0)
        trials = Trials(page)
        for name in names:
            kind = make(name)
            trials.begin(name, kind)
            for number in numbers:
                print(json.dumps({"name": name, "number": number, **trials.told(number)}), flush=True)


def supervised(names: Sequence[str], numbers: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Yield what was told of each mutant; go on behind one at which the process ends or hangs."""
    left = [(name, number) for name in names for number in numbers]
    while left:
        name = left[0][0]
        own = [number for each, number in left if each == name]
        command = [sys.executable, __file__, name, "--worker", ",".join(map(str, own))]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
        done = 0
        assert process.stdout
        while select.select([process.stdout], [], [], LONGEST)[0]:
            line = process.stdout.readline()
            if not line:
                break
            done += 1
            yield json.loads(line)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if done < len(own):
            yield {
                "name": name,
                "number": own[done],
                "outcome": "failed",
                "fault": "the page hung or crashed",
            }
            done += 1
        left = left[done:]


def main() -> int:
    """Run what the arguments ask for; return 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(MAKERS))
    parser.add_argument("--mutants", type=int, default=100, help="of each kind")
    parser.add_argument("--first", type=int, default=0, help="the first number")
    parser.add_argument("--only", type=int, help="the number of one mutant")
    parser.add_argument("--keep", type=Path, help="where to leave it, without loading it")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    names = arguments.kinds or list(MAKERS)
    if arguments.worker:
        work(names, [int(number) for number in arguments.worker.split(",")])
        return 0
    numbers = range(arguments.first, arguments.first + arguments.mutants)
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
        for path, content in mutant(names[0], make(names[0]).files, arguments.only).items():
            (arguments.keep / path).write_bytes(content)
        return 0
    ends: dict[str, Counter[str]] = {}
    failures = 0
    for told in supervised(names, numbers if arguments.only is None else [arguments.only]):
        ends.setdefault(told["name"], Counter())[told["outcome"]] += 1
        if told.get("fault"):
            failures += 1
            print(f"{told['name']} {told['number']}: {told['fault']}", flush=True)
    for name, counter in ends.items():
        print(f"{name}: {', '.join(f'{count} {end}' for end, count in sorted(counter.items()))}")
    print(f"{sum(sum(counter.values()) for counter in ends.values())} bundles, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
