"""Operators that change a tensor in place: what they compute is a new value, by which the name goes on.

Views share memory with what they are views of, so that a change of one is seen through all. A program in
which another of these is read afterwards is refused: PyTorch itself rewrites it without changes in place.
"""

from __future__ import annotations

from texelflow.importers.pytorch.records import ProgramError

VIEWS = frozenset(
    """
    alias as_strided chunk contiguous data detach diagonal expand expand_as flatten lift_fresh movedim mT
    numpy_T narrow permute reshape reshape_as _reshape_alias select slice split split_with_sizes squeeze
    swapaxes swapdims t tensor_split to transpose type_as unbind unflatten unfold unsqueeze unsafe_split
    unsafe_split_with_sizes unsafe_chunk view view_as _unsafe_view broadcast_to dropout
    """.split()
)
"""Operators of which a result may be a view of the first input."""

OF_THE_NAME_ALONE = frozenset("detach squeeze swapaxes swapdims t transpose unsqueeze".split())
"""Operators that, in place, let the name stand for a view: what is in memory stays."""

ADVICE = "rewrite the program without it, by program = program.run_decompositions({})"


class Aliases:
    """Which names share memory, and which of them no longer tell what is in it."""

    def __init__(self) -> None:
        self._groups: dict[str, set[str]] = {}
        self._stale: dict[str, str] = {}

    def check(self, name: str) -> None:
        """Raise ProgramError if a name's memory was changed by another name."""
        if name in self._stale:
            raise ProgramError(
                f"it reads {name!r}, which {self._stale[name]!r} changes in place by another name: {ADVICE}"
            )

    def join(self, result: str, source: str) -> None:
        """Let a result be a view of a value."""
        group = self._groups.setdefault(source, {source})
        group.add(result)
        self._groups[result] = group

    def change(self, name: str, by: str) -> set[str]:
        """Let a value be changed in place by an operator; return the other names of the same memory."""
        others = self._groups.get(name, {name}) - {name}
        self._stale.update(dict.fromkeys(others, by))
        return others


def without_change(operator: str) -> str | None:
    """Return the operator that makes a new tensor of what another changes in place; None if it does not."""
    base, dot, overload = operator.partition(".")
    if not base.endswith("_") or base.endswith("__"):
        return None
    return f"{base[:-1]}{dot}{overload}"
