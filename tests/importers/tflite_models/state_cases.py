"""Cases of what remembers: recurrent cells and filters, in several runs one after another."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from tflite_models.case import Case, In, Out

ACTIVATIONS = schema.ActivationFunctionType
RANDOM = np.random.default_rng(3)


def floats(*shape: int) -> np.ndarray:
    return RANDOM.uniform(-0.6, 0.6, shape).astype(np.float32)


def variable(*shape: int) -> In:
    return In("float32", shape, variable=True)


def cell(
    inputs: int, units: int, outputs: int, input_gate: bool, peepholes: bool, projection: bool
) -> list[np.ndarray | None]:
    """The weights of an LSTM cell in the order of its inputs, without states."""
    gates = [input_gate, True, True, True]
    weights = [floats(units, inputs) if gate else None for gate in gates]
    recurrent = [floats(units, outputs) if gate else None for gate in gates]
    seen = [floats(units) if peepholes and gate else None for gate in (input_gate, True, True)]
    biases = [floats(units) if gate else None for gate in gates]
    projected = [floats(outputs, units), floats(outputs)] if projection else [None, None]
    return [*weights, *recurrent, *seen, *biases, *projected]


def lstms() -> Iterator[Case]:
    for label, gate, peepholes, projection, norm, clip in (
        ("plain", True, False, False, False, 0.0),
        ("no input gate", False, False, False, False, 0.4),
        ("peepholes", True, True, False, False, 0.0),
        ("projection", True, True, True, False, 0.5),
        ("normalised", True, False, True, True, 0.0),
        ("normalised, no input gate", False, True, True, True, 0.0),
    ):
        units, outputs = 4, 3 if projection else 4
        norms = [floats(units) if norm and (gate or index) else None for index in range(4)]
        states = [variable(2, outputs), variable(2, units)]
        for time_major in (False, True):
            x = In("float32", (5, 2, 3) if time_major else (2, 5, 3))
            yield Case(
                f"{label} {time_major}",
                "UNIDIRECTIONAL_SEQUENCE_LSTM",
                [x, *cell(3, units, outputs, gate, peepholes, projection), *states, *(norms if norm else [])],
                [Out(rank=3)],
                "UnidirectionalSequenceLSTMOptions",
                {
                    "fusedActivationFunction": ACTIVATIONS.TANH,
                    "cellClip": clip,
                    "projClip": clip,
                    "timeMajor": time_major,
                },
                runs=3,
                tolerance=1e-5,
            )
    yield Case(
        "one step",
        "LSTM",
        [In("float32", (2, 3)), *cell(3, 4, 4, True, False, False), variable(2, 4), variable(2, 4)],
        [Out(rank=2)],
        "LSTMOptions",
        {"fusedActivationFunction": ACTIVATIONS.TANH},
        runs=3,
    )
    yield Case(
        "basic",
        "LSTM",
        [In("float32", (2, 3)), In("float32", (2, 4)), floats(16, 7), floats(16), In("float32", (2, 4))],
        [Out(rank=2)] * 4,
        "LSTMOptions",
        {"fusedActivationFunction": ACTIVATIONS.TANH, "kernelType": 1},
        version=2,
    )


def both_ways() -> Iterator[Case]:
    """LiteRT reads what nobody wrote where the batch comes first and has several entries: none of these."""
    for merge in (False, True):
        for extra, time_major in (("none", True), ("weights", True), ("none", False)):
            with_weights, batch = extra == "weights", 2 if time_major else 1
            shape = (5, batch) if time_major else (batch, 5)
            yield Case(
                f"{merge} {extra} {time_major}",
                "BIDIRECTIONAL_SEQUENCE_LSTM",
                [
                    In("float32", (*shape, 3)),
                    *cell(3, 4, 4, True, False, False),
                    *cell(3, 4, 4, True, False, False),
                    *(variable(batch, 4) for _ in range(4)),
                    In("float32", (*shape, 2)) if with_weights else None,
                    *(floats(4, 2) if with_weights else None for _ in range(8)),
                ],
                [Out(rank=3)] * (1 if merge else 2),
                "BidirectionalSequenceLSTMOptions",
                {"fusedActivationFunction": ACTIVATIONS.TANH, "mergeOutputs": merge, "timeMajor": time_major},
                runs=2,
            )
        yield Case(
            f"{merge}",
            "BIDIRECTIONAL_SEQUENCE_RNN",
            [
                In("float32", (2, 5, 3)),
                *(floats(4, 3), floats(4, 4), floats(4), variable(2, 4)),
                *(floats(4, 3), floats(4, 4), floats(4), variable(2, 4)),
                *(None, None, None),
            ],
            [Out(rank=3)] * (1 if merge else 2),
            "BidirectionalSequenceRNNOptions",
            {"fusedActivationFunction": ACTIVATIONS.TANH, "mergeOutputs": merge, "timeMajor": False},
            runs=2,
        )


def others() -> Iterator[Case]:
    common = {"fusedActivationFunction": ACTIVATIONS.TANH}
    yield Case(
        "",
        "RNN",
        [In("float32", (2, 3)), floats(4, 3), floats(4, 4), floats(4), variable(2, 4)],
        [Out(rank=2)],
        "RNNOptions",
        common,
        runs=3,
    )
    for time_major in (False, True):
        yield Case(
            f"{time_major}",
            "UNIDIRECTIONAL_SEQUENCE_RNN",
            [
                In("float32", (5, 2, 3) if time_major else (2, 5, 3)),
                floats(4, 3),
                floats(4, 4),
                floats(4),
                variable(2, 4),
            ],
            [Out(rank=3)],
            "SequenceRNNOptions",
            {**common, "timeMajor": time_major},
            runs=2,
        )
    for rank in (1, 2):
        yield Case(
            f"{rank}",
            "SVDF",
            [In("float32", (2, 3)), floats(6, 3), floats(6, 4), floats(6 // rank), variable(2, 24)],
            [Out(rank=2)],
            "SVDFOptions",
            {"rank": rank, "fusedActivationFunction": ACTIVATIONS.NONE},
            runs=6,
        )


CASES = [case for family in (lstms, both_ways, others) for case in family()]
