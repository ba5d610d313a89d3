"""Options that list whole numbers, as many and as large as they must be."""

from __future__ import annotations

from texelflow.importers.tflite.operators import Step


def axes_of(step: Step, name: str, rank: int) -> list[int]:
    """Return an option that lists axes of so many, each once; raise NodeError if it does not."""
    axes = [step.axis(number, rank) for number in step.options[name] or ()]
    if len(set(axes)) != len(axes):
        raise step.fail(f"its {name} are {axes}; each may be there once")
    return axes


def numbers_of(
    step: Step, name: str, count: int, *, default: int | None = None, least: int | None = None
) -> list[int]:
    """Return an option that lists so many numbers, or `default` where the file has none; raise NodeError."""
    given = list(step.options[name] or ())
    if not given and default is not None:
        return [default] * count
    if len(given) != count or (least is not None and any(number < least for number in given)):
        more = "" if least is None else f", {least} or more each"
        raise step.fail(f"its {name} are {given}; {count} numbers{more} are needed")
    return given


def pairs_of(step: Step, name: str, count: int) -> list[tuple[int, int]]:
    """Return an option that lists so many pairs, nothing by default; raise NodeError."""
    given = numbers_of(step, name, 2 * count, default=0)
    return list(zip(given[::2], given[1::2], strict=True))
