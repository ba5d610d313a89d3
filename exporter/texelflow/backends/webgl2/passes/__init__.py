"""Passes of WebGL2: what depends on texels, texture units, and what drivers take to compile."""

from __future__ import annotations

from collections.abc import Callable

from texelflow.backends.webgl2.group import Group, check_groups
from texelflow.backends.webgl2.passes import (
    decode_weights,
    fuse_biases,
    fuse_elementwise,
    join_moments,
    merge_matrix_products,
    narrow_integers,
    share_epilogues,
    split_concatenations,
)
from texelflow.dimensions import assuming
from texelflow.graph import Graph
from texelflow.graph import check as check_graph
from texelflow.passes import Pass, decode_at_load, remove_dead_nodes, run_passes

_REWRITING: tuple[Pass, ...] = (merge_matrix_products.run, split_concatenations.run, remove_dead_nodes.run)
_ADAPTING: tuple[Pass, ...] = (
    join_moments.run,
    remove_dead_nodes.run,
    narrow_integers.run,
    decode_weights.run,
    remove_dead_nodes.run,
    decode_at_load.run,
)


def prepare(graph: Graph) -> list[Group]:
    """Make a simplified graph ready for the lowering; return its nodes in groups, each of which is a kernel.

    Raises:
        ExportError: the graph cannot be exported; `problems` has every reason.
    """
    rewrite(graph)
    run_passes(graph, _ADAPTING)
    with assuming(graph.facts):
        groups = fuse_elementwise.run(graph)
        _check_fused(graph, groups, fuse_elementwise.run)
        for change in (fuse_biases.run, share_epilogues.run):
            change(groups)
            _check_fused(graph, groups, change)
    for group in groups:
        for body in () if group.host is None else group.host.bodies:
            group.bodies.append(prepare(body))
            graph.warnings += body.warnings
    return groups


def _check_fused(graph: Graph, groups: list[Group], change: Callable[..., object]) -> None:
    if check_graph.is_checking():
        with check_graph.checked_after(change):
            check_groups(graph.inputs, groups, graph.outputs)


def rewrite(graph: Graph) -> None:
    """Rewrite a simplified graph to nodes that draws serve better, all still ONNX's."""
    run_passes(graph, _REWRITING)
