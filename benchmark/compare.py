"""Compare this checkout with another revision of it: both builds on one page of headless Chromium, in turn.

For each net the other revision exports its own bundle and runs it with its own runtime. Each round runs both
once, the first one by turns; the figure is the median of the rounds' ratios.
Draws, texture fetches and bytes are counted.

python benchmark/compare.py HEAD~10 --nets mobilenetv2,resnet50 --rounds 30
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from statistics import median, quantiles
from typing import Any, cast

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "exporter"))  # this checkout's exporter, installed or not

from assets import FOLDER, prepare_net
from brotli_server import BrotliFiles, brotli_server
from measuring.chromium import Bench, call
from measuring.turns import checked
from nets import NETS
from playwright.async_api import Page, async_playwright

from texelflow.checking.browser import find_chromium
from texelflow.resources import javascript_directory

SECONDS = 200.0
BUILDS = ("before", "texelflow")
EXPORT = "import sys, texelflow; texelflow.export(sys.argv[1], sys.argv[2], name=sys.argv[3], force=True)"
WORSE = 1.03
"""A median above this is more than what rounds of the same build differ by."""


def read_arguments() -> argparse.Namespace:
    """Read the command line; exits with usage when it is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("revision", help="a commit of this repository, as git names it")
    parser.add_argument("--nets", default=",".join(NETS), help=f"of {', '.join(NETS)}")
    parser.add_argument("--rounds", type=int, default=20, help="timed runs of each build")
    parser.add_argument("--seconds", type=float, default=60, help="after which a net takes no more rounds")
    parser.add_argument("--gpu", action="store_true", help="use the GPU instead of SwiftShader")
    arguments = parser.parse_args()
    arguments.nets = arguments.nets.split(",")
    if unknown := [name for name in arguments.nets if name not in NETS]:
        parser.error(f"unknown nets: {', '.join(unknown)}")
    return arguments


def build_revision(revision: str) -> Path:
    """Return a folder with the revision's files and its runtime built; made once for each commit.

    Raises:
        subprocess.CalledProcessError: git does not know the revision, or it cannot be built; the reason is on
            standard error.
    """
    commit = _output("git", "rev-parse", "--verify", f"{revision}^{{commit}}").decode().strip()
    folder = FOLDER / "revisions" / commit
    if not folder.is_dir():
        partial = folder.with_suffix(".part")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        with tarfile.open(fileobj=io.BytesIO(_output("git", "archive", commit))) as files:
            files.extractall(partial, filter="data")
        (partial / "biome.json").unlink(missing_ok=True)  # the linter takes no second one below its own
        (partial / "node_modules").symlink_to(ROOT / "node_modules")
        subprocess.run(["npm", "run", "--silent", "build"], cwd=partial, check=True)
        partial.rename(folder)
    return folder


def _output(*command: str) -> bytes:
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout


def export_before(revision: Path, net: str) -> None:
    """Export the net by the revision's exporter, to `before/` beside this checkout's `bundle/`."""
    folder = FOLDER / "nets" / net
    environment = {**os.environ, "PYTHONPATH": str(revision / "exporter")}
    command = [sys.executable, "-c", EXPORT, str(folder / "model.onnx"), str(folder / "before"), net]
    subprocess.run(command, env=environment, check=True)


async def compare_net(bench: Bench, net: str, rounds: int, seconds: float) -> dict[str, Any]:
    """Return the ratios of the rounds, and what each build draws, fetches and gets wrong."""
    async with bench.browser() as browser:
        page = await browser.new_page()
        await page.goto(f"{bench.url}/index.html")
        await page.wait_for_function("window.benchmark !== undefined")
        await call(page, "name => benchmark.start(name)", net, seconds=SECONDS)
        return await take_pairs(page, rounds, seconds)


async def take_pairs(page: Page, rounds: int, seconds: float) -> dict[str, Any]:
    """Open the page's net on both builds and run them in pairs; returns what `compare_net` does.

    Raises:
        MeasurementError: a build fails, or its first or last result is wrong.
    """

    async def ask(function: str, build: str) -> Any:
        return await call(page, f"build => benchmark.{function}(build)", build, seconds=SECONDS)

    found: dict[str, Any] = {}
    for build in BUILDS:
        opened = await ask("open", build)
        await ask("run", build)
        found[build] = {"error": checked(opened["error"]), **await ask("costs", build)}
    ratios: list[float] = []
    spent = 0.0
    while len(ratios) < rounds and (spent < seconds * 1000 or len(ratios) < 3):
        times = {}
        for build in BUILDS if len(ratios) % 2 else reversed(BUILDS):
            times[build] = await ask("run", build)
        ratios.append(times["texelflow"] / times["before"])
        spent += sum(times.values())
    for build in BUILDS:
        found[build]["error"] = max(found[build]["error"], checked(await ask("error", build)))
    return {"ratios": ratios, **found}


def bundle_bytes(folder: Path) -> int:
    """Return the bytes of a bundle's files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def row(net: str, found: dict[str, Any]) -> str:
    """Return a line of the table: the median ratio and its quartiles, then counts before and now."""
    low, _, high = quantiles(found["ratios"], n=4)
    middle = median(found["ratios"])
    before, now = (found[build] for build in BUILDS)
    sizes = [bundle_bytes(FOLDER / "nets" / net / folder) for folder in ("before", "bundle")]
    counts = "  ".join(f"{before[key]:>11,} → {now[key]:<11,}" for key in ("draws", "fetches"))
    mark = "  slower" if middle > WORSE else ""
    ratio = f"{middle:.3f} ({low:.3f} to {high:.3f}) of {len(found['ratios'])}"
    return f"{net:20} {ratio:32} {counts} {sizes[0]:>11,} → {sizes[1]:<11,} {now['error']:.1e}{mark}"


async def compare(arguments: argparse.Namespace) -> None:
    """Compare all nets and print a line of each as it is done."""
    revision = build_revision(arguments.revision)
    mounts = [("/before/", revision / "dist"), ("/nets/", FOLDER / "nets")]
    mounts += [("/javascript/", javascript_directory()), ("/", HERE / "page")]
    print(
        f"{'net':20} {'time, now / before':32} {'draws':^26}  {'fetches':^26} {'bytes':^25} error", flush=True
    )
    with brotli_server(mounts, BrotliFiles(FOLDER / "brotli")) as url:
        async with async_playwright() as playwright:
            # find_chromium is typed for the synchronous Playwright, and asks for a path only.
            bench = Bench(playwright, find_chromium(cast(Any, playwright)), not arguments.gpu, url)
            for net in arguments.nets:
                prepare_net(net)
                export_before(revision, net)
                found = await compare_net(bench, net, arguments.rounds, arguments.seconds)
                print(row(net, found), flush=True)


if __name__ == "__main__":
    asyncio.run(compare(read_arguments()))
