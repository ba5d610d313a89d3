"""A kernel under construction: a template, its inputs and its named numbers, rendered to a Draw.

Numbers reach the shader in the uniform arrays `ints` and `floats`; templates use them by name, through
#defines that `shaders/lib/kernel.glsl.j2` writes from the entries collected here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jinja2

from texelflow.backends.webgl2.kernels.shader_library import Section, read_library, select_functions
from texelflow.backends.webgl2.plan.plan import Draw, PlanTensor, Program, Real
from texelflow.dimensions import Dimension, proved_equal, remainder
from texelflow.resources import shader_directory

_LANES = "xyzw"

SHORT_EPILOGUE = 600
"""Characters of library code up to which an epilogue counts as short: clipping is, a sigmoid is not."""

UNIFORM_VECTORS = 224
"""Vectors of four numbers that a fragment shader may have as uniforms on every device (WebGL2's least)."""


@dataclass(frozen=True, slots=True)
class _Define:
    """`#define name body`, by which a template reads a number from a uniform array."""

    name: str
    body: str


@dataclass(slots=True)
class Steps:
    """Elementwise work on the texels of a kernel: the tensors it reads, and expressions one after another."""

    operands: list[dict[str, Any]] = field(default_factory=list)
    expressions: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Kernel:
    """What one draw needs. Names of inputs and numbers are those that the template uses."""

    template: str
    output: PlanTensor
    structure: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, PlanTensor] = field(default_factory=dict)
    prologue: Steps = field(default_factory=Steps)
    epilogue: Steps = field(default_factory=Steps)
    flops: Dimension | None = None
    any_blocking: frozenset[str] = frozenset()
    """Inputs that one program reads however their rows and groups are blocked: less to compile."""
    packs_weights: bool = False
    """Whether draws of the load phase share its program, so that it clears what they have to."""
    _scalars: dict[str, Dimension] = field(default_factory=dict)
    _vectors: dict[str, Sequence[Dimension]] = field(default_factory=dict)
    _tables: dict[str, Sequence[Sequence[Dimension]]] = field(default_factory=dict)
    _reals: dict[str, Real] = field(default_factory=dict)
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
        for name, known in self._reals.items():
            if repr(known) == repr(number) and name.startswith("parameter_"):  # 0.0 is not -0.0
                return name
        return self.real(f"parameter_{len(self._reals)}", number)

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
        self.structure.setdefault("start", None)
        vector = "ivec4" if self.output.is_integer else "vec4"
        value_vector = self.structure["start"] or vector
        ints, int_defines = self._pack_ints()
        floats, real_defines = self._pack_reals()
        defines = [*int_defines, *real_defines]
        int_count, float_count = 2 * (1 + len(self.inputs)) + (len(ints) + 3) // 4, (len(floats) + 3) // 4
        vectors = int_count + float_count + len(self.inputs)
        assert vectors <= UNIFORM_VECTORS, f"kernel {self.template} has {vectors} vectors of uniforms"
        source = (
            _environment()
            .get_template(f"{self.template}.glsl.j2")
            .render(
                inputs=[
                    {
                        "name": name,
                        "blocked": tensor.axes is not None,
                        "integer": tensor.is_integer,
                        "any_blocking": name in self.any_blocking,
                    }
                    for name, tensor in self.inputs.items()
                ],
                result={"blocked": self.output.axes is not None, "integer": self.output.is_integer},
                vector=vector,
                value_vector=value_vector,
                value_scalar="float" if value_vector == "vec4" else "int",
                value_integer=value_vector == "ivec4",
                defines=defines,
                int_count=int_count,
                float_count=float_count,
                prologue=self.prologue,
                epilogue=self.epilogue,
                short_epilogue=self._has_short_epilogue(),
                clears=self._clears(),
                **self.structure,
            )
        )
        marker = "//@library\n"
        before, _, after = source.partition(marker)
        source = before + select_functions(after, _library()) + after
        program = Program(self.template, _compact(source), tuple(self.inputs))
        return Draw(program, list(self.inputs.values()), self.output, ints, floats, node, self.flops)

    def _has_short_epilogue(self) -> bool:
        """Whether the epilogue is so little code that writing it for each layer costs little to compile."""
        code = "".join(step["code"] for step in self.epilogue.expressions)
        return (
            len(self.epilogue.expressions) <= 3 and len(select_functions(code, _library())) < SHORT_EPILOGUE
        )

    def _clears(self) -> str:
        """Return what a store sets to zero beside the tensor's elements; see ARCHITECTURE.md, Layouts."""
        if self.output.axes is None or self.output.constant or self.packs_weights:
            return "all"
        return "none" if proved_equal(remainder(self.output.extents[1], 4), 0) else "lanes"

    def _pack_ints(self) -> tuple[list[Dimension], list[_Define]]:
        first = 2 * (1 + len(self.inputs))
        ints: list[Dimension] = []
        defines: list[_Define] = []
        for name, rows in self._tables.items():
            defines.append(_Define(f"{name}(i)", f"ints[{first + len(ints) // 4} + (i)]"))
            for row in rows:
                ints.extend([*row, *[0] * (4 - len(row))])
        for name, numbers in self._vectors.items():
            if len(ints) % 4 + len(numbers) > 4:
                ints.extend([0] * (4 - len(ints) % 4))
            lane = len(ints) % 4
            defines.append(
                _Define(name, f"ints[{first + len(ints) // 4}].{_LANES[lane : lane + len(numbers)]}")
            )
            ints.extend(numbers)
        for name, number in self._scalars.items():
            defines.append(_Define(name, f"ints[{first + len(ints) // 4}].{_LANES[len(ints) % 4]}"))
            ints.append(number)
        return ints, defines

    def _pack_reals(self) -> tuple[list[Real], list[_Define]]:
        floats: list[Real] = []
        defines: list[_Define] = []
        for name, numbers in self._real_tables.items():
            defines.append(_Define(f"{name}(i)", f"floats[{len(floats) // 4} + (i)]"))
            floats.extend([*numbers, *[0.0] * (-len(numbers) % 4)])
        for name, number in self._reals.items():
            defines.append(_Define(name, f"floats[{len(floats) // 4}].{_LANES[len(floats) % 4]}"))
            floats.append(number)
        return floats, defines


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(shader_directory()),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _library() -> Mapping[str, Section]:
    return read_library(shader_directory() / "lib" / "math")


def _compact(source: str) -> str:
    """Drop comments, indentation and empty lines: they would only travel to the browser."""
    lines = (line.split("//")[0].strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line) + "\n"
