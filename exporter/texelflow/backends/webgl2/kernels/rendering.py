"""Renders the source of a program from a template and everything that it depends on.

Layers of one structure are drawn by one program, whose source is rendered once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache, lru_cache

import jinja2

from texelflow.backends.webgl2.kernels.shader_library import Section, read_library, select_functions
from texelflow.resources import shader_directory

SHORT_EPILOGUE = 600
"""Characters of library code up to which an epilogue counts as short: clipping is, a sigmoid is not."""

KEPT_SOURCES = 1024
"""Sources that are kept, each of a few kilobytes: more than a model has programs."""


@dataclass(frozen=True, slots=True)
class Structure:
    """What else a template's program depends on; each template that wants to know names its own fields."""


@dataclass(frozen=True, slots=True)
class Operand:
    """A tensor that elementwise work reads; `kind` says where its texels are (shaders/lib/steps.glsl.j2).

    `exact`: its extents are proved to be those of the result. `given` is the number by which the shader knows
    whether there is such a tensor. `channel` is the one that is read of a tensor that has more.
    """

    name: str
    integer: bool
    kind: str
    exact: bool = False
    given: str | None = None
    channel: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One expression of elementwise work: its GLSL type, its name, and its code."""

    type: str
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Steps:
    """Elementwise work on the texels of a kernel: the tensors it reads, and expressions one after another."""

    operands: tuple[Operand, ...]
    expressions: tuple[Step, ...]

    @property
    def is_short(self) -> bool:
        """Whether it is so little code that writing it for each layer costs little to compile."""
        code = "".join(step.code for step in self.expressions)
        return len(self.expressions) <= 3 and len(select_functions(code, _library())) < SHORT_EPILOGUE


@dataclass(frozen=True, slots=True)
class Define:
    """`#define name body`, by which a template reads a number from a uniform array."""

    name: str
    body: str


@dataclass(frozen=True, slots=True)
class Sampler:
    """An input of a template; `any_blocking` says that its program serves any rows and groups."""

    name: str
    blocked: bool
    integer: bool
    any_blocking: bool


@dataclass(frozen=True, slots=True)
class Result:
    """The output of a template."""

    blocked: bool
    integer: bool


@dataclass(frozen=True, slots=True)
class Rendering:
    """All that the source of a program depends on.

    `start` is the GLSL type of what the kernel itself computes, which the epilogue goes on from. `clears` is
    what a store zeroes beside the tensor's elements: all, lanes or none (docs/bundle-format.md, Layouts).
    """

    template: str
    structure: Structure
    inputs: tuple[Sampler, ...]
    result: Result
    defines: tuple[Define, ...]
    int_count: int
    float_count: int
    prologue: Steps
    epilogue: Steps
    start: str | None
    clears: str


@lru_cache(maxsize=KEPT_SOURCES)
def render(rendering: Rendering) -> str:
    """Return the fragment shader, without the lines that the runtime puts in front."""
    vector = "ivec4" if rendering.result.integer else "vec4"
    value_vector = rendering.start or vector
    own = {each.name: getattr(rendering, each.name) for each in fields(rendering)}
    structure = own.pop("structure")
    template = own.pop("template")
    source = (
        _environment()
        .get_template(f"{template}.glsl.j2")
        .render(
            **own,
            **{each.name: getattr(structure, each.name) for each in fields(structure)},
            short_epilogue=rendering.epilogue.is_short,
            vector=vector,
            value_vector=value_vector,
            value_scalar="float" if value_vector == "vec4" else "int",
            value_integer=value_vector == "ivec4",
        )
    )
    before, _, after = (_compact(part) for part in source.partition("//@library\n"))
    return before + _compact(select_functions(after, _library())) + after


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
    return "".join(f"{line}\n" for line in lines if line)
