"""Fourier transforms, and complex numbers between them and what is real again."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from program_writer import case


class Turned(torch.nn.Module):
    """Queries turned by complex numbers that are weights, as Llama's reference does."""

    def __init__(self) -> None:
        super().__init__()
        angles = torch.outer(torch.arange(5.0), torch.tensor([1.0, 0.1]))
        self.register_buffer("turns", torch.polar(torch.ones_like(angles), angles))

    def forward(self, x: Any) -> Any:
        pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2))
        return torch.view_as_real(pairs * self.turns[:, None]).flatten(-2)


class Filtered(torch.nn.Module):
    """A learnt filter of frequencies, as of FNet's and GFNet's kind."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.linspace(-1, 1, 16).reshape(4, 2, 2))

    def forward(self, x: Any) -> Any:
        spectrum = torch.fft.rfft(x, dim=1, norm="ortho") * torch.view_as_complex(self.weight)
        return torch.fft.irfft(spectrum, n=x.shape[1], dim=1, norm="ortho")


def write() -> None:
    random = np.random.default_rng(17)

    def floats(*shape: int) -> np.ndarray:
        return (np.round(random.uniform(-2, 2, shape) * 64) / 64).astype(np.float32)

    fft, window = torch.fft, torch.hann_window(12)

    def sound(x: Any) -> list[Any]:
        made = torch.stft(x, 16, 4, 12, window, return_complex=True, normalized=True)
        whole = torch.stft(x[0], 16, 6, center=False, onesided=False, return_complex=True)
        return [made.abs(), torch.view_as_real(made), made.real, made.imag.transpose(1, 2), whole.abs() ** 2]

    case("spectrogram", sound, floats(2, 50), forms=["plain", "core"])
    case(
        "transforms",
        lambda x: [
            fft.rfft(x).abs(), fft.rfft(x, 10, dim=1).real, fft.rfft(x, 4, norm="forward").imag,
            fft.fft(x, norm="ortho").abs(), fft.ifft(fft.fft(x, dim=0), dim=0).real, fft.fft2(x).imag,
            fft.irfft(fft.rfft(x)), fft.irfft(fft.rfft(x, dim=1), 9, dim=1, norm="forward"),
            fft.irfft2(fft.rfft2(x)), fft.fft(fft.fft(x, dim=-1), dim=-2).real,
        ],
        floats(3, 6, 8),
        forms=["core"],
    )  # fmt: skip
    case(
        "complex",
        lambda x, y: [
            torch.view_as_real(torch.complex(x, y) * torch.complex(y, x) + torch.complex(x, x)),
            torch.view_as_real(torch.complex(x, y).conj() * 2).sum(0), torch.complex(x, y).angle(),
            torch.view_as_real((torch.polar(x.abs(), y) * x / 3)[:, 1:].permute(1, 0)),
            torch.cat([torch.complex(x, y), torch.complex(y, y)], 1).abs(),
            torch.stack([torch.complex(x, y)] * 2).reshape(-1).mean().abs(),
        ],
        floats(3, 4), floats(3, 4),
        forms=["plain", "core"],
    )  # fmt: skip
    case("turned", Turned(), floats(5, 2, 4), forms=["plain", "core"])
    case("filtered", Filtered(), floats(2, 6, 2), forms=["core"])
