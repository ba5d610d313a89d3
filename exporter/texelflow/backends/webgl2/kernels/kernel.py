"""A kernel under construction: a template, its inputs and its named numbers, rendered to a Draw.

Numbers reach the shader in the uniform arrays `ints` and `floats`; templates use them by name, through
#defines that `shaders/lib/kernel.glsl.j2` writes from the entries collected here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from texelflow.backends.webgl2.kernels.rendering import (
    Define,
    Operand,
    Rendering,
    Result,
    Sampler,
    Step,
    Steps,
    Structure,
    render,
)
from texelflow.backends.webgl2.plan.plan import Draw, PlanTensor, Program, Real
from texelflow.dimensions import Dimension, proved_equal, remainder

_LANES = "xyzw"

UNIFORM_VECTORS = 224
"""Vectors of four numbers that a fragment shader may have as uniforms on every device (WebGL2's least)."""


@dataclass(slots=True)
class StepList:
    """Elementwise work while it is put together; see `Steps`.

    `start` is the GLSL type of what the kernel itself computes, which the first step goes on from.
    """

    operands: list[Operand] = field(default_factory=list)
    expressions: list[Step] = field(default_factory=list)
    start: str | None = None

    def steps(self) -> Steps:
        """Return the work as it is now."""
        return Steps(tuple(self.operands), tuple(self.expressions))


@dataclass(slots=True)
class Kernel:
    """What one draw needs. Names of inputs and numbers are those that the template uses."""

    template: str
    output: PlanTensor
    structure: Structure = field(default_factory=Structure)
    inputs: dict[str, PlanTensor] = field(default_factory=dict)
    prologue: StepList = field(default_factory=StepList)
    epilogue: StepList = field(default_factory=StepList)
    flops: Dimension | None = None
    any_blocking: frozenset[str] = frozenset()
    """Inputs that one program reads however their rows and groups are blocked: less to compile."""
    bits: int = 0
    """Those of the numbers of its weights, where it decodes them as it reads them."""
    packs_weights: bool = False
    """Whether draws of the load phase share its program, so that it clears what they have to."""
    _scalars: dict[str, Dimension] = field(default_factory=dict)
    _vectors: dict[str, Sequence[Dimension]] = field(default_factory=dict)
    _tables: dict[str, Sequence[Sequence[Dimension]]] = field(default_factory=dict)
    _reals: dict[str, Real] = field(default_factory=dict)
    _parameters: dict[str, str] = field(default_factory=dict)
    _real_tables: dict[str, Sequence[Real]] = field(default_factory=dict)

    def input(self, name: str, tensor: PlanTensor) -> None:
        """Bind a tensor to the sampler `name`."""
        assert name not in self.inputs
        self.inputs[name] = tensor

    def integer(self, name: str, number: Dimension) -> str:
        """Make `name` an int in the shader; return the name."""
        self._scalars[name] = number
        return name

    def vector(self, name: str, numbers: Sequence[Dimension]) -> None:
        """Make `name` an ivec2, ivec3 or ivec4."""
        assert 2 <= len(numbers) <= 4
        self._vectors[name] = numbers

    def table(self, name: str, rows: Sequence[Sequence[Dimension]]) -> None:
        """Make `name(i)` the i-th of a list of ivec4; shorter rows are filled with zeros."""
        self._tables[name] = rows

    def real_table(self, name: str, numbers: Sequence[Real]) -> None:
        """Make `name(i)` the i-th vec4 of a list of floats."""
        self._real_tables[name] = numbers

    def real(self, name: str, number: Real) -> str:
        """Make `name` a float; return the name."""
        self._reals[name] = number
        return name

    def parameter(self, number: Real) -> str:
        """Return the name of a float of this value, sharing those that are the same."""
        text = repr(number)  # 0.0 is not -0.0
        if text not in self._parameters:
            self._parameters[text] = self.real(f"parameter_{len(self._reals)}", number)
        return self._parameters[text]

    def count_integers(self) -> int:
        """Return how many single integers the kernel has, for making unused names."""
        return len(self._scalars)

    def reads_symbols(self) -> bool:
        """Whether a number or an extent of the output is only known once the model's inputs are."""
        numbers = [*self._scalars.values(), *self.output.shape]
        for rows in (*self._vectors.values(), *(row for table in self._tables.values() for row in table)):
            numbers.extend(rows)
        reals = [*self._reals.values(), *(number for table in self._real_tables.values() for number in table)]
        return any(not isinstance(number, int) for number in numbers) or any(
            isinstance(real, list) for real in reals
        )

    def draw(self, node: str) -> Draw:
        """Render the template and return the draw."""
        ints, int_defines = self._pack_ints()
        floats, real_defines = self._pack_reals()
        int_count, float_count = 2 * (1 + len(self.inputs)) + (len(ints) + 3) // 4, (len(floats) + 3) // 4
        vectors = int_count + float_count + len(self.inputs)
        assert vectors <= UNIFORM_VECTORS, f"kernel {self.template} has {vectors} vectors of uniforms"
        rendering = Rendering(
            self.template,
            self.structure,
            tuple(
                Sampler(name, tensor.axes is not None, tensor.is_integer, name in self.any_blocking)
                for name, tensor in self.inputs.items()
            ),
            Result(self.output.axes is not None, self.output.is_integer),
            (*int_defines, *real_defines),
            int_count,
            float_count,
            self.prologue.steps(),
            self.epilogue.steps(),
            self.epilogue.start,
            self._clears(),
        )
        program = Program(self.template, render(rendering), tuple(self.inputs), self.bits)
        return Draw(program, list(self.inputs.values()), self.output, ints, floats, node, self.flops)

    def _clears(self) -> str:
        """Return what a store zeroes beside the tensor's elements; see docs/bundle-format.md, Layouts."""
        if self.output.axes is None or self.output.constant or self.packs_weights:
            return "all"
        return "none" if proved_equal(remainder(self.output.extents[1], 4), 0) else "lanes"

    def _pack_ints(self) -> tuple[list[Dimension], list[Define]]:
        first = 2 * (1 + len(self.inputs))
        ints: list[Dimension] = []
        defines: list[Define] = []
        for name, rows in self._tables.items():
            defines.append(Define(f"{name}(i)", f"ints[{first + len(ints) // 4} + (i)]"))
            for row in rows:
                ints.extend([*row, *[0] * (4 - len(row))])
        for name, numbers in self._vectors.items():
            if len(ints) % 4 + len(numbers) > 4:
                ints.extend([0] * (4 - len(ints) % 4))
            lane = len(ints) % 4
            defines.append(
                Define(name, f"ints[{first + len(ints) // 4}].{_LANES[lane : lane + len(numbers)]}")
            )
            ints.extend(numbers)
        for name, number in self._scalars.items():
            defines.append(Define(name, f"ints[{first + len(ints) // 4}].{_LANES[len(ints) % 4]}"))
            ints.append(number)
        return ints, defines

    def _pack_reals(self) -> tuple[list[Real], list[Define]]:
        floats: list[Real] = []
        defines: list[Define] = []
        for name, numbers in self._real_tables.items():
            defines.append(Define(f"{name}(i)", f"floats[{len(floats) // 4} + (i)]"))
            floats.extend([*numbers, *[0.0] * (-len(numbers) % 4)])
        for name, number in self._reals.items():
            defines.append(Define(name, f"floats[{len(floats) // 4}].{_LANES[len(floats) % 4]}"))
            floats.append(number)
        return floats, defines
