"""Passes of WebGL2: what depends on texels, texture units, and what drivers take to compile."""

from __future__ import annotations

from texelflow.backends.webgl2.passes import (
    align_weights,
    fuse_biases,
    fuse_elementwise,
    join_moments,
    merge_matrix_products,
    narrow_integers,
    share_epilogues,
    split_concatenations,
)
from texelflow.graph import Graph
from texelflow.passes import Pass, remove_dead_nodes, run_passes

_REWRITING: tuple[Pass, ...] = (merge_matrix_products.run, split_concatenations.run, remove_dead_nodes.run)
_FUSING: tuple[Pass, ...] = (
    join_moments.run,
    remove_dead_nodes.run,
    narrow_integers.run,
    fuse_elementwise.run,
    fuse_biases.run,
    share_epilogues.run,
    align_weights.run,
)


def prepare(graph: Graph) -> None:
    """Make a simplified graph ready for the lowering.

    Raises:
        ExportError: the graph cannot be exported; `problems` has every reason.
    """
    rewrite(graph)
    run_passes(graph, _FUSING)


def rewrite(graph: Graph) -> None:
    """Rewrite a simplified graph to nodes that draws serve better, all still ONNX's."""
    run_passes(graph, _REWRITING)
