"""Language models of each family as Graphs, against what transformers computes of the same files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from operators.microsoft.microsoft_models import run_graph
from texelflow.errors import ExportError
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


SETTINGS = [
    ({"model_type": "bert"}, "a model of type 'bert' is not supported; llama, mistral"),
    ({"hidden_size": 0}, "hidden_size is 0; a whole number of at least 1"),
    ({"num_hidden_layers": 10**6}, "num_hidden_layers is 1000000; at most 1024"),
    ({"num_key_value_heads": 3}, "4 heads cannot share 3 keys evenly"),
    ({"hidden_act": "relu"}, "hidden_act is 'relu', which is not supported"),
    ({"rms_norm_eps": "small"}, "rms_norm_eps is 'small'; a number is needed"),
    (
        {"rope_parameters": {"rope_type": "longrope"}},
        "scaled by 'longrope'; linear, dynamic, yarn, llama3 or",
    ),
    ({"rope_parameters": {"rope_type": "yarn", "factor": 0}}, "factor is 0.0; a positive number"),
    (
        {"rope_parameters": {"rope_type": "yarn", "factor": 2, "rope_theta": 1}},
        "the base is 1.0, original_max",
    ),
    ({"rope_parameters": {"rope_type": "yarn", "beta_slow": -1}}, "beta_fast is 32.0, beta_slow -1.0"),
    ({"rope_parameters": {"rope_type": "dynamic"}}, "factor is None; a number is needed"),
    (
        {"rope_parameters": {"partial_rotary_factor": 0.5}},
        "partial_rotary_factor is 0.5; only 1 is supported",
    ),
    ({"model_type": "gemma", "hidden_act": "gelu", "use_bidirectional_attention": True}, "use_bidirectional"),
    ({"rope_parameters": {"rope_theta": 1e308}}, "base 1e.308 of positions is too large"),
    ({"rope_parameters": {"rope_type": "linear", "factor": 0}}, "factor is 0.0; a positive number"),
    ({"rope_parameters": 3}, "rope_parameters is 3; an object is needed"),
    ({"intermediate_size": 21}, r"weight 'model.layers.0.mlp.gate_proj.weight' is bfloat16\[20, 24\]"),
    ({"num_hidden_layers": 3}, r"no weight 'model.layers.2.input_layernorm.weight' of shape \[24\]"),
    ({"quantization_config": {"bits": 4}}, "quantization_config is not supported"),
    ({"tie_word_embeddings": False}, "no weight 'lm_head.weight'"),
]


@pytest.mark.parametrize(("entries", "message"), SETTINGS)
def test_what_is_not_supported_is_named(entries: dict[str, object], message: str, tmp_path: Path) -> None:
    config = json.loads((FOLDER / "llama_3" / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, **entries}))
    (tmp_path / "model.safetensors").write_bytes((FOLDER / "llama_3" / "model.safetensors").read_bytes())
    with pytest.raises(ExportError, match=message):
        read_model(tmp_path)
