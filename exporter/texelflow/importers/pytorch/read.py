"""A .pt2 archive to the Graph: which of its programs, and the versions that can be read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from texelflow.errors import Choice, ExportError
from texelflow.graph import Graph
from texelflow.importers.files.mapped_files import map_file
from texelflow.importers.format import ImportOptions
from texelflow.importers.pytorch.archive import FORMAT_NAME, LEGACY_PROGRAM, Archive
from texelflow.importers.pytorch.program import build_program
from texelflow.importers.pytorch.records import ProgramError, record
from texelflow.importers.pytorch.weights import Weights

MODELS, ENDING = "models/", ".json"
DEFAULT = "model"
MAJOR_VERSIONS = range(5, 9)
"""Of the schema, that are read: PyTorch 2.4 to 2.13, and later ones that did not raise it."""


def read_exported_program(path: Path, options: ImportOptions) -> Graph:
    """Return the Graph of a program that torch.export.save, or package_pt2, wrote.

    Raises:
        ExportError: the file is damaged, or has what cannot be imported; `problems` has every reason.
    """
    try:
        archive = Archive(map_file(path), str(path))
        if LEGACY_PROGRAM in archive:
            model, member = DEFAULT, LEGACY_PROGRAM
            if options.signature not in (None, DEFAULT):
                raise ProgramError(f"{path} has one program; --signature {options.signature} is no other")
        else:
            if FORMAT_NAME not in archive or bytes(archive.read(FORMAT_NAME)).strip() != b"pt2":
                raise ProgramError(f"{path} is no archive of programs: its {FORMAT_NAME} is not pt2")
            model = _chosen(archive, options.signature, path)
            member = f"{MODELS}{model}{ENDING}"
        program = archive.json(member)
        version = record(program.get("schema_version"), "schema_version")
        if version.get("major") not in MAJOR_VERSIONS:
            raise ProgramError(
                f"{path} is of version {version.get('major')} of PyTorch's schema; versions"
                f" {MAJOR_VERSIONS[0]} to {MAJOR_VERSIONS[-1]} can be read: export it with another one"
            )
        return build_program(program, Weights(archive, model, str(path)), path, options)
    except ProgramError as error:
        message = str(error)
        raise ExportError(message if str(path) in message else f"{path} cannot be read: {message}") from None


def _chosen(archive: Archive, wanted: str | None, path: Path) -> str:
    names: Sequence[str] = [
        name[len(MODELS) : -len(ENDING)]
        for name in archive.names
        if name.startswith(MODELS) and name.endswith(ENDING)
    ]
    listed = ", ".join(names)
    if wanted is not None:
        if wanted not in names:
            raise ProgramError(f"{path} has no program {wanted!r}; it has {listed or 'none'}")
        return wanted
    if len(names) == 1:
        return names[0]
    if not names:
        raise ProgramError(
            f"{path} has no program of torch.export, but machine code: save one with"
            " torch.export.save(program, path)"
        )
    raise ExportError(
        f"{path} has several programs: choose one by --signature, {listed}",
        choice=Choice("signature", tuple(names)),
    )
