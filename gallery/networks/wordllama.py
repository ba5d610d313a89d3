"""WordLlama: the vector of a text is the mean of its tokens' rows in a table, which is all that its file has.

Source: github.com/dleemiller/WordLlama, 2024. It leaves out the token that begins a text.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TABLE = "embedding.weight"
BEGIN = 1


def make(source: Path, target: Path) -> None:
    """Write the network as an ONNX file: tokens [1, length] to a vector [1, numbers].

    Args:
        source: a file of safetensors with the table in 16 bits.
        target: the file that is written.

    Raises:
        ValueError: the file has no such table.
    """
    table = _table(source.read_bytes())
    constants = [
        numpy_helper.from_array(table, "table"),
        numpy_helper.from_array(np.array(BEGIN, np.int64), "begin"),
        numpy_helper.from_array(np.array(1, np.float32), "one"),
        numpy_helper.from_array(np.array([1], np.int64), "tokens"),
        numpy_helper.from_array(np.array([2], np.int64), "last"),
    ]
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
        helper.make_node("Equal", ["input_ids", "begin"], ["is_begin"]),
        helper.make_node("Not", ["is_begin"], ["counts"]),
        helper.make_node("Cast", ["counts"], ["shares"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["shares", "last"], ["each"]),
        helper.make_node("Mul", ["rows", "each"], ["counted"]),
        helper.make_node("ReduceSum", ["counted", "tokens"], ["sum"], keepdims=0),
        helper.make_node("ReduceSum", ["shares", "tokens"], ["count"], keepdims=1),
        # An empty text has the vector 0.
        helper.make_node("Max", ["count", "one"], ["divisor"]),
        helper.make_node("Div", ["sum", "divisor"], ["sentence_embedding"]),
    ]
    given = helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "length"])
    made = helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, [1, table.shape[1]])
    graph = helper.make_graph(nodes, "WordLlama", [given], [made], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    target.write_bytes(model.SerializeToString())


def _table(content: bytes) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Return the table of a file of safetensors."""
    length = int.from_bytes(content[:8], "little")
    try:
        told = json.loads(content[8 : 8 + length])[TABLE]
        first, last = told["data_offsets"]
        if told["dtype"] != "F16":
            raise ValueError(f"{TABLE} is of {told['dtype']}, and not of F16")
        numbers = np.frombuffer(content[8 + length + first : 8 + length + last], "<f2")
        return numbers.reshape(told["shape"]).astype(np.float32)
    except (KeyError, TypeError) as problem:
        raise ValueError(f"there is no {TABLE}: {problem}") from None
