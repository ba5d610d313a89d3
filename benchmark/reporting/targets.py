"""The targets that Texelflow set itself against its peers, as ratios within one run; whether they hold.

Like is compared with like. The peers never block the page, so neither does Texelflow in the steady runs that
count. They cannot stream, so there are targets without streaming, too. TF.js compiles in the quicker way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runtimes import NEVER_BLOCKING, NOT_STREAMING, OWN, TITLES, ways_of

from reporting.formatting import NOTHING, count, error, kilobytes, times
from reporting.summaries import (
    NET_TITLES,
    Summary,
    geometric_mean,
    nets_of,
    peers_of,
    summarize,
    time_of,
)

CONVOLUTIONAL = ("mobilenetv2", "squeezenet", "efficientnet_lite0", "resnet50")
PEERS = ("tfjs", "ort-webgl")
TIMES = {"steady", "processor", "first_result", "after_last_byte"}
"""The fields of `Summary` that are times."""


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


def ratio(report: dict[str, Any], net: str, peer: str, part: str, own: str = OWN) -> float | None:
    """Return how many times Texelflow's the peer's number is; None where one of them is missing.

    `part` is the name of a field of `Summary`: a number, or times, of which the median counts, of a peer's
    quickest variant. `own` may be a variant of Texelflow.
    """
    ours, other = (number(report, net, runtime, part) for runtime in (own, peer))
    return other / ours if ours and other else None


def number(report: dict[str, Any], net: str, runtime: str, part: str) -> float | None:
    """Return a field of a summary, or its median."""
    if part in TIMES:
        spread = time_of(report, net, runtime, part)
        return spread.median if spread else None
    found: float | None = getattr(summarize(report, net, runtime), part)
    return found


def at_least(title: str, peer: str, found: float | None, asked: float) -> Target:
    """Return the target that a ratio is at least `asked`."""
    holds = None if found is None else found >= asked
    return Target(f"{title}, against {TITLES[peer]}", f"≥ {asked:g}×", times(found), holds)


def steady_targets(report: dict[str, Any]) -> Iterator[Target]:
    """Steady runs that do not block the page: of convolutional nets, of the encoder, of all nets."""

    def steady(net: str, peer: str) -> float | None:
        return ratio(report, net, peer, "steady", own=NEVER_BLOCKING)

    for peer, together, each in zip(PEERS, (2.7, 4.5), (2.2, 3.5), strict=True):
        ratios = {net: steady(net, peer) for net in CONVOLUTIONAL}
        known = [found for found in ratios.values() if found is not None]
        mean = geometric_mean(known) if len(known) == len(ratios) else None
        yield at_least("steady run, geometric mean of four convolutional nets", peer, mean, together)
        for net, found in ratios.items():
            yield at_least(f"steady run, {NET_TITLES[net]}", peer, found, each)
    yield at_least("steady run, MiniLM", "tfjs", steady("minilm", "tfjs"), 2.5)
    for peer in PEERS:
        every = {net: found for net in nets_of(report) if (found := steady(net, peer)) is not None}
        least = min(every.values(), default=None)
        yield at_least(f"steady run, the worst of {len(every)} nets", peer, least, 1.0)
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
    for own, way, asked in ((OWN, "", (6.0, 4.0)), (NOT_STREAMING, " without streaming", (2.0, 2.0))):
        for net in ("mobilenetv2", "resnet50"):
            for peer, least in zip(PEERS, asked, strict=True):
                found = ratio(report, net, peer, "after_last_byte", own)
                title = f"last byte at 10 MB/s to first result{way}, {NET_TITLES[net]}"
                yield at_least(title, peer, found, least)


def memory_targets(report: dict[str, Any]) -> Iterator[Target]:
    """GPU memory beyond the weights: at most half of each peer's, for each net."""
    for peer in PEERS:
        ratios = {net: ratio(report, net, peer, "memory_beyond_weights") for net in nets_of(report)}
        known = {net: found for net, found in ratios.items() if found is not None}
        least = min(known, key=lambda net: known[net], default=None)
        title = f"GPU memory beyond the weights, the worst of {len(known)} nets, against {TITLES[peer]}"
        found = NOTHING if least is None else f"1/{known[least]:.2f} ({NET_TITLES.get(least, least)})"
        yield Target(title, "≤ 1/2", found, None if least is None else known[least] >= 2)


def script_targets(report: dict[str, Any]) -> Iterator[Target]:
    """Bytes of code up to the first result: JavaScript, and the shaders that come with the model."""
    for peer, asked in zip(PEERS, (4, 2.5), strict=True):
        known = [ratio(report, net, peer, "script_bytes") for net in nets_of(report)]
        least = min((found for found in known if found is not None), default=None)
        title = f"JavaScript and shaders up to the first result, with brotli, against {TITLES[peer]}"
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
    """All nets run, in each variant, and agree with ONNX Runtime."""
    summaries = {net: [summarize(report, net, way) for way in ways_of(OWN)] for net in nets_of(report)}
    known = {net: [one.error for one in found if one.error is not None] for net, found in summaries.items()}
    errors = {net: max(found) for net, found in known.items() if found}
    failing = [net for net, found in summaries.items() if any(one.failure for one in found)]
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
    for part, own, title in (
        ("steady", OWN, "Steady runs"),
        ("steady", NEVER_BLOCKING, "Steady runs that never block the page"),
        ("first_result", OWN, "Navigation to first result"),
        ("after_last_byte", OWN, "Last byte at 10 MB/s to first result"),
        ("after_last_byte", NOT_STREAMING, "Last byte at 10 MB/s to first result, without streaming"),
    ):
        for peer in peers_of(report):
            ratios = {net: ratio(report, net, peer, part, own) for net in nets_of(report) if peer != OWN}
            slower = {net: found for net, found in ratios.items() if found is not None and found < 1}
            if slower:
                places = ", ".join(
                    f"{NET_TITLES.get(net, net)} ({times(1 / found)})" for net, found in slower.items()
                )
                sentences.append(f"{title}: {TITLES[peer]} is faster on {places}.")
    return sentences
