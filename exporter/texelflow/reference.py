"""What a model should compute: ONNX Runtime's results. Needs onnx and onnxruntime (`texelflow[verify]`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from texelflow.errors import ExportError
from texelflow.samples import Array


def reference_values(model: Path, inputs: Mapping[str, Array], every_value: bool = False) -> dict[str, Array]:
    """Run `model` with ONNX Runtime on the CPU; return its outputs by name, in the model's order.

    With `every_value` the results of all nodes are returned too (not those inside subgraphs).

    Raises:
        ExportError: the packages are missing, or ONNX Runtime refuses the model or the inputs.
    """
    try:
        import onnxruntime
    except ImportError:
        raise ExportError("this needs ONNX Runtime: pip install 'texelflow[verify]'") from None
    if not model.is_file():
        raise ExportError(f"{model} does not exist")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        source: str | bytes = _with_every_value(model) if every_value else str(model)
        session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        values = session.run(names, dict(inputs))
    except ExportError:
        raise
    except Exception as error:  # ONNX Runtime's own exceptions have no common type
        raise ExportError(f"ONNX Runtime cannot run {model}: {error}") from None
    return {name: value for name, value in zip(names, values, strict=True) if isinstance(value, np.ndarray)}


def _with_every_value(path: Path) -> bytes:
    """Return the model serialised with the result of every node among its outputs."""
    import onnx

    model: Any = onnx.load(str(path))
    present = {output.name for output in model.graph.output}
    for node in model.graph.node:
        for name in node.output:
            if name and name not in present:
                present.add(name)
                model.graph.output.append(onnx.ValueInfoProto(name=name))
    return bytes(model.SerializeToString())
