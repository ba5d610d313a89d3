"""Programs of torch.export (.pt2), read from their archive without PyTorch.

`archive.py` reads the zip, `weights.py` the tensors, `program.py` makes nodes of the domain of their
operators (`aten`), each of which is replaced by ONNX operators while types are inferred (`lowering.py`);
`operators/` has a family of operators a file.
"""

from __future__ import annotations

from pathlib import Path

from texelflow.graph import Graph
from texelflow.importers.files.zip_members import zip_names
from texelflow.importers.format import Format, ImportOptions


def _recognises(path: Path, mark: bytes) -> bool:
    if not mark.startswith(b"PK"):
        return False
    from texelflow.importers.pytorch.archive import FORMAT_NAME, LEGACY_PROGRAM

    names = zip_names(path)
    return LEGACY_PROGRAM in names or any(name.endswith(f"/{FORMAT_NAME}") for name in names)


def _read(path: Path, options: ImportOptions) -> Graph:
    from texelflow.importers.pytorch.read import read_exported_program

    return read_exported_program(path, options)


FORMAT = Format("programs of torch.export (.pt2)", _read, _recognises, has_signatures=True)
