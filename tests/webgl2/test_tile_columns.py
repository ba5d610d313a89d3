"""Blocked tensors leave hardly a 2×2 quad drawn in vain; test_memory holds the runtime to the same."""

from __future__ import annotations

import pytest

from texelflow.backends.webgl2.plan.liveness import ceil_divide, tile_columns


@pytest.mark.parametrize(
    ("planes", "columns", "height", "expected"),
    [
        (3, 14, 56, 3),  # two columns would have a tile without a plane
        (4, 7, 28, 4),
        (8, 4, 14, 4),
        (20, 2, 7, 10),
        (2, 28, 112, 1),  # wide enough
        (1, 1, 1, 1),
        (48, 32, 1, 1),
        (5000, 1, 1, 16),
    ],
)
def test_no_tile_is_in_vain(planes: int, columns: int, height: int, expected: int) -> None:
    assert tile_columns(planes, columns, height, 4096, 4096) == expected


@pytest.mark.parametrize("planes", [1, 7, 64, 3000])
@pytest.mark.parametrize("columns", [1, 5, 300])
@pytest.mark.parametrize("height", [1, 9, 2048])
def test_textures_fit_the_device_where_they_can(planes: int, columns: int, height: int) -> None:
    tiles = tile_columns(planes, columns, height, 2048, 2048)
    fewest = ceil_divide(planes, 2048 // height)
    assert tiles >= fewest
    assert tiles * columns <= 2048 or tiles == fewest
    assert ceil_divide(planes, tiles) * height <= 2048
