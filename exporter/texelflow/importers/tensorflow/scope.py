"""The values of one graph, function, branch or body while its nodes are made."""

from __future__ import annotations

from collections.abc import Mapping

from texelflow.graph import Value
from texelflow.importers.tensorflow.control_flow import Frame
from texelflow.importers.tensorflow.references import Level, Place


class Scope:
    """Values by the outputs of the nodes of a level; `prefix` begins the names of what is made there.

    `attributes` are those of a function's call, `followed` the nodes whose effects are known.
    """

    def __init__(self, level: Level, prefix: str, attributes: Mapping[str, object] | None = None) -> None:
        self.level = level
        self.prefix = prefix
        self.attributes = attributes or {}
        self.values: dict[Place, Value] = {}
        self.frames: dict[str, Frame] = {}
        self.followed: set[str] = set()

    def inner(self, prefix: str) -> Scope:
        """Return a scope of a part of the same nodes, which sees the values that are there already."""
        scope = Scope(self.level, prefix, self.attributes)
        scope.values = dict(self.values)
        scope.frames = self.frames
        return scope
