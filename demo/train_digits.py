"""Trains the demo's digit classifier on scikit-learn's bundled digits and writes `models/digits.onnx`,
`digits.json` and `digit_samples.json`.

Run it as `python demo/train_digits.py` (about four minutes on four cores); it needs numpy, scipy,
scikit-learn and onnx. The result depends on the seed alone, up to the rounding of the machine's matrix
products.

The data set is not shuffled: neighbouring images are mostly by one writer. The last fifth, which is held
back, is so mostly the hand of people whom the network has never seen, a harder test than a shuffled split.
It is looked at only after the last step: variations and drawn shapes were chosen by how well drawings on
the page are read.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from training.digit_augmentation import FINE_SIDE, enlarge, vary
from training.digit_network import (
    CHANNELS,
    CLASSES,
    HIDDEN,
    SIDE,
    Adam,
    forward,
    gradients,
    initial_parameters,
)
from training.drawn_digits import drawings

Array = npt.NDArray[np.float32]

DATA = "scikit-learn load_digits, 1797 images of 8x8 (UCI Optical Recognition of Handwritten Digits)"
SEED = 20261123
HELD_BACK = 360
EPOCHS = 120
BATCH = 128
PEAK_RATE = 3e-3
DECAY = 0.02
DRAWN_EACH = 40
"""Drawings of each shape in `training/drawn_digits.py` that join the data set's digits in training."""
SMOOTHING = 0.05
"""Share of the target spread over all classes: keeps the bars from claiming certainty."""
MODELS = Path(__file__).parent / "models"


def load() -> tuple[Array, npt.NDArray[np.int64]]:
    """All 1797 digits: images [1797, 8, 8] from 0 to 1, float32, and their classes [1797]."""
    digits = load_digits()
    return (digits.images / 16).astype(np.float32), digits.target.astype(np.int64)


def train(images: Array, classes: npt.NDArray[np.int64]) -> dict[str, Array]:
    """Trains on the images [N, 8, 8] and some drawings, varied afresh in every epoch.

    Returns:
        The running average of the parameters, which reads better than their last state.
    """
    generator = np.random.default_rng(SEED)
    drawn, drawn_classes = drawings(DRAWN_EACH, FINE_SIDE, generator)
    fine = np.concatenate([np.stack([enlarge(image) for image in images]), drawn])
    classes = np.concatenate([classes, drawn_classes])
    parameters = initial_parameters(generator)
    average = {name: value.copy() for name, value in parameters.items()}
    optimiser = Adam(parameters)
    targets = np.eye(CLASSES, dtype=np.float32)[classes] * (1 - SMOOTHING) + SMOOTHING / CLASSES
    steps_an_epoch = -(-len(fine) // BATCH)
    for epoch in range(EPOCHS):
        varied = np.stack([vary(image, generator) for image in fine])[..., None]
        order = generator.permutation(len(fine))
        correct = 0
        for step in range(steps_an_epoch):
            chosen = order[step * BATCH : (step + 1) * BATCH]
            passed = forward(parameters, varied[chosen])
            correct += int((passed.probabilities.argmax(axis=1) == classes[chosen]).sum())
            progress = (epoch * steps_an_epoch + step) / (EPOCHS * steps_an_epoch)
            rate = PEAK_RATE * min(1.0, progress * 20) * 0.5 * (1 + np.cos(np.pi * progress))
            optimiser.step(gradients(parameters, passed, targets[chosen]), float(rate), DECAY)
            for name, value in parameters.items():
                average[name] += np.float32(0.01) * (value - average[name])
        if epoch % 10 == 9:
            print(
                f"epoch {epoch + 1:3d} of {EPOCHS}: {correct / len(fine):.2%} of the varied digits",
                flush=True,
            )
    return average


def onnx_model(parameters: dict[str, Array]) -> onnx.ModelProto:
    """The network as ONNX, opset 17: `image` [batch, 1, 8, 8] float32 to `probabilities` [batch, 10]."""
    constants: dict[str, Array] = {}
    for index, channels_in in zip((1, 2, 3), (1, *CHANNELS[:2]), strict=True):
        kernel = parameters[f"convolution{index}.weight"].reshape(3, 3, channels_in, -1)
        constants[f"convolution{index}.weight"] = kernel.transpose(3, 2, 0, 1)
        constants[f"convolution{index}.bias"] = parameters[f"convolution{index}.bias"]
    # ONNX flattens channels first, the training code channels last.
    rows = parameters["hidden.weight"].reshape(SIDE // 4, SIDE // 4, CHANNELS[2], HIDDEN)
    constants["hidden.weight"] = rows.transpose(2, 0, 1, 3).reshape(-1, HIDDEN)
    constants["hidden.bias"] = parameters["hidden.bias"]
    constants["output.weight"], constants["output.bias"] = (
        parameters["output.weight"],
        parameters["output.bias"],
    )

    nodes = []
    current = "image"
    for index in (1, 2, 3):
        name = f"convolution{index}"
        nodes.append(
            helper.make_node(
                "Conv", [current, f"{name}.weight", f"{name}.bias"], [name], name, pads=[1, 1, 1, 1]
            )
        )
        nodes.append(helper.make_node("Relu", [name], [f"{name}.rectified"], f"{name}.rectify"))
        current = f"{name}.rectified"
        if index > 1:
            pool = helper.make_node(
                "MaxPool", [current], [f"{name}.pooled"], f"{name}.pool", kernel_shape=[2, 2], strides=[2, 2]
            )
            nodes.append(pool)
            current = f"{name}.pooled"
    nodes.append(helper.make_node("Flatten", [current], ["flat"], "flatten"))
    nodes.append(helper.make_node("Gemm", ["flat", "hidden.weight", "hidden.bias"], ["hidden"], "hidden"))
    nodes.append(helper.make_node("Relu", ["hidden"], ["hidden.rectified"], "hidden.rectify"))
    nodes.append(
        helper.make_node("Gemm", ["hidden.rectified", "output.weight", "output.bias"], ["logits"], "output")
    )
    nodes.append(helper.make_node("Softmax", ["logits"], ["probabilities"], "softmax", axis=1))
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, SIDE, SIDE])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", CLASSES])],
        [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="texelflow demo"
    )
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    return model


def samples(images: Array, classes: npt.NDArray[np.int64]) -> list[list[int]]:
    """The first held-back image of each digit, row by row, 0 to 16: what the page offers to choose."""
    first = [int(np.flatnonzero(classes == digit)[0]) for digit in range(CLASSES)]
    return [np.round(images[index] * 16).astype(int).flatten().tolist() for index in first]


def main() -> None:
    """Trains, counts the right answers on the held-back digits and writes the three files."""
    images, classes = load()
    parameters = train(images[:-HELD_BACK], classes[:-HELD_BACK])
    predicted = forward(parameters, images[-HELD_BACK:, :, :, None]).probabilities.argmax(axis=1)
    correct = int((predicted == classes[-HELD_BACK:]).sum())
    MODELS.mkdir(exist_ok=True)
    onnx.save(onnx_model(parameters), str(MODELS / "digits.onnx"))
    facts = {
        "data": DATA,
        "trainedOn": len(images) - HELD_BACK,
        "heldBack": HELD_BACK,
        "split": f"the last {HELD_BACK} images in the data set's order, which is by writer",
        "correct": correct,
        "accuracy": round(correct / HELD_BACK, 4),
        "seed": SEED,
    }
    (MODELS / "digits.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    rows = (
        json.dumps(pixels, separators=(",", ":"))
        for pixels in samples(images[-HELD_BACK:], classes[-HELD_BACK:])
    )
    (MODELS / "digit_samples.json").write_text("[" + ",\n".join(rows) + "]\n", encoding="utf-8")
    print(f"held back: {correct} of {HELD_BACK} right ({correct / HELD_BACK:.2%})")


if __name__ == "__main__":
    main()
