"""Einsum: products of tensors, summed over what their equation leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from texelflow.dimensions import Dimension, product
from texelflow.graph import Node, NodeError, Shape, TensorType, Value
from texelflow.operators import MANY, Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import broadcast, same_dtype, unify

ELLIPSIS = "..."


@dataclass(frozen=True, slots=True)
class Term:
    """A tensor and the labels of its axes; those of an ellipsis are numbers, counted from the last."""

    value: Value
    labels: tuple[str, ...]
    shape: Shape


@operator("Einsum", inputs=(1, MANY), attributes={"equation": "a text"})
class Einsum(Operator):
    """`ij,jk->ik` is the matrix product; NumPy's notation, with ellipses and repeated labels."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the result."""
        terms, result = _parsed(node)
        dtype = same_dtype(node, [term.value.known_type for term in terms])
        extents = _extents(node, terms)
        return [TensorType(dtype, tuple(extents[label] for label in result))]

    def decompose(self, node: Node) -> list[Node] | None:
        """Multiply one term after the other, each as matrices, and sum what no later one needs."""
        steps = Decomposition(node)
        terms, result = _parsed(node)
        extents = _extents(node, terms)
        terms = [_without_repetition(steps, term) for term in terms]
        total = _summed(steps, terms[0], {*result, *(label for term in terms[1:] for label in term.labels)})
        for index, term in enumerate(terms[1:], 1):
            later = {*result, *(label for other in terms[index + 1 :] for label in other.labels)}
            total = _multiplied(steps, total, _summed(steps, term, {*later, *total.labels}), later, extents)
        order = [total.labels.index(label) for label in result]
        last = steps.add("Transpose", "ordered", total.value, perm=order) if order else total.value
        # What is broadcast along the ellipsis of no other term has its extent already.
        steps.reshape(node.outputs[0], last, node.outputs[0].shape)
        return steps.nodes


def _parsed(node: Node) -> tuple[list[Term], tuple[str, ...]]:
    """Return the terms and the labels of the result; raise NodeError if the equation does not fit them."""
    equation = str(node.attributes.get("equation", "")).replace(" ", "")
    left, arrow, right = equation.partition("->")
    parts = left.split(",")
    if len(parts) != len(node.inputs):
        raise NodeError(
            node, f"its equation {equation!r} has {len(parts)} terms for {len(node.inputs)} inputs"
        )
    terms = []
    for index, part in enumerate(parts):
        value = node.required(index)
        labels = _labels(node, part, len(value.shape))
        terms.append(Term(value, labels, value.shape))
    own = [label for term in terms for label in term.labels]
    if arrow:
        broad = max((sum(label.isdigit() for label in term.labels) for term in terms), default=0)
        result = _labels(node, right, len(right.replace(ELLIPSIS, "")) + (broad if ELLIPSIS in right else 0))
    else:
        letters = sorted(label for label in set(own) if not label.isdigit() and own.count(label) == 1)
        result = (*_broad(own), *letters)
    if len(set(result)) != len(result) or not set(result) <= set(own):
        raise NodeError(node, f"the result of its equation {equation!r} has labels twice, or of no term")
    return terms, result


def _broad(labels: Sequence[str]) -> list[str]:
    """Return the labels of ellipses, the first axis first."""
    return sorted({label for label in labels if label.isdigit()}, key=int, reverse=True)


def _labels(node: Node, part: str, rank: int) -> tuple[str, ...]:
    """Return a label for each axis of a term."""
    before, ellipsis, behind = part.partition(ELLIPSIS)
    letters = before + behind
    broad = rank - len(letters)
    if (letters and not letters.isalpha()) or broad < 0 or (broad > 0 and not ellipsis):
        raise NodeError(node, f"the term {part!r} of its equation is none for a tensor of rank {rank}")
    return (*before, *(str(number) for number in reversed(range(broad))), *behind)


def _extents(node: Node, terms: Sequence[Term]) -> dict[str, Dimension]:
    """Return the extent of each label."""
    extents: dict[str, Dimension] = {}
    for term in terms:
        for label, extent in zip(term.labels, term.shape, strict=True):
            if label not in extents:
                extents[label] = extent
            elif label.isdigit():
                [extents[label]] = broadcast(node, [(extents[label],), (extent,)])
            else:
                extents[label] = unify(node, extents[label], extent, f"the extents of {label!r}")
    return extents


def _without_repetition(steps: Decomposition, term: Term) -> Term:
    """Return a term with the diagonal in place of axes of the same label."""
    value, labels, shape = term.value, list(term.labels), list(term.shape)
    while repeated := next((label for label in labels if labels.count(label) > 1), None):
        first = labels.index(repeated)
        second = labels.index(repeated, first + 1)
        rest = [axis for axis in range(len(labels)) if axis not in (first, second)]
        extent = shape[first]
        turned = steps.add("Transpose", "turned", value, perm=[*rest, first, second])
        places = steps.places("places", extent)
        upright = steps.reshape("upright", places, [extent, 1])
        nothing = steps.scalar("nothing", term.value.dtype, 0)
        kept = steps.add("Where", "kept", steps.add("Equal", "same", upright, places), turned, nothing)
        value = steps.add("ReduceSum", "diagonal", kept, steps.vector("last", [-1]), keepdims=0)
        labels = [*(labels[axis] for axis in rest), repeated]
        shape = [*(shape[axis] for axis in rest), extent]
    return Term(value, tuple(labels), tuple(shape))


def _summed(steps: Decomposition, term: Term, needed: set[str]) -> Term:
    """Return a term without the labels that nothing needs."""
    axes = [axis for axis, label in enumerate(term.labels) if label not in needed]
    if not axes:
        return term
    kept = [axis for axis in range(len(term.labels)) if axis not in axes]
    value = steps.add("ReduceSum", "summed", term.value, steps.vector("axes", axes), keepdims=0)
    return Term(value, tuple(term.labels[axis] for axis in kept), tuple(term.shape[axis] for axis in kept))


def _multiplied(
    steps: Decomposition, a: Term, b: Term, needed: set[str], extents: dict[str, Dimension]
) -> Term:
    """Return the product of two terms, as matrices, summed over what both have and nothing else needs."""
    both = [label for label in a.labels if label in b.labels]
    batch = [label for label in both if label in needed]
    inner = [label for label in both if label not in needed]
    rows = [label for label in a.labels if label not in both]
    columns = [label for label in b.labels if label not in both]
    left = _matrix(steps, "left", a, (batch, rows, inner))
    right = _matrix(steps, "right", b, (batch, inner, columns))
    labels = (*batch, *rows, *columns)
    sources = {**dict(zip(b.labels, b.shape, strict=True)), **dict(zip(a.labels, a.shape, strict=True))}
    shape = tuple(extents[label] if label in batch else sources[label] for label in labels)
    value = steps.reshape("product", steps.add("MatMul", "matrix", left, right), shape)
    return Term(value, labels, shape)


def _matrix(
    steps: Decomposition, step: str, term: Term, groups: tuple[list[str], list[str], list[str]]
) -> Value:
    """Return a term [batch …, rows, columns], by the labels of three groups, the last two an axis each."""
    extent = dict(zip(term.labels, term.shape, strict=True))
    order = [term.labels.index(label) for group in groups for label in group]
    turned = steps.add("Transpose", f"{step}_turned", term.value, perm=order) if order else term.value
    batch, rows, columns = groups
    shape = [
        *(extent[label] for label in batch),
        *(product([extent[label] for label in g]) for g in (rows, columns)),
    ]
    return steps.reshape(step, turned, shape)
