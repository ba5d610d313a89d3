"""What `export` says of memory is what the runtime takes: both place tensors by the same arithmetic."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from texelflow.backends.webgl2.layout.blocking import image_axes, matrix_axes
from texelflow.backends.webgl2.plan.liveness import (
    DEVICE_KINDS,
    DeviceKind,
    Extent,
    peak_bytes,
    texture_extent,
)
from texelflow.backends.webgl2.plan.plan import Blocking, Draw, Plan, PlanTensor, Program

SCRIPT = Path(__file__).with_name("runtime_layouts.mjs")
EXTENTS = (1, 1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 64, 100, 257)
LONG = (2049, 8192, 8193, 40_000, 100_003)


def random_tensor(source: random.Random) -> PlanTensor:
    """A flat tensor, or a blocked one, some with a side that no texture has."""
    rank = source.choice((1, 2, 3, 4))
    shape = tuple(source.choice(EXTENTS) for _ in range(rank))
    if source.random() < 0.2:
        longest = source.randrange(rank)
        shape = tuple(source.choice(LONG) if axis == longest else min(e, 9) for axis, e in enumerate(shape))
    if rank < 2 or source.random() < 0.3:
        return PlanTensor("float32", shape)
    axes = image_axes(rank) if rank > 2 and source.random() < 0.6 else matrix_axes(rank)
    one_group, pair_rows, as_wide = (source.random() < 0.3 for _ in range(3))
    return PlanTensor("float32", shape, Blocking(axes, one_group, pair_rows, as_wide))


def device_json(device: DeviceKind) -> dict[str, int]:
    """The device as the runtime's layouts take it."""
    longest = device.max_texture_size.bit_length() - 1
    return {"pixels": device.pixels, "groups": device.groups, "fold": longest, "cut": longest}


def ask(question: dict[str, Any]) -> dict[str, Any]:
    """What the runtime makes of tensors and demands."""
    done = subprocess.run(
        ["node", str(SCRIPT)], input=json.dumps(question), capture_output=True, text=True, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_extents() -> None:
    source = random.Random(5)
    cases = [(random_tensor(source), source.choice(DEVICE_KINDS)) for _ in range(8000)]
    asked = [
        {"tensor": tensor.to_json(), "device": device_json(device), "maxTextureSize": device.max_texture_size}
        for tensor, device in cases
    ]
    answers = ask({"layouts": asked, "slots": []})["layouts"]
    refused = folded = cut = 0
    for (tensor, device), answer in zip(cases, answers, strict=True):
        extent = texture_extent(tensor, device, {})
        if max(extent.width, extent.height) > device.max_texture_size:
            refused += 1
            assert "needs a texture" in answer, (tensor, device, answer)
            continue
        if isinstance(
            answer, str
        ):  # more planes than shaders tell apart, of which the exporter knows nothing
            assert "planes" in answer and extent.width * extent.height > 2**21, (tensor, device, answer)
            continue
        assert Extent(*answer) == extent, (tensor, device, answer)
        width = tensor.extents[3] if tensor.axes is not None else 0
        folded += isinstance(width, int) and width > device.max_texture_size * device.pixels
        height = tensor.extents[2] if tensor.axes is not None else 0
        cut += isinstance(height, int) and height > device.max_texture_size * device.groups
    assert refused > 10 and folded > 30 and cut > 20, (refused, folded, cut)


@pytest.mark.parametrize("device", DEVICE_KINDS, ids=[device.name for device in DEVICE_KINDS])
def test_textures_that_tensors_share(device: DeviceKind) -> None:
    """The least textures for random lifetimes, outputs that last to the end included."""
    source = random.Random(6)
    program = Program("any", "", ())
    plans, asked = [], []
    for _ in range(60):
        steps = source.randrange(2, 40)
        tensors = [random_tensor(source) for _ in range(steps)]
        extents = {tensor: texture_extent(tensor, device, {}) for tensor in tensors}
        plan = Plan(run=[Draw(program, [], tensor, [], [], "") for tensor in tensors])
        demands = []
        for index, tensor in enumerate(tensors):
            first, last = index, source.choice((index, source.randrange(index, steps), steps))
            tensor.index, tensor.lifetime, tensor.precise = index, (first, last), True
            if last == steps:
                plan.outputs.append(tensor)
            extent = extents[tensor]
            kind = {"format": "float32", "layers": extent.layers}
            sides = {"width": extent.width, "height": extent.height}
            demands.append({"tensor": index, "kind": kind, "first": first, "last": last, **sides})
        plans.append((plan, extents))
        asked.append(demands)
    texels = ask({"layouts": [], "slots": asked})["slots"]
    assert [peak_bytes(plan, device, extents) for plan, extents in plans] == [16 * count for count in texels]
