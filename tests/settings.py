"""The device settings that everything runs at: what a visitor's GPU may make of a bundle."""

from __future__ import annotations

from typing import Any

SMALL_LIMITS = {"maxTextureSize": 2048, "drawBuffers": 4, "textureUnits": 16}

SETTINGS: dict[str, dict[str, Any]] = {
    "default": {"poison": True},
    "P4M1-texelFetch-small": {
        "pixels": 4,
        "groups": 1,
        "fetch": "texelFetch",
        "limits": SMALL_LIMITS,
        "poison": True,
    },
    "P1M1-texture": {"pixels": 1, "groups": 1, "fetch": "texture", "poison": True},
    "P1M1-texture-16-bit-folded": {
        "storage": 16,
        "pixels": 1,
        "groups": 1,
        "fetch": "texture",
        "fold": 1,
        "cut": 4,
        "poison": True,
    },
}
"""`poison` fills every pooled texture with NaN before each run, so that a texel that a kernel forgot shows.
`fold` folds rows of more than two texels, `cut` cuts the textures of planes of more than 16 lines; else only
those are that no texture holds.
"""

IN_16_BITS = "P1M1-texture-16-bit-folded"
FULL_PRECISION = [name for name in SETTINGS if name != IN_16_BITS]
FEWEST = ["default", "P4M1-texelFetch-small", IN_16_BITS]
"""Settings that have each way of blocking, folding, fetching and storing once, for what takes long."""
