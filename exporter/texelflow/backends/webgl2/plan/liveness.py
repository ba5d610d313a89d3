"""Computes the lifetime of each tensor, and the memory that a run takes on a device."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import TypeAlias

from texelflow.backends.webgl2.plan.plan import HostStep, Plan, PlanTensor
from texelflow.dimensions import Dimension, number_at, symbols_of

GOOD_WIDTH = 16
TOLERATED_WASTE = 1.04
TRIED_TILES = 32


@dataclass(frozen=True, slots=True)
class DeviceKind:
    """A kind of device to export for: how it blocks and stores tensors, and its limits."""

    name: str
    pixels: int
    groups: int
    storage: int
    draw_buffers: int
    max_texture_size: int


DEVICE_KINDS = (
    DeviceKind("GPU", 4, 1, 32, 4, 8192),
    DeviceKind("GPU, 16-bit", 4, 1, 16, 4, 4096),
    DeviceKind("software", 4, 2, 32, 8, 8192),
    DeviceKind("minimal", 1, 1, 32, 1, 2048),
)
"""From what nearly every GPU offers, and what draws where there is none, down to the least that WebGL2 and a
float render target allow; the runtime's device/device.ts chooses among them."""


def assign_lifetimes(plan: Plan) -> None:
    """Number the plan's tensors and give those of the run phase their first and last step."""
    for index, tensor in enumerate(plan.tensors()):
        tensor.index = index
    steps: dict[PlanTensor, list[int]] = {}
    for index, step in enumerate(plan.run):
        for tensor in (*step.inputs, *step.outputs):
            steps.setdefault(tensor.holder, []).append(index)
    for graph_input in plan.inputs:
        if graph_input is not None:
            steps.setdefault(graph_input, []).insert(0, -1)
    for output in plan.outputs:
        steps.setdefault(output, []).append(len(plan.run))
    for state in plan.states:
        for tensor, kept in zip(state, (-1, len(plan.run)), strict=True):
            steps.setdefault(tensor, []).append(kept)
            if tensor not in plan.growing:  # exchanged, so that both are there all the time
                steps[tensor] = [-1, len(plan.run)]
    for tensor in plan.tensors():
        if not tensor.constant and tensor in steps:
            tensor.lifetime = (min(steps[tensor]), max(steps[tensor]))


@dataclass(frozen=True, slots=True)
class Extent:
    """The texels that a tensor takes: of each layer, and how many layers."""

    width: int
    height: int
    layers: int


def ceil_divide(dividend: int, divisor: int) -> int:
    """Return the quotient, rounded up."""
    return -(-dividend // divisor)


@lru_cache(maxsize=4096)
def tile_columns(planes: int, columns: int, lines: int, line_limit: int, max_texture_size: int) -> int:
    """Return the number of tile columns that the runtime chooses, see its layout/layouts.ts."""
    fewest = max(1, ceil_divide(planes, max(1, line_limit // lines)))
    most = min(planes, fewest + TRIED_TILES, max_texture_size // columns)
    quads = {
        tiles: ceil_divide(tiles * columns, 2) * ceil_divide(ceil_divide(planes, tiles) * lines, 2)
        for tiles in range(fewest, max(fewest, most) + 1)
    }
    enough = min(quads.values()) * TOLERATED_WASTE
    good = [tiles for tiles, count in quads.items() if count <= enough]
    return next((tiles for tiles in good if tiles * columns >= GOOD_WIDTH), good[0])


def texture_extent(tensor: PlanTensor, device: DeviceKind, sizes: Mapping[str, Dimension]) -> Extent:
    """Return the texture that a tensor needs at these sizes (docs/bundle-format.md, Layouts)."""

    def number(dimension: Dimension) -> int:
        if isinstance(dimension, int):
            return dimension
        assert symbols_of(dimension) <= sizes.keys(), f"{dimension} is not bound by {sorted(sizes)}"
        return max(0, number_at(dimension, sizes) or 0)  # these sizes may be none at which the model runs

    if tensor.axes is None:
        texels = ceil_divide(prod(map(number, tensor.shape)), 4)
        exponent = 1
        while 4**exponent < texels:
            exponent += 1
        return Extent(2**exponent, ceil_divide(texels, 2**exponent), 1)
    batch, channels, height, width = map(number, tensor.extents)
    pixels = 1 if tensor.single_pixel else device.pixels
    rows = device.groups if tensor.paired_rows else 1
    groups = 1 if tensor.single_group or tensor.paired_rows else device.groups
    columns, lines = ceil_divide(width, pixels), ceil_divide(height, rows)
    longest = 1 << (device.max_texture_size.bit_length() - 1)
    if columns > longest:  # a row goes on below the plane's rows
        columns, lines = longest, lines * ceil_divide(columns, longest)
    planes = batch * ceil_divide(ceil_divide(channels, 4), groups)
    if planes == 0 or columns == 0 or height == 0:
        return Extent(0, 0, pixels * rows * groups)
    if lines > longest:  # the texture is cut, and its lower part lies beside the upper one
        beside = device.max_texture_size // columns // ceil_divide(lines, longest)
        tiles = max(1, min(planes, beside))
        parts = ceil_divide(ceil_divide(planes, tiles) * lines, longest)
        return Extent(tiles * columns * parts, longest, pixels * rows * groups)
    tiles = tile_columns(planes, columns, lines, longest, device.max_texture_size)
    return Extent(tiles * columns, ceil_divide(planes, tiles) * lines, pixels * rows * groups)


Extents: TypeAlias = Mapping[PlanTensor, Extent]


def texture_extents(plan: Plan, device: DeviceKind, sizes: Mapping[str, Dimension]) -> Extents:
    """Return the textures that all tensors need when the symbols have these sizes; an alias has none."""
    tensors = dict.fromkeys(tensor.holder for tensor in plan.tensors())
    return {tensor: texture_extent(tensor, device, sizes) for tensor in tensors}


def texel_bytes(tensor: PlanTensor, device: DeviceKind, weights: str = "float32") -> int:
    """Return the bytes of one texel: four numbers of 8, 16 or 32 bits. `weights` is how float32 is stored."""
    if tensor.packed:
        return 4
    if tensor.weight is not None:
        return 8 if "float16" in (tensor.dtype, weights if tensor.dtype == "float32" else "") else 16
    return 8 if device.storage == 16 and not tensor.precise and not tensor.is_integer else 16


@dataclass(slots=True)
class _Texture:
    kind: tuple[int, int]
    width: int
    height: int
    busy_until: int


def peak_bytes(plan: Plan, device: DeviceKind, extents: Extents) -> int:
    """Return the bytes of all textures that the run phase shares, assigned greedily as the runtime does it.

    The assignment is that of the runtime's run/memory.ts. What is drawn after a host step has textures of its
    own.
    """
    textures: list[_Texture] = []
    reusable: defaultdict[tuple[int, int, int], list[_Texture]] = defaultdict(list)
    hosts = [index for index, step in enumerate(plan.run) if isinstance(step, HostStep)]
    end = len(plan.run)  # until when outputs are busy, whose textures are not reused
    tensors = [tensor for tensor in plan.tensors() if tensor.lifetime is not None]
    for tensor in sorted(tensors, key=lambda tensor: (tensor.lifetime or (0, 0))[0]):
        assert tensor.lifetime is not None
        first, last = tensor.lifetime
        extent = extents[tensor]
        kind = (extent.layers, texel_bytes(tensor, device) * 2 + tensor.is_integer)
        stage = sum(host <= first for host in hosts)
        candidates = reusable[(*kind, stage)]
        best: _Texture | None = None
        best_cost, best_size = extent.width * extent.height, float("inf")
        for texture in candidates:
            if texture.busy_until >= first:
                continue
            size = texture.width * texture.height
            cost = max(texture.width, extent.width) * max(texture.height, extent.height) - size
            if cost < best_cost or (cost == best_cost and best is not None and size < best_size):
                best, best_cost, best_size = texture, cost, size
        if best is None:
            best = _Texture(kind, extent.width, extent.height, last)
            textures.append(best)
            candidates.append(best)
        best.width = max(best.width, extent.width)
        best.height = max(best.height, extent.height)
        best.busy_until = last
        if last == end:
            candidates.remove(best)
    return sum(
        texture.width * texture.height * texture.kind[0] * (texture.kind[1] // 2) for texture in textures
    )


def resident_bytes(plan: Plan, device: DeviceKind, extents: Extents, weights: str) -> int:
    """Return the bytes of the weights' textures that stay while the model runs.

    `weights` is the type that the bundle stores float32 weights in.
    """
    read = _distinct([tensor for step in plan.run for tensor in step.inputs if tensor.constant])
    return sum(_texture_bytes(tensor, device, extents[tensor], weights) for tensor in read)


def load_peak_bytes(plan: Plan, device: DeviceKind, extents: Extents, weights: str) -> int:
    """Return the most bytes that the load phase's textures take at once: when all weights are there before
    its first draw, since compiling took longer than the download.

    A tensor is freed after its last draw of the load phase unless the run phase reads it, as in the
    runtime's load/load_phase.ts. `weights` is the type that the bundle stores float32 weights in.
    """
    uses = Counter(tensor for draw in plan.load for tensor in _distinct(draw.inputs))
    uses.update(tensor.holder for step in plan.run for tensor in step.inputs)  # never used up while loading
    now = sum(
        _texture_bytes(tensor, device, extents[tensor], weights)
        for tensor in plan.tensors()
        if tensor.weight is not None
    )
    peak = now
    for draw in plan.load:
        now += _texture_bytes(draw.output, device, extents[draw.output], weights)
        peak = max(peak, now)
        for tensor in _distinct(draw.inputs):
            uses[tensor] -= 1
            if uses[tensor] == 0:
                now -= _texture_bytes(tensor, device, extents[tensor], weights)
    return peak


def _distinct(tensors: Sequence[PlanTensor]) -> list[PlanTensor]:
    """Return the tensors that hold these, each once."""
    return list(dict.fromkeys(tensor.holder for tensor in tensors))


def _texture_bytes(tensor: PlanTensor, device: DeviceKind, extent: Extent, weights: str) -> int:
    return extent.width * extent.height * extent.layers * texel_bytes(tensor, device, weights)


def largest_side(extents: Extents) -> tuple[int, PlanTensor | None]:
    """Return the longest texture side that any tensor needs, and that tensor."""
    longest: tuple[int, PlanTensor | None] = (0, None)
    for tensor, extent in extents.items():
        if max(extent.width, extent.height) > longest[0]:
            longest = (max(extent.width, extent.height), tensor)
    return longest
