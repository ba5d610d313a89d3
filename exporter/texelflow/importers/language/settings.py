"""A description of a language model, by the names of Hugging Face's config.json, checked where it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from texelflow.errors import ExportError
from texelflow.importers.files.finite import is_finite
from texelflow.importers.language.decoder import Decoder, Layer

MOST = 2**31
"""No size of a model is as large."""

MOST_LAYERS = 1024
"""A small file could ask for more than any memory holds."""


class Settings:
    """Entries by name; `source` names the file in errors.

    `rope_divisors`, one for each pair of a head, divide the angles of positions (of GGUF files, in which they
    are a tensor), and `rope_interleaved` says which numbers of a head are turned together.
    """

    def __init__(
        self,
        entries: Mapping[str, Any],
        source: str,
        rope_divisors: tuple[float, ...] = (),
        rope_interleaved: bool = False,
    ) -> None:
        self.entries = entries
        self.source = source
        self.rope_divisors = rope_divisors
        self.rope_interleaved = rope_interleaved

    def has(self, name: str) -> bool:
        """Whether there is such an entry, and not null."""
        return self.entries.get(name) is not None

    def whole(self, name: str, default: int | None = None) -> int:
        """Return a whole number of at least 1; raise ExportError if it is none, or there is none at all."""
        number = self.entries.get(name, default)
        if number is None and default is not None:
            return default
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number < MOST:
            raise ExportError(f"{self.source}: {name} is {number!r}; a whole number of at least 1 is needed")
        return number

    def count(self, name: str, default: int) -> int:
        """Return a whole number of at least 0; raise ExportError if it is none."""
        return 0 if self.entries.get(name) == 0 else self.whole(name, default)

    def number(self, name: str, default: float | None = None) -> float:
        """Return a finite number; raise ExportError if it is none, or missing without a default."""
        number = self.entries.get(name)
        if number is None and default is not None:
            return default
        if not is_finite(number):
            raise ExportError(f"{self.source}: {name} is {number!r}; a number is needed")
        return float(number)

    def part(self, name: str) -> Settings | None:
        """Return the entries of an object, if there is one."""
        found = self.entries.get(name)
        if found is None:
            return None
        if not isinstance(found, Mapping):
            raise ExportError(f"{self.source}: {name} is {found!r}; an object is needed")
        return Settings(found, f"{self.source}: {name}")

    def refuse(self, name: str, *, but: object = None) -> None:
        """Raise ExportError for what is not supported, unless it is missing or harmless."""
        if self.entries.get(name) not in (None, False, but):
            raise ExportError(f"{self.source}: {name} is {self.entries[name]!r}, which is not supported")


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes that all families describe alike."""

    vocabulary: int
    width: int
    heads: int
    key_heads: int
    head_size: int
    inner: int
    epsilon: float
    layers: int

    def decoder(self, layers: Sequence[Layer], **others: Any) -> Decoder:
        """Return a decoder of these sizes."""
        others.setdefault("attention_scale", self.head_size**-0.5)
        own = (self.vocabulary, self.width, self.heads, self.key_heads, self.head_size, self.inner)
        return Decoder(*own, self.epsilon, layers, **others)


def sizes(settings: Settings, default_head: int | None = None) -> Sizes:
    """Return the sizes; `default_head` is the size of heads if the file does not give it.

    Raises:
        ExportError: one is missing, or they do not fit each other.
    """
    width, heads = settings.whole("hidden_size"), settings.whole("num_attention_heads")
    key_heads = settings.whole("num_key_value_heads", heads)
    if heads % key_heads:
        raise ExportError(f"{settings.source}: {heads} heads cannot share {key_heads} keys evenly")
    if not settings.has("head_dim") and default_head is None and width % heads:
        raise ExportError(f"{settings.source}: hidden_size {width} is no multiple of {heads} heads")
    layers = settings.whole("num_hidden_layers")
    if layers > MOST_LAYERS:
        raise ExportError(f"{settings.source}: num_hidden_layers is {layers}; at most {MOST_LAYERS} are read")
    return Sizes(
        settings.whole("vocab_size"),
        width,
        heads,
        key_heads,
        settings.whole("head_dim", default_head or max(1, width // heads)),
        settings.whole("intermediate_size"),
        settings.number("rms_norm_eps", 1e-6),
        layers,
    )


def layer_kinds(settings: Settings, count: int, slides: Callable[[int], bool]) -> list[bool]:
    """Return for each layer whether it sees a window only: as `layer_types` says, or else `slides`."""
    kinds = settings.entries.get("layer_types")
    if kinds is None:
        return [slides(index) for index in range(count)]
    known = ("full_attention", "sliding_attention")
    if not isinstance(kinds, Sequence) or len(kinds) != count or any(kind not in known for kind in kinds):
        raise ExportError(
            f"{settings.source}: layer_types is {kinds!r}; for each of {count} layers {' or '.join(known)} "
            "is needed"
        )
    return [kind == known[1] for kind in kinds]
