"""Random models of Keras: sequences, masks, attention, recurrent layers, nested and shared layers, functions.

Run by hand, where `tensorflow-cpu` (2.21) and `tf_keras` (2.21) are installed; it writes models and what
Keras computes, which `compare_keras.py` compares where Texelflow is:

    python tests/importers/tensorflow_files/random_keras.py FOLDER [FIRST [COUNT]]
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tf_keras

LENGTH, WIDTH = 6, 4


class Maker:
    """A random model of one version of Keras."""

    def __init__(self, k: Any, choose: random.Random) -> None:
        self.k, self.layers, self.choose = k, k.layers, choose
        self.is_new = k is keras
        self.shared = [k.layers.Dense(WIDTH, activation="tanh") for _ in range(2)]

    def recurrent(self, in_sequence: bool, units: int) -> Any:
        """Return a layer that goes through a sequence."""
        layers, choose = self.layers, self.choose
        kind = choose.choice(("LSTM", "GRU", "SimpleRNN", "RNN", "stack"))
        settings = {"return_sequences": in_sequence, "go_backwards": choose.random() < 0.2}
        if kind in ("RNN", "stack"):
            cell = choose.choice((layers.LSTMCell, layers.GRUCell, layers.SimpleRNNCell))
            return layers.RNN(
                [cell(3), cell(units)] if kind == "stack" else cell(units, use_bias=choose.random() < 0.8),
                **settings,
            )
        return getattr(layers, kind)(units, **settings)

    def sequence(self, x: Any, others: list[Any]) -> Any:
        """Return a sequence of the same shape, made of one, and perhaps of others."""
        layers, choose = self.layers, self.choose
        y = choose.choice(others)
        kinds = {
            "shared": lambda: choose.choice(self.shared)(x),
            "dense": lambda: layers.Dense(WIDTH, activation="relu")(x),
            "nothing": lambda: choose.choice((layers.Dropout(0.2), layers.SpatialDropout1D(0.3)))(x),
            "norm": lambda: choose.choice((layers.LayerNormalization, layers.BatchNormalization))()(x),
            "bent": lambda: choose.choice((layers.LeakyReLU(), layers.ELU(), layers.Activation("tanh")))(x),
            "recurrent": lambda: self.recurrent(True, WIDTH)(x),
            "both": lambda: layers.Bidirectional(
                layers.GRU(WIDTH, return_sequences=True), merge_mode=choose.choice(("sum", "ave", "mul"))
            )(x),
            "each": lambda: layers.TimeDistributed(layers.Dense(WIDTH))(x),
            "merge": lambda: choose.choice(
                (layers.Add, layers.Average, layers.Maximum, layers.Minimum, layers.Multiply, layers.Subtract)
            )()([x, y]),
            "joined": lambda: layers.Dense(WIDTH)(layers.Concatenate()([x, y])),
            "conv": lambda: layers.Conv1D(WIDTH, 3, padding="same")(x),
            "heads": lambda: layers.MultiHeadAttention(
                2, 3, value_dim=choose.choice((None, 2)), dropout=choose.choice((0.0, 0.1))
            )(x, y, use_causal_mask=choose.random() < 0.4),
            "key": lambda: layers.MultiHeadAttention(1, 3, use_bias=False)(x, value=y, key=x),
            "attention": lambda: layers.Attention(
                use_scale=choose.random() < 0.5, score_mode=choose.choice(("dot", "concat"))
            )([x, y], use_causal_mask=choose.random() < 0.3),
            "additive": lambda: layers.AdditiveAttention(use_scale=choose.random() < 0.5)([x, y, x]),
            "nested": lambda: self.nested(x),
        }
        if self.is_new:
            kinds["groups"] = lambda: layers.GroupQueryAttention(3, 4, 2)(
                x, y, use_causal_mask=choose.random() < 0.3
            )
            kinds["rms"] = lambda: layers.RMSNormalization()(x)
        return kinds[choose.choice(sorted(kinds))]()

    def nested(self, x: Any) -> Any:
        """Return what a model in the model makes."""
        layers, choose = self.layers, self.choose
        inside = [
            layers.Dense(WIDTH),
            layers.GRU(WIDTH, return_sequences=True),
            layers.LayerNormalization(),
            layers.Dropout(0.1),
        ]
        chosen = choose.sample(inside, 2)
        return self.k.Sequential([self.k.Input((LENGTH, WIDTH)), *chosen])(x)

    def end(self, x: Any) -> list[Any]:
        """Return results of a sequence."""
        layers, choose = self.layers, self.choose
        kind = choose.choice(("all", "mean", "last", "both", "states", "scores", "flat"))
        if kind == "mean":
            return [layers.GlobalAveragePooling1D()(x)]
        if kind == "last":
            return [self.recurrent(False, 3)(x)]
        if kind == "both":
            return [layers.Bidirectional(layers.LSTM(2))(x)]
        if kind == "states":
            made = layers.LSTM(3, return_sequences=choose.random() < 0.5, return_state=True)(x)
            return [made[0], made[2]]
        if kind == "scores":
            return list(layers.MultiHeadAttention(2, 3)(x, x, return_attention_scores=True))
        return [layers.Flatten()(x)] if kind == "flat" else [x]

    def model(self) -> tuple[Any, list[np.ndarray]]:
        """Return a model and inputs, of which some steps do not count."""
        layers, choose = self.layers, self.choose
        numbers = np.random.default_rng(choose.randrange(2**31))
        count = numbers.integers(0, 2, (3, LENGTH)).astype(bool)
        count[0, 2:] = False  # padded behind
        count[1, :3] = False  # and in front
        if choose.random() < 0.5:
            given = self.k.Input((LENGTH,), dtype="int32", name="words")
            array = (numbers.integers(1, 9, (3, LENGTH)) * count).astype(np.int32)
            first = layers.Embedding(9, WIDTH, mask_zero=True)(given)
        else:
            given = self.k.Input((LENGTH, WIDTH), name="steps")
            array = (numbers.uniform(-1, 1, (3, LENGTH, WIDTH)) * count[..., None]).astype(np.float32)
            first = layers.Masking()(given)
        sequences = [first]
        for _ in range(choose.randrange(1, 6)):
            sequences.append(self.sequence(choose.choice(sequences[-2:]), sequences))
        results = [result for x in {id(x): x for x in sequences[-2:]}.values() for result in self.end(x)]
        model = self.k.Model(given, results)
        for weight in model.weights:
            low = 0.2 if "variance" in weight.name else -1.0
            weight.assign(numbers.uniform(low, 1, weight.shape))
        return model, [array]


def main() -> None:
    folder, first, count = Path(sys.argv[1]), *map(int, [*sys.argv[2:], "0", "100"][:2])
    for seed in range(first, first + count):
        for version, k in (("2", tf_keras), ("3", keras)):
            k.backend.clear_session()
            model, inputs = Maker(k, random.Random(seed)).model()
            results = model(inputs[0], training=False)
            results = results if isinstance(results, list | tuple) else [results]
            label = f"{version}_{seed}"
            for ending in ("h5", "keras"):
                model.save(folder / f"{label}.{ending}")
            arrays = {f"in_{index}": array for index, array in enumerate(inputs)}
            arrays |= {f"out_{index}": np.asarray(array) for index, array in enumerate(results)}
            np.savez(folder / f"{label}.npz", **arrays)


if __name__ == "__main__":
    main()
