"""The passes: each rewrites the Graph to an equivalent one. One pass a file, its rules in its docstring.

These are true on any backend; a backend has its own in its folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from texelflow.dimensions import assuming
from texelflow.graph import Graph
from texelflow.graph import check as check_graph
from texelflow.passes import (
    decompose_operators,
    defer_divisions,
    describe_results,
    eliminate_identities,
    fold_pads,
    fuse_batch_normalization,
    infer_types,
    merge_common_subexpressions,
    move_factors,
    remove_dead_nodes,
    sink_transposes,
    take_early,
)

Pass: TypeAlias = Callable[[Graph], object]

_SIMPLIFYING: tuple[Pass, ...] = (
    remove_dead_nodes.run,  # first, since what these need of sizes is nobody's need
    infer_types.run,
    remove_dead_nodes.run,
    describe_results.run,  # before decomposing, since operators say it
    eliminate_identities.run,  # before fusing, which wants the product right before its normalisation
    sink_transposes.run,  # so that a product is right before its normalisation
    remove_dead_nodes.run,
    fold_pads.run,  # behind transposes, and before decomposing, since zero points are inputs of a node there
    take_early.run,  # before decomposing, since normalisations are seen as such
    remove_dead_nodes.run,
    fuse_batch_normalization.run,
    decompose_operators.run,
    eliminate_identities.run,
    sink_transposes.run,
    remove_dead_nodes.run,
    eliminate_identities.run,
    merge_common_subexpressions.run,
    move_factors.run,
    defer_divisions.run,
    remove_dead_nodes.run,
)


def simplify(graph: Graph) -> None:
    """Infer types, rewrite to fewer and simpler nodes, all still ONNX's; so are the graphs in nodes.

    Raises:
        ExportError: the graph cannot be exported; `problems` has every reason.
    """
    run_passes(graph, _SIMPLIFYING, typed=False)
    for body in (body for node in graph.nodes for body in node.bodies):
        simplify(body)


def run_passes(graph: Graph, passes: Iterable[Pass], typed: bool = True) -> None:
    """Run passes in order; with the variable `TEXELFLOW_CHECK_GRAPH` set, check the graph after each.

    `typed` says whether its values have types before the first; see `graph/check.py`.
    """
    checking = check_graph.is_checking()
    if checking:
        check_graph.run(graph, typed)
    with assuming(graph.facts):
        for rewrite in passes:
            rewrite(graph)
            if checking:
                typed = typed or rewrite is infer_types.run
                with check_graph.checked_after(rewrite):
                    check_graph.run(graph, typed)
