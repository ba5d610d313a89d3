"""In which order the layers of a functional model are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from texelflow.importers.keras.calls import ConfigError, Place
from texelflow.importers.keras.config import LayerConfig


def calls_in_order(
    layers: Mapping[str, LayerConfig], outputs: Sequence[Place], given: Mapping[Place, object]
) -> list[tuple[str, int]]:
    """Return the calls of layers that outputs need, each behind those that it reads.

    Raises:
        ConfigError: a layer depends on itself, or a call is read that the model does not have.
    """
    ordered = []
    done = {(name, call) for name, call, _ in given}
    open_: set[tuple[str, int]] = set()
    pending = [((name, call), False) for name, call, _ in reversed(outputs)]
    while pending:
        place, is_ready = pending.pop()
        if place in done:
            continue
        if is_ready:
            done.add(place)
            ordered.append(place)
            continue
        if place in open_:
            raise ConfigError(f"layer {place[0]!r} depends on itself")
        open_.add(place)
        layer = layers.get(place[0])
        if layer is None or not 0 <= place[1] < len(layer.calls):
            raise ConfigError(f"call {place[1]} of layer {place[0]!r} is read, which the model does not have")
        pending.append((place, True))
        pending += [((name, call), False) for name, call, _ in reversed(layer.calls[place[1]].tensors())]
    return ordered


def by_depth(calls: Sequence[tuple[str, int]], layers: Mapping[str, LayerConfig]) -> list[tuple[str, int]]:
    """Return calls as Keras 3 goes through them: those that are farthest from the end first.

    It matters where a layer takes masks away from what it is called with. All calls of a layer are at least
    as far from the end as the later ones (keras/src/ops/function.py).
    """
    known = set(calls)
    depths: dict[tuple[str, int], int] = {}
    farthest: dict[str, int] = {}
    for call in reversed(calls):
        depth = max(depths.setdefault(call, 0), farthest.get(call[0], 0))
        depths[call] = farthest[call[0]] = depth
        for name, number, _ in layers[call[0]].calls[call[1]].tensors():
            if (name, number) in known:
                depths[name, number] = max(depth + 1, depths.get((name, number), 0))
    return sorted(depths, key=lambda call: -depths[call])
