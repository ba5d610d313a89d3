"""Real models of TF.js, SavedModel, frozen graphs and Keras against the values of their origin framework."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page

from browser_support import PageServer
from bundle_runner import Arrays, LoadedBundle
from models.reference_values import ReferenceCase, reference_cases
from texelflow.pipeline import Options, build, write


@dataclass(frozen=True, slots=True)
class Model:
    """A model of a folder of the models, and the largest error relative to the largest reference value."""

    path: str
    tolerance: float = 1e-4


MODELS = (
    Model("tfjs/abalone"),
    Model("tfjs/basic_pitch"),
    Model("tfjs/crepe"),
    Model("tfjs/darknet_tiny_imagenet"),
    Model("tfjs/doodlenet"),
    Model("tfjs/handtrack_ssd320_int8"),
    Model("tfjs/human_blazeface_front"),
    Model("tfjs/human_facemesh"),
    Model("tfjs/human_iris"),
    Model("tfjs/human_selfie"),
    Model("tfjs/nsfw_mobilenet_v2"),
    Model("tfjs/style_transformer_separable"),
    Model("tfjs/superres_x2"),
    Model("tfjs/u2net_portrait_p3_f32"),
    Model("savedmodel/basic_pitch"),
    Model("savedmodel/half_plus_two_cpu"),
    Model("savedmodel/half_plus_two_tf2"),
    Model("savedmodel/mnist_conv_dotnet"),
    Model("savedmodel/samplenet_tf2"),
    Model("tf_frozen_pb/samplenet/samplenet.pb"),
    Model("keras_h5/fer2013_mini_xception/fer2013_mini_XCEPTION.102-0.66.hdf5"),
    Model("keras_h5/keypoint_classifier/keypoint_classifier.hdf5"),
    Model("keras_h5/resnet8_cifar10/pretrainedResnet.h5"),
    Model("keras_h5/vww_96/vww_96.h5"),
    Model("keras_v3/fer2013_mini_xception/fer2013_mini_xception.keras"),
    Model("keras_v3/keypoint_classifier/keypoint_classifier.keras"),
    Model("keras_v3/resnet8_cifar10/resnet8_cifar10.keras"),
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.path)
def test_reference(
    model: Model, models_folder: Path, bundle_page: Page, page_server: PageServer, tmp_path: Path
) -> None:
    """Every case of io.npz is met; inputs and outputs are called as the origin calls them, or nearly."""
    source = models_folder / model.path
    bundle = build(source, Options())
    write(bundle, tmp_path / "bundle")
    url = page_server.mount(f"/tensorflow/{model.path}", tmp_path)
    types = {item.name: item.dtype for item in bundle.summary.inputs}
    outputs = [item.name for item in bundle.summary.outputs]
    folder = source if source.is_dir() else source.parent
    with LoadedBundle(bundle_page, f"{url}/bundle", {"poison": True}) as loaded:
        for case in reference_cases(folder):
            made = loaded.run(_feeds(case, types))
            errors = {
                name: sample.error(made[_matching(name, outputs, case.outputs)])
                for name, sample in case.outputs.items()
            }
            print(f"{model.path} {case.label}: {max(errors.values()):.1e}")
            assert max(errors.values()) <= model.tolerance, errors


def _feeds(case: ReferenceCase, types: dict[str, str]) -> Arrays:
    """Return the arrays of a case by the bundle's own names of its inputs, of their types."""
    names = {_matching(name, list(types), case.inputs): array for name, array in case.inputs.items()}
    return {name: array.astype(types[name]) for name, array in names.items()}


def _matching(name: str, names: list[str], all_names: Iterable[str]) -> str:
    """Return which of `names` is meant by one of the origin's: the same, its stem, or that in its place."""
    for candidate in (name, name.removesuffix(":0")):
        if candidate in names:
            return candidate
    return names[list(all_names).index(name)]
