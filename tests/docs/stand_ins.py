"""Small models under the names that the documents give to those of their readers."""

from __future__ import annotations

import json
import math
import shutil
import struct
import sys
import wave
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from PIL import Image

import texelflow
from browser_support import REPOSITORY

TESTS = REPOSITORY / "tests"
IMPORTERS = TESTS / "importers"
sys.path += [str(IMPORTERS), str(IMPORTERS / "tensorflow_files"), str(IMPORTERS / "pytorch_files")]

import packed_arrays
import packed_files
from task_models import BUNDLES as TASK_BUNDLES
from task_models import LABELS, write_task_models
from tflite_models.random_nets import RandomNet

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'

CLASSIFIER = """
network (float[1, 3, 32, 32] image) => (float[1, 4] scores)
    <float[3, 4] table = {1, 0, 0, 0.3, 0, 1, 0, 0.3, 0, 0, 1, 0.3}>
{
    pooled = GlobalAveragePool(image)
    vector = Flatten(pooled)
    scores = MatMul(vector, table)
}"""

TEXTS = {
    "classifier": CLASSIFIER,
    "mobilenet": CLASSIFIER,
    "resnet50": CLASSIFIER,
    "caffe": CLASSIFIER,
    # A box of the second class in the middle, half as wide and high as a picture of 4:3 is there.
    "detector": """
network (float[1, 3, 320, 320] image) => (float[1, 1, 4] boxes, float[1, 1, 2] scores)
    <float[1, 1, 4] box = {160, 160, 160, 120}, float[1, 1, 2] classes = {0.1, 0.9}, float none = {0}>
{
    mean = ReduceMean<keepdims = 0>(image)
    nothing = Mul(mean, none)
    boxes = Add(box, nothing)
    scores = Add(classes, nothing)
}""",
    "parts": """
network (float[1, 3, 16, 16] image) => (float[1, 1, 16, 16] mask, float[1, 3, 16, 16] heatmaps)
{
    mask = ReduceMean<axes = [1], keepdims = 1>(image)
    heatmaps = Relu(image)
}""",
    # Offsets of nothing everywhere, and equal scores: one face with six points wins at each place.
    "anchored": """
network (float[1, 3, 128, 128] image) => (float[1, 896, 16] regressors, float[1, 896, 1] classificators)
    <int64[3] moves = {1, 896, 16}, int64[3] places = {1, 896, 1}, float none = {0}>
{
    mean = ReduceMean<keepdims = 0>(image)
    nothing = Mul(mean, none)
    regressors = Expand(nothing, moves)
    classificators = Expand(mean, places)
}""",
    "points": """
network (float[1, 3, 192, 192] image) => (float[1, 2] points)
    <float[1, 2] middle = {96, 96}, float none = {0}>
{
    mean = ReduceMean<keepdims = 0>(image)
    nothing = Mul(mean, none)
    points = Add(middle, nothing)
}""",
    "style": """
network (float[1, 3, 64, 64] image) => (float[1, 3, 64, 64] picture) <float one = {1}>
{
    picture = Sub(one, image)
}""",
    "speech": """
network (float[1, count] samples) => (float[1, 1] loudness)
{
    magnitudes = Abs(samples)
    loudness = ReduceMean<axes = [1], keepdims = 1>(magnitudes)
}""",
    "detector_of_speech": """
network (float[1, 512] input, float[1, 4] state) => (float[1, 1] probability, float[1, 4] stateN)
    <float half = {0.5}, float[1, 4] weights = {1, 1, 1, 1}>
{
    magnitudes = Abs(input)
    loudness = ReduceMean<axes = [1], keepdims = 1>(magnitudes)
    new = Mul(loudness, weights)
    old = Mul(state, half)
    stateN = Add(old, new)
    mean = ReduceMean<axes = [1], keepdims = 1>(stateN)
    probability = Sigmoid(mean)
}""",
    "silero_vad": """
network (float[batch, length] input, float[2, batch, 128] state, int64 sr)
    => (float[batch, 1] output, float[2, batch, 128] stateN) <float half = {0.5}, float none = {0}>
{
    magnitudes = Abs(input)
    loudness = ReduceMean<axes = [1], keepdims = 1>(magnitudes)
    rate = Cast<to = 1>(sr)
    nothing = Mul(rate, none)
    louder = Add(loudness, nothing)
    output = Sigmoid(louder)
    stateN = Mul(state, half)
}""",
    "memory": """
network (float[1, 3] x, float[1, 3] h) => (float[1, 3] y, float[1, 3] hn)
{
    hn = Add(x, h)
    y = Neg(hn)
}""",
    "filter": """
network (float[1, 3, height, width] image) => (float[1, 1, top, left] edges)
    <float[1, 3, 3, 3] kernel =
        {0, 1, 0, 1, -4, 1, 0, 1, 0, 0, 1, 0, 1, -4, 1, 0, 1, 0, 0, 1, 0, 1, -4, 1, 0, 1, 0}>
{
    edges = Conv(image, kernel)
}""",
    "large": "network (float[1, 3, 224, 224] x) => (float[1, 3, 224, 224] y) { y = Relu(x) }",
    "fixed": "network (float[1, 4] x) => (float[1, 4] y) { y = Relu(x) }",
    "first": """
network (float[4] x, int64[1] count) => (float[number] y) <int64[1] zero = {0}>
{
    y = Slice(x, zero, count)
}""",
    "odd": "network (float[2] x) => (float[2] y) { y = NoSuchOperator(x) }",
    "unknown": "network (float[2] x) => (float[2] y) { y = NoSuchOperator(x) }",
    "tokens": """
network (int64[1, length] tokens) => (float[1, length, 3] logits)
    <float[3] row = {1, 2, 3}, int64[1] last = {-1}>
{
    numbers = Cast<to = 1>(tokens)
    column = Unsqueeze(numbers, last)
    logits = Mul(column, row)
}""",
    "language": """
network (int64[1, length] input_ids) => (float[1, length, 6] logits)
    <float[6] row = {1, 2, 3, 5, 2, 1}, int64[1] last = {-1}>
{
    numbers = Cast<to = 1>(input_ids)
    column = Unsqueeze(numbers, last)
    logits = Mul(column, row)
}""",
}
"""Models in ONNX's text form."""

LAYERS_MODEL = {
    "format": "layers-model",
    "modelTopology": {
        "model_config": {
            "class_name": "Sequential",
            "config": [
                {
                    "class_name": "GlobalAveragePooling2D",
                    "config": {
                        "name": "mean",
                        "batch_input_shape": [None, 32, 32, 3],
                        "dtype": "float32",
                        "data_format": "channels_last",
                    },
                }
            ],
        }
    },
    "weightsManifest": [],
}
"""A model of TensorFlow.js."""

BUNDLES: dict[str, dict[str, object]] = {
    "classifier": {"image": "imagenet", "labels": "labels.txt"},
    "detector": {
        "image": "0..1,fit=contain",
        "meanings": {"boxes": "boxes,form=centre,unit=pixel", "scores": "boxes,part=scores"},
    },
    "parts": {"image": "0..1", "meanings": {"mask": "mask", "heatmaps": "keypoints,part=heatmaps"}},
    "anchored": {"image": "0..1"},
    "points": {"image": "0..1"},
    "style": {"image": "0..1", "meanings": {"picture": "picture"}},
    "memory": {},
    "tokens": {},
    "language": {},
    "encoder": {"meanings": {"states": "embedding"}},
}
"""Those that a document takes for exported, with the options of that."""


def write(folder: Path) -> None:
    """Write all models, and what belongs to them."""
    for name, text in TEXTS.items():
        (folder / f"{name}.onnx").write_bytes(onnx.parser.parse_model(HEAD + text).SerializeToString())
    shutil.copy(folder / "large.onnx", folder / "model.onnx")
    shutil.copy(folder / "anchored.onnx", folder / "face.onnx")
    for name in ("labels.txt", "imagenet.txt"):
        (folder / name).write_text("red\ngreen\nblue\ngray\n", encoding="utf-8")
    Image.new("RGB", (64, 48), (0, 255, 0)).save(folder / "photo.png")
    for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255)):
        photos = folder / "photos" / ("red", "green", "blue")[colour.index(255)]
        photos.mkdir(parents=True)
        Image.new("RGB", (40, 40), colour).save(photos / "photo.png")
    Image.new("RGB", (64, 16), (255, 255, 255)).save(folder / "line.png")
    write_sound(folder / "speech.wav")
    for name in ("dog.wav", "song.wav"):
        shutil.copy(folder / "speech.wav", folder / name)
    write_network(folder / "network.onnx", {"first": (64, 256), "second": (256, 10)})
    np.savez(folder / "labelled.npz", x=np.eye(3, 64, dtype=np.float32), labels=np.arange(3))
    write_encoder(folder / "encoder.onnx")
    (folder / "tasks").mkdir()
    write_task_models(folder / "tasks")
    for name in ("word_pieces", "byte_pairs"):
        shutil.copytree(TESTS / "text" / "tokenizers" / name, folder / name)
    shutil.copytree(folder / "byte_pairs", folder / "tokenizer")
    shutil.copy(IMPORTERS / "gguf_files" / "quantised.gguf", folder / "model.gguf")
    (folder / "network.tflite").write_bytes(RandomNet(50, "float32").content(10))
    tensorflow = packed_arrays.load(IMPORTERS / "tensorflow_files" / "models.json.xz")
    for key in (key for key in tensorflow if key.startswith("modern/files/")):
        path = folder / "saved_model" / key.removeprefix("modern/files/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tensorflow[key].tobytes())
    (folder / "model.json").write_text(json.dumps(LAYERS_MODEL), encoding="utf-8")
    keras = packed_arrays.load(IMPORTERS / "tensorflow_files" / "keras.json.xz")
    (folder / "network.keras").write_bytes(keras["keras3_flat/files/keras"].tobytes())
    programs, _ = packed_files.load(IMPORTERS / "pytorch_files" / "networks.tar.xz")
    (folder / "network.pt2").write_bytes(programs[min(programs)])


def write_bundles(models: Path, folder: Path) -> None:
    """Export the models that documents take for exported, each to a folder of its name."""
    for name, options in BUNDLES.items():
        labels = options.get("labels")
        given = {**options, **({"labels": models / str(labels)} if labels else {})}
        texelflow.export(models / f"{name}.onnx", folder / name, **given)
    tasks = models / "tasks"
    for name, options in TASK_BUNDLES.items():
        given = {**options, **({"labels": tasks / f"{name}.txt"} if name in LABELS else {})}
        texelflow.export(tasks / f"{name}.onnx", folder / name, **given)


def write_sound(path: Path) -> None:
    """Write a second of a tone of 440 Hz, half as loud as can be."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        tone = [round(16384 * math.sin(2 * math.pi * 440 * i / 16000)) for i in range(16000)]
        file.writeframes(struct.pack(f"<{len(tone)}h", *tone))


def write_network(path: Path, shapes: dict[str, tuple[int, int]]) -> None:
    """Write a network of two layers with seeded weights."""
    text = """network (float[1, 64] x) => (float[1, 10] y)
    {
        raw = MatMul(x, first)
        positive = Relu(raw)
        y = MatMul(positive, second)
    }"""
    chance = np.random.default_rng(1)
    model = onnx.parser.parse_model(HEAD + text)
    for name, shape in shapes.items():
        array = chance.standard_normal(shape).astype(np.float32)
        model.graph.initializer.append(numpy_helper.from_array(array, name))
    path.write_bytes(model.SerializeToString())


def write_encoder(path: Path) -> None:
    """Write a network that gives each token a row of numbers."""
    text = """
    network (int64[1, length] input_ids, int64[1, length] attention_mask) => (float[1, length, 8] states)
        <int64[1] last = {-1}>
    {
        rows = Gather(table, input_ids)
        numbers = Cast<to = 1>(attention_mask)
        column = Unsqueeze(numbers, last)
        states = Mul(rows, column)
    }"""
    model = onnx.parser.parse_model(HEAD + text)
    table = np.random.default_rng(2).standard_normal((1000, 8)).astype(np.float32)
    model.graph.initializer.append(numpy_helper.from_array(table, "table"))
    path.write_bytes(model.SerializeToString())
