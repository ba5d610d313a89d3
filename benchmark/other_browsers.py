"""Compare Texelflow with TF.js webgl in the installed Firefox and WebKitGTK, and in Chromium on llvmpipe.

For each net both runtimes are loaded on one page, and each round runs both once, the first one by turns; the
figure is the median of the rounds' ratios. `make test-browsers` installs the browsers.

python benchmark/other_browsers.py --nets mobilenetv2,squeezenet --rounds 10
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import median, quantiles

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT / "exporter"), str(ROOT / "tests")]  # this checkout's exporter, installed or not

from assets import FOLDER, prepare_net, prepare_peers
from nets import NETS

from browser_support import PageServer
from browsers.installed_browsers import BROWSERS, InstalledBrowser, virtual_screen
from texelflow.resources import javascript_directory

RUNTIMES = ("texelflow", "tfjs")
LEAST_ROUNDS = 3
LARGEST_ERROR = 1e-3
"""Of results, relative to the largest magnitude: beyond, a net does not run."""


def read_arguments() -> argparse.Namespace:
    """Read the command line; exits with usage when it is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nets", default=",".join(NETS), help=f"of {', '.join(NETS)}")
    parser.add_argument("--browsers", default="", help="of these only, by parts of their names")
    parser.add_argument("--rounds", type=int, default=10, help="timed runs of each runtime")
    parser.add_argument("--seconds", type=float, default=40, help="after which a net takes no more rounds")
    arguments = parser.parse_args()
    arguments.nets = arguments.nets.split(",")
    if unknown := [name for name in arguments.nets if name not in NETS]:
        parser.error(f"unknown nets: {', '.join(unknown)}")
    return arguments


def compare_net(page: InstalledBrowser, net: str, rounds: int, seconds: float) -> str:
    """Run a net on both runtimes in turn; return a line of the table."""
    page.evaluate(
        "() => document.head.append(Object.assign(document.createElement('base'), {href: '/bench/'}))"
    )
    page.evaluate("() => import('/bench/steady.js')")
    page.evaluate("(net) => benchmark.start(net)", net)
    for runtime in RUNTIMES:
        error = page.evaluate("(runtime) => benchmark.open(runtime)", runtime)["error"]
        if not error <= LARGEST_ERROR:
            return f"{net:22} {runtime} gives an error of {error:.1e}"
        page.evaluate("(runtime) => benchmark.run(runtime)", runtime)
    times: dict[str, list[float]] = {runtime: [] for runtime in RUNTIMES}
    for count in range(rounds):
        if count >= LEAST_ROUNDS and sum(map(sum, times.values())) > seconds * 1000:
            break
        for runtime in RUNTIMES if count % 2 else reversed(RUNTIMES):
            times[runtime].append(page.evaluate("(runtime) => benchmark.run(runtime)", runtime))
    own, other = times.values()
    ratios = [theirs / ours for ours, theirs in zip(own, other, strict=True)]
    low, _, high = quantiles(ratios, n=4)
    errors = [page.evaluate("(runtime) => benchmark.error(runtime)", runtime) for runtime in RUNTIMES]
    return (
        f"{net:22} {median(own):9.1f} {median(other):9.1f} {median(ratios):7.2f} ({low:.2f} to {high:.2f}) "
        f"of {len(ratios):2}   {errors[0]:.0e} {errors[1]:.0e}"
    )


def compare(arguments: argparse.Namespace) -> None:
    """Compare all nets in each browser and print a line of each as it is done."""
    prepare_peers()
    for net in arguments.nets:
        prepare_net(net)
    server = PageServer()
    server.mount("/bench/peers", FOLDER / "peers")
    server.mount("/bench/nets", FOLDER / "nets")
    server.mount("/bench/javascript", javascript_directory())
    server.mount("/bench", HERE / "page")
    with virtual_screen() as display:
        for browser in BROWSERS:
            if not any(part in browser.name for part in arguments.browsers.split(",")):
                continue
            if missing := browser.missing():
                sys.exit(missing)
            print(f"\n{browser.name:22} Texelflow     TF.js   ratio, milliseconds a run", flush=True)
            for net in arguments.nets:
                page = browser(server, display)
                try:
                    print(compare_net(page, net, arguments.rounds, arguments.seconds), flush=True)
                except RuntimeError as error:
                    print(f"{net:22} {str(error).splitlines()[0]}", flush=True)
                finally:
                    page.close()


if __name__ == "__main__":
    compare(read_arguments())
