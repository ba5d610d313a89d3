"""The Graph: nodes, values and types, between the importers and the backends."""

from texelflow.graph.nodes import (
    DTYPES,
    FLOATING,
    LEARNED,
    OPSET,
    PRECISE,
    Body,
    ConstantData,
    Element,
    Graph,
    Node,
    NodeError,
    Shape,
    TensorType,
    UnknownElementsError,
    Value,
    node_title,
)

__all__ = [
    "DTYPES",
    "FLOATING",
    "LEARNED",
    "OPSET",
    "PRECISE",
    "Body",
    "ConstantData",
    "Element",
    "Graph",
    "Node",
    "NodeError",
    "Shape",
    "TensorType",
    "UnknownElementsError",
    "Value",
    "node_title",
]
