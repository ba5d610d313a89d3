"""The passes: each rewrites the Graph to an equivalent one. One pass a file, its rules in its docstring."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from texelflow.ir import Graph
from texelflow.passes import (
    align_weights,
    check_graph,
    decompose_operators,
    defer_divisions,
    eliminate_identities,
    fuse_batch_normalization,
    fuse_biases,
    fuse_elementwise,
    infer_types,
    join_moments,
    merge_common_subexpressions,
    merge_matrix_products,
    narrow_integers,
    remove_dead_nodes,
    share_epilogues,
    split_concatenations,
)
from texelflow.symbolic import assuming

_SIMPLIFYING: tuple[Callable[[Graph], object], ...] = (
    remove_dead_nodes.run,  # first, since what these need of sizes is nobody's need
    infer_types.run,
    remove_dead_nodes.run,
    eliminate_identities.run,  # before fusing, which wants the product right before its normalization
    fuse_batch_normalization.run,
    decompose_operators.run,
    eliminate_identities.run,
    merge_common_subexpressions.run,
    merge_matrix_products.run,
    defer_divisions.run,
    split_concatenations.run,
    remove_dead_nodes.run,
)
_FUSING: tuple[Callable[[Graph], object], ...] = (
    join_moments.run,
    remove_dead_nodes.run,
    narrow_integers.run,
    fuse_elementwise.run,
    fuse_biases.run,
    share_epilogues.run,
    align_weights.run,
)


def run_passes(graph: Graph) -> None:
    """Make an imported graph ready for the lowering.

    Raises:
        ExportError: the graph cannot be exported; `problems` has every reason.
    """
    _run(graph, (*_SIMPLIFYING, *_FUSING))


def simplify(graph: Graph) -> None:
    """Infer types, rewrite to fewer and simpler nodes, all still ONNX's; raise ExportError if that fails."""
    _run(graph, _SIMPLIFYING)


def _run(graph: Graph, passes: Iterable[Callable[[Graph], object]]) -> None:
    """Run passes in order; with the variable `TEXELFLOW_CHECK_GRAPH` set, check the graph after each."""
    checking = bool(os.environ.get("TEXELFLOW_CHECK_GRAPH"))
    typed = False
    if checking:
        check_graph.run(graph, typed)
    with assuming(graph.facts):
        for rewrite in passes:
            rewrite(graph)
            if checking:
                typed = typed or rewrite is infer_types.run
                try:
                    check_graph.run(graph, typed)
                except check_graph.BrokenGraphError as error:
                    raise check_graph.BrokenGraphError(f"after {rewrite.__module__}: {error}") from None
