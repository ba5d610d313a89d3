"""How sounds are cut into windows, and what is made of those, against NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

Told = Callable[..., Any]
RATE = 1000


def sound(length: int) -> np.ndarray:
    """Samples that differ from each other."""
    return np.random.default_rng(length).uniform(-1, 1, length).astype(np.float32)


def row(*values: float) -> list[Any]:
    """The shape and numbers of an output of one row."""
    return [[1, len(values)], list(values)]


def heard(
    told: Told, length: int, outputs: Any, roles: dict[str, Any], task: str = "audio-tracking", **said: Any
) -> Any:
    """What a pipeline makes of a sound, and what runs were given; `cut` says how they take it."""
    cut = {"kind": "sound", "rate": RATE, **said.pop("cut", {})}
    shape = said.pop("shape", [1, "n"])
    options = {"fed": True, **said.pop("options", {})}
    given = {"samples": sound(length).tolist()}
    answer = told(task, outputs, roles, given, input={"shape": shape, "role": cut}, options=options, **said)
    assert "error" not in answer, answer
    return answer["result"], [np.array(feeds["given"], np.float32) for feeds in answer["fed"]]


@pytest.mark.parametrize("length", [1, 30, 99, 100, 101, 430])
@pytest.mark.parametrize("context", [0, 16])
def test_windows_with_context(told: Told, length: int, context: int) -> None:
    """Each run takes new samples, and the last ones of the window before; zeros where there are none."""
    window, runs = 50, -(-length // 50)
    curve = {"y": {"kind": "curve", "unit": "probability", "rate": RATE / window}}
    outputs = [{"y": row(0.1 * turn)} for turn in range(runs)]
    cut = {"window": window, "context": context} if context else {}
    shape = [1, window + context]
    (track,), fed = heard(told, length, outputs, curve, cut=cut, shape=shape)
    padded = np.concatenate([np.zeros(context), sound(length), np.zeros(runs * window - length)])
    assert len(fed) == runs
    for turn, samples in enumerate(fed):
        np.testing.assert_array_equal(samples, padded[turn * window :][: window + context].astype(np.float32))
    np.testing.assert_allclose(track["times"], np.arange(runs) * window / RATE)
    np.testing.assert_allclose(track["values"], 0.1 * np.arange(runs), atol=1e-6)
    assert track["unit"] == "probability" and track["label"] == "y"


@pytest.mark.parametrize("length", [10, 70, 81, 160, 333])
def test_windows_that_overlap(told: Told, length: int) -> None:
    """Of what two windows share, each gives the half that is farther from its edge."""
    window, overlap, moments = 120, 40, 12
    hop, runs = window - overlap, -(-length // 80)
    outputs = [{"y": [[1, moments, 1], (100 * turn + np.arange(moments)).tolist()]} for turn in range(runs)]
    curve = {"y": {"kind": "curve", "unit": "hertz", "rate": RATE / 10}}
    (track,), fed = heard(
        told, length, outputs, curve, cut={"window": window, "overlap": overlap}, shape=[1, 120]
    )
    padded = np.concatenate([np.zeros(overlap // 2), sound(length), np.zeros(1000)]).astype(np.float32)
    assert len(fed) == runs
    for turn, samples in enumerate(fed):
        np.testing.assert_array_equal(samples, padded[turn * hop :][:window])
    values = np.concatenate([100 * turn + np.arange(2, 10) for turn in range(runs)])
    count = -(-length // 10)
    np.testing.assert_allclose(track["values"], values[:count])
    np.testing.assert_allclose(track["times"], np.arange(count) * 10 / RATE, atol=1e-9)


def test_notes_are_rows(told: Told) -> None:
    grid = np.random.default_rng(1).uniform(0, 1, (1, 5, 7)).astype(np.float32)
    notes = {"n": {"kind": "notes", "part": "frames", "rate": 10, "lowest": 33}}
    (track,), _ = heard(told, 500, {"n": [[1, 5, 7], grid.ravel().tolist()]}, notes)
    assert track["lowest"] == 33 and len(track["times"]) == 5
    np.testing.assert_array_equal(np.float32(track["values"]).reshape(5, 7), grid[0])


def test_classes_are_the_mean_of_windows(told: Told) -> None:
    """Of probabilities; of a curve the highest."""
    logits = np.random.default_rng(3).normal(0, 2, (3, 4))
    outputs = [{"c": row(*values)} for values in logits]
    roles = {"c": {"kind": "classes", "activation": "softmax"}}
    said = {"shape": [50], "labels": {"c": ["a", "b", "c", "d"]}, "options": {"top_k": 4}}
    classes, fed = heard(told, 130, outputs, roles, task="audio-classification", **said)
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    mean = shares.mean(0)
    order = np.argsort(-mean)
    assert [one["label"] for one in classes] == ["abcd"[place] for place in order] and len(fed) == 3
    np.testing.assert_allclose([one["score"] for one in classes], mean[order], rtol=1e-5)
    voice = {"y": {"kind": "curve", "unit": "probability", "rate": 20}}
    highest, _ = heard(
        told,
        130,
        [{"y": row(value)} for value in (0.2, 0.75, 0.5)],
        voice,
        task="audio-classification",
        shape=[1, 50],
        labels={"y": ["voice"]},
    )
    assert highest == [{"label": "voice", "score": pytest.approx(0.75)}]


def test_other_rates(told: Told) -> None:
    """A sound of another rate is brought to the model's; a tone stays the tone that it is."""
    times = np.arange(2000) / (2 * RATE)
    tone = np.sin(2 * np.pi * 50 * times)
    role = {"kind": "sound", "rate": RATE}
    answer = told(
        "audio-tracking",
        {"y": row(1)},
        {"y": {"kind": "curve", "rate": 1}},
        {"samples": tone.tolist()},
        input={"shape": [1, "n"], "role": role},
        options={"fed": True, "sampling_rate": 2 * RATE},
    )
    (samples,) = (np.array(feeds["given"]) for feeds in answer["fed"])
    expected = np.sin(2 * np.pi * 50 * np.arange(1000) / RATE)
    np.testing.assert_allclose(samples[50:-50], expected[50:-50], atol=0.02)


def test_a_sound_that_comes_block_by_block(pipeline_page: Any) -> None:
    """A stream gives each window as soon as it is full; blocks may be of any length."""
    answer = pipeline_page.evaluate(
        """async () => {
            const outputs = [{name: 'y', dtype: 'float32', shape: [1, 1], role: {kind: 'curve', rate: 10}}];
            const role = {kind: 'sound', rate: 1000};
            const inputs = [{name: 'x', dtype: 'float32', shape: [1, 100], role}];
            const run = async ({x}) => ({y: new texelflow.Tensor('float32', [1, 1], x.data.slice(0, 1))});
            const model = {name: 'told', inputs, outputs, states: [], run, dispose() {}};
            const pipe = await pipelines.pipeline('audio-tracking', model);
            const given = [];
            const blocks = async function* () {
                for (let at = 0; at < 350; at += 70) {
                    given.push(at);
                    yield Float32Array.from({length: 70}, (_, index) => at + index);
                }
            };
            const found = [];
            for await (const [{times, values}] of pipe.stream(blocks()))
                found.push([times[0], values[0], given.length]);
            return [found, pipelines.taskOf(model)];
        }"""
    )
    assert answer == [[[0, 0, 2], [0.1, 100, 3], [0.2, 200, 5], [0.3, 300, 5]], "audio-tracking"]


@pytest.mark.parametrize("remembers", [False, True])
def test_windows_that_are_late_are_left_out(pipeline_page: Any, remembers: bool) -> None:
    """With `latest`, of a sound that comes; none of a file, or of what a model that remembers must hear."""
    random = np.random.default_rng(3)
    cases = []
    for _ in range(12):
        window, context, overlap = (int(random.integers(low, 9)) * 2 for low in (4, 0, 0))
        overlap = min(overlap, window - 2)
        blocks = [int(size) for size in random.integers(1, 60, 6)]
        cases.append({"window": window, "context": context, "overlap": overlap, "blocks": blocks})
    answers = pipeline_page.evaluate(
        """async ([cases, remembers]) => {
            const outputs = [{name: 'y', dtype: 'float32', shape: [1, 1], role: {kind: 'curve', rate: 10}}];
            const answers = [];
            for (const {window, context, overlap, blocks} of cases) {
                const role = {kind: 'sound', rate: 1000, window, context, overlap};
                const inputs = [{name: 'x', dtype: 'float32', shape: [1, window + context], role}];
                const firsts = [];
                const run = async ({x}) => {
                    firsts.push(x.data[0]);
                    return {y: new texelflow.Tensor('float32', [1, 1], Float32Array.of(0))};
                };
                const states = remembers ? [{name: 's', dtype: 'float32', shape: [1]}] : [];
                const session = () => ({run, dispose() {}});
                const model = {name: 'told', inputs, outputs, states, run, session, dispose() {}};
                const pipe = await pipelines.pipeline('audio-tracking', model);
                let at = 0;
                const come = async function* () {
                    for (const length of blocks)
                        yield Float32Array.from({length}, () => ++at);
                };
                const times = [];
                for await (const [track] of pipe.stream(come(), {latest: true}))
                    times.push(Math.round(track.times[0] * 1000));
                const live = firsts.splice(0);
                await pipe(Float32Array.from({length: at}, (_, index) => index + 1), {latest: true});
                answers.push({times, live, whole: firsts});
            }
            return answers;
        }""",
        [cases, remembers],
    )
    for case, answer in zip(cases, answers, strict=True):
        window, context, overlap = case["window"], case["context"], case["overlap"]
        hop, before, there = window - overlap, context + overlap // 2, 0
        # By definition: a window begins every `hop` samples; it is full when all that it covers is there.
        starts: list[int] = []
        for size in case["blocks"]:
            there += size
            full = [
                start for start in range(0, there + before, hop) if start + context + window <= there + before
            ]
            new = [start for start in full if not starts or start > starts[-1]]
            starts += new if remembers else new[-1:]
        last = starts[-1] + hop if starts else 0
        starts += range(last, there, hop)
        heard = [max(0, start - before + 1) for start in starts]
        assert (answer["times"], answer["live"]) == (starts, heard), case
        assert answer["whole"] == [max(0, start - before + 1) for start in range(0, there, hop)], case
