"""The demo's first part: a digit drawn with pointer, finger or keyboard is read while it is drawn."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from demo_support import wait_until
from drawings import DRAWINGS, Stroke
from playwright.sync_api import Page
from sklearn.datasets import load_digits

READ_BARS = "() => [...document.querySelectorAll('#bars li')].map((bar) => Number(bar.dataset.share))"


def places(page: Page, stroke: Stroke, size: float = 1, offset: float = 0) -> list[tuple[float, float]]:
    """Points of a drawing on the screen; `size` and `offset` make the drawing smaller and move it."""
    box = page.locator("#pad").bounding_box()
    assert box is not None
    parts = [tuple(0.5 + (part - 0.5) * size + offset for part in point) for point in stroke]
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in parts]


def place(page: Page, point: tuple[float, float]) -> tuple[float, float]:
    """A point of a drawing on the screen."""
    return places(page, [point])[0]


MOVES = """(points) => {
    const pad = document.getElementById("pad");
    for (const [clientX, clientY] of points)
        pad.dispatchEvent(new PointerEvent("pointermove", { clientX, clientY, pointerId: 1, buttons: 1 }));
}"""
"""Moves the pen, which is the mouse, through many points at once: the browser takes 0.1 s for a real move."""


def draw(page: Page, strokes: list[Stroke], size: float = 1, offset: float = 0) -> None:
    for stroke in strokes:
        first, *others, last = places(page, stroke, size, offset)
        page.mouse.move(*first)
        page.mouse.down()
        page.evaluate(MOVES, others)
        page.mouse.move(*last)
        page.mouse.up()


def settled_bars(page: Page) -> list[float]:
    """The bars once what was drawn last is read."""
    wait_until(page, "document.querySelector('#bars').getAttribute('aria-busy') === 'false'")
    bars: list[float] = page.evaluate(READ_BARS)
    return bars


def wait_for_bars(page: Page) -> list[float]:
    """The settled bars after a drawing has begun."""
    wait_until(page, f"({READ_BARS})().some((share) => share > 0)")
    return settled_bars(page)


def test_drawn_digits_are_read_wherever_and_however_large_they_are(open_demo: Callable[..., Page]) -> None:
    page = open_demo()
    wrong = []
    for index, (digit, strokes) in enumerate(DRAWINGS):
        page.click("#clear")
        wait_until(page, f"({READ_BARS})().every((share) => share === 0)")
        size, offset = ((1.0, 0.0), (0.45, 0.2))[index % 2]
        draw(page, strokes, size, offset)
        bars = wait_for_bars(page)
        assert abs(sum(bars) - 1) < 1e-2
        if int(np.argmax(bars)) != digit:
            wrong.append((digit, size, bars))
    assert not wrong
    assert page.inner_text("#verdict") == "It’s a 9."
    assert page.inner_text("#digits-run").endswith("ms")


def test_bars_move_while_the_pen_is_still_down(open_demo: Callable[..., Page]) -> None:
    page = open_demo()
    page.mouse.move(*place(page, (0.28, 0.16)))
    page.mouse.down()
    page.mouse.move(*place(page, (0.72, 0.16)), steps=5)
    half = wait_for_bars(page)
    page.mouse.move(*place(page, (0.45, 0.86)), steps=8)
    whole = settled_bars(page)
    assert half != whole
    assert int(np.argmax(whole)) == 7
    page.mouse.up()


def test_a_finger_draws_and_the_page_does_not_scroll(open_demo: Callable[..., Page]) -> None:
    page = open_demo(viewport={"width": 390, "height": 600}, has_touch=True, is_mobile=True)
    page.locator("#pad").scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    session = page.context.new_cdp_session(page)
    points = [place(page, (0.5, 0.15 + step * 0.07)) for step in range(11)]
    for index, (x, y) in enumerate(points):
        kind = "touchMove" if index else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert int(np.argmax(wait_for_bars(page))) == 1
    assert page.evaluate("scrollY") == before


def test_the_keyboard_draws_chooses_and_clears(open_demo: Callable[..., Page]) -> None:
    page = open_demo()
    page.focus("#pad")
    for _ in range(8):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    for _ in range(17):
        page.keyboard.press("ArrowDown")
    assert int(np.argmax(wait_for_bars(page))) == 1
    wait_until(page, "document.getElementById('verdict-announced').textContent === 'It’s a 1.'")

    page.keyboard.press("Delete")
    assert sum(settled_bars(page)) == 0
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "clear"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.ariaLabel") == "A handwritten 0"
    page.keyboard.press("Enter")
    wait_until(page, "document.getElementById('verdict').textContent === 'It’s a 0.'")


def test_every_offered_digit_is_read(open_demo: Callable[..., Page]) -> None:
    page = open_demo()
    for digit in range(10):
        page.click(f"[aria-label='A handwritten {digit}']")
        wait_until(page, f"document.getElementById('verdict').textContent.includes('a {digit}')")


def test_the_stated_accuracy_is_what_the_page_computes(
    open_demo: Callable[..., Page], demo_folder: Path
) -> None:
    facts = json.loads((demo_folder / "models" / "digits.json").read_text(encoding="utf-8"))
    digits = load_digits()
    held_back = facts["heldBack"]
    images = (digits.images[-held_back:] / 16).astype(np.float32)
    page = open_demo()
    predicted = page.evaluate(
        """async ({ values, count }) => {
            const { loadModel, Tensor } = await import(new URL("texelflow.js", document.baseURI));
            const model = await loadModel(new URL("models/digits/", document.baseURI));
            const image = new Tensor("float32", [count, 1, 8, 8], new Float32Array(values));
            const { probabilities } = await model.run({ image });
            model.dispose();
            return Array.from({ length: count }, (_, row) => {
                const scores = [...probabilities.data.subarray(row * 10, row * 10 + 10)];
                return scores.indexOf(Math.max(...scores));
            });
        }""",
        {"values": images.flatten().tolist(), "count": held_back},
    )
    correct = int((np.array(predicted) == digits.target[-held_back:]).sum())
    assert correct == facts["correct"]
    assert facts["accuracy"] == round(correct / held_back, 4) >= 0.98
    assert page.inner_text("#digits-accuracy") == f"{facts['accuracy'] * 100:.1f}% of {held_back}"
