"""Writes networks.tar.xz: small networks as programs of torch.export, inputs, and what PyTorch computes.

Run by hand, where torch (2.13) and torchvision are installed; nothing else needs it:

    python tests/importers/pytorch_files/write_networks.py
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import packed_files
import torch
import torch.nn.functional as F
import torchvision.ops as ops
from program_writer import FORMS, files, floats, ints, saved
from torch import nn


class Perceptron(nn.Module):
    """Fully connected layers, of a dictionary of results."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 4))

    def forward(self, features: torch.Tensor) -> dict[str, torch.Tensor]:
        scores = self.layers(features)
        return {"scores": scores, "shares": scores.softmax(-1)}


class Classifier(nn.Module):
    """Convolutions with batch norm, a residual block, and pooling, as a ResNet has them."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(inplace=True)
        )
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.first, self.norm = nn.Conv2d(8, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8)
        self.depthwise = nn.Conv2d(8, 8, 3, 1, 1, groups=8)
        self.head = nn.Linear(8, 5)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.running_mean, -0.5, 0.5)
                nn.init.uniform_(module.running_var, 0.5, 1.5)

    def forward(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        x = self.pool(self.stem(image))
        y = F.silu(self.norm(self.first(x)))
        y += x
        x = F.relu(self.depthwise(y), inplace=True)
        return {"logits": self.head(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))}


class Encoder(nn.Module):
    """A transformer's encoder with positions and a mask, of free batch and length."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(20, 16), nn.Embedding(32, 16)
        layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, activation="gelu")
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(16)

    def forward(self, tokens: torch.Tensor, mask: torch.Tensor) -> dict[str, torch.Tensor]:
        x = self.words(tokens) + self.places(torch.arange(tokens.shape[1]))[None]
        x = self.norm(self.encoder(x, src_key_padding_mask=mask == 0))
        return {"states": x, "pooled": (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)}


class Decoder(nn.Module):
    """A step of a decoder, whose keys and values so far are inputs, and with the new ones outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(20, 16)
        self.query, self.key, self.value, self.out = (nn.Linear(16, 16, bias=False) for _ in range(4))
        self.norm = nn.RMSNorm(16)
        self.up, self.down = nn.Linear(16, 64), nn.Linear(32, 16)

    def forward(
        self, input_ids: torch.Tensor, past_key: torch.Tensor, past_value: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        x = self.words(input_ids)
        batch, length, _ = x.shape

        def heads(values: torch.Tensor) -> torch.Tensor:
            return values.view(batch, length, 4, 4).transpose(1, 2)

        y = self.norm(x)
        q, k, v = heads(self.query(y)), heads(self.key(y)), heads(self.value(y))
        angles = (torch.arange(length) + past_key.shape[2])[:, None] / torch.tensor([1.0, 100.0])
        q, k = (self._turned(part, angles.cos(), angles.sin()) for part in (q, k))
        k, v = torch.cat([past_key, k], 2), torch.cat([past_value, v], 2)
        keys = torch.arange(k.shape[2])[None]
        seen = keys <= torch.arange(length)[:, None] + past_key.shape[2]
        y = F.scaled_dot_product_attention(q, k, v, seen)
        x = x + self.out(y.transpose(1, 2).reshape(batch, length, 16))
        gate, up = self.up(self.norm(x)).chunk(2, -1)
        x = x + self.down(F.silu(gate) * up)
        return {"logits": x @ self.words.weight.t(), "present_key": k, "present_value": v}

    @staticmethod
    def _turned(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        a, b = x.chunk(2, -1)
        return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


class Remembering(nn.Module):
    """A module that keeps a running sum, and a list of the last inputs, in buffers."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("total", torch.zeros(4))
        self.register_buffer("last", torch.zeros(3, 4))

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        self.total.add_(x)
        self.last.copy_(torch.cat([self.last[1:], x[None]]))
        return {"mean": self.last.mean(0), "sum": self.total + 0}


class Switching(nn.Module):
    """A module of which a branch reads what it keeps, and only the data decides which is taken."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("peak", torch.zeros(4))

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        peak = torch.cond(
            x.mean() > 0, lambda x, peak: torch.maximum(x, peak), lambda x, peak: peak * 0.5, (x, self.peak)
        )
        self.peak.copy_(peak)
        return {"rest": x - peak}


class Suppression(nn.Module):
    """Boxes that no better one covers, by torchvision: overlaps at thresholds, scores that are equal."""

    def forward(self, boxes: torch.Tensor, scores: torch.Tensor) -> dict[str, torch.Tensor]:
        thresholds = (0.5, 0.6, 0.0, 1.0)
        return {f"at_{index}": ops.nms(boxes, scores, each) for index, each in enumerate(thresholds)}


class Regions(nn.Module):
    """Regions of images, by torchvision: smaller than a pixel, outside, turned round."""

    def forward(self, x: torch.Tensor, regions: torch.Tensor) -> dict[str, torch.Tensor]:
        return {
            "plain": ops.roi_align(x, regions, (2, 3)),
            "aligned": ops.roi_align(x, regions, 2, aligned=True),
            "scaled": ops.roi_align(x, regions, 3, 0.5, 2),
            "both": ops.roi_align(x, regions, (1, 2), 0.5, 3, True),
            "single": ops.roi_align(x, regions, 2, 2.0, 1, True),
        }


class UNet(nn.Module):
    """Images made smaller and larger again, of free size."""

    def __init__(self) -> None:
        super().__init__()
        self.down, self.deep, self.up = (
            nn.Conv2d(2, 4, 3, 2, 1),
            nn.Conv2d(4, 4, 3, 1, 1),
            nn.ConvTranspose2d(4, 4, 2, 2),
        )
        self.last = nn.Conv2d(6, 1, 1)

    def forward(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        x = F.leaky_relu(self.down(image), 0.1)
        x = F.interpolate(F.avg_pool2d(self.deep(x), 2), scale_factor=2, mode="bilinear") + x
        x = torch.cat([self.up(x), image], 1)
        return {"map": torch.sigmoid(self.last(x))}


def network(
    name: str,
    module: nn.Module,
    runs: Sequence[Mapping[str, np.ndarray]],
    free: Sequence[tuple[int, int]] = (),
    forms: Sequence[str] = ("plain", "core"),
    shapes: Any = None,
) -> None:
    """Add a network: its program in several forms, and the inputs and outputs of runs one after another."""
    torch.manual_seed(len(files))
    module = module.eval()
    first = runs[0]
    tensors = tuple(torch.from_numpy(array.copy()) for array in first.values())
    state = {key: value.clone() for key, value in module.state_dict().items()}
    with torch.no_grad():
        program = torch.export.export(module, tensors, dynamic_shapes=shapes, strict=False)
        module.load_state_dict(state)
        for form in forms:
            files[f"{name}/{form}"] = saved(FORMS[form](program))
        for number, run in enumerate(runs):
            for key, array in run.items():
                files[f"{name}/{number}/in/{key}"] = array
            for key, value in module(*(torch.from_numpy(array.copy()) for array in run.values())).items():
                files[f"{name}/{number}/out/{key}"] = value.numpy().copy()


def _mask(batch: int, length: int) -> np.ndarray:
    """Which words count; of each row the first does."""
    mask = ints(batch, length, low=0, high=2)
    mask[:, 0] = 1
    return mask


def main() -> None:
    dim, auto = torch.export.Dim, torch.export.Dim.AUTO
    network(
        "perceptron",
        Perceptron(),
        [{"features": floats(size, 8)} for size in (3, 1, 5)],
        shapes=({0: dim("batch")},),
    )
    network("classifier", Classifier(), [{"image": floats(2, 3, 20, 18)}])
    length, batch = dim("length", max=32), dim("batch")
    network(
        "encoder",
        Encoder(),
        [
            {"tokens": ints(size, count, low=0, high=20), "mask": _mask(size, count)}
            for size, count in ((2, 6), (3, 9), (1, 4))
        ],
        shapes=({0: batch, 1: length}, {0: batch, 1: length}),
    )  # fmt: skip
    past = {0: auto, 2: auto}
    network(
        "decoder",
        Decoder(),
        [
            {
                "input_ids": ints(size, new, low=0, high=20),
                "past_key": floats(size, 4, old, 4),
                "past_value": floats(size, 4, old, 4),
            }
            for size, new, old in ((2, 3, 5), (3, 2, 7))
        ],
        shapes=({0: auto, 1: auto}, past, past),
    )  # fmt: skip
    network("remembering", Remembering(), [{"x": floats(4)} for _ in range(4)], forms=("functional", "core"))
    network(
        "switching",
        Switching(),
        [{"x": floats(4) + shift} for shift in (1, -1, 1, -1)],
        forms=("functional", "core"),
    )
    height, width = 4 * dim("h"), 4 * dim("w")
    network(
        "unet",
        UNet(),
        [{"image": floats(1, 2, *size)} for size in ((16, 12), (8, 20))],
        shapes=({2: height, 3: width},),
    )
    corners = [[0, 0, 4, 4], [1, 0, 5, 4], [0, 0, 4, 4], [2, 2, 6, 8], [2, 2, 6, 7.5], [9, 9, 9, 9]]
    boxes = np.concatenate([corners, floats(10, 4, low=0, high=4) + np.array([0, 0, 3, 3])]).astype(
        np.float32
    )
    scores = np.concatenate([[0.5, 0.9, 0.5, 0.3, 0.31, 0.2], floats(10, low=0, high=1)]).astype(np.float32)
    network("suppression", Suppression(), [{"boxes": boxes, "scores": scores}], forms=("plain",))
    regions = [
        [0, 1, 1, 6, 5],
        [1, 0, 0, 8, 7],
        [0, 2.25, 3.5, 2.5, 3.75],
        [1, -3, -2, 4, 4],
        [1, 6, 6, 2, 1],
    ]
    images = floats(2, 3, 8, 9)
    runs = [{"x": images, "regions": np.array(regions, np.float32)}]
    network("regions", Regions(), runs, forms=("plain",))
    _write_legacy()
    packed_files.save(Path(__file__).parent / "networks.tar.xz", files)


def _write_legacy() -> None:
    """Add a program in the archive of PyTorch before 2.8, whose weights are pickles."""
    import zipfile

    from torch._export.serde.serialize import serialize

    torch.manual_seed(5)
    module = Classifier().eval()
    image = floats(1, 3, 12, 12)
    with torch.no_grad():
        program = torch.export.export(module, (torch.from_numpy(image),), strict=False)
        saved(program)
        files["old/0/in/image"], files["old/0/out/logits"] = (
            image,
            module(torch.from_numpy(image))["logits"].numpy(),
        )
    artifact = serialize(program)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("serialized_exported_program.json", artifact.exported_program)
        archive.writestr("serialized_state_dict.pt", artifact.state_dict)
        archive.writestr("serialized_constants.pt", artifact.constants)
        archive.writestr("serialized_example_inputs.pt", artifact.example_inputs)
        archive.writestr("version", "8.9")
    files["old/plain"] = buffer.getvalue()


if __name__ == "__main__":
    main()
