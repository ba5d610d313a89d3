"""Collects every reason why a model cannot be exported, so that its owner sees them all at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from texelflow.dimensions import SizeError
from texelflow.errors import ExportError
from texelflow.graph import Node, NodeError


class Problems:
    """A list of problems; those of the same operator for the same reason become one line."""

    def __init__(self) -> None:
        self._titles: dict[tuple[str, str, str], list[str]] = {}

    def add(self, problem: str) -> None:
        """Add a problem that belongs to no node."""
        self._titles.setdefault(("", "", problem), []).append("")

    def add_node(self, node: Node, reason: str) -> None:
        """Add the reason why a node cannot be exported."""
        self._titles.setdefault((node.domain, node.operator, reason), []).append(node.title)

    @contextmanager
    def of(self, node: Node) -> Iterator[None]:
        """Record a NodeError raised inside the `with` block as a problem of the node it names, and a size
        that is too long as one of `node`.

        Any other exception is no fault of the model: it passes on, with the node in its notes, for the
        pipeline to tell it as a defect.
        """
        try:
            yield
        except NodeError as error:
            self.add_node(error.node, error.reason)
        except SizeError as error:
            self.add_node(node, str(error))
        except Exception as error:
            error.add_note(node.title)
            raise

    def lines(self) -> list[str]:
        """Return the problems in the order found, one line each."""
        lines = []
        for (_, _, reason), titles in self._titles.items():
            others = f" and {len(titles) - 1} more" if len(titles) > 1 else ""
            lines.append(f"{titles[0]}{others}: {reason}" if titles[0] else reason)
        return lines

    def __bool__(self) -> bool:
        return bool(self._titles)

    def raise_for(self, source: str) -> None:
        """Raise ExportError with all problems, if there is one; `source` is the model's file."""
        lines = self.lines()
        if lines:
            count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
            raise ExportError(f"{source} cannot be exported: {count}", lines)
