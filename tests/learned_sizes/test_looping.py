"""Models whose loops a run repeats: random ones, what is left of the turn before, and what stops them."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx import helper
from playwright.sync_api import Page

import texelflow
from browser_support import PageServer
from bundle_runner import Job, run_jobs
from free_sizes.trials import Trial, ask_reference, run_trials
from learned_sizes.branching import BRANCHING
from learned_sizes.choosing import CHOOSING
from learned_sizes.looping import LOOPING
from learned_sizes.test_learned_sizes import HEADER, forget_shapes, make_trial
from operators.test_loops import random_loop, random_scan
from operators.test_recurrent import random_layer
from texelflow.operators.onnx.recurrent import MOST_STEPS

MODELS = 12

LONG = 12
"""Seed of a layer without given lengths or states."""

ENDLESS = """g (float[2] x) => (float[a] y) <float limit = {2}>
    {
        first = ReduceMax <keepdims = 0> (x)  begins = Less (first, limit)
        y = Loop (, begins, x) <body = turn (int64 i, bool c, float[2] s) => (bool c1, float[2] s1)
        { s1 = Sin (s)  m = ReduceMax <keepdims = 0> (s1)  c1 = Less (m, limit) }>
    }"""


def exported(text: str, folder: Path) -> Path:
    model = onnx.parser.parse_model(HEADER + text)
    forget_shapes(model.graph)
    onnx.save(model, folder / "model.onnx")
    texelflow.export(folder / "model.onnx", folder / "bundle")
    return folder / "bundle"


def steps_of(bundle: Path) -> list[str]:
    """What the steps of a bundle are: the operator of a draw, or what the page does."""
    graph = json.loads((bundle / "graph.json").read_text())
    steps = graph["plans"]["webgl2"]["entries"]["predict"]
    return [step.get("host") or step["node"].split()[0] for step in steps]


def random_trial(seed: int) -> Trial:
    """A loop whose turns, or a scan whose length, a run decides."""
    source = random.Random(seed)
    make = random_loop if seed % 3 else random_scan
    graph, feeds = make(source)
    runs = [feeds]
    if seed % 3:
        given = {"turns": [0, 1, 6, 3], "last": [2, 0, 9, 1]}
        kept = [value for value in graph.initializer if value.name not in given]
        del graph.initializer[:]
        graph.initializer.extend(kept)
        graph.input.extend(helper.make_tensor_value_info(name, onnx.TensorProto.INT64, []) for name in given)
        of_runs = zip(*given.values(), strict=True)
        runs = [{**feeds, **dict(zip(given, map(np.array, numbers), strict=True))} for numbers in of_runs]
        # Where there is no turn ONNX Runtime says of a stack what it likes.
        graph.output.pop()
    else:
        for value in graph.input:
            if value.name.startswith("s_"):
                [axis] = [
                    axis
                    for axis, extent in enumerate(feeds[value.name].shape)
                    if axis == _scanned(graph)[int(value.name[2:])] % 3
                ]
                value.type.tensor_type.shape.dim[axis].dim_param = "length"
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return ask_reference(Trial(f"random_{seed}", model, runs))


def _scanned(graph: onnx.GraphProto) -> list[int]:
    [axes] = [a.ints for node in graph.node for a in node.attribute if a.name == "scan_input_axes"]
    return list(axes)


def test_random_loops(bundle_page: Page, page_server: PageServer, tmp_path: Path) -> None:
    """Each gives what ONNX Runtime does, at each number of turns."""
    trials = [random_trial(seed) for seed in range(MODELS)]
    url = page_server.mount("/random_loops", tmp_path)
    assert not list(map(str, run_trials(bundle_page, url, tmp_path, trials)))
    for trial in trials:
        assert all(expected is not None for expected in trial.expected), trial.reasons
        assert {"loop", "again"} < set(steps_of(tmp_path / trial.name))


def test_layers_of_free_length(bundle_page: Page, page_server: PageServer, tmp_path: Path) -> None:
    """LSTM, GRU and RNN whose number of steps a run decides; and of more than are written out."""
    layers = [random_layer(random.Random(seed), free=True) for seed in range(MODELS)]
    long, [feeds] = random_layer(random.Random(LONG))
    long.graph.input[0].type.tensor_type.shape.dim[0].dim_value = MOST_STEPS + 1
    assert [value.name for value in long.graph.input] == ["x"]
    feeds["x"] = np.resize(feeds["x"], (MOST_STEPS + 1, *feeds["x"].shape[1:]))
    trials = [
        ask_reference(Trial(f"layer_{index}", model, runs))
        for index, (model, runs) in enumerate([*layers, (long, [feeds])])
    ]
    url = page_server.mount("/free_layers", tmp_path)
    assert not list(map(str, run_trials(bundle_page, url, tmp_path, trials)))
    for trial in trials:
        assert all(expected is not None for expected in trial.expected), trial.reasons
        assert "loop" in steps_of(tmp_path / trial.name)


def test_nothing_of_earlier_turns_is_read(bundle_page: Page, page_server: PageServer, tmp_path: Path) -> None:
    """With textures that are poisoned before each stage all results stay right."""
    trials = [make_trial(name, case) for name, case in {**LOOPING, **CHOOSING}.items()]
    url = page_server.mount("/poisoned_loops", tmp_path)
    assert not list(map(str, run_trials(bundle_page, url, tmp_path, trials, {"poison": True})))


def test_what_is_the_same_in_all_turns_is_computed_once(tmp_path: Path) -> None:
    """It comes before the loop. A count that is given and a condition that is passed on are not read back."""
    text = """g (float[n,3] x, int64 m) => (float[a,b] y) <float[3,3] w = {1,2,3,4,5,6,7,8,9}>
        {
            y = Loop (m, , x) <body = turn (int64 i, bool c, float[n,3] s) => (bool c1, float[n,3] s1)
            { c1 = Identity (c)  k = MatMul (x, w)  e = Softmax (k)  p = MatMul (s, w)  s1 = Add (p, e) }>
        }"""
    steps = steps_of(exported(text, tmp_path))
    before, turn = steps[: steps.index("loop")], steps[steps.index("loop") + 1 : steps.index("again")]
    assert {"MatMul", "ReduceMax", "ReduceSum"} <= set(before)
    assert {"MatMul"} <= set(turn) <= {"MatMul", "texelflow::Repeat"}
    assert "read" not in steps


def test_runs_make_nothing_new(page: Page, page_server: PageServer, tmp_path: Path) -> None:
    """Runs after the first make no GL object, whatever number of turns they take, up to that of the first."""
    text = LOOPING["a count that is given"].text
    made = page.evaluate(
        """async (url) => {
            const model = await texelflow.loadModel(url);
            const x = new texelflow.Tensor("float32", [2, 3], new Float32Array([1, 2, 3, 4, 5, 6]));
            const run = (turns) => model.run(
                { x, turns: new texelflow.Tensor("int64", [], new BigInt64Array([turns])) });
            await run(9n);
            await run(9n);
            const count = () => JSON.stringify(texelflow.statistics(model).created);
            const before = count();
            await run(9n);
            return [before, count()];
        }""",
        page_server.mount("/steady_loop", exported(text, tmp_path)),
    )
    assert made[0] == made[1]


def test_a_loop_that_does_not_end_is_stopped(page: Page, page_server: PageServer, tmp_path: Path) -> None:
    """By the signal of its run, and by disposing of the model; the page stays alive meanwhile."""
    found = page.evaluate(
        """async (url) => {
            const model = await texelflow.loadModel(url);
            const run = (x, options) => model.run(
                { x: new texelflow.Tensor("float32", [2], new Float32Array([x, x])) }, options);
            const tell = (error) => `${error.code}: ${error.message}`;
            const stop = new AbortController();
            setTimeout(() => stop.abort(), 300);
            const stopped = await run(1, { signal: stop.signal }).then(() => "ran", tell);
            const { y } = await run(3);
            const endless = run(1).then(() => "ran", tell);
            setTimeout(() => model.dispose(), 300);
            return [stopped, [...y.data], await endless];
        }""",
        page_server.mount("/endless_loop", exported(ENDLESS, tmp_path)),
    )
    assert re.match(r"stopped: .* in turn \d+ of .*Loop", found[0])
    assert found[1] == [3, 3]
    assert found[2].startswith("disposed: ")


def test_one_branch_is_computed(tmp_path: Path) -> None:
    """What is large lies in branches; what is small is computed of both, as a condition is not read back."""
    steps = steps_of(exported(CHOOSING["large branches"].text, tmp_path))
    first, middle, last = (steps.index(name) for name in ("branch", "other", "join"))
    assert "MatMul" in steps[first:middle] and "MatMul" in steps[middle:last]
    assert "MatMul" not in steps[:first] + steps[last:]
    small = tmp_path / "small"
    small.mkdir()
    assert "branch" not in steps_of(exported(BRANCHING["a condition of computed numbers"].text, small))


@pytest.mark.parametrize("case", ["loops in loops", "sizes that a turn learns"])
def test_intermediate_values(case: str, page: Page, page_server: PageServer, tmp_path: Path) -> None:
    """The profiler and what shows all tensors follow loops, too."""
    inputs = {
        "loops in loops": "{ x: tensor('float32', [1, 2], [1, 2]), outer: count(3n), inner: count(2n) }",
        "sizes that a turn learns": "{ x: tensor('float32', [3], [1, 2, 3]), turns: count(3n) }",
    }[case]
    found = page.evaluate(
        """async (url) => {
            const model = await texelflow.loadModel(url);
            const count = (n) => new texelflow.Tensor("int64", [], new BigInt64Array([n]));
            const tensor = (kind, shape, data) => new texelflow.Tensor(kind, shape, new Float32Array(data));
            const feeds = """
        + inputs
        + """;
            const { y } = await model.run(feeds);
            const layers = await texelflow.runWithIntermediates(model, feeds);
            const { draws } = await model.profile(feeds, { runs: 1 });
            const own = layers.findLast(({ value }) => value === "y");
            const dirty = layers.reduce((sum, { dirtyLanes }) => sum + dirtyLanes, 0);
            return [[...y.data], [...own.data], draws.length, dirty];
        }""",
        page_server.mount("/watched_loop", exported(LOOPING[case].text, tmp_path)),
    )
    assert found[0] == found[1]
    assert found[2] > 2 and found[3] == 0


DAMAGES = {
    "no end": lambda steps: steps.pop(_place(steps, "again")),
    "no beginning": lambda steps: steps.pop(_place(steps, "loop")),
    "an end without what is carried": lambda steps: steps[_place(steps, "again")].update(
        inputs=[], outputs=[]
    ),
    "a beginning without limits": lambda steps: steps[_place(steps, "loop")].update(ints=[]),
    "a beginning that fills too few": lambda steps: steps[_place(steps, "loop")]["outputs"].pop(),
    "what a turn leaves, read behind the loop": lambda steps: steps[_place(steps, "other")].update(
        inputs=steps[_place(steps, "again")]["inputs"]
    ),
    "a step that nobody knows": lambda steps: steps[_place(steps, "again")].update(host="wonder"),
    "no condition": lambda steps: steps[_place(steps, "branch")].update(inputs=[]),
    "no second branch": lambda steps: steps.pop(_place(steps, "other")),
    "three branches": lambda steps: steps.insert(_place(steps, "join"), steps[_place(steps, "other")]),
    "a branch without results": lambda steps: steps[_place(steps, "join")].update(inputs=[]),
    "a branch that ends as a loop": lambda steps: steps[_place(steps, "join")].update(host="again"),
    "what the first branch leaves, read in the second": lambda steps: steps[_place(steps, "join")].update(
        inputs=steps[_place(steps, "other")]["inputs"]
    ),
}


def _place(steps: list[dict[str, Any]], host: str) -> int:
    return [step.get("host") for step in steps].index(host)


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_loops(damage: str, bundle_page: Page, page_server: PageServer, tmp_path: Path) -> None:
    """A bundle whose loops and branches are not whole is refused before anything runs."""
    bundle = exported(CHOOSING["loops in branches"].text, tmp_path)
    graph = json.loads((bundle / "graph.json").read_text())
    steps = graph["plans"]["webgl2"]["entries"]["predict"]
    DAMAGES[damage](steps)
    for tensor in graph["plans"]["webgl2"]["tensors"]:
        if "lifetime" in tensor:
            tensor["lifetime"] = [-1, len(steps)]
    (bundle / "graph.json").write_text(json.dumps(graph))
    url = page_server.mount("/damaged_loop", bundle)
    [answer] = run_jobs(bundle_page, [Job(url, {})])
    assert answer.error is not None and "is damaged" in answer.error
