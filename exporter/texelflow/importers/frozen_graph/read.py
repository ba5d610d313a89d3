"""Reads a frozen graph: outputs are the nodes that no other reads, inputs the Placeholders they need."""

from __future__ import annotations

from pathlib import Path

from texelflow.errors import ExportError
from texelflow.graph import Graph
from texelflow.importers.files.mapped_files import map_file
from texelflow.importers.format import ImportOptions
from texelflow.importers.tensorflow.definitions import DefinitionError, read_definitions
from texelflow.importers.tensorflow.graph import Port, build_graph, last_nodes, placeholders
from texelflow.importers.tensorflow.operators import load


def read_frozen_graph(path: Path, options: ImportOptions) -> Graph:
    """Return the Graph of a GraphDef; inputs and outputs are called as their nodes.

    Raises:
        ExportError: the file is damaged, or has what cannot be imported; `problems` has every reason.
    """
    load()
    try:
        definitions = read_definitions(map_file(path))
        outputs = last_nodes(definitions)
        inputs = placeholders(definitions, outputs)
    except DefinitionError as error:
        raise ExportError(f"{path} is not a TensorFlow graph that can be read: {error}") from error
    ports = [Port(name, name) for name in outputs]
    return build_graph(
        definitions, inputs, ports, lambda _node, _walk: None, path, "TensorFlow, frozen graph", options
    )
