"""The runtimes that are compared, and their variants: other ways in which a page could use the same one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PEERS = ("texelflow", "tfjs", "ort-webgl", "ort-wasm")
OWN = "texelflow"
NEVER_BLOCKING, NOT_STREAMING, PARALLEL = "texelflow-nonblocking", "texelflow-whole", "tfjs-parallel"


@dataclass(frozen=True)
class Variant:
    """A variant of a runtime, and the passes that it takes part in."""

    of: str
    passes: tuple[str, ...]


VARIANTS = {
    NEVER_BLOCKING: Variant(OWN, ("steady",)),
    NOT_STREAMING: Variant(OWN, ("throttled",)),
    PARALLEL: Variant("tfjs", ("local", "throttled")),
}
"""Texelflow as the peers are: never blocking the page while it waits, or loading all before the first run.

TF.js compiling all programs before the first run, which is quicker for some nets and slower for others.
"""

TITLES = {
    OWN: "Texelflow",
    NEVER_BLOCKING: "Texelflow, never blocking",
    NOT_STREAMING: "Texelflow, not streaming",
    "tfjs": "TF.js webgl",
    PARALLEL: "TF.js webgl, compiling in parallel",
    "ort-webgl": "ORT webgl",
    "ort-wasm": "ORT wasm",
}
"""In the order of the tables."""


def of_pass(key: str, peers: Sequence[str]) -> list[str]:
    """Return the runtimes that take part in a pass: `peers`, and the variants that it has of them."""
    variants = [name for name, variant in VARIANTS.items() if variant.of in peers and key in variant.passes]
    return [*peers, *variants]


def ways_of(runtime: str) -> list[str]:
    """Return a runtime and its variants."""
    return [runtime, *(name for name, variant in VARIANTS.items() if variant.of == runtime)]
