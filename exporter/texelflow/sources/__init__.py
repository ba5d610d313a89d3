"""Turns a source of a model (a path, archive, address, or Python object) into a path that importers read.

A file of `schemes/` says how one kind of address is fetched, a file of `live/` how one kind of object becomes
a file. None is listed by hand, and what fetches is imported only when such an address is given.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from texelflow.errors import ExportError
from texelflow.importers.unreadable import is_torchscript
from texelflow.sources.examples import Examples
from texelflow.sources.session import Progress, Session

if TYPE_CHECKING:
    from texelflow.sources.scheme import Scheme

__all__ = ["Examples", "Opened", "open_source"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A model that lies on this machine, for as long as its source is open."""

    path: Path
    """The file or folder that `importers.read_model` reads."""

    origin: str | None
    """What a bundle says that it was made from, without secrets; None is the path's own name."""


@contextmanager
def open_source(
    source: object,
    *,
    offline: bool = False,
    progress: Progress | None = None,
    examples: Examples | None = None,
) -> Iterator[Opened]:
    """Bring a model to this machine; what was unpacked or written for it is removed at the end.

    Args:
        source: a path (of a file, a folder, or a zip or tar archive), an address of one of `schemes/`, both
            with `#MEMBER` where an archive has several models; or an object of one of `live/`.
        offline: fetch nothing, use what the caches have; so does the variable TEXELFLOW_OFFLINE.
        progress: called with what is being done and the fraction done, from 0 to 1.
        examples: how the model is called, which some objects need to become a file.

    Raises:
        ExportError: the source cannot be had, or has no model, or several. What the block raises names the
            source instead of the path.
    """
    with Session(offline, progress) as session:
        try:
            opened, shown = _locate(source, session, examples or Examples())
        except OSError as error:
            raise ExportError(
                f"the model cannot be brought here: {error.strerror or type(error).__name__}"
            ) from None
        try:
            yield opened
        except ExportError as error:
            if shown is None or str(opened.path) not in str(error):
                raise
            texts = [text.replace(str(opened.path), shown) for text in (error.message, *error.problems)]
            raise ExportError(texts[0], texts[1:], error.choice) from error.__cause__


def _locate(source: object, session: Session, examples: Examples) -> tuple[Opened, str | None]:
    """Return the model, and how to call it in messages: None as its path."""
    if not isinstance(source, str | os.PathLike):
        from texelflow.sources.live import as_file

        path, origin = as_file(source, session, examples)
        return Opened(_inside(path, "", origin, session), origin), origin
    text = os.fspath(source)
    if isinstance(text, str) and (scheme := _scheme(text)):
        from texelflow.sources.redaction import redacted

        address, _, member = text.partition("#")
        shown = redacted(text)
        path = _inside(scheme.locate(address, session), member, redacted(address), session)
        return Opened(path, shown), shown
    path, member = _split_member(os.fsdecode(text))
    found = _inside(path, member, str(path), session)
    if (examples.inputs is not None or examples.input_shapes) and is_torchscript(found):
        from texelflow.sources.live.pytorch import write_torchscript

        return Opened(write_torchscript(found, session.new_folder(), examples), found.name), str(path)
    if found == path:
        return Opened(path, None), None
    inner = member or found.name
    return Opened(found, f"{path.name}#{inner}"), f"{path}#{inner}"


def _split_member(text: str) -> tuple[Path, str]:
    """Return a path, and what follows `#` where only what is before it exists."""
    if not Path(text).exists():
        parts = text.split("#")
        for count in range(len(parts) - 1, 0, -1):
            if (path := Path("#".join(parts[:count]))).exists():
                return path, "#".join(parts[count:])
    return Path(text), ""


def _scheme(text: str) -> Scheme | None:
    # Most sources are paths; they need no look at what fetches.
    if ":" not in text:
        return None
    from texelflow.sources.scheme import scheme_of

    return scheme_of(text)


def _inside(path: Path, member: str, shown: str, session: Session) -> Path:
    """Return the model within a path: in an archive, or in a folder that is not a model itself."""
    if not path.exists():
        return path  # reading says so
    from texelflow.sources.contents import model_within

    return model_within(path, member, shown, session)
