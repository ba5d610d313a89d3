"""What a program of torch.export should compute: PyTorch's results. Needs torch, as nothing else does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from texelflow.checking.references.refusal import RefusedByReferenceError
from texelflow.checking.samples import Array
from texelflow.errors import ExportError
from texelflow.importers import pytorch, read_model, recognised


def is_pytorch(model: Path) -> bool:
    """Whether a file is a program of torch.export."""
    return model.exists() and recognised(model) is pytorch.FORMAT


class PyTorchReference:
    """A program in PyTorch on the CPU; names are the import's.

    Raises:
        ExportError: torch is not installed, or it refuses the program.
    """

    def __init__(self, model: Path, signature: str | None = None) -> None:
        try:
            import torch
            from torch.export.pt2_archive._package import load_pt2
        except ModuleNotFoundError:
            raise ExportError(
                f"{model} is one of the {pytorch.FORMAT.name}, which PyTorch is needed to compare with (it is"
                " not needed to export): pip install torch"
            ) from None
        self._model, self._torch = model, torch
        graph = read_model(model, signature=signature)
        states = {value for pair in graph.states.items() for value in pair}
        self._inputs, self._outputs = (
            [value.name for value in values if value not in states]
            for values in (graph.inputs, graph.outputs)
        )
        try:
            if signature is None:
                program = torch.export.load(model)
            else:
                program = load_pt2(str(model)).exported_programs[signature]
            self._module: Any = program.module()
            self._named = list(program.graph_signature.user_inputs)
            self._spec = program.call_spec.in_spec
        except Exception as error:  # PyTorch's own exceptions have no common type
            raise ExportError(f"PyTorch refuses {model}: {error}") from None

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Return the outputs by name; raise RefusedByReferenceError for the inputs."""
        torch = self._torch
        tree = torch.utils._pytree
        try:
            given = [
                torch.from_numpy(np.array(inputs[str(name)])) if str(name) in inputs else name
                for name in self._named
            ]
            arguments, named = tree.tree_unflatten(given, self._spec)
            with torch.no_grad():
                made = tree.tree_leaves(self._module(*arguments, **named))
        except Exception as error:
            raise RefusedByReferenceError("PyTorch", self._model, error) from None
        tensors = [value for value in made if isinstance(value, torch.Tensor)]
        return {name: value.numpy() for name, value in zip(self._outputs, tensors, strict=True)}
