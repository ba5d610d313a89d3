"""Language models of each family as Graphs, against what transformers computes of the same files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from operators.microsoft_models import run_graph
from texelflow.graph import Graph
from texelflow.importers import read_model
from texelflow.passes import decode_at_load, simplify

FOLDER = Path(__file__).parent
MODELS = sorted(path.parent.name for path in FOLDER.glob("*/config.json"))


def graph_of(path: Path) -> Graph:
    graph = read_model(path)
    simplify(graph)
    decode_at_load.run(graph)
    return graph


def empty_cache(graph: Graph, batch: int) -> dict[str, np.ndarray]:
    """A cache without keys, by the names of the inputs."""
    return {
        value.name: np.zeros((batch, int(str(value.shape[1])), 0, int(str(value.shape[3]))), np.float32)
        for value in graph.inputs[1:]
    }


def next_cache(results: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What a run leaves, as inputs of the next."""
    return {
        name.replace("present.", "past_key_values."): array
        for name, array in results.items()
        if name.startswith("present.")
    }


@pytest.mark.parametrize("name", MODELS)
def test_logits_are_those_of_transformers(name: str) -> None:
    expected = np.load(FOLDER / name / "results.npz")
    graph = graph_of(FOLDER / name)
    tokens = expected["tokens"]
    first = run_graph(graph, {"input_ids": tokens, **empty_cache(graph, len(tokens))})
    np.testing.assert_allclose(first["logits"], expected["logits"], rtol=1e-4, atol=2e-5)
    following = run_graph(graph, {"input_ids": expected["next"], **next_cache(first)})
    np.testing.assert_allclose(following["logits"], expected["next_logits"], rtol=1e-4, atol=2e-5)
