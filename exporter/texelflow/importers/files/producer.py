"""The producer of a file, as the file names it, for people to read."""

from __future__ import annotations

LONGEST = 200


def producer_of(*parts: object) -> str:
    """Return what parts of a file say, one after another: a line of at most `LONGEST` characters.

    Args:
        parts: what was read, also bytes, or what is no text at all and says nothing.
    """
    texts = [part.decode("utf-8", "replace") if isinstance(part, bytes) else part for part in parts]
    words = [" ".join(_printable(text).split()) for text in texts if isinstance(text, str)]
    return ", ".join(dict.fromkeys(filter(None, words)))[:LONGEST].strip()


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)
