"""Tokens per second of stories260k in headless Chromium, early and late in a text.

Each way of exporting it goes on with two texts, one token of each in turn. With --publish the figures go
beside those of `make bench` in docs/benchmarks, and its page is written anew. The models are those of
TEXELFLOW_MODELS.

python benchmark/tokens.py --count 21
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any, cast

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "exporter"))  # this checkout's exporter, installed or not

from assets import FOLDER
from brotli_server import BrotliFiles, brotli_server
from measuring.chromium import Bench, call
from playwright.async_api import async_playwright
from reporting.publish import REPOSITORY, kept_report, render_pages, write_json

import texelflow
from texelflow.checking.browser import find_chromium
from texelflow.resources import javascript_directory

PLACES = (50, 400)
SECONDS = 600.0
CHECKPOINT, ONNX = "llm/stories260k/checkpoint_legacy.bin", "onnx/stories260k_derived/stories260k.onnx"
LIKELIEST: dict[str, Any] = {"last": ["logits"], "top_k": {"logits": 1}}
WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "llama2.c, a cache on the GPU": (CHECKPOINT, {"states": "auto"}),
    "… the likeliest token found there": (CHECKPOINT, {"states": "auto", **LIKELIEST}),
    "… and weights of 8 bits": (CHECKPOINT, {"states": "auto", "weights": "int8", **LIKELIEST}),
    "ONNX, no cache": (ONNX, {}),
}
"""How stories260k is exported: its file, and the options of `texelflow.export`."""


def read_arguments() -> argparse.Namespace:
    """Read the command line; exits with usage when it is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=21, help="timed tokens of each text")
    parser.add_argument("--gpu", action="store_true", help="use the GPU instead of SwiftShader")
    parser.add_argument("--remark", default="", help="what readers must know of this run, for the page")
    parser.add_argument("--publish", action="store_true", help="also write docs/benchmarks.md")
    arguments = parser.parse_args()
    models = os.environ.get("TEXELFLOW_MODELS")
    if models is None or not (Path(models) / CHECKPOINT).is_file():
        parser.error(f"TEXELFLOW_MODELS must name a folder with {CHECKPOINT}")
    arguments.models = Path(models)
    return arguments


async def measure(arguments: argparse.Namespace) -> tuple[str, list[dict[str, Any]]]:
    """Return the renderer, and of each way its title and the median milliseconds of a token at each place."""
    folder = FOLDER / "tokens"
    ways = []
    for number, (title, (source, options)) in enumerate(WAYS.items()):
        texelflow.export(arguments.models / source, folder / str(number), force=True, **options)
        ways.append(title)
    mounts = [("/tokens/", folder), ("/javascript/", javascript_directory()), ("/", HERE / "page")]
    with brotli_server(mounts, BrotliFiles(FOLDER / "brotli")) as url:
        async with async_playwright() as playwright:
            # find_chromium is typed for the synchronous Playwright, and asks for a path only.
            bench = Bench(playwright, find_chromium(cast(Any, playwright)), not arguments.gpu, url)
            async with bench.browser() as browser:
                page = await browser.new_page()
                await page.goto(f"{url}/index.html")
                await page.wait_for_function("window.benchmark !== undefined")
                renderer = await call(page, "() => benchmark.renderer()", seconds=SECONDS)
                rows = []
                for number, title in enumerate(ways):
                    times = await call(
                        page,
                        "async ([url, ...rest]) => (await import('/tokens.js')).measure(url, ...rest)",
                        [f"{url}/tokens/{number}", PLACES, arguments.count],
                        seconds=SECONDS,
                    )
                    rows.append({"title": title, "milliseconds": [median(each) for each in times]})
                    print(title, rows[-1]["milliseconds"], flush=True)
    return renderer, rows


def main() -> None:
    """Measure, print, and publish."""
    arguments = read_arguments()
    renderer, rows = asyncio.run(measure(arguments))
    if arguments.publish:
        path = kept_report(renderer, REPOSITORY)
        report = json.loads(path.read_text(encoding="utf-8"))
        head = {"date": time.strftime("%Y-%m-%d"), "places": PLACES, "remark": arguments.remark}
        report["tokens"] = {**head, "rows": rows}
        write_json(report, path)
        print(f"written: {render_pages()}")


if __name__ == "__main__":
    main()
