"""Categories: OneHotEncoder, LabelEncoder, ZipMap, and those of texts and maps, which are refused."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from texelflow.dimensions import Dimension
from texelflow.graph import DTYPES, FLOATING, Element, Node, NodeError, TensorType, Value
from texelflow.graph.constants import unpack_elements
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.ml.attributes import DOMAIN, kinds, require_numeric, texts, whole_numbers
from texelflow.operators.shapes import require_rank

_REFUSED = {
    "CastMap": "a map is no tensor",
    "CategoryMapper": "it maps texts, which cannot be computed with",
    "DictVectorizer": "a map is no tensor",
}


@operator(*_REFUSED, inputs=1, domain=DOMAIN)
class Refused(Operator):
    """Operators of maps and texts: of them only the reason is known."""

    def infer(self, node: Node) -> list[TensorType]:
        """Raise NodeError with the reason."""
        raise NodeError(node, f"{_REFUSED[self.name]}; cut it off the model and do its work in the page")


@operator(
    "ZipMap",
    inputs=1,
    domain=DOMAIN,
    attributes=kinds(integers="classlabels_int64s", texts="classlabels_strings"),
)
class ZipMap(Operator):
    """A map for each row, from labels to scores: the output is the tensor of the scores [rows, classes]."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type."""
        kind = node.required(0).known_type
        require_rank(node, kind, 1, 2)
        return [kind]

    def labels(self, node: Node) -> list[list[str] | None]:
        """Return the keys of the maps."""
        keys = texts(node, "classlabels_strings") or [*map(str, whole_numbers(node, "classlabels_int64s"))]
        return [keys]

    def warnings(self, node: Node) -> list[str]:
        """Warn that the output is a tensor instead of a map."""
        return ["its maps are one tensor, [rows, classes]; the labels of the output are the keys"]

    def decompose(self, node: Node) -> list[Node] | None:
        """Pass the scores on."""
        steps = Decomposition(node)
        steps.add("Identity", node.outputs[0], node.required(0))
        return steps.nodes


@operator(
    "OneHotEncoder",
    inputs=1,
    domain=DOMAIN,
    attributes=kinds(integers="cats_int64s", texts="cats_strings", flag="zeros"),
)
class OneHotEncoder(Operator):
    """1 at the place of the category that x is, 0 elsewhere: float32, with a new last axis [..., categories].

    What is no category gives zeros, also where the model wants an error.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type; raise NodeError unless there are categories that are numbers."""
        kind, categories = node.required(0).known_type, whole_numbers(node, "cats_int64s")
        require_numeric(node, kind)
        require_rank(node, kind, 0, 2)
        if not categories or len(set(categories)) != len(categories):
            raise NodeError(node, f"cats_int64s are {categories}; numbers, each once, are needed")
        return [TensorType("float32", (*kind.shape, len(categories)))]

    def decompose(self, node: Node) -> list[Node] | None:
        """Compare with each category."""
        steps, source = Decomposition(node), node.required(0)
        number = source if source.dtype == "int64" else steps.cast("number", source, "int64")
        is_on = steps.add(
            "Equal",
            "is_on",
            steps.reshape("upright", number, [*source.shape, 1]),
            steps.vector("categories", whole_numbers(node, "cats_int64s")),
        )
        steps.cast(node.outputs[0], is_on, "float32")
        return steps.nodes


_NUMBERS = {"floats": "float32", "int64s": "int64"}


@operator(
    "LabelEncoder",
    inputs=1,
    domain=DOMAIN,
    attributes=kinds(
        integers="keys_int64s values_int64s",
        numbers="keys_floats values_floats",
        texts="classes_strings keys_strings values_strings",
        tensor="default_tensor keys_tensor values_tensor",
        integer="default_int64",
        number="default_float",
        text="default_string",
    ),
)
class LabelEncoder(Operator):
    """The value of the key that x equals, or the default; NaN equals NaN. The output has the input's shape.

    Values that are texts come out as their indices, int64, and as the labels of the output.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type; raise NodeError unless keys are numbers of the input's type, each with a value."""
        kind, (key_dtype, keys), (dtype, values) = self._parts(node)
        if key_dtype != kind.dtype:
            raise NodeError(
                node, f"its input has type {kind.dtype}, its keys {key_dtype}; one type is needed"
            )
        if not keys or len(keys) != len(values) - 1:
            raise NodeError(
                node, f"it has {len(keys)} keys and {len(values) - 1} values; as many are expected"
            )
        return [TensorType(dtype, kind.shape)]

    def _parts(
        self, node: Node
    ) -> tuple[TensorType, tuple[str, Sequence[Element]], tuple[str, Sequence[Element]]]:
        """Return the input's type, keys and values, each with their type; the last value is the default."""
        kind = node.required(0).known_type
        if texts(node, "keys_strings") or texts(node, "classes_strings"):
            raise NodeError(node, "its keys or classes are texts, which cannot be computed with")
        keys = self._listed(node, "keys")
        if words := texts(node, "values_strings"):
            indices = self._words(node)
            return kind, keys, ("int64", [indices.index(word) for word in (*words, self._default_word(node))])
        dtype, values = self._listed(node, "values")
        tensor = node.attributes.get("default_tensor")
        if tensor is not None:
            default = _elements(node, tensor)[-1:] or [0]
        else:
            default = [
                node.attributes.get("default_float", -0.0)
                if dtype in FLOATING
                else node.attributes.get("default_int64", -1)
            ]
        return kind, keys, (dtype, [*values, *default])

    @staticmethod
    def _default_word(node: Node) -> str:
        return str(node.attributes.get("default_string", "_Unused"))

    def _words(self, node: Node) -> list[str]:
        """Return the values that are texts, each once; the default last."""
        return [*dict.fromkeys((*texts(node, "values_strings"), self._default_word(node)))]

    @staticmethod
    def _listed(node: Node, name: str) -> tuple[str, Sequence[Element]]:
        tensor = node.attributes.get(f"{name}_tensor")
        if tensor is not None:
            return tensor.dtype, _elements(node, tensor)
        for suffix, dtype in _NUMBERS.items():
            if listed := node.attributes.get(f"{name}_{suffix}"):
                return dtype, listed
        return "nothing", []

    def labels(self, node: Node) -> list[list[str] | None]:
        """Return the texts that its values are."""
        return [self._words(node) if texts(node, "values_strings") else None]

    def warnings(self, node: Node) -> list[str]:
        """Tell of values that are texts."""
        if not texts(node, "values_strings"):
            return []
        return ["its values are texts: the output has their indices, its labels the texts"]

    def decompose(self, node: Node) -> list[Node] | None:
        """Find the place of the key, gather the value."""
        kind, (_, keys), (dtype, values) = self._parts(node)
        steps, source = Decomposition(node), node.required(0)
        upright = steps.reshape("upright", source, [*kind.shape, 1])
        places: dict[Element | str, int] = {}
        for place, key in enumerate(keys):
            places.setdefault(_named(key), place)  # the first of equal keys counts
        count = len(places)
        distinct = [keys[place] for place in places.values()]
        is_key = steps.add("Equal", "is_key", upright, _constant(steps, "keys", kind.dtype, distinct))
        if "nan" in places:
            nan_keys = steps.constant("nan_keys", "bool", (count,), [key == "nan" for key in places])
            is_nan = steps.add("And", "is_nan_key", steps.add("IsNaN", "is_nan", upright), nan_keys)
            is_key = steps.add("Or", "is_either", is_key, is_nan)
        numbers = steps.constant("places", "int32", (count,), [*range(1, count + 1)])
        place_of = steps.add("Where", "place", is_key, numbers, steps.scalar("none", "int32", 0))
        axis: Dimension = len(kind.shape)
        found = steps.add("ReduceSum", "found", place_of, steps.vector("last", [axis]), keepdims=0)
        table = [values[-1], *(values[place] for place in places.values())]
        steps.add("Gather", node.outputs[0], _constant(steps, "values", dtype, table), found, axis=0)
        return steps.nodes


def _named(key: Element) -> Element | str:
    """Return a key as one that equals itself."""
    return "nan" if isinstance(key, float) and isnan(key) else key


def _constant(steps: Decomposition, step: str, dtype: str, elements: Sequence[Element]) -> Value:
    numbers = [element for element in elements if isinstance(element, int | float)]
    assert len(numbers) == len(elements), "elements of attributes are numbers"
    return steps.constant(step, dtype, (len(numbers),), numbers)


def _elements(node: Node, tensor: Value) -> list[Element]:
    if tensor.constant is None or tensor.dtype not in DTYPES:
        raise NodeError(node, "one of its tensors is no constant of numbers")
    return unpack_elements(tensor.dtype, tensor.constant.tobytes())
