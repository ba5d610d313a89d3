"""Views read what NumPy reads after the same changes."""

from __future__ import annotations

import random

import numpy as np
import pytest

from texelflow.backends.webgl2.layout.view import View
from texelflow.dimensions import floor_divide, symbol
from webgl2.view_reading import FILL, bound_to, numpy_shares, random_change, random_shape, read, regrouped

CHAINS = 1500


def test_random_chains() -> None:
    """A view that refuses a change is copied first, as the lowering does."""
    source = random.Random(1)
    made = refused = 0
    for _ in range(CHAINS):
        shape = random_shape(source)
        buffer = np.arange(int(np.prod(shape)))
        array = buffer.reshape(shape)
        view = View.whole(shape)
        for _ in range(source.randint(1, 6)):
            if array.size > 3000:
                break
            changed, array = random_change(source, view, array)
            if changed is None:
                refused += 1
                buffer, view = array.ravel(), View.whole(array.shape)
                continue
            made += 1
            view = changed
            assert view.shape == array.shape
            np.testing.assert_array_equal(read(view, buffer), array)
    assert made > 5 * refused > 100


def test_row_major_views_take_every_shape() -> None:
    source = random.Random(2)
    for _ in range(500):
        shape = random_shape(source)
        view = View.whole(shape).reshape(regrouped(source, shape))
        assert view is not None and view.is_row_major and view.is_whole(int(np.prod(shape)))


def test_reshapes_are_refused_only_where_numpy_copies() -> None:
    source = random.Random(3)
    shared = 0
    for _ in range(2000):
        shape = random_shape(source)
        view, array = View.whole(shape), np.arange(int(np.prod(shape))).reshape(shape)
        for _ in range(2):
            changed, array = random_change(source, view, array)
            view = changed if changed is not None and changed.bounds is None else View.whole(array.shape)
        target = regrouped(source, array.shape)
        if numpy_shares(view, target):
            shared += 1
            assert view.reshape(target) is not None, (view, target)
    assert shared > 300


def test_flags_tell_the_order() -> None:
    """`is_row_major` and `is_whole` say of random views what reading them shows."""
    source = random.Random(4)
    whole = 0
    for _ in range(CHAINS):
        shape = random_shape(source, 3)
        size = int(np.prod(shape))
        view, array = View.whole(shape), np.arange(size).reshape(shape)
        for _ in range(source.randint(1, 3)):
            changed, other = random_change(source, view, array)
            if changed is not None:
                view, array = changed, other
        elements = read(view, np.arange(size)).ravel()
        consecutive = np.array_equal(elements, np.arange(elements.size) + elements[0])
        if view.bounds is None:
            assert view.is_row_major == (consecutive and FILL not in elements)
        if view.is_whole(size):
            whole += 1
            np.testing.assert_array_equal(elements, np.arange(size))
    assert whole > 50


@pytest.mark.parametrize("sizes", [{"n": 1, "h": 1}, {"n": 2, "h": 3}, {"n": 5, "h": 1}, {"n": 1, "h": 4}])
def test_free_extents(sizes: dict[str, int]) -> None:
    """Views of shapes with symbols, at sizes bound later."""
    n, h = symbol("n"), symbol("h")
    shape = (n, 6, h, 4)
    buffer = np.arange(sizes["n"] * 6 * sizes["h"] * 4)
    array = buffer.reshape(sizes["n"], 6, sizes["h"], 4)
    whole = View.whole(shape)

    def check(view: View | None, expected: np.ndarray) -> View:
        assert view is not None
        np.testing.assert_array_equal(read(bound_to(view, sizes), buffer), expected)
        return view

    merged = check(whole.reshape((n * 6, h, 4)), array.reshape(-1, sizes["h"], 4))
    check(merged.reshape((n, 2, 3, 4 * h)), array.reshape(sizes["n"], 2, 3, -1))
    turned = check(whole.transpose((0, 2, 3, 1)), array.transpose(0, 2, 3, 1))
    check(turned.reshape((n, 4 * h, 6)), array.transpose(0, 2, 3, 1).reshape(sizes["n"], -1, 6))
    assert turned.reshape((n, 24 * h)) is None
    grouped = whole.reshape((n, 2, 3, h, 4))
    assert grouped is not None
    check(grouped.transpose((0, 2, 1, 3, 4)), array.reshape(-1, 2, 3, sizes["h"], 4).transpose(0, 2, 1, 3, 4))
    backwards = check(whole.slice(2, h - 1, -1, h), array[:, :, ::-1])
    check(backwards.slice(1, 1, 2, 3), array[:, 1::2, ::-1])
    padded = check(
        whole.pad((0, 1, 2, 0), (n, 8, h + 3, 4), FILL),
        np.pad(array, ((0, 0), (1, 1), (2, 1), (0, 0)), constant_values=FILL),
    )
    check(
        padded.slice(2, h, 1, 3),
        np.pad(array, ((0, 0), (1, 1), (2, 1), (0, 0)), constant_values=FILL)[:, :, sizes["h"] :],
    )
    row = View.whole((n, 1, h, 1))
    expanded = row.expand(shape)
    assert expanded is not None
    numbers = np.arange(sizes["n"] * sizes["h"])
    np.testing.assert_array_equal(
        read(bound_to(expanded, sizes), numbers),
        np.broadcast_to(numbers.reshape(sizes["n"], 1, sizes["h"], 1), array.shape),
    )


def test_consecutive_elements_take_shapes_that_are_not_proved_to_fit() -> None:
    """As [batch, 6] becomes [-1, 4], whose extent is rounded down as far as symbols tell."""
    n = symbol("n")
    view = View.whole((n, 6)).reshape((floor_divide(n * 6, 4), 4))
    assert view is not None
    np.testing.assert_array_equal(read(bound_to(view, {"n": 4}), np.arange(24)), np.arange(24).reshape(6, 4))
    assert View.whole((n, 6)).transpose((1, 0)).reshape((floor_divide(n * 6, 4), 4)) is None


def test_what_cannot_be_a_view_is_refused() -> None:
    padded = View.whole((2, 3)).pad((0, 1), (2, 5), 0.0)
    assert padded is not None
    assert padded.pad((1, 0), (3, 5), 0.0) is None
    assert padded.reshape((10,)) is None
    assert padded.slice(1, 0, 2, 3) is None
    assert padded.slice(0, 1, -1, 2) is not None
    assert View.whole((3, 1)).pad((0, 1), (3, 2), 0.0) is not None
