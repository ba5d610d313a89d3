"""Real TensorFlow Lite models against what LiteRT computed, in the browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from playwright.sync_api import Page

from browser_support import PageServer
from bundle_runner import Series, run_series
from models.reference_values import ReferenceCase, Sample, reference_cases
from texelflow.pipeline import Options, build, write


@dataclass(frozen=True, slots=True)
class Model:
    """A folder of TEXELFLOW_MODELS/tflite.

    `tolerance` is the largest error of floats relative to the largest reference value; `steps` that of
    quantised outputs, in whole numbers; `classes` says that the largest score must be the same one. Of
    detections only the first `leading` are compared: others of one score may change places.

    LiteRT's own kernels (plain ones, and XNNPACK's, which run by default) differ from each other on quantised
    models, since a step more or less in an early layer moves others: by 4 steps on the first MobileNet, by 4
    on the second, by a third of the largest coordinate for a point that MoveNet is not sure of, by 0.07 in
    YAMNet's scores. Weights of 8 bits beside floats (kws) are exact here; LiteRT rounds both operands.
    """

    name: str
    tolerance: float = 1e-4
    steps: int = 1
    classes: bool = False
    leading: int | None = None


MODELS = (
    Model("ad01_float"),
    Model("basic_pitch"),
    Model("deeplabv3_257_float"),
    Model("dtln_1"),
    Model("hello_world_float"),
    Model("keras_lstm_mnist_ptq", classes=True),
    Model("kws_dscnn_float", 0.02, classes=True),
    Model("mediapipe_face_landmark"),
    Model("mediapipe_face_short_range"),
    Model("mediapipe_hand_landmark_lite"),
    Model("mediapipe_pose_landmark_lite"),
    Model("micro_speech_quant", classes=True),
    Model("mobilenet_v1_025_128_quant", steps=8, classes=True),
    Model("mobilenet_v1_025_224_float", classes=True),
    Model("mobilenet_v2_100_224_quant", steps=4, classes=True),
    Model("movenet_lightning_ptq", 0.4),
    Model("nl_classifier_movie_review", classes=True),
    Model("resnet8_cifar10_float", classes=True),
    Model("selfie_mlkit_256_f16"),
    Model("ssd_mobilenet_v1_coco_quant", 0.02, leading=1),
    Model("superres_x2"),
    Model("vww_96_int8", classes=True),
    Model("yamnet", 0.11, classes=True),
    Model("yolox_nano_f16"),
)


@pytest.fixture(scope="module")
def tflite_file(models_folder: Path) -> Callable[[str], Path]:
    """The file of a model by name."""

    def find(name: str) -> Path:
        (path,) = (models_folder / "tflite" / name).glob("*.tflite")
        return path

    return find


def error_of(model: Model, sample: Sample, actual: np.ndarray) -> float:
    """The largest difference: in whole numbers of a quantised output, else relative to the largest."""
    if model.leading is not None and sample.stride == 1 and len(sample.shape) > 1:
        kept = sample.values.reshape(sample.shape)[:, : model.leading]
        return Sample(kept, kept.shape, 1).error(actual[:, : model.leading])
    if sample.values.dtype.kind not in "iu":
        return sample.error(actual)
    assert actual.shape == sample.shape
    assert actual.dtype == sample.values.dtype
    taken = actual.ravel()[:: sample.stride].astype(np.int64)
    return float(np.abs(taken - sample.values.ravel().astype(np.int64)).max(initial=0))


def limit_of(model: Model, sample: Sample) -> float:
    """What the error may be at most."""
    return model.steps if sample.values.dtype.kind in "iu" else model.tolerance


def wrong(model: Model, case: ReferenceCase, outputs: dict[str, np.ndarray]) -> list[str]:
    """What is not as it should be."""
    found = []
    for name, sample in case.outputs.items():
        error = error_of(model, sample, outputs[name])
        print(f"tflite  {model.name:32} {case.label:20} {name:40} {error:.3g}")
        if error > limit_of(model, sample):
            found.append(f"{case.label}: {name} is off by {error}")
        if (
            model.classes
            and sample.stride == 1
            and int(outputs[name].argmax()) != int(sample.values.argmax())
        ):
            found.append(f"{case.label}: {name} has another largest score")
    return found


def reference_of(source: Path) -> list[ReferenceCase]:
    """The cases beside a model; where there are none, what LiteRT computes here of random numbers."""
    if (source.parent / "io.npz").is_file():
        return list(reference_cases(source.parent))
    interpreter = Interpreter(str(source))
    interpreter.allocate_tensors()
    inputs = {}
    for detail in interpreter.get_input_details():
        inputs[detail["name"]] = np.random.default_rng(0).uniform(0, 1, detail["shape"]).astype(np.float32)
        interpreter.set_tensor(detail["index"], inputs[detail["name"]])
    interpreter.invoke()
    outputs = {}
    for detail in interpreter.get_output_details():
        array = interpreter.get_tensor(detail["index"])
        outputs[detail["name"]] = Sample(array, array.shape, 1)
    return [ReferenceCase("random", inputs, outputs)]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_reference(
    model: Model,
    tflite_file: Callable[[str], Path],
    page_server: PageServer,
    bundle_page: Page,
    tmp_path: Path,
) -> None:
    """Every case of io.npz agrees with LiteRT."""
    source = tflite_file(model.name)
    bundle = build(source, Options())
    write(bundle, tmp_path / "bundle")
    url = page_server.mount(f"/tflite/{model.name}", tmp_path) + "/bundle"
    cases = reference_of(source)
    if bundle.graph_file["states"]:  # each case is a first run: what a model remembers is none of it
        answers = [
            answer for [answer] in run_series(bundle_page, [Series(url, [case.inputs]) for case in cases])
        ]
    else:
        [answers] = run_series(bundle_page, [Series(url, [case.inputs for case in cases])])
    problems = []
    for case, answer in zip(cases, answers, strict=True):
        assert answer.error is None, answer.error
        problems += wrong(model, case, dict(answer.outputs))
    assert not problems, "\n".join(problems)


def test_draws(tflite_file: Callable[[str], Path], source_of: Callable[[str], Path]) -> None:
    """The same network takes as many draws with its channels last as with its channels first."""
    counts = []
    sources = (tflite_file("mobilenet_v1_025_224_float"), source_of("mobilenet_v1_025_224_derived"))
    for source in sources:
        plan = build(source, Options()).graph_file["plans"]["webgl2"]
        counts.append((len(plan["entries"]["predict"]), len(plan["load"]), len(plan["programs"])))
    for last, first in zip(*counts, strict=True):
        assert last <= 1.1 * first
