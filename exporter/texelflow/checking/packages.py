"""The packages that checking needs and converting does not: those of `pip install 'texelflow[verify]'`."""

from __future__ import annotations

from texelflow.errors import ExportError

PACKAGES = {
    "numpy": "NumPy",
    "onnx": "onnx",
    "onnxruntime": "ONNX Runtime",
    "playwright": "Playwright",
    "PIL": "Pillow",
    "ml_dtypes": "ml_dtypes",
}
"""For the name of the module that of the package."""


def missing_package(error: ModuleNotFoundError) -> ExportError | None:
    """Return what to say where a package of the extra is not installed; None for any other module."""
    name = PACKAGES.get((error.name or "").partition(".")[0])
    return ExportError(f"this needs {name}: pip install 'texelflow[verify]'") if name else None
