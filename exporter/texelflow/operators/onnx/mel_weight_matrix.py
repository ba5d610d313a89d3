"""MelWeightMatrix: triangles, by which a spectrum is summed to bands of the mel scale."""

from __future__ import annotations

from math import floor, log10

from texelflow.graph import FLOATING, Node, NodeError, TensorType
from texelflow.graph.constants import constant_value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.onnx.cast import dtype_of_code
from texelflow.operators.shapes import integers

_COUNTS = ("num_mel_bins", "dft_length", "sample_rate")
_EDGES = ("lower_edge_hertz", "upper_edge_hertz")


@operator("MelWeightMatrix", inputs=5, attributes={"output_datatype": "a whole number"})
class MelWeightMatrix(Operator):
    """A matrix [dft_length//2 + 1, num_mel_bins] of triangles whose peaks are 1, equally wide in mel.

    A frequency of f Hz is `2595·log10(1 + f/700)` mel (ONNX's definition).
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the matrix; all that it depends on must be known at export."""
        dtype = dtype_of_code(node, int(node.attributes.get("output_datatype", 1)))
        if dtype not in FLOATING:
            raise NodeError(node, f"its output_datatype is {dtype}; a floating type is needed")
        bands, length, _ = self._counts(node)
        return [TensorType(dtype, (length // 2 + 1, bands))]

    @staticmethod
    def _counts(node: Node) -> list[int]:
        counts = [
            integers(node, [node.known_number(index, name)], name)[0] for index, name in enumerate(_COUNTS)
        ]
        for name, count in zip(_COUNTS, counts, strict=True):
            if count < 1:
                raise NodeError(node, f"{name} is {count}; at least 1 is needed")
        return counts

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by a constant."""
        bands, length, rate = self._counts(node)
        edges = [node.known_number(index + 3, name) for index, name in enumerate(_EDGES)]
        low, high = (float(edge) for edge in edges if isinstance(edge, int | float))
        places = _band_edges(bands, length, rate, low, high)
        size = length // 2 + 1
        if not all(0 <= place < size for place in places):
            raise NodeError(node, f"its bands reach to {high} Hz, beyond the spectrum's {rate / 2} Hz")
        rows = [[0.0] * bands for _ in range(size)]
        for band, (first, peak, last) in enumerate(zip(places, places[1:], places[2:], strict=False)):
            for place in range(first, peak):
                rows[place][band] = (place - first) / (peak - first)
            rows[peak][band] = 1.0
            for place in range(peak, last):
                rows[place][band] = (last - place) / (last - peak)
        steps, result = Decomposition(node), node.outputs[0]
        elements = [weight for row in rows for weight in row]
        name = f"{result.name}/weights"
        steps.add("Identity", result, constant_value(name, result.dtype, [size, bands], elements))
        return steps.nodes


def _band_edges(bands: int, length: int, rate: int, low: float, high: float) -> list[int]:
    """Return the places in the spectrum where bands begin, peak and end, each with the next two."""
    first, last = (2595 * log10(1 + edge / 700) for edge in (low, high))
    width = (last - first) / (bands + 2)
    hertz = [700 * (10 ** ((first + number * width) / 2595) - 1) for number in range(bands + 2)]
    return [floor((length + 1) * edge / rate) for edge in hertz]
