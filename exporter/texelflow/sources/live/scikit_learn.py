"""A fitted estimator or pipeline of scikit-learn, through skl2onnx."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from texelflow.errors import ExportError
from texelflow.sources.live import Examples, Kind


def _takes(source: object) -> bool:
    is_estimator = all(callable(getattr(source, name, None)) for name in ("fit", "get_params"))
    return is_estimator and any(
        base.__module__.partition(".")[0] == "sklearn" for base in type(source).__mro__
    )


def _write(source: Any, folder: Path, examples: Examples) -> Path:
    shapes = examples.input_shapes
    try:
        import skl2onnx
        from skl2onnx.common.data_types import FloatTensorType
    except ImportError:
        raise ExportError(
            "an estimator of scikit-learn becomes ONNX by skl2onnx: pip install skl2onnx"
        ) from None
    name = type(source).__name__
    if not shapes:
        columns = getattr(source, "n_features_in_", "N")
        raise ExportError(f'{name} does not tell its inputs: give input_shapes={{"X": ["batch", {columns}]}}')
    types = [
        (input_name, FloatTensorType([extent if isinstance(extent, int) else None for extent in shape]))
        for input_name, shape in shapes.items()
    ]
    options = (
        {"zipmap": False} if hasattr(source, "predict_proba") else {}
    )  # else scores are maps, not tensors
    try:
        model = skl2onnx.to_onnx(
            source, initial_types=types, options=options, target_opset={"": 17, "ai.onnx.ml": 3}
        )
    except Exception as error:  # of skl2onnx and of scikit-learn, such as NotFittedError
        text = " ".join(str(error).split())[:400]
        raise ExportError(f"skl2onnx cannot convert {name} ({type(error).__name__}: {text})") from None
    path = folder / f"{name}.onnx"
    path.write_bytes(model.SerializeToString())
    return path


KIND = Kind("a fitted estimator of scikit-learn", _takes, _write)
