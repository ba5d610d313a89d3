"""Converts pictures and sounds to values of an input. Pictures need Pillow (`texelflow[verify]`)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from texelflow.bundle.types import GraphInput
from texelflow.checking.resizing import resize
from texelflow.checking.samples import Array, numpy_type
from texelflow.errors import ExportError
from texelflow.pictures import DEFAULT_METHOD

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
GRAY = (0.299, 0.587, 0.114)
PICTURE_TYPES = ("bfloat16", "uint8", "int8", "int32")


def picture_values(path: Path, graph_input: GraphInput, sizes: Mapping[str, int]) -> tuple[Array, str]:
    """Return a picture as the input's values, and a sentence on how it was made.

    It is resized and normalised as the page does it by the bundle's `image`; without one it is stretched, and
    0..255 becomes 0..1. `sizes` fixes free dimensions; else they are the picture's own size.

    Raises:
        ExportError: Pillow is missing, the file is no picture, or the input takes none.
    """
    pixels = _pixels(path)
    shape = graph_input["shape"]
    image: Any = graph_input.get("image") or {}
    counts = (1,) if image.get("channels") == "gray" else (3,) if image else (3, 1)
    rank = len(shape)
    last = (rank - 3, rank - 1) if rank in (3, 4) else ()
    axis = next((axis for axis in last for count in counts if shape[axis] == count), -1)
    dtype = numpy_type(graph_input["dtype"])
    is_whole = np.issubdtype(dtype, np.integer)
    if axis < 0 or not (np.issubdtype(dtype, np.floating) or dtype.name in PICTURE_TYPES):
        raise ExportError(
            f"{path} is a picture, but input {graph_input['name']!r} is {graph_input['dtype']}{shape}, not "
            "[batch, 3, height, width] or [batch, height, width, 3], with or without the batch (1 for grey)"
        )
    channels = image.get("channels", "gray" if shape[axis] == 1 else "rgb")
    rows, columns = (other for other in range(rank - 3, rank) if other != axis)
    height = _size(shape[rows], sizes, pixels.shape[0])
    width = _size(shape[columns], sizes, pixels.shape[1])
    fitting = image.get("fit", "stretch"), image.get("resized", []), image.get("resize", DEFAULT_METHOD)
    values = resize(pixels, height, width, *fitting) / 255
    if channels == "gray":
        values = values @ np.asarray(GRAY)[:, None]
    elif channels == "bgr":
        values = values[..., ::-1]
    if image:
        values = (values - np.asarray(image["mean"])) / np.asarray(image["deviation"])
    elif is_whole:
        values = values * 255
    if is_whole:
        limits = np.iinfo(dtype.name)
        values = np.clip(np.floor(values + 0.5), limits.min, limits.max)
    values = np.moveaxis(values, 2, 0) if axis == rank - 3 else values
    if rank == 4:
        values = np.repeat(values[None], _size(shape[0], sizes, 1), 0)
    rule = (
        "by the bundle's own rules"
        if image
        else f"stretched, 0..255 to {'0..255' if is_whole else '0..1'}, as the bundle was exported without "
        "--image"
    )
    note = f"input {graph_input['name']!r}: {path.name}, {pixels.shape[1]}×{pixels.shape[0]} pixels, made "
    return values.astype(dtype), f"{note}{width}×{height} {rule}"


def _pixels(path: Path) -> Any:
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as opened:
            # Browsers turn a photo as its EXIF data says.
            return np.asarray(ImageOps.exif_transpose(opened).convert("RGB"), np.float64)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ExportError(f"{path} is not a picture that Pillow reads: {error}") from None


def sound_values(path: Path, graph_input: GraphInput, sizes: Mapping[str, int]) -> tuple[Array, str]:
    """Return a sound as the input's values, and a sentence on how it was made.

    Channels are averaged; samples are -1..1 for a floating-point input. The sound fills the input's last axis
    that is not 1: cut, or with zeros behind it. A free axis takes the whole sound.

    Raises:
        ExportError: the file is no WAV of PCM or floats, or the input takes none.
    """
    samples, rate = read_wav(path)
    shape = graph_input["shape"]
    dtype = numpy_type(graph_input["dtype"])
    lengths = [axis for axis, extent in enumerate(shape) if extent != 1 and (axis or len(shape) == 1)]
    others = [extent for axis, extent in enumerate(shape) if axis and axis not in lengths[-1:]]
    if not lengths or any(extent != 1 for extent in others) or dtype.kind not in "f":
        raise ExportError(
            f"{path} is a sound, but input {graph_input['name']!r} is {graph_input['dtype']}{shape}; floats "
            "with one axis of samples are needed"
        )
    count = _size(shape[lengths[-1]], sizes, len(samples))
    fitted = np.zeros(count)
    fitted[: len(samples)] = samples[:count]
    batch = _size(shape[0], sizes, 1) if lengths[-1] else 1
    wanted = [1] * len(shape)
    wanted[lengths[-1]] = count
    values = np.repeat(fitted.reshape(wanted), batch, 0) if lengths[-1] else fitted
    fitting = "cut to" if count < len(samples) else "zeros added up to" if count > len(samples) else "all"
    note = f"input {graph_input['name']!r}: {path.name}, {len(samples)} samples at {rate} Hz"
    return values.astype(dtype), f"{note}, {fitting} {count}"


def read_wav(path: Path) -> tuple[Array, int]:
    """Return the samples of a WAV file, its channels averaged, in -1..1, and their rate.

    Raises:
        ExportError: it is no WAV file, or of a kind other than PCM of 8, 16, 24, 32 bits and floats.
    """
    data = path.read_bytes()
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ExportError(f"{path} is not a WAV file")
    header, body, offset = b"", b"", 12
    while offset + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, offset)
        chunk = data[offset + 8 : offset + 8 + length]
        header, body = (chunk if kind == b"fmt " else header), (chunk if kind == b"data" else body)
        offset += 8 + length + length % 2
    if len(header) < 16:
        raise ExportError(f"{path} is a WAV file without a format")
    code, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", header)
    if code == EXTENSIBLE and len(header) >= 26:
        (code,) = struct.unpack_from("<H", header, 24)
    if not channels or (code, bits) not in [
        (PCM, 8),
        (PCM, 16),
        (PCM, 24),
        (PCM, 32),
        (FLOAT, 32),
        (FLOAT, 64),
    ]:
        raise ExportError(f"{path} has samples of format {code} with {bits} bits; PCM or floats are needed")
    body = body[: len(body) // (channels * bits // 8) * (channels * bits // 8)]
    if not body:
        raise ExportError(f"{path} has no samples")
    if code == FLOAT:
        samples = np.frombuffer(body, f"<f{bits // 8}").astype(np.float64)
    elif bits == 8:
        samples = (np.frombuffer(body, np.uint8).astype(np.float64) - 128) / 128
    elif bits == 24:
        parts = np.frombuffer(body, np.uint8).reshape(-1, 3).astype(np.int32)
        whole = parts[:, 0] << 8 | parts[:, 1] << 16 | parts[:, 2] << 24
        samples = (whole >> 8) / 2**23
    else:
        samples = np.frombuffer(body, f"<i{bits // 8}") / 2.0 ** (bits - 1)
    return np.asarray(samples.reshape(-1, channels).mean(1)), rate


def _size(extent: Any, sizes: Mapping[str, int], own: int) -> int:
    """Return an extent of the input; a free one without a chosen size is that of the file."""
    if isinstance(extent, list):
        raise ExportError(f"the dimension {extent} is computed: give the values as an .npz file")
    return sizes.get(extent, own) if isinstance(extent, str) else int(extent)
