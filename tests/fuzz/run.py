"""Damages models of every format and exports them: `python tests/fuzz/run.py [--mutants 1000] [FORMAT …]`.

A format's mutants are made in a process of its own, so that a crash or a hang is told and not shared. The
same number is always the same mutant; `--only NUMBER --keep FOLDER` leaves one in a folder to look at.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

TESTS = Path(__file__).resolve().parents[1]
PLACES = (
    TESTS,
    *(TESTS / part for part in ("importers", "importers/pytorch_files", "importers/tensorflow_files")),
    *(TESTS / part for part in ("passes", "../exporter")),
)
sys.path[:0] = [str(place.resolve()) for place in PLACES]
os.environ["TEXELFLOW_CHECK_GRAPH"] = "1"

from fuzz.format import NAMES, Format, format_of
from fuzz.lines import Lines
from fuzz.trial import export, limit_memory, mutant

IMPORTERS = TESTS.parent / "exporter" / "texelflow" / "importers"
SHARED = (
    *("tensorflow", "keras", "language"),
    *("lowering/channels_last", "files/safetensors.py", "files/hdf5.py"),
)
LEAST_LINES = 0.6
LONGEST = 600.0
"""Seconds without a word, whatever keeps the process busy, or asleep."""


@dataclass
class Result:
    """What became of a format's mutants; `missing` are lines that none of them reached, by file."""

    ends: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    missing: dict[str, set[int]] = field(default_factory=dict)
    seconds: float = 0.0
    slowest: tuple[float, int] = (0.0, 0)


def run(name: str, format_: Format, numbers: Sequence[int], lines: Lines | None = None) -> Result:
    """Export mutants of a format; for the lines its intact models, too, which must be accepted."""
    result, left = Result(), [*numbers] if lines is None else [-1, *numbers]
    while left:
        left = _run_rest(name, format_, left, lines, result)
    return result


def _run_rest(
    name: str, format_: Format, left: Sequence[int], lines: Lines | None, result: Result
) -> Sequence[int]:
    """Export in a process of its own; return the mutants that are left where it ended too early."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:  # nothing of the child goes on in what the parent was doing
            os.close(reading)
            with os.fdopen(writing, "w") as report:
                _work(name, format_, left, lines, report)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(writing)
    done = 0
    with os.fdopen(reading) as report:
        for message in _messages(report):
            if message.get("missing") is not None:
                for path, numbers in message["missing"].items():
                    result.missing[path] = result.missing.get(path, set(numbers)) & set(numbers)
                continue
            done += 1
            result.ends[message["end"]] += message["number"] >= 0
            result.seconds += message["seconds"]
            result.slowest = max(result.slowest, (message["seconds"], message["number"]))
            if message["end"] == "failed":
                result.failures.append(f"{name} {message['number']}: {message['text']}")
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if done < len(left):
        result.ends["failed"] += 1
        result.failures.append(
            f"{name} {left[done]}: the process hung, or ended by {os.waitstatus_to_exitcode(status)}"
        )
        return left[done + 1 :]
    return []


def _messages(report: IO[str]) -> Iterator[dict[str, Any]]:
    while select.select([report], [], [], LONGEST)[0]:
        line = report.readline()
        if not line:
            return
        yield json.loads(line)


def _work(name: str, format_: Format, numbers: Sequence[int], lines: Lines | None, report: IO[str]) -> None:
    seeds = format_.seeds()
    limit_memory()
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            files = seeds if number < 0 else [mutant(name, format_, seeds, number)]
            start = time.process_time()
            if lines is not None:
                lines.start()
            for each in files:
                outcome = export(each, format_.entry, Path(folder))
                if number < 0 and outcome.end != "accepted":
                    outcome = type(outcome)("failed", f"an intact model: {outcome.text}")
                    break
            if lines is not None:
                lines.stop()
            seconds = time.process_time() - start
            message = {"number": number, "end": outcome.end, "text": outcome.text, "seconds": seconds}
            print(json.dumps(message), file=report, flush=True)
    if lines is not None:
        missing = {path: sorted(numbers) for path, numbers in lines.missing.items()}
        print(json.dumps({"missing": missing}), file=report, flush=True)


def share(lines: Lines, missing: dict[str, set[int]], part: str) -> float:
    """Return which share of the lines of a folder or file of the importers was reached."""
    inside = [path for path in lines.of if Path(path).is_relative_to(IMPORTERS / part)]
    total = sum(len(lines.of[path]) for path in inside)
    return 1 - sum(len(missing.get(path, lines.of[path])) for path in inside) / max(1, total)


def main() -> int:
    """Run what the arguments ask for; return 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("formats", nargs="*", metavar="FORMAT", help=", ".join(NAMES))
    parser.add_argument("--mutants", type=int, default=1000, help="of each format")
    parser.add_argument("--first", type=int, default=0, help="the first number")
    parser.add_argument("--only", type=int, help="the number of one mutant")
    parser.add_argument("--keep", type=Path, help="where to leave it, without exporting it")
    parser.add_argument(
        "--lines", action="store_true", help="measure which lines of the importers are reached"
    )
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each format")
    parser.add_argument("--missing", action="store_true", help="list the lines that are not")
    arguments = parser.parse_args()
    chosen = {name: format_of(name) for name in arguments.formats or NAMES}
    span = range(arguments.first, arguments.first + arguments.mutants)
    numbers = span if arguments.only is None else [arguments.only]
    if arguments.keep is not None:
        for name, format_ in chosen.items():
            for path, content in mutant(name, format_, format_.seeds(), numbers[0]).items():
                (arguments.keep / path).parent.mkdir(parents=True, exist_ok=True)
                (arguments.keep / path).write_bytes(content)
        return 0
    lines = Lines(IMPORTERS) if arguments.lines or arguments.missing else None
    failures, missing, rows = [], {}, []
    for name, format_ in chosen.items():
        result = run(name, format_, numbers, lines)
        for path, left in result.missing.items():
            missing[path] = missing.get(path, left) & left
        failures += result.failures
        rows.append((name, format_, result))
        print(_told(name, result, arguments.json), flush=True)
        if not arguments.json:
            print("".join(f"{failure}\n" for failure in result.failures), end="", flush=True)
    if arguments.json:
        return 0
    return (
        1
        if failures or (lines is not None and not _tell_lines(rows, lines, missing, arguments.missing))
        else 0
    )


def _told(name: str, result: Result, as_json: bool) -> str:
    ends = result.ends
    if as_json:
        return json.dumps({"format": name, "ends": ends, "failures": result.failures})
    return (
        f"{name}: {ends['refused']} refused, {ends['accepted']} accepted, {len(result.failures)} failed,"
        f" {result.seconds:.1f} s, at most {result.slowest[0]:.2f} s ({result.slowest[1]})"
    )


def _tell_lines(
    rows: Sequence[tuple[str, Format, Result]], lines: Lines, missing: dict[str, set[int]], each: bool
) -> bool:
    """Print the table of what was reached; return whether it is enough, where all formats were tried."""
    print("\n| format | mutants | refused | accepted | lines of its own |\n|---|---:|---:|---:|---:|")
    shares = {}
    for name, format_, result in rows:
        own = {part: share(lines, missing, part) for part in format_.folders}
        shares.update(own)
        told = ", ".join(f"{100 * reached:.0f} %" for reached in own.values())
        ends = result.ends
        print(f"| {name} | {sum(ends.values())} | {ends['refused']} | {ends['accepted']} | {told} |")
    shared = {part: share(lines, missing, part) for part in SHARED}
    print("\nShared: " + ", ".join(f"{part} {100 * reached:.0f} %" for part, reached in shared.items()))
    if each:
        for path, left in missing.items():
            if left:
                print(f"{Path(path).relative_to(IMPORTERS)}: {sorted(left)}")
    return len(rows) < len(NAMES) or min({**shares, **shared}.values()) >= LEAST_LINES


if __name__ == "__main__":
    sys.exit(main())
