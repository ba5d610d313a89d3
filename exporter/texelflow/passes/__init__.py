"""The passes: each rewrites the Graph to an equivalent one. One pass a file, its rules in its docstring."""

from __future__ import annotations

from texelflow.ir import Graph
from texelflow.passes import (
    align_weights,
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


def run_passes(graph: Graph) -> None:
    """Make an imported graph ready for the lowering.

    Raises:
        ExportError: the graph cannot be exported; `problems` has every reason.
    """
    with assuming(graph.facts):
        simplify(graph)
        join_moments.run(graph)
        remove_dead_nodes.run(graph)
        narrow_integers.run(graph)
        fuse_elementwise.run(graph)
        fuse_biases.run(graph)
        share_epilogues.run(graph)
        align_weights.run(graph)


def simplify(graph: Graph) -> None:
    """Infer types, rewrite to fewer and simpler nodes, all still ONNX's; raise ExportError if that fails."""
    remove_dead_nodes.run(graph)  # first, since what they need of sizes is nobody's need
    infer_types.run(graph)
    remove_dead_nodes.run(graph)
    eliminate_identities.run(graph)  # before fusing, which wants the product right before its normalization
    fuse_batch_normalization.run(graph)
    decompose_operators.run(graph)
    eliminate_identities.run(graph)
    merge_common_subexpressions.run(graph)
    merge_matrix_products.run(graph)
    defer_divisions.run(graph)
    split_concatenations.run(graph)
    remove_dead_nodes.run(graph)
