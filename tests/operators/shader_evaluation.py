"""Evaluates GLSL expressions of the math library in a browser, for tests."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page

from browser_support import REPOSITORY
from texelflow.backends.webgl2.kernels.shader_library import read_library, select_functions

LIBRARY = read_library(REPOSITORY / "shaders" / "lib" / "math")
SCRIPT = Path(__file__).with_name("evaluate_expression.js")
HEADER = "#version 300 es\nprecision highp float;\nprecision highp int;"
WIDTH = 64


class RecordedUniforms:
    """Collects an expression's parameters, as the lowering does."""

    def __init__(self) -> None:
        self.reals: list[float] = []
        self.integers: list[int] = []

    def real(self, x: float) -> str:
        self.reals.append(x)
        return f"reals[{len(self.reals) - 1}]"

    def integer(self, x: int) -> str:
        self.integers.append(x)
        return f"integers[{len(self.integers) - 1}]"


def evaluate(
    page: Page,
    expression: str,
    operands: Sequence[np.ndarray[Any, Any]],
    *,
    integer: bool,
    uniforms: RecordedUniforms | None = None,
) -> np.ndarray[Any, Any]:
    """Return the expression for each element of its operands a, b, c (float32 or int32, of one length)."""
    uniforms = uniforms or RecordedUniforms()
    length = len(operands[0])
    height = max(1, -(-length // (4 * WIDTH)))
    inputs = []
    for operand in operands:
        padded = np.zeros(4 * WIDTH * height, operand.dtype)
        padded[:length] = operand
        inputs.append(
            {"integer": operand.dtype == np.int32, "data": base64.b64encode(padded.tobytes()).decode()}
        )
    source = _source(expression, [bool(one["integer"]) for one in inputs], integer, uniforms)
    _load_script(page)
    text = page.evaluate(
        "(request) => evaluateShader(request)",
        {
            "source": source,
            "width": WIDTH,
            "height": height,
            "inputs": inputs,
            "integer": integer,
            "reals": uniforms.reals,
            "integers": uniforms.integers,
        },
    )
    return np.frombuffer(base64.b64decode(text), np.int32 if integer else np.float32)[:length].copy()


def compile_error(page: Page, functions: str) -> str | None:
    """Return what the compiler says against a shader of these functions, or None if it takes them."""
    _load_script(page)
    text: str | None = page.evaluate(
        "(source) => compileError(source)", f"{HEADER}\n{functions}\nvoid main() {{}}"
    )
    return text


def _load_script(page: Page) -> None:
    if not page.evaluate("() => 'evaluateShader' in globalThis"):
        page.add_script_tag(path=SCRIPT)


def _source(expression: str, integer_inputs: list[bool], integer: bool, uniforms: RecordedUniforms) -> str:
    kind = "ivec4" if integer else "vec4"
    lines = [HEADER]
    lines += [
        f"uniform highp {'i' if is_integer else ''}sampler2D input_{index};"
        for index, is_integer in enumerate(integer_inputs)
    ]
    lines += [f"uniform float reals[{len(uniforms.reals)}];"] if uniforms.reals else []
    lines += [f"uniform int integers[{len(uniforms.integers)}];"] if uniforms.integers else []
    lines += [f"out highp {kind} result;", select_functions(expression, LIBRARY), "void main() {"]
    lines += ["  ivec2 place = ivec2(gl_FragCoord.xy);"]
    lines += [
        f"  {'i' if is_integer else ''}vec4 {'abc'[index]} = texelFetch(input_{index}, place, 0);"
        for index, is_integer in enumerate(integer_inputs)
    ]
    lines += [f"  result = {expression};", "}"]
    return "\n".join(lines)
