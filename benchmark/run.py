"""Run nets on Texelflow and its peers in headless Chromium, in turn on one page, and print the times.

python benchmark/run.py --nets mobilenetv2,resnet50 --runs 10 --peers texelflow,tfjs,ort-webgl
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "exporter"))  # this checkout's exporter, installed or not

import numpy as np  # noqa: E402
from assets import FOLDER, prepare_net, prepare_peers  # noqa: E402
from nets import NETS  # noqa: E402
from playwright.sync_api import Browser, Error, Page, sync_playwright  # noqa: E402
from processor_time import children_milliseconds  # noqa: E402

from texelflow import ExportError  # noqa: E402
from texelflow.browser import chromium_flags, find_chromium  # noqa: E402
from texelflow.resources import javascript_directory  # noqa: E402
from texelflow.serve import background_server  # noqa: E402

PEERS = ("texelflow", "tfjs", "ort-webgl", "ort-wasm")
WARM_UP = 1
"""Untimed runs after the first."""


def measure_net(
    browser: Browser, url: str, net: str, peers: list[str], runs: int, seconds: float
) -> dict[str, Any]:
    """Open the net on every runtime of one page, then run each in turn.

    A runtime whose runs have taken `seconds` takes no further part; at least three of its runs are timed.
    """
    page = browser.new_page()
    try:
        page.goto(f"{url}/index.html")
        page.wait_for_function("window.benchmark !== undefined")
        page.evaluate("name => benchmark.start(name)", net)
        results: dict[str, Any] = {}
        for peer in peers:
            try:
                results[peer] = page.evaluate("peer => benchmark.open(peer)", peer)
                results[peer] |= {"milliseconds": [], "processor": []}
                for _ in range(WARM_UP):
                    page.evaluate("peer => benchmark.run(peer)", peer)
            except Error as error:
                results[peer] = {"failure": first_line(error)}
        running = [peer for peer in peers if "failure" not in results[peer]]
        for _ in range(runs):
            for peer in running:
                spent = results[peer]["milliseconds"]
                if sum(spent) < seconds * 1000 or len(spent) < 3:
                    before = children_milliseconds()
                    spent.append(page.evaluate("peer => benchmark.run(peer)", peer))
                    after = children_milliseconds()
                    if before is not None and after is not None:
                        results[peer]["processor"].append(after - before)
        return results
    finally:
        page.close()


def first_line(error: Error) -> str:
    """Return what a page's error says, without Playwright's prefix and the stack."""
    text = error.message.removeprefix("Page.evaluate: ").removeprefix("Error: ")
    return text.splitlines()[0][:200]


def show(net: str, results: dict[str, Any]) -> None:
    """Print one line a runtime: medians of clock and processor time, and their ratio to Texelflow's."""
    print(net)
    for peer, result in results.items():
        if "failure" in result:
            print(f"  {peer:10} fails: {result['failure']}")
            continue
        low, high = np.percentile(result["milliseconds"], [10, 90])
        print(
            f"  {peer:10} {median_and_ratio(results, peer, 'milliseconds')} ({low:.0f}-{high:.0f},"
            f" {len(result['milliseconds'])} runs)  processor {median_and_ratio(results, peer, 'processor')}"
            f"  load {result['load']:.0f}, first run {result['firstRun']:.0f}, error {result['error']:.1e}",
            flush=True,
        )


def median_and_ratio(results: dict[str, Any], peer: str, kind: str) -> str:
    """Return the median of `kind` of times, and how many times Texelflow's it is."""
    if not results[peer][kind]:
        return "unknown"
    median = float(np.median(results[peer][kind]))
    own = results.get("texelflow", {}).get(kind)
    return f"{median:8.1f} ms" + (f" {median / float(np.median(own)):5.2f}×" if own else "")


def names(text: str, known: list[str] | tuple[str, ...]) -> list[str]:
    """Split a list at its commas; exit with what is known if it has something else."""
    chosen = text.split(",")
    if unknown := [name for name in chosen if name not in known]:
        sys.exit(f"unknown: {', '.join(unknown)}; there are {', '.join(known)}")
    return chosen


def main() -> None:
    """Read the command line, measure, print, and write `build/benchmark/results.json`."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nets", default=",".join(NETS), help=f"of {', '.join(NETS)}")
    parser.add_argument("--peers", default=",".join(PEERS), help=f"of {', '.join(PEERS)}")
    parser.add_argument("--runs", type=int, default=20, help="timed runs of each runtime")
    parser.add_argument("--seconds", type=float, default=60, help="a runtime's time for the runs of one net")
    parser.add_argument("--gpu", action="store_true", help="use the GPU instead of SwiftShader")
    arguments = parser.parse_args()
    nets, peers = names(arguments.nets, list(NETS)), names(arguments.peers, PEERS)
    prepare_peers()
    mounts = [("/peers/", FOLDER / "peers"), ("/nets/", FOLDER / "nets")]
    mounts += [("/javascript/", javascript_directory()), ("/", HERE / "page")]
    report: dict[str, Any] = {"date": time.strftime("%Y-%m-%d"), "nets": {}}
    with background_server(mounts) as url, sync_playwright() as playwright:
        flags = chromium_flags(software=not arguments.gpu)
        browser = playwright.chromium.launch(executable_path=find_chromium(playwright), args=flags)
        report["browser"] = browser.version
        report["renderer"] = renderer(browser.new_page(), url)
        print(report["renderer"])
        for net in nets:
            try:
                prepare_net(net)
            except ExportError as error:
                print(f"{net}\n  texelflow does not export it: {error}")
            report["nets"][net] = measure_net(browser, url, net, peers, arguments.runs, arguments.seconds)
            show(net, report["nets"][net])
        browser.close()
    path = FOLDER / "results.json"
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(f"written: {path}")


def renderer(page: Page, url: str) -> str:
    """Return the name of what draws, and close the page."""
    try:
        page.goto(f"{url}/index.html")
        page.wait_for_function("window.benchmark !== undefined")
        return str(page.evaluate("benchmark.renderer()"))
    finally:
        page.close()


if __name__ == "__main__":
    main()
