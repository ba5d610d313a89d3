"""Subgraphs that compute with single numbers, applied to whole tensors at once.

What joins two numbers, or says which comes first, is made of operators that take numbers one by one; so the
same operators do it for all numbers of two tensors.
"""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.graph import Body, Node, Value
from texelflow.importers.tflite.operators import CALL, Call, Step
from texelflow.importers.tflite.options import read_options

_ELEMENTWISE = frozenset(
    """
    ABS ADD CBRT CEIL CLAMP COMPARE CONVERT COS COSINE DIV DIVIDE EQUAL EXP EXPONENTIAL FLOOR GREATER
    GREATER_EQUAL LESS LESS_EQUAL LOG LOGICAL_AND LOGICAL_NOT LOGICAL_OR LOGISTIC AND OR MAXIMUM MINIMUM MUL
    MULTIPLY NEG NEGATE NOT_EQUAL POW POWER REMAINDER RSQRT SELECT SELECT_V2 SHIFT_LEFT SIGN SIN SQRT SUB
    SUBTRACT TANH
    """.split()
)


def plain_name(node: Node) -> str:
    """Return an operator's name without that of its set."""
    return node.operator.removeprefix("STABLEHLO_")


class Joined:
    """Numbers joined by one operator: an alternative to a subgraph."""

    def __init__(self, step: Step, operator: str, onnx_operator: str) -> None:
        self.operator = operator
        self._step, self._onnx_operator = step, onnx_operator

    def __call__(self, values: Sequence[Value]) -> list[Value]:
        """Append the operator."""
        return [self._step.add(self._onnx_operator, "joined", *values)]


class Joining:
    """How a subgraph joins numbers: `inputs` of them, of which it makes `outputs`.

    Raises NodeError where it computes otherwise than one by one.
    """

    def __init__(self, step: Step, inputs: int, outputs: int) -> None:
        self._step, self._body, self._turn = step, step.body(0), 0
        body = self._body
        if (len(body.inputs), len(body.outputs)) != (inputs, outputs):
            raise step.fail(
                f"its subgraph has {len(body.inputs)} inputs and {len(body.outputs)} outputs;"
                f" {inputs} and {outputs} are needed"
            )
        other = next((node for node in body.nodes if plain_name(node) not in _ELEMENTWISE), None)
        if other is not None:
            raise step.fail(f"its subgraph has {other.operator}, which takes more than single numbers")
        if any(value.constant is None or value.constant.bytes_count > 16 for value in self._captured(body)):
            raise step.fail("its subgraph reads more than single numbers")

    @staticmethod
    def _captured(body: Body) -> list[Value]:
        own = {*body.inputs, *(value for node in body.nodes for value in node.outputs)}
        reads = [*(value for node in body.nodes for value in node.reads), *body.outputs]
        return [value for value in reads if value not in own]

    def __call__(self, values: Sequence[Value]) -> list[Value]:
        """Append what is made of these tensors in place of the subgraph's inputs."""
        self._turn += 1
        prefix = f"{self._step.prefix}/joined_{self._turn}/"
        made = self._body.copied(dict(zip(self._body.inputs, values, strict=True)), prefix)
        self._step.nodes += made.nodes
        return made.outputs

    @property
    def operator(self) -> str:
        """The one operator that joins both inputs, FIRST or SECOND if one is taken, or else nothing."""
        body = self._body
        if not body.nodes and len(body.outputs) == 1 and body.outputs[0] in body.inputs:
            return ("FIRST", "SECOND")[body.inputs.index(body.outputs[0])]
        if len(body.nodes) != 1 or body.nodes[0].outputs != body.outputs:
            return ""
        return plain_name(body.nodes[0]) if set(body.nodes[0].inputs) == set(body.inputs) else ""

    def compared(self) -> tuple[str, int, Body] | None:
        """Return in which direction it compares a function of two inputs, their place, and the function.

        None if it does otherwise. Inputs are pairs of numbers of the same tensor.
        """
        last = self._body.nodes[-1] if self._body.nodes else None
        if last is None or last.outputs != self._body.outputs or plain_name(last) != "COMPARE":
            return None
        direction = _options(last)["direction"]
        numbers, sources = self._numbered()
        a, b = last.reads
        if direction not in ("LT", "GT") or numbers[a] != numbers[b] or len(sources[a]) != 1:
            return None
        [first] = sources[a]
        if first % 2 or sources[b] != {first + 1}:
            return None
        nodes = [node for node in self._body.nodes if sources[node.outputs[0]] <= {first}]
        return direction, first // 2, Body([self._body.inputs[first]], nodes, [a])

    def _numbered(self) -> tuple[dict[Value, int], dict[Value, set[int]]]:
        """Return for each value a number, the same for what is computed alike, and which inputs it is of.

        Both numbers of a pair of inputs count as the same.
        """
        body = self._body
        known: dict[object, int] = {}
        numbers = {value: known.setdefault(index // 2, len(known)) for index, value in enumerate(body.inputs)}
        sources = {value: {index} for index, value in enumerate(body.inputs)}
        for value in self._captured(body):
            content = bytes(value.constant.tobytes()) if value.constant is not None else b""
            numbers[value] = known.setdefault((str(value.type), content), len(known))
            sources[value] = set()
        for node in body.nodes:
            options = tuple(sorted(_options(node).items())) if plain_name(node) == "COMPARE" else ()
            how = (node.operator, options, tuple(numbers[value] for value in node.reads))
            for place, value in enumerate(node.outputs):
                numbers[value] = known.setdefault((how, place), len(known))
                sources[value] = set().union(*(sources[each] for each in node.reads))
        return numbers, sources


def _options(node: Node) -> dict[str, str]:
    call: Call = node.attributes[CALL]
    return read_options("StablehloCompareOptions", call.operation.options)
