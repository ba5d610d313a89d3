"""Elements added at the ends of axes."""

from __future__ import annotations

from texelflow.importers.pytorch.lowering import Step, lowers

MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
AXES = (1, 2, 3)


@lowers(
    "pad",
    "constant_pad_nd",
    *(f"{mode}_pad{count}d" for mode in ("reflection", "replication") for count in AXES),
    "_pad_circular",
)
def pad(step: Step) -> None:
    """Numbers before and behind the last axes, those of the very last first; negative ones are cut off."""
    mode = step.text("mode", "constant")
    if step.base.startswith(("reflection", "replication")):
        mode = "reflect" if step.base.startswith("reflection") else "replicate"
    elif step.base == "_pad_circular":
        mode = "circular"
    if mode not in MODES:
        raise step.fail(f"its mode is {mode!r}; one of {', '.join(MODES)} is supported")
    amounts = step.dimensions("pad" if step.has("pad") else "padding")
    count, rank = len(amounts) // 2, step.rank
    if len(amounts) % 2 or count > rank:
        raise step.fail(f"it has {len(amounts)} pads for {step.x.type}")
    axes = list(range(rank - 1, rank - 1 - count, -1))
    fill = step.scalar("fill", step.x.dtype, _fill(step)) if mode == "constant" else None
    pads = step.vector("pads", [*amounts[::2], *amounts[1::2]])
    step.add("Pad", step.result, step.x, pads, fill, step.vector("axes", axes), mode=MODES[mode])


def _fill(step: Step) -> float | int:
    number = step.number("value", 0)
    return float(number) if step.x.known_type.is_floating else int(number)
