"""A plugin of mypy that holds how dimensions are compared (see pyproject.toml).

`==` on dimensions and shapes compares normal forms: it proves them equal, and `!=` says nothing. Outside
of the modules of dimensions one asks `proved_equal`, `proved_different` or `same_shape` instead.
"""

from __future__ import annotations

from collections.abc import Callable

from mypy.plugin import MethodContext, Plugin
from mypy.types import Instance, ProperType, TupleType, Type, UnionType, get_proper_type

EXPRESSION = "texelflow.dimensions.expressions.Expression"
COMPARED = tuple(
    f"{owner}.{method}"
    for owner in (EXPRESSION, "builtins.int", "builtins.tuple", "builtins.object")
    for method in ("__eq__", "__ne__")
)
OWN_PACKAGE = "/texelflow/dimensions/"


class DimensionPlugin(Plugin):
    """Reports comparisons in which a dimension or a shape takes part."""

    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        return _check if fullname in COMPARED else None


def _check(context: MethodContext) -> Type:
    operands = [context.type, *(kind for kinds in context.arg_types for kind in kinds)]
    if any(map(_has_dimension, operands)) and OWN_PACKAGE not in context.api.path:
        context.api.fail(
            "dimensions are compared: ask proved_equal, proved_different or same_shape", context.context
        )
    return context.default_return_type


def _has_dimension(kind: Type) -> bool:
    proper: ProperType = get_proper_type(kind)
    if isinstance(proper, UnionType):
        # A union with float is an element of a tensor, which is compared with numbers that are known.
        names = [
            item.type.fullname for item in map(get_proper_type, proper.items) if isinstance(item, Instance)
        ]
        return "builtins.float" not in names and any(map(_has_dimension, proper.items))
    if isinstance(proper, TupleType):
        return any(map(_has_dimension, proper.items))
    if isinstance(proper, Instance):
        return proper.type.fullname == EXPRESSION or (
            proper.type.fullname in ("builtins.tuple", "builtins.list")
            and any(map(_has_dimension, proper.args))
        )
    return False


def plugin(version: str) -> type[Plugin]:
    """Return the plugin, as mypy asks."""
    return DimensionPlugin
