"""What a model is and what it needs of a device, for people."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from texelflow.backends.webgl2.plan import liveness
from texelflow.backends.webgl2.plan.plan import Plan
from texelflow.dimensions import Dimension, product, symbols_of
from texelflow.dimensions.text import format_expression
from texelflow.graph import DTYPES, Graph, Value
from texelflow.options import Options
from texelflow.passes.quantize_weights import QuantizedWeight


@dataclass(frozen=True, slots=True)
class Signature:
    """Name, element type and shape of an input or output."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]

    def __str__(self) -> str:
        return f"{self.name}  {self.dtype}[{', '.join(map(str, self.shape))}]"


@dataclass(frozen=True, slots=True)
class DeviceNeeds(liveness.DeviceKind):
    """A kind of device, and what the model needs of it for its example shapes.

    `peak_bytes` are the textures that a run shares, `weight_texture_bytes` those of the weights beside them;
    `load_peak_bytes` are all textures at the worst moment of loading.
    """

    peak_bytes: int
    weight_texture_bytes: int
    load_peak_bytes: int
    fits: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What a model is, and what it needs of a device."""

    name: str
    source_format: str
    producer: str
    """What wrote the source file, in its own words; may be empty."""
    opset: int
    operators: Counter[str]
    inputs: list[Signature]
    outputs: list[Signature]
    states: list[Signature]
    """What the bundle remembers from run to run, by the names of the inputs that it was."""
    symbols: list[str]
    learned: list[str]
    """Sizes, and numbers that they depend on, which a run learns from what it has computed."""
    parameters: int
    weight_bytes: int
    download_bytes: int
    programs: int
    draws_load: int
    draws_run: int
    constraints: list[str]
    branches: list[str]
    """What decides which plan a run takes, for each plan; empty unless the model branches."""
    devices: list[DeviceNeeds]
    quantized: list[QuantizedWeight]
    """The weights that were rounded to few bits, and what that changes."""
    tokenizer: list[str]
    """The names of the files in the bundle that are the tokenizer's, which lay beside the model."""
    warnings: list[str]
    """What may come out otherwise than in the source model."""


def summarize(
    graph: Graph,
    plan: Plan,
    operators: Counter[str],
    content: dict[str, Any],
    weights: list[Value],
    parameters: int,
    options: Options,
    quantized: list[QuantizedWeight],
    tokenizer: Sequence[Path],
) -> Summary:
    """Return the summary of a model: `content` is its graph.json, `operators` those of the source file,
    `parameters` how many it has.
    """
    element_counts = [(value.dtype, product(value.shape)) for value in weights]
    counts = [(dtype, size) for dtype, size in element_counts if isinstance(size, int)]
    narrowed = {"float32": 2} if options.weights == "float16" else {}
    weight_bytes = sum(size * narrowed.get(dtype, DTYPES[dtype]) for dtype, size in counts)
    graph_bytes = len(json.dumps(content, separators=(",", ":")).encode())
    return Summary(
        name=content["name"],
        source_format=graph.format,
        producer=graph.producer,
        opset=graph.opset,
        operators=operators,
        inputs=[_signature(value) for value in graph.inputs],
        outputs=[_signature(value) for value in graph.outputs],
        states=[_state(entry) for entry in content["states"]],
        symbols=content["symbols"],
        learned=[name for step in plan.host_steps for name in step.binds],
        parameters=parameters,
        weight_bytes=weight_bytes,
        download_bytes=weight_bytes + graph_bytes,
        programs=len(content["plans"]["webgl2"]["programs"]),
        draws_load=len(plan.load),
        draws_run=len(plan.run_draws),
        constraints=list(map(str, graph.facts.simplified())),
        branches=[],
        devices=[_needs(plan, device, graph, options) for device in liveness.DEVICE_KINDS],
        quantized=quantized,
        tokenizer=[path.name for path in tokenizer],
        warnings=graph.warnings,
    )


def _signature(value: Value) -> Signature:
    shape = tuple(extent if isinstance(extent, int) else str(extent) for extent in value.shape)
    return Signature(value.name, value.dtype, shape)


def _state(entry: dict[str, Any]) -> Signature:
    shape = (extent if isinstance(extent, int) else format_expression(extent) for extent in entry["shape"])
    return Signature(entry["name"], entry["dtype"], tuple(shape))


def example_sizes(graph: Graph, plan: Plan) -> dict[str, Dimension]:
    """Return a value for each symbol: 1 for a batch, 224 for a side of an image, else 16.

    Where constraints ask for another one, it is that.
    """
    sizes: dict[str, Dimension] = {}
    shapes = [value.shape for value in graph.inputs] + [before.shape for before, _ in plan.states]
    for shape in shapes:
        for axis, extent in enumerate(shape):
            for name in symbols_of(extent):
                sizes.setdefault(name, 1 if axis == 0 else 224 if len(shape) == 4 else 16)
    for names in (*graph.steering.values(), *(step.binds for step in plan.host_steps)):
        sizes.update(dict.fromkeys(names, 16))
    return graph.facts.fitting(sizes)


def _needs(plan: Plan, device: liveness.DeviceKind, graph: Graph, options: Options) -> DeviceNeeds:
    extents = liveness.texture_extents(plan, device, example_sizes(graph, plan))
    side, tensor = liveness.largest_side(extents)
    fits = side <= device.max_texture_size
    too_long = "" if tensor is None else f"{tensor.value or 'a tensor'} needs a texture of {side} texels"
    return DeviceNeeds(
        **asdict(device),
        peak_bytes=liveness.peak_bytes(plan, device, extents),
        weight_texture_bytes=liveness.resident_bytes(plan, device, extents, options.weights),
        load_peak_bytes=liveness.load_peak_bytes(plan, device, extents, options.weights),
        fits=fits,
        reason="" if fits else too_long,
    )
