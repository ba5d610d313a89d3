"""Names that no two values of a graph share, whatever the file calls them."""

from __future__ import annotations

from collections.abc import Iterable


class UniqueNames:
    """Names that are taken; those like them that are made take no longer the more there are."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._counts: dict[str, int] = {}

    def reserve(self, names: Iterable[str]) -> None:
        """Take names."""
        self._taken.update(names)

    def __contains__(self, name: str) -> bool:
        return name in self._taken

    def take(self, name: str, first: int = 2) -> str:
        """Return a name that was free: the one given, or one with a number behind it, from `first` on."""
        unique = name
        count = self._counts.get(name, first)
        while unique in self._taken:
            unique, count = f"{name}_{count}", count + 1
        self._counts[name] = count
        self._taken.add(unique)
        return unique
