"""The sizes of free dimensions that `verify --sizes` tries, and others where the reference refuses these."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product

from texelflow.bundle.types import GraphFile
from texelflow.checking.samples import chosen_sizes
from texelflow.errors import ExportError

MOST_SIZES = 24
"""Combinations of sizes that one run tries."""

MOST_REFUSED = 24
"""Of sizes that are tried in place of others that the reference refuses, for each dimension."""

COMMON = (1, 2, 3, 4, 8, 16, 32, 64, 96, 128, 224, 256, 320, 512)

Sizes = dict[str, int]


def size_combinations(
    graph: GraphFile, chosen: Mapping[str, Sequence[int]] | None, fixed: Mapping[str, int]
) -> list[Sizes]:
    """Return the sizes to try: each with each of those chosen, or a few of every dimension that is not fixed.

    The first are the usual ones.

    Raises:
        ExportError: the model has no free dimension, or not those, or there are more than MOST_SIZES.
    """
    usual = chosen_sizes(graph, fixed)
    if not usual:
        raise ExportError("the model has no free dimension: there are no sizes to try")
    if chosen is not None:
        chosen_sizes(graph, dict.fromkeys(chosen, 1))
        if twice := chosen.keys() & fixed.keys():
            raise ExportError(f"--sizes and --dimension both give {sorted(twice)}")
        trials = [{**usual, **dict(zip(chosen, sizes, strict=True))} for sizes in product(*chosen.values())]
        if len(trials) > MOST_SIZES:
            raise ExportError(f"--sizes has {len(trials)} combinations; at most {MOST_SIZES} are tried")
        return trials
    trials = [usual]
    free = [name for name in usual if name not in fixed]
    for name in free:
        size = usual[name]
        larger = 2 * size if size > 1 else 3
        trials += [{**usual, name: other} for other in sorted({1, 2, size + size % 2 + 1, larger} - {size})]
    trials.append({**usual, **{name: 2 * usual[name] for name in free}})
    return [trial for index, trial in enumerate(trials) if trial not in trials[:index]][:MOST_SIZES]


def try_others(
    trials: Sequence[Sizes], ran: Sequence[bool], free: Sequence[str], runs: Callable[[Sizes], bool]
) -> None:
    """Try sizes in place of those that the reference refused, until it takes one.

    Where it refused the usual sizes, others of all dimensions; where it refused all others of a dimension,
    more of that. `runs` tries sizes, and returns whether the reference takes them.
    """
    taken = [sizes for sizes, one in zip(trials, ran, strict=True) if one]
    usual = trials[0]
    if usual not in taken:
        tried = [sizes for sizes in _others_of_all(usual, free) if sizes not in trials]
        found = taken[0] if taken else next(filter(runs, tried), None)
        if found is None:
            return
        usual, taken = found, [*taken, found]
    for name in free:
        if all(sizes[name] == usual[name] for sizes in taken):
            others = ({**usual, name: size} for size in _others(usual[name]))
            next(filter(runs, (sizes for sizes in others if sizes not in trials)), None)


def _others_of_all(usual: Sizes, free: Sequence[str]) -> Iterator[Sizes]:
    """Yield sizes for a model that wants some to be equal, or multiples of a number."""
    for size in COMMON:
        yield {**usual, **dict.fromkeys(free, size)}
    for factor in (3, 4):
        yield {**usual, **{name: factor * usual[name] for name in free}}


def _others(size: int) -> list[int]:
    near = (3 * size, 4 * size, *(size + step for step in (4, 8, 16, 32, 64)), size // 2, size // 4)
    sizes = dict.fromkeys(one for one in (*near, *COMMON) if one not in (0, size))
    return list(sizes)[:MOST_REFUSED]
