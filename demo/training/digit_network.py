"""A small convolutional network in plain numpy: forward pass, gradients and Adam.

Activations are [batch, height, width, channels] so that a 3x3 convolution is one matrix product over
unfolded neighbourhoods. Kernels are [9 * channels in, channels out], rows in the order (kernel row, column,
channel).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

CLASSES = 10
SIDE = 8
"""Height and width of the input in pixels."""
CHANNELS = (16, 32, 32)
"""Output channels of the three convolutions; the last two are each followed by a 2x2 max-pooling."""
HIDDEN = 64


def initial_parameters(generator: np.random.Generator) -> dict[str, Array]:
    """Weights scaled for rectifiers (He et al. 2015, arXiv:1502.01852), zero biases, all float32."""
    flat = (SIDE // 4) ** 2 * CHANNELS[2]
    extents = {
        "convolution1": (9, CHANNELS[0]),
        "convolution2": (9 * CHANNELS[0], CHANNELS[1]),
        "convolution3": (9 * CHANNELS[1], CHANNELS[2]),
        "hidden": (flat, HIDDEN),
        "output": (HIDDEN, CLASSES),
    }
    parameters: dict[str, Array] = {}
    for name, (rows, columns) in extents.items():
        deviation = np.sqrt(2.0 / rows)
        parameters[f"{name}.weight"] = (generator.standard_normal((rows, columns)) * deviation).astype(
            np.float32
        )
        parameters[f"{name}.bias"] = np.zeros(columns, np.float32)
    return parameters


def _unfold(images: Array) -> Array:
    """[N, H, W, C] to the zero-padded 3x3 neighbourhoods [N * H * W, 9 * C]."""
    count, height, width, channels = images.shape
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = [
        padded[:, row : row + height, column : column + width] for row in range(3) for column in range(3)
    ]
    return np.concatenate(windows, axis=3).reshape(count * height * width, 9 * channels)


def _fold(neighbourhoods: Array, shape: tuple[int, ...]) -> Array:
    """The transpose of `_unfold`: sums each neighbourhood's values back into images of `shape`."""
    count, height, width, channels = shape
    windows = neighbourhoods.reshape(count, height, width, 9, channels)
    padded = np.zeros((count, height + 2, width + 2, channels), np.float32)
    for index in range(9):
        row, column = divmod(index, 3)
        padded[:, row : row + height, column : column + width] += windows[:, :, :, index]
    return padded[:, 1:-1, 1:-1]


def _pool(images: Array) -> tuple[Array, npt.NDArray[np.int64]]:
    """2x2 max-pooling: the maxima [N, H/2, W/2, C] and which of the four each came from."""
    count, height, width, channels = images.shape
    squares = images.reshape(count, height // 2, 2, width // 2, 2, channels).transpose(0, 1, 3, 5, 2, 4)
    squares = squares.reshape(count, height // 2, width // 2, channels, 4)
    winners = squares.argmax(axis=4)
    return np.take_along_axis(squares, winners[..., None], axis=4)[..., 0], winners


def _unpool(gradient: Array, winners: npt.NDArray[np.int64]) -> Array:
    """The gradient of `_pool`: each value goes to the pixel that won."""
    count, height, width, channels = gradient.shape
    squares = np.zeros((*gradient.shape, 4), np.float32)
    np.put_along_axis(squares, winners[..., None], gradient[..., None], axis=4)
    squares = squares.reshape(count, height, width, channels, 2, 2).transpose(0, 1, 4, 2, 5, 3)
    return squares.reshape(count, height * 2, width * 2, channels)


@dataclass
class Forward:
    """What the backward pass needs of the forward pass."""

    unfolded: list[Array]
    activated: list[Array]
    winners: list[npt.NDArray[np.int64]]
    flat: Array
    hidden: Array
    probabilities: Array
    """[batch, 10], each row summing to 1."""


def forward(parameters: dict[str, Array], images: Array) -> Forward:
    """Runs the network on float32 `images` [batch, 8, 8, 1] with values from 0 to 1."""
    unfolded: list[Array] = []
    activated: list[Array] = []
    winners: list[npt.NDArray[np.int64]] = []
    current = images
    for index in (1, 2, 3):
        neighbourhoods = _unfold(current)
        product = (
            neighbourhoods @ parameters[f"convolution{index}.weight"] + parameters[f"convolution{index}.bias"]
        )
        current = np.maximum(product, 0).reshape(*current.shape[:3], -1)
        unfolded.append(neighbourhoods)
        activated.append(current)
        if index > 1:
            current, chosen = _pool(current)
            winners.append(chosen)
    flat = current.reshape(len(images), -1)
    hidden = np.maximum(flat @ parameters["hidden.weight"] + parameters["hidden.bias"], 0)
    logits = hidden @ parameters["output.weight"] + parameters["output.bias"]
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    return Forward(unfolded, activated, winners, flat, hidden, probabilities)


def gradients(parameters: dict[str, Array], passed: Forward, targets: Array) -> dict[str, Array]:
    """Gradients of the mean cross-entropy against the distributions `targets` [batch, 10]."""
    result: dict[str, Array] = {}
    count = len(targets)
    signal: Array = (passed.probabilities - targets) / np.float32(count)
    result["output.weight"], result["output.bias"] = passed.hidden.T @ signal, signal.sum(axis=0)
    signal = np.where(passed.hidden > 0, signal @ parameters["output.weight"].T, np.float32(0))
    result["hidden.weight"], result["hidden.bias"] = passed.flat.T @ signal, signal.sum(axis=0)
    signal = (signal @ parameters["hidden.weight"].T).reshape(count, SIDE // 4, SIDE // 4, CHANNELS[2])
    for index in (3, 2, 1):
        if index > 1:
            signal = _unpool(signal, passed.winners[index - 2])
        activated = passed.activated[index - 1]
        rows = np.where(activated > 0, signal, np.float32(0)).reshape(-1, activated.shape[3])
        result[f"convolution{index}.weight"] = passed.unfolded[index - 1].T @ rows
        result[f"convolution{index}.bias"] = rows.sum(axis=0)
        if index > 1:
            channels = CHANNELS[index - 2]
            shape = (count, *activated.shape[1:3], channels)
            signal = _fold(rows @ parameters[f"convolution{index}.weight"].T, shape)
    return result


class Adam:
    """Adam (Kingma and Ba 2015, arXiv:1412.6980) on a dictionary of parameters, which it changes in place."""

    def __init__(self, parameters: dict[str, Array]) -> None:
        self._parameters = parameters
        self._means = {name: np.zeros_like(value) for name, value in parameters.items()}
        self._squares = {name: np.zeros_like(value) for name, value in parameters.items()}
        self._steps = 0

    def step(self, gradient: dict[str, Array], rate: float, decay: float) -> None:
        """One update at learning rate `rate`, with decoupled weight decay `decay` on the weight matrices."""
        self._steps += 1
        correction = np.sqrt(1 - 0.999**self._steps) / (1 - 0.9**self._steps)
        for name, value in self._parameters.items():
            mean, square = self._means[name], self._squares[name]
            mean += 0.1 * (gradient[name] - mean)
            square += 0.001 * (gradient[name] ** 2 - square)
            if name.endswith(".weight"):
                value *= np.float32(1 - rate * decay)
            value -= (rate * correction * mean / (np.sqrt(square) + 1e-8)).astype(np.float32)
