"""Objects in Python that are models: bytes, open files, ModelProtos, estimators of scikit-learn."""

from __future__ import annotations

import importlib.util
import io
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from small_models import make_model, model_bytes

import texelflow
from texelflow import ExportError

MODEL = model_bytes()


def provenance(directory: Path) -> dict[str, object]:
    return dict(json.loads((directory / "graph.json").read_text())["provenance"])


def test_each_object_gives_the_bundle_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(MODEL)
    texelflow.export(file, tmp_path / "expected")
    expected = provenance(tmp_path / "expected")
    with file.open("rb") as opened:
        sources = {
            "model": MODEL,
            "net.onnx": opened,
            "model.onnx": make_model()[0],
        }
        for name, source in sources.items():
            summary = texelflow.export(source, tmp_path / f"bundle_{name}", name="net")
            assert summary.parameters == 600
            found = provenance(tmp_path / f"bundle_{name}")
            assert found["source"] == name
            if name != "model.onnx":
                assert found["sha256"] == expected["sha256"]
    for buffer in (bytearray(MODEL), memoryview(MODEL), io.BytesIO(MODEL)):
        assert texelflow.inspect(buffer).parameters == 600
    assert texelflow.convert(MODEL, tmp_path / "again.onnx") == [tmp_path / "again.onnx"]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (io.StringIO("text"), "open it with mode 'rb'"),
        (b"", "is empty"),
        (b"damaged", "model is not an ONNX model"),
        (3, "a model is a path, an address, or one of"),
        (None, "not builtins.NoneType"),
        (make_model(location="net.data")[0], "are not in it, but in net.data"),
    ],
)
def test_refusals(source: object, says: str) -> None:
    with pytest.raises(ExportError, match=says.replace("(", r"\(")) as raised:
        texelflow.inspect(source)
    assert "/tmp" not in str(raised.value)


def test_models_that_cannot_be_written() -> None:
    class TooLarge:
        opset_import = ()

        def SerializeToString(self) -> bytes:  # noqa: N802 - as protobuf names it
            raise ValueError("2 GiB")

    with pytest.raises(ExportError, match="save_as_external_data"):
        texelflow.inspect(TooLarge())


def test_estimators_say_what_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    with pytest.raises(ExportError, match="pip install skl2onnx"):
        texelflow.inspect(LinearRegression(), input_shapes={"X": ["batch", 3]})


@pytest.mark.skipif(importlib.util.find_spec("skl2onnx") is None, reason="skl2onnx is not installed")
def test_estimators(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    x = random.standard_normal((60, 4)).astype(np.float32)
    classes = (x[:, 0] + x[:, 1] > 0).astype(np.int64)
    estimators = [
        LinearRegression().fit(x, x @ [1, 2, 3, 4]),
        make_pipeline(StandardScaler(), LogisticRegression()).fit(x, classes),
    ]
    import onnxruntime

    for estimator in estimators:
        with pytest.raises(ExportError, match=r'give input_shapes={"X": \["batch", 4\]}'):
            texelflow.inspect(estimator)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shapes: dict[str, list[int | str]] = {"X": ["batch", 4]}
            texelflow.export(estimator, tmp_path / type(estimator).__name__, input_shapes=shapes)
            (file,) = texelflow.convert(estimator, tmp_path / "net.onnx", input_shapes=shapes, force=True)
        outputs = onnxruntime.InferenceSession(file).run(None, {"X": x})
        expected = estimator.predict(x)
        assert np.allclose(np.squeeze(outputs[0]), expected, rtol=1e-4, atol=1e-4)
        found = provenance(tmp_path / type(estimator).__name__)
        assert found["source"] == f"{type(estimator).__name__}.onnx"
    with pytest.raises(ExportError, match="skl2onnx cannot convert LinearRegression"):
        texelflow.inspect(LinearRegression(), input_shapes={"X": ["batch", 4]})
