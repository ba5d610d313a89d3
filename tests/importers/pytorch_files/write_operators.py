"""Writes operators.tar.xz: small programs of torch.export, inputs, and what PyTorch computes.

Run by hand, where torch (2.13) is installed; nothing else needs it:

    python tests/importers/pytorch_files/write_operators.py
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import cases
import packed_files
from program_writer import files


def main() -> None:
    for module in sorted(pkgutil.iter_modules(cases.__path__), key=lambda module: module.name):
        importlib.import_module(f"cases.{module.name}").write()
    packed_files.save(Path(__file__).parent / "operators.tar.xz", files)


if __name__ == "__main__":
    main()
