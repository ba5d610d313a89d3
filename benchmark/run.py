"""Run nets on Texelflow and its peers in headless Chromium and report times, memory, bytes and counts.

Four passes for each net: `counts` (on a page that is not timed), `steady` (all runtimes in turn on one page),
`local` (navigation to first result, a fresh Chromium each) and `throttled` (that over a link of 10 MB/s).
Some runtimes have variants, which take part in some passes. The order is shuffled in each round.
Results are written after every net, to build/benchmark/results.json.

python benchmark/run.py --nets mobilenetv2,resnet50 --runs 10 --peers texelflow,tfjs,ort-webgl --passes steady
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "exporter"))  # this checkout's exporter, installed or not

from assets import FOLDER, net_facts, prepare_net, prepare_peers
from brotli_server import BrotliFiles, brotli_server
from machine import describe_machine, versions
from measuring.chromium import Bench, call
from measuring.counting import measure_counts
from measuring.startup import measure_startup
from measuring.steady import measure_steady
from measuring.turns import Turns
from nets import NETS
from playwright.async_api import async_playwright
from reporting.publish import publish, render_pages, write_json
from reporting.table import show_net, show_targets
from runtimes import PEERS, of_pass

from texelflow import ExportError
from texelflow.checking.browser import find_chromium
from texelflow.resources import javascript_directory

STARTS = {"local": False, "throttled": True}
"""The two kinds of start-up, and whether the link is throttled."""

PASSES = ("counts", "steady", *STARTS)

QUICK = {"runs": 3, "starts": 1, "seconds": 30.0}


def read_arguments() -> argparse.Namespace:
    """Read the command line; exits with usage when it is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nets", default=",".join(NETS), help=f"of {', '.join(NETS)}")
    parser.add_argument("--peers", default=",".join(PEERS), help=f"of {', '.join(PEERS)}")
    parser.add_argument("--passes", default=",".join(PASSES), help=f"of {', '.join(PASSES)}")
    parser.add_argument("--runs", type=int, default=20, help="rounds of steady runs")
    parser.add_argument("--starts", type=int, default=3, help="measurements of start-up of each runtime")
    parser.add_argument("--seconds", type=float, default=100, help="after which five rounds of a net must do")
    parser.add_argument("--net-seconds", type=float, default=150, help="after which two starts must do")
    parser.add_argument("--seed", type=int, default=1, help="of the order of the runtimes in each round")
    parser.add_argument("--remark", default="", help="what readers must know of this run, for the page")
    parser.add_argument("--quick", action="store_true", help="few runs, one start: numbers to look at only")
    parser.add_argument("--gpu", action="store_true", help="use the GPU instead of SwiftShader")
    parser.add_argument("--publish", action="store_true", help="also write docs/benchmarks.md (a full run)")
    parser.add_argument("--render", action="store_true", help="only write docs/benchmarks.md anew; no runs")
    parser.add_argument("--output", type=Path, default=FOLDER / "results.json", help="the JSON to write")
    arguments = parser.parse_args()
    arguments.nets = names(arguments.nets, NETS)
    arguments.peers = names(arguments.peers, PEERS)
    arguments.passes = names(arguments.passes, PASSES)
    if arguments.quick:
        vars(arguments).update(QUICK)
    full = all(
        set(chosen) == set(known)
        for chosen, known in ((arguments.nets, NETS), (arguments.peers, PEERS), (arguments.passes, PASSES))
    )
    if arguments.publish and (arguments.quick or not full):
        parser.error("--publish is for a full run: without --quick, --nets, --peers and --passes")
    return arguments


def names(text: str, known: Sequence[str] | dict[str, Any]) -> list[str]:
    """Split a list at its commas; exit with what is known if it has something else."""
    chosen = text.split(",")
    if unknown := [name for name in chosen if name not in known]:
        sys.exit(f"unknown: {', '.join(unknown)}; there are {', '.join(known)}")
    return chosen


async def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure every net and return the report; it is written, and shown, after each net."""
    files = BrotliFiles(FOLDER / "brotli")
    mounts = [("/peers/", FOLDER / "peers"), ("/nets/", FOLDER / "nets")]
    mounts += [("/javascript/", javascript_directory()), ("/", HERE / "page")]
    compressed = [javascript_directory()]
    if arguments.peers != ["texelflow"]:
        prepare_peers()
        compressed.append(FOLDER / "peers")
    files.add(compressed)
    with brotli_server(mounts, files) as url:
        async with async_playwright() as playwright:
            # find_chromium is typed for the synchronous Playwright, and asks for a path only.
            bench = Bench(playwright, find_chromium(cast(Any, playwright)), not arguments.gpu, url)
            report = await describe(bench, arguments)
            print(f"{report['renderer']}, Chromium {report['browser']}", flush=True)
            for net in arguments.nets:
                begin = time.monotonic()
                try:
                    report["nets"][net] = await measure_net(bench, files, net, arguments)
                except Exception:  # what goes wrong with one net must not lose the others
                    report["nets"][net] = {"failure": traceback.format_exc(limit=-1).splitlines()[-1]}
                    traceback.print_exc()
                report["nets"][net]["seconds"] = round(time.monotonic() - begin, 1)
                write_json(report, arguments.output)
                show_net(report, net)
    return report


async def describe(bench: Bench, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the head of the report: what the numbers belong to."""
    async with bench.browser() as browser:
        page = await browser.new_page()
        await page.goto(f"{bench.url}/index.html")
        await page.wait_for_function("window.benchmark !== undefined")
        renderer = await call(page, "() => benchmark.renderer()", seconds=200)
        return {
            "date": time.strftime("%Y-%m-%d"),
            "renderer": renderer,
            "browser": browser.version,
            "machine": describe_machine(),
            "versions": versions(),
            "remark": arguments.remark,
            "settings": {
                key: getattr(arguments, key) for key in ("runs", "starts", "seconds", "seed", "quick")
            },
            "nets": {},
        }


async def measure_net(
    bench: Bench, files: BrotliFiles, net: str, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Make what the net needs and run the passes over it."""
    peers = list(arguments.peers)
    result: dict[str, Any] = {"runtimes": {runtime: {} for runtime in peers}, "order": {}}
    try:
        prepare_net(net)
    except ExportError as error:
        result["runtimes"]["texelflow"] = {"steady": {"failure": f"export: {error}"}}
        peers.remove("texelflow")
    result |= net_facts(net)
    folder = FOLDER / "nets" / net
    files.add([folder / "bundle", folder / "bundle-shaders", folder / "tfjs"])
    for key, name in (("graphBytes", "bundle/graph.json"), ("shaderBytes", "bundle-shaders/sources.json")):
        if compressed := files.of(folder / name):
            result[key] = compressed.stat().st_size
    begin = time.monotonic()
    result["passSeconds"] = {}

    async def add(key: str, measuring: Callable[[list[str], Turns], Awaitable[dict[str, Any]]]) -> None:
        started = time.monotonic()
        runtimes = of_pass(key, peers)
        turns = Turns(f"{arguments.seed} {net} {key}")
        try:
            measured = await measuring(runtimes, turns)
        except Exception as failure:  # such as a browser that does not start: the other passes may succeed
            traceback.print_exc()
            failed = {"failure": f"{type(failure).__name__}: {failure}"}
            measured = {runtime: [failed] if key in STARTS else failed for runtime in runtimes}
        for runtime, value in measured.items():
            result["runtimes"].setdefault(runtime, {})[key] = value
        result["order"][key] = turns.rounds
        result["passSeconds"][key] = round(time.monotonic() - started, 1)

    if "counts" in arguments.passes:
        await add("counts", lambda runtimes, _: measure_counts(bench, net, runtimes))
    if "steady" in arguments.passes:
        limits = {"rounds": arguments.runs, "seconds": arguments.seconds}
        await add("steady", partial(measure_steady, bench, net, **limits))
    starts = [key for key in STARTS if key in arguments.passes]
    for index, key in enumerate(starts):
        # Of the time that is left, half is for the first of two kinds, all of it for the last.
        now = time.monotonic()
        end = now + (begin + arguments.net_seconds - now) / (len(starts) - index)
        rounds = {"times": arguments.starts, "enough": lambda end=end: time.monotonic() > end}
        await add(key, partial(measure_startup, bench, net, throttled=STARTS[key], **rounds))
    return result


def main() -> None:
    """Measure, print, and write."""
    arguments = read_arguments()
    if arguments.render:
        print(f"written: {render_pages()}")
        return
    report = asyncio.run(measure(arguments))
    show_targets(report)
    print(f"written: {arguments.output}")
    if arguments.publish:
        print(f"written: {publish(report)}")


if __name__ == "__main__":
    main()
