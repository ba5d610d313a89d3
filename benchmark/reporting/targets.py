"""The targets that Texelflow set itself against its peers, as ratios within one run; whether they hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reporting.formatting import NOTHING, count, error, kilobytes, times
from reporting.summaries import (
    NET_TITLES,
    RUNTIME_TITLES,
    Spread,
    Summary,
    geometric_mean,
    nets_of,
    summarize,
)

CONVOLUTIONAL = ("mobilenetv2", "squeezenet", "efficientnet_lite0", "resnet50")
PEERS = ("tfjs", "ort-webgl")
OWN = "texelflow"


@dataclass(frozen=True)
class Target:
    """One target: what is compared, what is asked, what came, and whether it holds (None: not measured)."""

    title: str
    asked: str
    found: str
    holds: bool | None


def check_targets(report: dict[str, Any]) -> list[Target]:
    """Check all targets against one report."""
    return [
        *steady_targets(report),
        *startup_targets(report),
        *memory_targets(report),
        *script_targets(report),
        *mobilenet_targets(report),
        agreement_target(report),
    ]


def ratio(report: dict[str, Any], net: str, peer: str, part: str) -> float | None:
    """Return how many times Texelflow's the peer's number is; None where one of them is missing.

    `part` is the name of a field of `Summary`: a spread, whose median counts, or a number.
    """
    own, other = (number(summarize(report, net, runtime), part) for runtime in (OWN, peer))
    return other / own if own and other else None


def number(summary: Summary, part: str) -> float | None:
    """Return a field of a summary, or its median."""
    value = getattr(summary, part)
    found: float | None = value.median if isinstance(value, Spread) else value
    return found


def at_least(title: str, peer: str, found: float | None, asked: float) -> Target:
    """Return the target that a ratio is at least `asked`."""
    holds = None if found is None else found >= asked
    return Target(f"{title}, against {RUNTIME_TITLES[peer]}", f"≥ {asked:g}×", times(found), holds)


def steady_targets(report: dict[str, Any]) -> Iterator[Target]:
    """Steady runs of convolutional nets, together and each, and of the encoder."""
    for peer, together, each in zip(PEERS, (3.0, 4.5), (2.5, 3.5), strict=True):
        ratios = {net: ratio(report, net, peer, "steady") for net in CONVOLUTIONAL}
        known = [found for found in ratios.values() if found is not None]
        mean = geometric_mean(known) if len(known) == len(ratios) else None
        yield at_least("steady run, geometric mean of four convolutional nets", peer, mean, together)
        for net, found in ratios.items():
            yield at_least(f"steady run, {NET_TITLES[net]}", peer, found, each)
    yield at_least("steady run, MiniLM", "tfjs", ratio(report, "minilm", "tfjs", "steady"), 2.5)
    own, other = (summarize(report, "minilm", runtime) for runtime in (OWN, "ort-webgl"))
    states = [summary_state(summary) for summary in (own, other)]
    holds = None if states[0] == NOTHING else own.steady is not None
    yield Target("MiniLM runs, whether or not it does on ORT webgl", "runs", "; ORT: ".join(states), holds)


def summary_state(summary: Summary) -> str:
    """Return whether a runtime runs a net, in words."""
    if summary.steady is None:
        return "does not run" if summary.failure else NOTHING
    return "runs"


def startup_targets(report: dict[str, Any]) -> Iterator[Target]:
    """From the navigation, and from the last byte over a link of 10 MB/s, to the first result."""
    for net, asked in (("mobilenetv2", (3.0, 2.0)), ("resnet50", (2.2, 2.0))):
        for peer, least in zip(PEERS, asked, strict=True):
            found = ratio(report, net, peer, "first_result")
            yield at_least(f"navigation to first result, {NET_TITLES[net]}", peer, found, least)
    for net in ("mobilenetv2", "resnet50"):
        for peer, least in zip(PEERS, (6.0, 4.0), strict=True):
            found = ratio(report, net, peer, "after_last_byte")
            yield at_least(f"last byte at 10 MB/s to first result, {NET_TITLES[net]}", peer, found, least)


def memory_targets(report: dict[str, Any]) -> Iterator[Target]:
    """GPU memory beyond the weights: at most half of each peer's, for each net."""
    for peer in PEERS:
        ratios = {net: ratio(report, net, peer, "memory_beyond_weights") for net in nets_of(report)}
        known = {net: found for net, found in ratios.items() if found is not None}
        least = min(known, key=lambda net: known[net], default=None)
        title = (
            f"GPU memory beyond the weights, the worst of {len(known)} nets, against {RUNTIME_TITLES[peer]}"
        )
        found = NOTHING if least is None else f"1/{known[least]:.2f} ({NET_TITLES.get(least, least)})"
        yield Target(title, "≤ 1/2", found, None if least is None else known[least] >= 2)


def script_targets(report: dict[str, Any]) -> Iterator[Target]:
    """Bytes of JavaScript up to the first result."""
    for peer, asked in zip(PEERS, (6, 3), strict=True):
        known = [ratio(report, net, peer, "script_bytes") for net in nets_of(report)]
        least = min((found for found in known if found is not None), default=None)
        title = f"JavaScript up to the first result, with brotli, against {RUNTIME_TITLES[peer]}"
        found = NOTHING if least is None else f"1/{least:.2f}"
        yield Target(title, f"≤ 1/{asked}", found, None if least is None else least >= asked)


def mobilenet_targets(report: dict[str, Any]) -> Iterator[Target]:
    """Counts of MobileNetV2 that no machine changes."""
    described = report["nets"].get("mobilenetv2", {})
    own = summarize(report, "mobilenetv2", OWN)
    graph = described.get("graphBytes")
    # A run creates the arrays of its outputs.
    arrays = None if own.arrays is None else own.arrays - described["outputs"]
    for title, found, asked, shown in (
        ("programs, load phase and self-test included", own.programs, 12, count),
        ("GL objects created in a steady run, fences aside", own.objects, 0, count),
        ("typed arrays created in a steady run, outputs aside", arrays, 0, count),
        ("graph.json with brotli", graph, 40_000, kilobytes),
    ):
        holds = None if found is None else found <= asked
        yield Target(f"MobileNetV2: {title}", f"≤ {shown(asked)}", shown(found), holds)


def agreement_target(report: dict[str, Any]) -> Target:
    """All nets run and agree with ONNX Runtime."""
    summaries = {net: summarize(report, net, OWN) for net in nets_of(report)}
    errors = {net: found.error for net, found in summaries.items() if found.error is not None}
    failing = [net for net, found in summaries.items() if found.failure]
    title = f"largest difference from ONNX Runtime, relative, over {len(errors)} nets"
    if failing or not errors:
        return Target(
            title, "≤ 1e-4", f"fails: {', '.join(failing)}" if failing else NOTHING, not failing and None
        )
    worst = max(errors, key=lambda net: errors[net])
    shown = f"{error(errors[worst])} ({NET_TITLES.get(worst, worst)})"
    return Target(title, "≤ 1e-4", shown, errors[worst] <= 1e-4)


def slower_than_a_peer(report: dict[str, Any]) -> list[str]:
    """Say where a peer is faster than Texelflow, the CPU included: one sentence for each kind of time."""
    sentences = []
    for part, title in (
        ("steady", "Steady runs"),
        ("first_result", "Navigation to first result"),
        ("after_last_byte", "Last byte at 10 MB/s to first result"),
    ):
        for peer, name in RUNTIME_TITLES.items():
            ratios = {net: ratio(report, net, peer, part) for net in nets_of(report) if peer != OWN}
            slower = {net: found for net, found in ratios.items() if found is not None and found < 1}
            if slower:
                places = ", ".join(
                    f"{NET_TITLES.get(net, net)} ({times(1 / found)})" for net, found in slower.items()
                )
                sentences.append(f"{title}: {name} is faster on {places}.")
    return sentences
