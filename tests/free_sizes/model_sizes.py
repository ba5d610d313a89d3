"""Which extents of the real models are freed, and the sizes at which they run then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.model_cases import MODELS, Model

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FreeModel:
    """A model whose only input has `free` axes, by name, and shapes of that input; the first is its own."""

    model: Model
    free: dict[int, str]
    shapes: Sequence[Shape]


NCHW = {0: "batch", 2: "height", 3: "width"}
NHWC = {0: "batch", 1: "height", 2: "width"}
LISTED = {model.name: model for model in MODELS}


def _images(name: str, own: Shape, *others: Shape, channels_last: bool = False) -> FreeModel:
    """Return an image model with free batch, rows and columns."""
    model = LISTED.get(name, Model(name))
    return FreeModel(model, NHWC if channels_last else NCHW, (own, *others))


FREE_MODELS = (
    _images("squeezenet_fp16", (1, 3, 224, 224), (2, 3, 224, 224), (1, 3, 96, 128), (3, 3, 67, 90)),
    _images("squeezenet_f32_derived", (1, 3, 224, 224), (2, 3, 224, 224), (1, 3, 96, 128), (3, 3, 67, 90)),
    _images("mnist_cntk", (1, 1, 28, 28), (2, 1, 28, 28), (1, 1, 32, 28), (3, 1, 60, 36)),
    _images("mnist_mlp_onnxmlir", (1, 1, 28, 28), (2, 1, 28, 28), (1, 1, 56, 14), (1, 1, 20, 28)),
    _images("cifar10_winml", (1, 3, 32, 32), (2, 3, 32, 32), (1, 3, 64, 32), (2, 3, 16, 64)),
    FreeModel(LISTED["iris_winml"], {0: "batch", 1: "features"}, ((1, 4), (2, 4), (7, 4), (1, 5), (0, 4))),
    _images(
        "mobilenet_v1_025_224_derived",
        (1, 224, 224, 3),
        (2, 224, 224, 3),
        (1, 96, 128, 3),
        (3, 65, 90, 3),
        channels_last=True,
    ),
    _images("ultraface_rfb320", (1, 3, 240, 320), (2, 3, 240, 320), (1, 3, 96, 128), (2, 3, 64, 160)),
    _images(
        "ultraface_rfb320_simplified", (1, 3, 240, 320), (2, 3, 240, 320), (1, 3, 96, 128), (2, 3, 64, 160)
    ),
    _images("super_resolution_espcn", (1, 1, 224, 224), (2, 1, 64, 96), (1, 1, 50, 71), (3, 1, 1, 9)),
    _images(
        "selfie_landscape",
        (1, 144, 256, 3),
        (2, 144, 256, 3),
        (1, 64, 96, 3),
        (2, 96, 64, 3),
        (1, 72, 100, 3),
        channels_last=True,
    ),
    _images(
        "blazeface_front",
        (1, 128, 128, 3),
        (2, 128, 128, 3),
        (1, 64, 96, 3),
        (3, 160, 128, 3),
        channels_last=True,
    ),
    _images("facemesh_468", (1, 3, 192, 192), (2, 3, 192, 192), (1, 3, 128, 96), (2, 3, 160, 192)),
    _images("hand_landmark", (1, 3, 224, 224), (2, 3, 224, 224), (1, 3, 128, 96), (2, 3, 160, 224)),
    _images("yolox_nano", (1, 3, 416, 416), (2, 3, 416, 416), (1, 3, 96, 128), (2, 3, 64, 160)),
    _images("fastestdet", (1, 3, 352, 352), (2, 3, 352, 352), (1, 3, 96, 128), (2, 3, 64, 160)),
    _images("openseeface_lm0", (1, 3, 224, 224), (2, 3, 224, 224), (1, 3, 96, 128), (2, 3, 64, 160)),
    _images(
        "bodypix_mnv1_050_s16",
        (1, 225, 225, 3),
        (2, 97, 129, 3),
        (1, 96, 128, 3),
        (3, 65, 161, 3),
        channels_last=True,
    ),
    FreeModel(LISTED["stories260k_derived"], {0: "batch", 1: "length"}, ((1, 16), (2, 9), (1, 1), (3, 40))),
    _images("ppocr_v3_det", (1, 3, 192, 384), (1, 3, 160, 320), (2, 3, 64, 96), (1, 3, 32, 160)),
    _images("retinaface_640", (1, 3, 640, 640), (2, 3, 64, 96), (1, 3, 128, 96), (1, 3, 96, 160)),
    _images("yunet_n_320", (1, 3, 320, 320), (2, 3, 320, 320), (1, 3, 96, 128), (2, 3, 64, 160)),
)

EXCEPTIONS: dict[tuple[str, Shape], str] = {}
"""Sizes at which a model need not agree, with the reason; at most three models."""
