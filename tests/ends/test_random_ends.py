"""The ends on random numbers, sizes and options, against NumPy and SciPy: what examples do not think of."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.signal
import scipy.stats

Call = Callable[..., Any]


def test_spectra_of_any_size(call: Call) -> None:
    """NumPy's transform of frames that are cut as PyTorch cuts them, mirrored at the ends where centred."""
    rng = np.random.default_rng(1)
    cases, expected = [], []
    for _ in range(60):
        fft = int(rng.integers(2, 70))
        hop = int(rng.integers(1, fft + 3))
        # Left out, it is a quarter of the frame.
        given = {} if hop % 5 == 0 else {"hop": hop}
        hop = given.get("hop", max(1, fft // 4))
        centred = bool(rng.integers(2))
        width = int(rng.integers(1, fft + 1))
        window = (rng.random(width) + 0.1).astype(np.float32)
        samples = rng.standard_normal(int(rng.integers(fft, 4 * fft + 3))).astype(np.float32)
        cases.append([samples.tolist(), {"fft": fft, **given, "centred": centred}, window.tolist()])
        padded = np.zeros(fft)
        padded[(fft - width) // 2 : (fft - width) // 2 + width] = window
        around = np.pad(samples.astype(np.float64), fft // 2, "reflect") if centred else samples
        frames = np.lib.stride_tricks.sliding_window_view(around, fft)[::hop] * padded
        expected.append(np.fft.rfft(frames, axis=1))
    answers = call(
        """a[0].map(([samples, options, window]) => {
            const given = {...options, window: Float32Array.from(window)};
            return ends.stft(Float32Array.from(samples), given);
        })""",
        cases,
    )
    for case, answer, wanted in zip(cases, answers, expected, strict=True):
        assert (answer["frames"], answer["bins"]) == wanted.shape, case[1]
        found = np.array(answer["real"]) + 1j * np.array(answer["imaginary"])
        np.testing.assert_allclose(
            found.reshape(wanted.shape), wanted, atol=1e-5 * np.abs(wanted).max(), err_msg=str(case[1])
        )


def test_resampling_between_any_rates(call: Call) -> None:
    """SciPy's filter bank with the kernel that torchaudio has: a sinc of 6 zeros under Hann's window."""
    rng = np.random.default_rng(2)
    cases, expected = [], []
    for _ in range(50):
        old, fresh = (int(rate) for rate in rng.integers(1, 40, 2))
        samples = rng.standard_normal(int(rng.integers(1, 150))).astype(np.float32)
        factor = int(rng.choice([1, 3, 100]))
        cases.append([samples.tolist(), old * factor, fresh * factor])
        divisor = math.gcd(old, fresh)
        up, down = fresh // divisor, old // divisor
        if up == down:
            expected.append(samples)
            continue
        # One kernel on the common grid of both rates, of which each output takes every `up`th number.
        cut = min(up, down) * 0.99
        reach = math.ceil(6 / cut * up * down)
        time = np.arange(-reach, reach + 1) / (up * down) * cut
        kernel = (
            np.sinc(time) * np.cos(np.clip(time, -6, 6) * math.pi / 12) ** 2 * (np.abs(time) < 6) * cut / down
        )
        whole = scipy.signal.upfirdn(kernel, samples, up, 1)[reach:]
        count = math.ceil(up * len(samples) / down)
        taken = np.zeros(count)
        found = whole[::down][:count]
        taken[: len(found)] = found
        expected.append(taken)
    answers = call("a[0].map(([s, from, to]) => ends.resample(Float32Array.from(s), from, to))", cases)
    for case, answer, wanted in zip(cases, answers, expected, strict=True):
        assert len(answer) == len(wanted), case[1:]
        np.testing.assert_allclose(answer, wanted, atol=2e-5, err_msg=str(case[1:]))


def kept(boxes: np.ndarray, scores: np.ndarray, labels: np.ndarray, options: dict[str, Any]) -> list[int]:
    """The boxes that no better one of their class covers: each against all, in the order of the scores."""
    found: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        left, top, right, bottom = boxes[index]

        def overlap(
            other: int, left: float = left, top: float = top, right: float = right, bottom: float = bottom
        ) -> float:
            x0, y0, x1, y1 = boxes[other]
            shared = max(0.0, min(right, x1) - max(left, x0)) * max(0.0, min(bottom, y1) - max(top, y0))
            union = (right - left) * (bottom - top) + (x1 - x0) * (y1 - y0) - shared
            return shared / union if union > 0 else 0.0

        rivals = [each for each in found if not options["byLabel"] or labels[each] == labels[index]]
        if all(overlap(each) <= options["overlap"] for each in rivals):
            found.append(int(index))
    return found[: options.get("limit")]


def test_boxes_that_overlap(call: Call) -> None:
    """Of one class and of many, with equal scores, empty boxes and equal ones among them."""
    rng = np.random.default_rng(3)
    cases, expected = [], []
    for _ in range(80):
        count = int(rng.integers(0, 25))
        corners = rng.integers(0, 9, (count, 2))
        boxes = np.concatenate([corners, corners + rng.integers(0, 5, (count, 2))], axis=1).astype(np.float64)
        scores, labels = rng.integers(1, 6, count) / 8, rng.integers(0, 3, count)
        options: dict[str, Any] = {"overlap": int(rng.integers(0, 16)) / 16, "byLabel": bool(rng.integers(2))}
        if rng.integers(2):
            options["limit"] = int(rng.integers(0, 8))
        cases.append([boxes.tolist(), scores.tolist(), labels.tolist(), options])
        expected.append(kept(boxes, scores, labels, options))
    answers = call(
        """a[0].map(([boxes, scores, labels, options]) => ends.suppressOverlaps(
            boxes.map(([left, top, right, bottom], index) =>
                ({left, top, right, bottom, score: scores[index], label: labels[index], index})),
            options).map(({index}) => index))""",
        cases,
    )
    for case, answer, wanted in zip(cases, answers, expected, strict=True):
        assert answer == wanted, case


def test_tokens_are_drawn_as_often_as_they_are_likely(call: Call) -> None:
    """By chi squared, with the page's own chance; a right sampler fails once in a million times."""
    rng = np.random.default_rng(4)
    for options in ({}, {"temperature": 0.5}, {"temperature": 3, "topK": 5}, {"topP": 0.8}, {"topK": 1}):
        logits = (rng.standard_normal(12) * 2).astype(np.float32)
        order = np.argsort(-logits)
        temperature = options.get("temperature", 1)
        weights = np.exp(logits.astype(np.float64) / temperature)
        weights[order[options.get("topK", 12) :]] = 0
        shares = weights / weights.sum()
        if "topP" in options:
            before = np.cumsum(shares[order]) - shares[order]
            shares[order[before >= options["topP"]]] = 0
            shares /= shares.sum()
        drawn = call("Array.from({length: 20000}, () => ends.sample(a[0], a[1]))", logits.tolist(), options)
        counts = np.bincount(drawn, minlength=12)
        assert counts[shares == 0].sum() == 0 and counts.sum() == 20000
        likely = shares > 0
        if likely.sum() > 1:
            _, probability = scipy.stats.chisquare(counts[likely], shares[likely] * 20000)
            assert probability > 1e-6, (options, counts, shares)
