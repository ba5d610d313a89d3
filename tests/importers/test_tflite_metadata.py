"""What a TensorFlow Lite model says of itself: pictures, their normalisation, labels in an archive."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from tflite_models.builder import ModelMaker, Scale

from texelflow.pipeline import ImageOptions, Options, build


def table(builder: flatbuffers.Builder, fields: dict[int, object]) -> int:
    """A table by its slots: texts, floats in tuples, tables in lists, tables, and bytes as numbers."""
    made: dict[int, int] = {}
    for slot, value in fields.items():
        if isinstance(value, str):
            made[slot] = builder.CreateString(value)
        elif isinstance(value, tuple):
            made[slot] = builder.CreateNumpyVector(np.array(value, np.float32))
        elif isinstance(value, dict):
            made[slot] = table(builder, value)
        elif isinstance(value, list):
            parts = [table(builder, each) for each in value]
            builder.StartVector(4, len(parts), 4)
            for part in reversed(parts):
                builder.PrependUOffsetTRelative(part)
            made[slot] = builder.EndVector()
    builder.StartObject(8)
    for slot, value in fields.items():
        if slot in made:
            builder.PrependUOffsetTRelativeSlot(slot, made[slot], 0)
        elif isinstance(value, np.uint32):
            builder.PrependUint32Slot(slot, int(value), 0)
        else:
            builder.PrependUint8Slot(slot, value, 0)
    return int(builder.EndObject())


def written(maker: ModelMaker, taken: dict[int, object]) -> bytes:
    """A classifier with what is said of its input, its labels in an archive at its end."""
    classes = {6: [{0: "labels.txt", 2: 2}]}
    builder = flatbuffers.Builder(0)
    builder.Finish(table(builder, {0: "named", 3: [{2: [taken], 3: [classes]}]}), b"M001")
    entry = schema.MetadataT()
    entry.name, entry.buffer = b"TFLITE_METADATA", maker.buffer(bytes(builder.Output()))
    maker.model.metadata = [entry]
    archive = io.BytesIO(maker.content())
    with zipfile.ZipFile(archive, "a") as files:
        files.writestr("labels.txt", "cat\ndog\nowl\n")
    return archive.getvalue()


def with_metadata(dtype: str) -> bytes:
    """A classifier of pictures that says so."""
    maker = ModelMaker()
    graph = maker.main
    scale = Scale([0.5], [0]) if dtype == "uint8" else None
    x, y = graph.input("x", dtype, (1, 4, 4, 3), scale=scale), graph.output("y", dtype, (1, 3), scale=scale)
    axes = graph.constant(np.array([1, 2], np.int32))
    graph.add("MEAN", [x, axes], [y], "ReducerOptions", keepDims=False)
    picture = {
        3: {0: 2, 1: {0: 1}},
        4: [{0: 1, 1: {0: (127.5,), 1: (127.5,)}}],
    }
    return written(maker, picture)


def of_sounds(rate: int, channels: int, shape: tuple[int, ...]) -> bytes:
    """A classifier of sounds that says so: of the first three samples."""
    maker = ModelMaker()
    graph = maker.main
    ones = [1] * (len(shape) - 1)
    x, y = graph.input("x", "float32", shape), graph.output("y", "float32", (3,))
    begin, size = (graph.constant(np.array(each, np.int32)) for each in ([0] * len(shape), [*ones, 3]))
    part = graph.tensor("part", "float32", (*ones, 3))
    graph.add("SLICE", [x, begin, size], [part])
    graph.add("RESHAPE", [part, graph.constant(np.array([3], np.int32))], [y])
    return written(maker, {3: {0: 4, 1: {0: np.uint32(rate), 1: np.uint32(channels)}}})


@pytest.mark.parametrize(("dtype", "mean", "deviation"), [("float32", 0.5, 0.5), ("uint8", 0.0, 1 / 255)])
def test_metadata(dtype: str, mean: float, deviation: float, tmp_path: Path) -> None:
    """Pictures are normalised as the model says, whole numbers not; outputs have their labels."""
    path = tmp_path / "model.tflite"
    path.write_bytes(with_metadata(dtype))
    content = build(path, Options()).graph_file
    image = content["inputs"][0]["image"]
    assert image["mean"] == pytest.approx([mean] * 3)
    assert image["deviation"] == pytest.approx([deviation] * 3)
    assert content["outputs"][0]["meaning"]["labels"] == ["cat", "dog", "owl"]
    given = build(path, Options(image=ImageOptions(mean=(0.25,) * 3, deviation=(1.0,) * 3))).graph_file
    assert given["inputs"][0]["image"]["mean"] == [0.25] * 3


@pytest.mark.parametrize(
    ("rate", "channels", "shape", "known"),
    [
        (16000, 1, (15600,), True),
        (44100, 1, (1, 4096), True),
        (16000, 2, (15600,), False),
        (0, 1, (15600,), False),
        (16000, 1, (2, 4096), False),
    ],
)
def test_sounds(rate: int, channels: int, shape: tuple[int, ...], known: bool, tmp_path: Path) -> None:
    """Samples of one channel are a sound at the rate that is said; others stay numbers."""
    path = tmp_path / "model.tflite"
    path.write_bytes(of_sounds(rate, channels, shape))
    content = build(path, Options()).graph_file
    role = {"role": {"kind": "sound", "rate": rate}}
    assert content["inputs"][0].get("meaning") == (role if known else None)
    assert content["outputs"][0]["meaning"]["role"] == {"kind": "classes"}
