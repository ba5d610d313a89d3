"""How layers turn queries and keys by their positions, and how models stretch that over longer texts.

Sources: linear, Chen et al., 2023, arXiv:2306.15595; dynamic and YaRN, Peng et al., 2023, arXiv:2309.00071;
llama3, Llama 3.1. What config.json calls the numbers is Hugging Face's.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from math import ceil, floor, log, pi

from texelflow.errors import ExportError
from texelflow.importers.language.decoder import Growth, Rotation
from texelflow.importers.language.settings import Settings

LARGEST_HEAD = 2**16
"""A small file could ask for more than any memory holds."""


def rotation_of(settings: Settings, size: int, kind: str = "full_attention") -> Rotation:
    """Return how layers of a kind turn heads of `size` numbers.

    Bases and scalings are in `rope_parameters`, which may have those of each kind apart, or in rope_theta,
    rope_local_base_freq and rope_scaling, as files before version 5 of transformers have them.

    Raises:
        ExportError: positions are scaled in a way that is not supported, or a number is missing.
    """
    parameters = settings.part("rope_parameters")
    if parameters is not None and parameters.has(kind):
        parameters = parameters.part(kind)
    if parameters is not None:
        base, scaling = parameters.number("rope_theta", 10_000.0), parameters
    elif kind == "sliding_attention":
        base, scaling = settings.number("rope_local_base_freq", 10_000.0), None
    else:
        base, scaling = settings.number("rope_theta", 10_000.0), settings.part("rope_scaling")
    for source in (settings, scaling):
        partial = 1.0 if source is None else source.number("partial_rotary_factor", 1.0)
        if partial != 1:
            raise ExportError(f"{settings.source}: partial_rotary_factor is {partial}; only 1 is supported")
    return _rotation(settings, size, base, scaling)


def _rotation(settings: Settings, size: int, base: float, scaling: Settings | None) -> Rotation:
    angles = plain_angles(settings, size, base)
    factor, growth, kind = 1.0, None, "default"
    if scaling is not None:
        kind = str(scaling.entries.get("rope_type", scaling.entries.get("type", "default")))
    if scaling is not None and kind == "linear":
        angles = [angle / _positive(scaling, "factor") for angle in angles]
    elif scaling is not None and kind == "llama3":
        angles = [_llama3(angle, scaling) for angle in angles]
    elif scaling is not None and kind == "yarn":
        angles, factor = _yarn(settings, scaling, size, base, angles)
    elif scaling is not None and kind == "dynamic":
        growth = _growth(settings, scaling, size)
    elif kind != "default":
        raise ExportError(
            f"{settings.source}: positions are scaled by {kind!r}; linear, dynamic, yarn, llama3 or none is "
            "supported"
        )
    divisors = settings.rope_divisors
    if divisors and len(divisors) != len(angles):
        raise ExportError(f"{settings.source}: {len(divisors)} factors for {len(angles)} pairs of a head")
    if divisors:
        angles = [angle / divisor for angle, divisor in zip(angles, divisors, strict=True)]
    return Rotation(tuple(map(_single, angles)), settings.rope_interleaved, factor, growth)


def plain_angles(settings: Settings, size: int, base: float) -> list[float]:
    """Return the angle by which one position turns each pair of `size` numbers, as float32.

    Raises:
        ExportError: a head of that size cannot be turned by that base.
    """
    if size > LARGEST_HEAD:
        raise ExportError(f"{settings.source}: heads of {size} numbers; at most {LARGEST_HEAD} are read")
    if size % 2 or base <= 0:
        raise ExportError(
            f"{settings.source}: heads of {size} numbers cannot be turned in pairs, base {base}"
        )
    try:
        angles = [_single(base ** (-pair / size)) for pair in range(0, size, 2)]
    except OverflowError:
        angles = [0.0]
    if not all(angles):
        raise ExportError(f"{settings.source}: the base {base} of positions is too large or too small")
    return angles


def _llama3(angle: float, scaling: Settings) -> float:
    """Slow turns by the factor, keep fast ones, and go from one to the other between two wavelengths."""
    factor, low, high = (scaling.number(name) for name in ("factor", "low_freq_factor", "high_freq_factor"))
    context = scaling.number("original_max_position_embeddings")
    if not (factor > 0 and high > low > 0 and context > 0):
        raise ExportError(f"{scaling.source}: its factors are not positive, or not in order")
    wavelength = 2 * pi / angle
    if wavelength < context / high:
        return angle
    if wavelength > context / low:
        return angle / factor
    share = (context / wavelength - low) / (high - low)
    return (1 - share) * angle / factor + share * angle


def _yarn(
    settings: Settings, scaling: Settings, size: int, base: float, angles: Sequence[float]
) -> tuple[list[float], float]:
    """Slow turns by the factor, keep fast ones, and go from one to the other between two pairs of a head.

    Returns:
        The angles, and what cosines and sines are multiplied by.
    """
    longest = settings.number("max_position_embeddings", 0.0)
    context = scaling.number("original_max_position_embeddings", longest)
    if not (base > 1 and context > 0):
        raise ExportError(
            f"{scaling.source}: the base is {base}, original_max_position_embeddings {context}; a base over 1"
            " and a positive length are needed"
        )
    factor = _positive(scaling, "factor", longest / context)
    # 0 and null stand for what the paper proposes.
    fast, slow = (
        scaling.number(name, 0.0) or usual for name, usual in (("beta_fast", 32.0), ("beta_slow", 1.0))
    )
    if fast <= 0 or slow <= 0:
        raise ExportError(
            f"{scaling.source}: beta_fast is {fast}, beta_slow {slow}; positive numbers are needed"
        )
    first, last = (size * log(context / (turns * 2 * pi)) / (2 * log(base)) for turns in (fast, slow))
    if scaling.entries.get("truncate", True):
        first, last = floor(first), ceil(last)
    first, last = max(first, 0), min(last, size - 1)
    if first == last:
        last += 0.001
    slowed = []
    for pair, angle in enumerate(angles):
        share = min(max((pair - first) / (last - first), 0.0), 1.0)
        slowed.append(angle / factor * share + angle * (1 - share))
    return slowed, _yarn_factor(scaling, factor)


def _yarn_factor(scaling: Settings, factor: float) -> float:
    if scaling.has("attention_factor"):
        return scaling.number("attention_factor")
    above, below = (scaling.number(name, 0.0) for name in ("mscale", "mscale_all_dim"))

    def grown(share: float) -> float:
        return 1.0 if factor <= 1 else 0.1 * share * log(factor) + 1.0

    return grown(above) / grown(below) if above and below else grown(1.0)


def _growth(settings: Settings, scaling: Settings, size: int) -> Growth:
    if size <= 2:
        raise ExportError(f"{settings.source}: heads of {size} numbers cannot be scaled by 'dynamic'")
    exponents = tuple(_single(-pair / (size - 2)) for pair in range(0, size, 2))
    return Growth(_positive(scaling, "factor"), settings.whole("max_position_embeddings"), exponents)


def _positive(scaling: Settings, name: str, default: float | None = None) -> float:
    number = scaling.number(name, default)
    if number <= 0:
        raise ExportError(f"{scaling.source}: {name} is {number}; a positive number is needed")
    return number


def _single(number: float) -> float:
    return float(struct.unpack("<f", struct.pack("<f", number))[0])
