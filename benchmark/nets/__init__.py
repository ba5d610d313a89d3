"""The nets of the benchmark, each in a file of its own, in the order of the tables."""

from __future__ import annotations

from collections.abc import Callable

from nets import (
    efficientnet_lite0,
    gpt2_step,
    minilm,
    mobilenetv2,
    resnet50,
    squeezenet,
    style_transfer,
    unet,
    yolov8n,
)
from nets.builder import NetBuilder

NETS: dict[str, Callable[[], NetBuilder]] = {
    "mobilenetv2": mobilenetv2.build,
    "squeezenet": squeezenet.build,
    "efficientnet_lite0": efficientnet_lite0.build,
    "resnet50": resnet50.build,
    "minilm": minilm.build,
    "yolov8n": yolov8n.build,
    "style_transfer": style_transfer.build,
    "unet": unet.build,
    "gpt2_step": gpt2_step.build,
}
"""Builders by the names that the command line takes."""
