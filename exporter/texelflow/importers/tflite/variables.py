"""What a model remembers from run to run: variable tensors, and variables that have a name.

Rules:
1. A tensor that is marked as variable is zeros before the first run, and what the last operation that has
   it among its inputs left there before the others.
2. A variable has a name (VAR_HANDLE). What is read before anything is assigned is a state; what is read
   behind an assignment is that value.
3. CALL_ONCE gives variables their first values. As states are zeros at first, such a state comes with one
   more that tells whether there was a run; one that no run assigns is a constant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from texelflow.graph import Node, TensorType, Value
from texelflow.importers.tflite.flatbuffer import DamagedError
from texelflow.importers.tflite.model import Operation, Subgraph
from texelflow.importers.tflite.options import read_options
from texelflow.importers.tflite.tensors import TYPES
from texelflow.operators.builder import GraphBuilder


class Variables:
    """The variables of a model while its operations are read in their order."""

    def __init__(self) -> None:
        self._tensors: dict[int, tuple[Value, Value | None]] = {}
        self._handles: dict[Value, str] = {}
        self._before: dict[str, Value] = {}
        self._now: dict[str, Value] = {}
        self._first: dict[str, Value] = {}
        self._read: list[tuple[str, Value]] = []
        self._initialising = False

    @contextmanager
    def initialising(self) -> Iterator[None]:
        """Take assignments within the block as first values."""
        self._initialising = True
        yield
        self._initialising = False

    def tensor_before(self, position: int, make: Callable[[], Value]) -> Value:
        """Return what a variable tensor holds now."""
        if position not in self._tensors:
            self._tensors[position] = (make(), None)
        before, after = self._tensors[position]
        return before if after is None else after

    def is_handle(self, value: Value) -> bool:
        """Whether a value stands for a variable, not for what it holds."""
        return value in self._handles

    def holds(self, position: int) -> bool:
        """Whether a tensor is a variable that was read."""
        return position in self._tensors

    def tensor_after(self, position: int, value: Value) -> None:
        """Note what an operation leaves in a variable tensor."""
        self._tensors[position] = (self._tensors[position][0], value)

    def take(
        self,
        operation: Operation,
        subgraph: Subgraph,
        inputs: list[Value | None],
        values: dict[int, Value],
        nested: bool,
    ) -> bool:
        """Read an operation if it is one on variables; return whether it is.

        Args:
            operation: one of `subgraph`.
            subgraph: whose tensors the operation names by position.
            inputs: the values that it reads.
            values: by position what tensors of the subgraph are; its outputs are added.
            nested: the subgraph is called by another one.

        Raises:
            DamagedError: it has no variable, or is in a subgraph that is called.
        """
        if operation.name == "VAR_HANDLE":
            options = read_options("VarHandleOptions", operation.options)
            for position in operation.outputs:
                handle = values[position] = Value(options["shared_name"])
                self._handles[handle] = f"{options['container']}/{options['shared_name']}".strip("/")
            return True
        if operation.name not in ("READ_VARIABLE", "ASSIGN_VARIABLE"):
            return False
        handle_read = inputs[0] if inputs else None
        key = self._handles.get(handle_read) if handle_read is not None else None
        if key is None or (nested and not self._initialising):
            raise DamagedError(
                f"{operation.name} has no variable"
                if key is None
                else f"{operation.name} of {key!r} is in a subgraph that is called, which is not supported"
            )
        if operation.name == "ASSIGN_VARIABLE":
            value = inputs[1] if len(inputs) > 1 else None
            if value is None or self.is_handle(value):
                raise DamagedError(f"ASSIGN_VARIABLE of {key!r} has no value")
            (self._first if self._initialising else self._now)[key] = value
            return True
        for position in operation.outputs:
            values[position] = self._read_now(key, subgraph, position)
        return True

    def _read_now(self, key: str, subgraph: Subgraph, position: int) -> Value:
        if self._initialising:
            if key not in self._first:
                raise DamagedError(f"variable {key!r} is read before it has a value")
            return self._first[key]
        if key in self._now:
            return self._now[key]
        if key not in self._before:
            tensor = subgraph.tensors[position]
            dtype = TYPES.get(tensor.dtype)
            if dtype is None or -1 in tensor.shape:
                raise DamagedError(f"variable {key!r} has the type {tensor.dtype}{list(tensor.shape)}")
            self._before[key] = Value(key, TensorType(dtype, tensor.shape))
        value = Value(f"{key}/read")
        self._read.append((key, value))
        return value

    def finish(self, nodes: list[Node]) -> dict[Value, Value]:
        """Return, by what is held after a run, what was held before; put before the nodes, and behind them,
        what that takes.
        """
        states = {after: before for before, after in self._tensors.values() if after is not None}
        front, behind = GraphBuilder("variables", "variables"), GraphBuilder("variables", "variables")
        started: Value | None = None
        held: dict[str, Value] = {}
        initial = self._first_nodes(nodes)
        for key, before in self._before.items():
            first = self._first.get(key)
            if key not in self._now:
                if first is None:
                    raise DamagedError(f"variable {key!r} is read, but nothing assigns it")
                held[key] = first
                continue
            states[behind.add("Identity", Value(f"{key}/next"), self._now[key])] = before
            held[key] = before
            if first is not None:
                if started is None:
                    run_before = Value("variables/started", TensorType("float32", (1,)))
                    one = front.constant("one", "float32", (1,), [1.0])
                    next_run = front.add("Max", Value("variables/started/next"), run_before, one)
                    states[next_run] = run_before
                    started = front.add("Equal", "is_started", run_before, one)
                held[key] = front.add("Where", f"{key}/held", started, before, first)
        for key, value in self._read:
            front.add("Identity", value, held[key])
        rest = [node for node in nodes if node not in set(initial)]
        nodes[:] = [*initial, *front.nodes, *rest, *behind.nodes]
        return states

    def _first_nodes(self, nodes: list[Node]) -> list[Node]:
        """Return the nodes that compute first values, in order."""
        needed: set[Value] = set(self._first.values())
        found: list[Node] = []
        for node in reversed(nodes):
            if needed.intersection(node.outputs):
                found.append(node)
                needed.update(node.reads)
        return found[::-1]
