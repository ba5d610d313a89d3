"""Probabilities of classes from those of pairs of classes, as LIBSVM computes them.

Wu, Lin and Weng, Probability Estimates for Multi-class Classification by Pairwise Coupling, 2004: sweeps over
the classes, each of which lowers p' Q p, until no class is further than a bound from the minimum.
"""

from __future__ import annotations

from texelflow.graph import Value
from texelflow.operators.decomposition import Decomposition

SWEEPS = 6
"""How many sweeps are written out. Of pairs drawn at random, 10 classes take at most 5."""

MOST_CLASSES = 64
"""What is written out grows with the square of the classes."""

_BOUND = 0.005
"""How near to the minimum is near enough, divided by the number of classes."""


class Coupling:
    """Probabilities [rows, classes] from those [rows, pairs] of pairs i < j that it is i."""

    def __init__(self, steps: Decomposition, pairs: Value, classes: int) -> None:
        self._steps, self._classes = steps, classes
        self._one = steps.scalar("one", "float32", 1.0)
        self._matrix = self._quadratic(pairs)

    def probabilities(self) -> Value:
        """Return the probabilities."""
        steps, count = self._steps, self._classes
        start = steps.constant("uniform", "float32", (1, count), [1.0 / count] * count)
        first = self._matrix[0]
        p = steps.add("Add", "start", steps.add("Mul", "nothing", first, self._number("zero", 0.0)), start)
        for _ in range(SWEEPS):
            gradient = self._gradient(p)
            value = self._sum(steps.add("Mul", "parts", p, gradient))
            error = steps.add("Abs", "error", steps.add("Sub", "distance", gradient, value))
            largest = steps.reduce("ReduceMax", "largest_error", error, [1])
            done = steps.add("Less", "done", largest, self._number("bound", _BOUND / count))
            p = steps.add("Where", "probabilities", done, p, self._swept(p, gradient, value))
        return p

    def _swept(self, p: Value, gradient: Value, value: Value) -> Value:
        """Return p after one sweep."""
        steps = self._steps
        for index, row in enumerate(self._matrix):
            corner = steps.slice("corner", row, 1, index, index + 1)
            slope = steps.slice("slope", gradient, 1, index, index + 1)
            change = steps.add("Div", "change", steps.add("Sub", "descent", value, slope), corner)
            scale = steps.add("Add", "scale", change, self._one)
            inner = steps.add("Mul", "inner", change, corner)
            twice = steps.add("Add", "twice", slope, slope)
            grown = steps.add("Mul", "grown", change, steps.add("Add", "inner_sum", inner, twice))
            value = steps.add("Div", "once", steps.add("Add", "raised", value, grown), scale)
            value = steps.add("Div", "value", value, scale)
            moved = steps.add("Add", "moved", gradient, steps.add("Mul", "move", change, row))
            gradient = steps.add("Div", "gradient", moved, scale)
            here = steps.constant("here", "float32", (1, self._classes), self._unit(index))
            raised = steps.add("Add", "more", p, steps.add("Mul", "its", change, here))
            p = steps.add("Div", "swept", raised, scale)
        return p

    def _gradient(self, p: Value) -> Value:
        """Return Q p [rows, classes]."""
        steps = self._steps
        parts = [self._sum(steps.add("Mul", "products", row, p)) for row in self._matrix]
        return steps.add("Concat", "gradient", *parts, axis=1)

    def _quadratic(self, pairs: Value) -> list[Value]:
        """Return the rows of Q, each [rows, classes]: Σ r_ji² on the diagonal, -r_ji r_ij elsewhere."""
        steps, count = self._steps, self._classes
        others = steps.add("Sub", "others", self._one, pairs)
        where = [(i, j) for i in range(count) for j in range(i + 1, count)]
        cut = {
            (i, j): steps.slice("share", source, 1, index, index + 1)
            for index, pair in enumerate(where)
            for (i, j), source in ((pair, pairs), (pair[::-1], others))
        }
        result = []
        for i in range(count):
            columns: list[Value] = []
            for j in range(count):
                if i == j:
                    squares = [
                        steps.add("Mul", "square", cut[k, i], cut[k, i]) for k in range(count) if k != i
                    ]
                    columns.append(
                        squares[0] if len(squares) == 1 else steps.add("Sum", "diagonal", *squares)
                    )
                else:
                    columns.append(steps.add("Neg", "cell", steps.add("Mul", "pair", cut[i, j], cut[j, i])))
            result.append(steps.add("Concat", f"row_{i}", *columns, axis=1))
        return result

    def _sum(self, value: Value) -> Value:
        return self._steps.reduce("ReduceSum", "sum", value, [1])

    def _number(self, step: str, element: float) -> Value:
        return self._steps.scalar(step, "float32", element)

    def _unit(self, index: int) -> list[float]:
        return [float(place == index) for place in range(self._classes)]
