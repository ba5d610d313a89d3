"""A ModelProto of the onnx package, recognised by its methods, so that onnx is not imported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from texelflow.errors import ExportError
from texelflow.sources.companions import companions
from texelflow.sources.live import Examples, Kind


def _takes(source: object) -> bool:
    return callable(getattr(source, "SerializeToString", None)) and hasattr(source, "opset_import")


def _write(source: Any, folder: Path, _examples: Examples) -> Path:
    path = folder / "model.onnx"
    try:
        path.write_bytes(source.SerializeToString())
    except OSError:
        raise
    except Exception as error:  # protobuf's, of several libraries
        raise ExportError(
            f"the ModelProto cannot be written ({error}); where it has 2 GiB or more, use onnx.save with"
            " save_as_external_data=True and give the file"
        ) from None
    if files := companions(path, path.name):
        raise ExportError(
            f"the weights of the ModelProto are not in it, but in {', '.join(files[:3])}: load them by"
            " onnx.load_external_data_for_model, or give the path of the model's file"
        )
    return path


KIND = Kind("an onnx ModelProto", _takes, _write)
