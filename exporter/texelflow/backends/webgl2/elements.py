"""Passes elements known at export, and expressions, to a draw as numbers."""

from __future__ import annotations

from collections.abc import Iterator

from texelflow.backends.webgl2.plan.plan import Real
from texelflow.dimensions import Expression, to_json
from texelflow.dimensions.floats import FloatExpression
from texelflow.dimensions.text import Json
from texelflow.graph import Element


def real_of(element: Element) -> Real:
    """Return an element as the float of a shader."""
    if isinstance(element, FloatExpression):
        return element.to_json()
    return ["+", to_json(element), 0] if isinstance(element, Expression) else float(element)


def whole_numbers(json: Json) -> Iterator[int]:
    """Yield the whole numbers of an expression."""
    if isinstance(json, int):
        yield json
    elif isinstance(json, list):
        for part in json:
            yield from whole_numbers(part)
