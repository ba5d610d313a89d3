"""Writes tests/importers/transformers_files: tiny transformers as the exporters of today write them.

An encoder (BERT) and a decoder's step (Llama, GPT-2), with seeded weights, by PyTorch's exporter, and by
Hugging Face's with what ONNX Runtime's optimiser for transformers fuses. Beside each model lies what PyTorch
computes. Run by hand, in an environment that has torch, transformers, optimum-onnx, onnx, onnxscript and
onnxruntime; arguments are names of models, without any all are written.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from onnxruntime.transformers import optimizer
from onnxruntime.transformers.fusion_options import FusionOptions
from optimum.exporters.onnx import main_export
from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM
from transformers.cache_utils import DynamicCache

FOLDER = Path(__file__).parent.parent / "tests" / "importers" / "transformers_files"
WORDS, LAYERS = 40, 2

Arrays = dict[str, np.ndarray]


class Encoder(torch.nn.Module):  # type: ignore[misc]  # torch is not installed here
    """A BERT of two inputs and two outputs."""

    def __init__(self, model: BertModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the states of all tokens, and what stands for the text."""
        found = self.model(input_ids=input_ids, attention_mask=attention_mask)
        return found.last_hidden_state, found.pooler_output


class Step(torch.nn.Module):  # type: ignore[misc]  # torch is not installed here
    """A decoder of some tokens behind those whose keys and values are given."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, input_ids: torch.Tensor, k0: torch.Tensor, v0: torch.Tensor, k1: torch.Tensor, v1: torch.Tensor
    ) -> tuple[torch.Tensor, ...]:
        """Return the logits, and keys and values with those of the new tokens."""
        cache = DynamicCache.from_legacy_cache(((k0, v0), (k1, v1)))
        found = self.model(input_ids=input_ids, past_key_values=cache, use_cache=True)
        present = found.past_key_values.to_legacy_cache()
        return (found.logits, *present[0], *present[1])


PAST = [f"past_key_values.{layer}.{part}" for layer in range(LAYERS) for part in ("key", "value")]
PRESENT = [name.replace("past_key_values", "present") for name in PAST]


def bert() -> BertModel:
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=WORDS,
        hidden_size=16,
        num_hidden_layers=LAYERS,
        num_attention_heads=2,
        intermediate_size=24,
        max_position_embeddings=32,
    )
    return BertModel(config).eval()


def llama() -> LlamaForCausalLM:
    torch.manual_seed(2)
    config = LlamaConfig(
        vocab_size=WORDS,
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
    )
    return LlamaForCausalLM(config).eval()


def gpt2() -> GPT2LMHeadModel:
    torch.manual_seed(3)
    config = GPT2Config(vocab_size=WORDS, n_embd=16, n_layer=LAYERS, n_head=2, n_positions=32)
    return GPT2LMHeadModel(config).eval()


def texts(batch: int, length: int) -> Arrays:
    """Tokens of texts, of which those behind the first are shorter."""
    tokens = torch.randint(0, WORDS, (batch, length), generator=torch.Generator().manual_seed(batch + length))
    mask = torch.ones(batch, length, dtype=torch.long)
    for text in range(1, batch):
        mask[text, max(1, length - text) :] = 0
    return {"input_ids": tokens.numpy(), "attention_mask": mask.numpy()}


def steps(batch: int, length: int, past: int, heads: int, size: int) -> Arrays:
    """Tokens of a step, and keys and values of those before."""
    source = torch.Generator().manual_seed(batch + length + past)
    tokens = torch.randint(0, WORDS, (batch, length), generator=source)
    caches = {name: torch.randn(batch, heads, past, size, generator=source).numpy() for name in PAST}
    return {"input_ids": tokens.numpy(), **caches}


def by_pytorch(
    module: torch.nn.Module, feeds: Arrays, outputs: list[str], axes: list[dict[int, str]], opset: int
) -> onnx.ModelProto:
    """Return what PyTorch's exporter writes, with the axes free that are named."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        given = tuple(torch.from_numpy(array) for array in feeds.values())
        program = torch.onnx.export(
            module,
            given,
            dynamo=True,
            opset_version=opset,
            input_names=list(feeds),
            output_names=outputs,
            dynamic_shapes=tuple(axes),
        )
        program.save(str(path))
        return onnx.load(str(path))


def by_hugging_face(model: Any, task: str, kind: str, options: FusionOptions | None) -> onnx.ModelProto:
    """Return what Hugging Face's exporter and ONNX Runtime's optimiser make."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "model", Path(folder) / "onnx"
        model.save_pretrained(source)
        settings = json.loads((source / "config.json").read_text())
        # What ONNX Runtime's optimiser recognises of decoders is attention that is written out.
        settings["attn_implementation"] = "eager"
        (source / "config.json").write_text(json.dumps(settings))
        main_export(
            str(source),
            target,
            task=task,
            do_validation=False,
            no_post_process=True,
            library_name="transformers",
        )
        [path] = target.glob("*.onnx")
        fused = optimizer.optimize_model(
            str(path),
            model_type=kind,
            num_heads=model.config.num_attention_heads,
            hidden_size=model.config.hidden_size,
            opt_level=0,
            optimization_options=options,
        )
        model_proto: onnx.ModelProto = fused.model
        return model_proto


def stripped(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a model without what exporters write for people."""

    def clean(graph: onnx.GraphProto) -> None:
        del graph.metadata_props[:], graph.value_info[:]
        for node in graph.node:
            del node.metadata_props[:]
            node.doc_string = ""
        for value in (*graph.input, *graph.output, *graph.initializer):
            del value.metadata_props[:]
            value.doc_string = ""

    for value in model.graph.initializer:
        if value.name in ("cos_cache", "sin_cache"):  # for 131,072 positions, whatever the model has
            value.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(value)[:64], value.name))
    clean(model.graph)
    del model.metadata_props[:], model.functions[:]
    return model


def save(
    name: str, model: onnx.ModelProto, feeds: Sequence[Arrays], run: Callable[[Arrays], Sequence[Any]]
) -> None:
    """Write a model and, by run, its inputs and what PyTorch makes of them."""
    model = stripped(model)
    onnx.save(model, FOLDER / f"{name}.onnx")
    outputs = [output.name for output in model.graph.output]
    arrays: Arrays = {}
    with torch.no_grad():
        for index, given in enumerate(feeds):
            results = [result.numpy() for result in run(given)]
            arrays |= {f"{index}/in/{key}": array for key, array in given.items()}
            arrays |= {f"{index}/out/{key}": array for key, array in zip(outputs, results, strict=False)}
    np.savez_compressed(FOLDER / f"{name}.npz", **arrays)  # type: ignore[arg-type]  # NumPy's stub takes it for allow_pickle
    operators = sorted(
        {f"{node.domain}{'::' if node.domain else ''}{node.op_type}" for node in model.graph.node}
    )
    print(name, (FOLDER / f"{name}.onnx").stat().st_size, [o.version for o in model.opset_import], operators)


def tensors(feeds: Arrays) -> list[torch.Tensor]:
    return [torch.from_numpy(array) for array in feeds.values()]


OUTPUTS = ["last_hidden_state", "pooler_output"]
FREE_TEXT, FREE_CACHE = {0: "batch", 1: "length"}, {0: "batch", 2: "past"}
TEXTS = ((2, 5), (1, 9), (3, 2))
STEPS = ((2, 2, 3), (1, 1, 7), (3, 4, 2))
"""Batch, new tokens, and those before, of each run."""


def pytorch_encoder(name: str, opset: int) -> None:
    """Write BERT by PyTorch's exporter."""
    module = Encoder(bert()).eval()
    feeds = [texts(*size) for size in TEXTS]
    model = by_pytorch(module, feeds[0], OUTPUTS, [FREE_TEXT] * 2, opset)
    save(name, model, feeds, lambda given: module(*tensors(given)))


def pytorch_decoder(name: str, opset: int) -> None:
    """Write a step of Llama by PyTorch's exporter."""
    module = Step(llama()).eval()
    axes = [FREE_TEXT, *[FREE_CACHE] * 4]
    feeds = [steps(*size, 2, 4) for size in STEPS]
    model = by_pytorch(module, feeds[0], ["logits", *PRESENT], axes, opset)
    if any(node.op_type == "RotaryEmbedding" for node in model.graph.node):
        # It gives ONNX's operator angles of one text for all, which ONNX does not take.
        feeds = [steps(1, length, past, 2, 4) for _, length, past in STEPS]
    save(name, model, feeds, lambda given: module(*tensors(given)))


def fused_bert(name: str, has_heads: bool) -> None:
    """Write BERT by Hugging Face's exporter, with Attention or MultiHeadAttention."""
    module = Encoder(bert()).eval()
    feeds = [texts(*size) for size in TEXTS]
    options = FusionOptions("bert")
    options.use_multi_head_attention = has_heads
    model = by_hugging_face(bert(), "feature-extraction", "bert", options)
    given = [{**one, "token_type_ids": np.zeros_like(one["input_ids"])} for one in feeds]
    save(name, model, given, lambda one: module(*tensors(one)[:2])[:1])


def fused_decoder(name: str, make: Callable[[], Any], kind: str, heads: int, size: int) -> None:
    """Write a step of a decoder by Hugging Face's exporter."""
    module = Step(make()).eval()
    model = by_hugging_face(make(), "text-generation-with-past", kind, FusionOptions(kind))
    feeds = []
    for batch, length, past in STEPS:
        given = steps(batch, length, past, heads, size)
        given["attention_mask"] = np.ones((batch, past + length), np.int64)
        given["position_ids"] = np.arange(past, past + length)[None].repeat(batch, 0)
        feeds.append({value.name: given[value.name] for value in model.graph.input})
    save(
        name, model, feeds, lambda one: module(*(torch.from_numpy(one[key]) for key in ("input_ids", *PAST)))
    )


FIXTURES: dict[str, Callable[[str], None]] = {
    "encoder_20": lambda name: pytorch_encoder(name, 20),
    "encoder_23": lambda name: pytorch_encoder(name, 23),
    "decoder_20": lambda name: pytorch_decoder(name, 20),
    "decoder_23": lambda name: pytorch_decoder(name, 23),
    "bert_fused": lambda name: fused_bert(name, False),
    "bert_heads_fused": lambda name: fused_bert(name, True),
    "gpt2_fused": lambda name: fused_decoder(name, gpt2, "gpt2", 2, 8),
    "llama_fused": lambda name: fused_decoder(name, llama, "bert", 2, 4),
}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for wanted in sys.argv[1:] or FIXTURES:
        FIXTURES[wanted](wanted)
