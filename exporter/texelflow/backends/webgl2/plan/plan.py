"""The Plan: tensors in GPU memory, programs, and the draws of the load and run phases."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, TypeAlias

from texelflow.dimensions import Dimension, product, proved_equal, to_json
from texelflow.dimensions.text import finite_json
from texelflow.graph import FLOATING, Shape, Value

Axes: TypeAlias = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]
"""The axes of a shape that make batch, channel, height and width of a blocked tensor."""

CHANNEL_BLOCK = 8
"""Most channels that share a texel group, on any device."""


@dataclass(frozen=True, slots=True)
class Blocking:
    """How a tensor is blocked: its axes, and where it departs from the device's setting.

    `one_group` asks for fragments that compute one channel group. `pair_rows` asks for fragments that compute
    two rows: windows of neighbouring pixels overlap in both directions, so that kernels with windows fetch
    less so. `as_wide` blocks one pixel as if it were many, so as to share programs (share_pixels.py).
    `appended` asks for one pixel a fragment, so that new columns can be written beside those that are there.
    """

    axes: Axes
    one_group: bool = False
    pair_rows: bool = False
    as_wide: bool = False
    appended: bool = False


@dataclass(frozen=True, slots=True)
class Alias:
    """The tensor that an alias reads, and which of its channels, counted on from one batch entry to the next.

    `start` is the first one, `step` the way from one batch entry of the alias to the next. Both are multiples
    of CHANNEL_BLOCK, so that they are whole planes on every device.
    """

    tensor: PlanTensor
    start: int
    step: int


@dataclass(eq=False, slots=True)
class PlanTensor:
    """A tensor in GPU memory: flat without a `blocking` (docs/bundle-format.md, Layouts).

    `weight` is the constant it is uploaded from; where its rows have `row` elements and the tensor's more,
    they are filled up with zeros. `constant` says that the load phase makes it, `precise` that it has 32 bits
    on every device, `packed` that it has 8, as weights of type int8 have. An alias has no texture of its own,
    but reads another's.
    """

    dtype: str
    shape: Shape
    blocking: Blocking | None = None
    value: str = ""
    weight: Value | None = None
    row: int | None = None
    constant: bool = False
    precise: bool = False
    packed: bool = False
    external: bool = False
    alias: Alias | None = None
    lifetime: tuple[int, int] | None = None
    index: int = -1

    @property
    def holder(self) -> PlanTensor:
        """The tensor whose texture it is in."""
        return self if self.alias is None else self.alias.tensor

    @property
    def axes(self) -> Axes | None:
        """The axes of a blocked tensor."""
        return None if self.blocking is None else self.blocking.axes

    @property
    def is_integer(self) -> bool:
        """Whether it lives in an integer texture."""
        return self.dtype not in FLOATING

    @property
    def extents(self) -> tuple[Dimension, Dimension, Dimension, Dimension]:
        """Batch, channels, height and width of a blocked tensor."""
        assert self.axes is not None
        n, c, h, w = (product(self.shape[axis] for axis in axes) for axes in self.axes)
        return n, c, h, w

    @property
    def single_pixel(self) -> bool:
        """Whether a fragment computes one pixel: it is one pixel wide, and not `as_wide`, or appended."""
        blocking = self.blocking
        if blocking is None or blocking.appended:
            return blocking is not None
        return not blocking.as_wide and proved_equal(self.extents[3], 1)

    @property
    def appended(self) -> bool:
        """Whether a run writes columns to it beside those of earlier runs, where rows of pixels grow."""
        return self.blocking is not None and self.blocking.appended

    @property
    def single_group(self) -> bool:
        """Whether it has at most one channel group, or asks to be blocked one group a fragment."""
        if self.blocking is None:
            return False
        channels = self.extents[1]
        return self.blocking.one_group or (isinstance(channels, int) and channels <= 4)

    @property
    def paired_rows(self) -> bool:
        """Whether a fragment computes two rows of it rather than two channel groups, as asked for."""
        if self.blocking is None or not self.blocking.pair_rows:
            return False
        return not any(proved_equal(extent, 1) for extent in self.extents[2:])

    def is_blocked_like(self, other: PlanTensor) -> bool:
        """Whether both are blocked by the same numbers of pixels, rows and groups on every device."""
        blockings = [(one.single_pixel, one.single_group, one.paired_rows) for one in (self, other)]
        return blockings[0] == blockings[1]

    def to_json(self) -> dict[str, Any]:
        """Return the tensor as graph.schema.json's PlanTensor."""
        entry: dict[str, Any] = {"dtype": self.dtype, "shape": [to_json(extent) for extent in self.shape]}
        if self.axes is not None:
            entry["axes"] = [list(axes) for axes in self.axes]
        if self.single_pixel:
            entry["pixels"] = 1
        if self.single_group:
            entry["groups"] = 1
        if self.paired_rows:
            entry["rows"] = 2
        if self.alias is not None:
            alias = self.alias
            entry["alias"] = {
                "tensor": alias.tensor.index,
                "start": alias.start,
                "step": alias.step,
            }
        if self.packed and self.weight is None:
            entry["storage"] = "int8"
        if self.precise and not self.is_integer:
            entry["storage"] = "float32"
        if self.value:
            entry["value"] = self.value
        if self.lifetime is not None:
            entry["lifetime"] = list(self.lifetime)
        return entry


@dataclass(frozen=True, slots=True)
class Program:
    """A rendered fragment shader and the names of its samplers in the order of a draw's inputs.

    `bits` are those of the numbers of its `weights`, where it decodes them as it reads them, else 0.
    """

    name: str
    source: str
    samplers: tuple[str, ...]
    bits: int = 0


Real: TypeAlias = float | list[Any]


@dataclass(eq=False, slots=True)
class Draw:
    """One use of a program: fills `output` from `inputs`.

    `flops` are the floating-point operations of a convolution or matrix product, two for each multiply-add.
    """

    program: Program
    inputs: list[PlanTensor]
    output: PlanTensor
    ints: list[Dimension]
    floats: list[Real]
    node: str
    flops: Dimension | None = None

    @property
    def outputs(self) -> list[PlanTensor]:
        """The tensor that it fills."""
        return [self.output]

    def to_json(self, programs: dict[Program, int]) -> dict[str, Any]:
        """Return the draw as graph.schema.json's Draw."""
        entry: dict[str, Any] = {
            "program": programs[self.program],
            "inputs": [tensor.index for tensor in self.inputs],
            "output": self.output.index,
            "node": self.node,
        }
        if self.ints:
            entry["ints"] = [to_json(number) for number in self.ints]
        if self.floats:
            entry["floats"] = [finite_json(number) for number in self.floats]
        if self.flops is not None:
            entry["flops"] = to_json(self.flops)
        return entry


@dataclass(eq=False, slots=True)
class HostStep:
    """Work of the page in the middle of a run: it reads flat `inputs` back and fills flat `outputs`.

    `host` names it (the runtime's host/), `binds` the symbols that it learns, in its order.
    """

    host: str
    inputs: list[PlanTensor]
    outputs: list[PlanTensor]
    binds: list[str]
    ints: list[Dimension]
    floats: list[Real]
    node: str

    def to_json(self) -> dict[str, Any]:
        """Return the step as graph.schema.json's HostStep."""
        return {
            "host": self.host,
            "inputs": [tensor.index for tensor in self.inputs],
            "outputs": [tensor.index for tensor in self.outputs],
            "binds": self.binds,
            "ints": [to_json(number) for number in self.ints],
            "floats": [finite_json(number) for number in self.floats],
            "node": self.node,
        }


@dataclass(eq=False, slots=True)
class Plan:
    """The lowering of a graph: its tensors, and the steps of both phases in order.

    `inputs` and `outputs` are in the order of the graph's; an input that nothing reads is None. `states` are
    pairs of tensors that a session keeps: what a run reads, and what it leaves for the next; `growing` are
    those that are copied, since their shapes differ.
    """

    inputs: list[PlanTensor | None] = field(default_factory=list)
    outputs: list[PlanTensor] = field(default_factory=list)
    states: list[tuple[PlanTensor, PlanTensor]] = field(default_factory=list)
    growing: set[PlanTensor] = field(default_factory=set)
    load: list[Draw] = field(default_factory=list)
    run: list[Draw | HostStep] = field(default_factory=list)

    @property
    def run_draws(self) -> list[Draw]:
        """The steps of the run phase that draw."""
        return [step for step in self.run if isinstance(step, Draw)]

    @property
    def host_steps(self) -> list[HostStep]:
        """The steps of the run phase that the page does."""
        return [step for step in self.run if isinstance(step, HostStep)]

    def tensors(self) -> list[PlanTensor]:
        """Return every tensor that is read or written, each once, in the order in which runs need them.

        Weights are downloaded in this order, so that a run can begin before the last of them is there.
        """
        needed: dict[PlanTensor, int] = {}
        for index, step in enumerate(self.run):
            for tensor in step.inputs:
                needed.setdefault(tensor.holder, index)
        never = len(self.run)
        for draw in reversed(self.load):
            first = needed.get(draw.output, never)
            for tensor in draw.inputs:
                holder = tensor.holder
                needed[holder] = min(needed.get(holder, never), first)
        steps: list[tuple[int, Draw | HostStep]] = []
        steps += [(needed.get(draw.output, never), draw) for draw in self.load]
        steps += enumerate(self.run)
        candidates = [
            # Sorting keeps draws of the load phase before the draw of a run that needs their results.
            *(t for _, step in sorted(steps, key=itemgetter(0)) for t in (*step.inputs, *step.outputs)),
            *(tensor for tensor in self.inputs if tensor is not None),
            *self.outputs,
            *(tensor for state in self.states for tensor in state),
        ]
        return list(dict.fromkeys(each for tensor in candidates for each in (tensor.holder, tensor)))

    def programs(self) -> list[Program]:
        """Return the distinct programs in the order of their first use."""
        return list(dict.fromkeys(draw.program for draw in (*self.load, *self.run_draws)))
