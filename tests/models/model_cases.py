"""The real models that Texelflow must run, and how closely."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Model:
    """A folder of TEXELFLOW_MODELS/onnx; `tolerance` is the largest error relative to the largest reference
    value.

    `channel_axis` of an output: its channels are different quantities, so each is compared for itself.
    """

    name: str
    tolerance: float = 1e-4
    channel_axis: int | None = None
    logits: bool = False
    classes: tuple[tuple[str, str], ...] = ()


IMAGENET = (("cat", "Egyptian cat"), ("coffee", "espresso"))

MODELS = (
    Model("squeezenet_fp16", 2e-3, logits=True, classes=IMAGENET),
    Model("squeezenet_f32_derived", logits=True, classes=IMAGENET),
    Model("mnist_cntk"),
    Model("mnist_mlp_onnxmlir", logits=True),
    Model("cifar10_winml"),
    Model("iris_winml"),
    Model("mobilenet_v1_025_224_derived", logits=True, classes=IMAGENET),
    Model("ultraface_rfb320", logits=True, channel_axis=2),
    Model("ultraface_rfb320_simplified", logits=True, channel_axis=2),
    Model("super_resolution_espcn"),
    Model("selfie_landscape"),
    Model("blazeface_front"),
    Model("facemesh_468"),
    Model("hand_landmark", 2e-3),
    Model("yolox_nano", channel_axis=2),
    Model("fastestdet", channel_axis=1),
    Model("openseeface_lm0", channel_axis=1),
    Model("bodypix_mnv1_050_s16"),
    Model("ppocr_v3_det"),
    Model("stories260k_derived"),
    Model("basic_pitch"),
    Model("dtln_1"),
    Model("point_history_lstm"),
    Model("yolov8_nms"),
)
