"""A PyTorch module or a program of torch.export, saved as .pt2 by the installed PyTorch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from texelflow.errors import ExportError
from texelflow.sources.live import Examples, Kind

_PROGRAM, _SCRIPT = "ExportedProgram", "ScriptModule"


def _names(source: object) -> set[str]:
    """Return the classes of PyTorch that an object is of."""
    return {base.__name__ for base in type(source).__mro__ if base.__module__.partition(".")[0] == "torch"}


def _takes(source: object) -> bool:
    return not _names(source).isdisjoint(("Module", _PROGRAM))


def _write_object(source: Any, folder: Path, examples: Examples) -> Path:
    return _write(source, getattr(source, "original_name", type(source).__name__), folder, examples)


def _write(source: Any, name: str, folder: Path, examples: Examples) -> Path:
    import torch

    path = folder / f"{name}.pt2"
    try:
        program = source if _PROGRAM in _names(source) else _exported(source, name, examples)
        # Without changes in place, which few programs can be read with.
        torch.export.save(program.run_decompositions({}), path)
    except ExportError:
        raise
    except Exception as error:  # PyTorch's, of any kind
        text = " ".join(str(error).split())[:600]
        raise ExportError(f"torch.export cannot export {name} ({type(error).__name__}: {text})") from None
    return path


def write_torchscript(source: Path, folder: Path, examples: Examples) -> Path:
    """Write a file of TorchScript as a program of torch.export; return its path.

    Raises:
        ExportError: PyTorch is not installed, or cannot do it.
    """
    try:
        import torch
    except ModuleNotFoundError:
        raise ExportError(
            f"{source} is a TorchScript program, which only PyTorch can read: pip install torch"
        ) from None
    try:
        module = torch.jit.load(str(source), map_location="cpu")
    except Exception as error:  # PyTorch's, of any kind
        raise ExportError(f"PyTorch cannot load {source}: {' '.join(str(error).split())[:400]}") from None
    return _write(module, source.stem, folder, examples)


def _exported(module: Any, name: str, examples: Examples) -> Any:
    import torch

    if _SCRIPT in _names(module):
        from texelflow.sources.torchscript.program import exported

        with _for_inference(module), torch.no_grad():
            return exported(module, name, examples)
    arguments, named = _arguments(examples.inputs, name)
    with _for_inference(module), torch.no_grad():
        return torch.export.export(
            module, arguments, named, dynamic_shapes=examples.dynamic_shapes, strict=False
        )


def _arguments(inputs: Any, name: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return what a module is called with, in order and by name."""
    if inputs is None:
        raise ExportError(
            f"{name} does not tell its inputs: give example_inputs=(torch.randn(1, 3, 224, 224),), say, and"
            ' dynamic_shapes={"x": {0: torch.export.Dim("batch")}} where sizes are free'
        )
    if isinstance(inputs, Mapping):
        return (), {str(key): value for key, value in inputs.items()}
    return tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,), {}


@contextmanager
def _for_inference(module: Any) -> Iterator[None]:
    """Let a module do inside of the block as it does outside of training."""
    training = [part for part in module.modules() if part.training]
    try:
        module.eval()
        yield
    finally:
        for part in training:
            part.training = True


KIND = Kind("a module or exported program of PyTorch", _takes, _write_object)
