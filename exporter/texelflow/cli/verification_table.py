"""The tables of `texelflow verify`: how far outputs, values and sizes are from the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from texelflow.cli.report import as_text, printable

if TYPE_CHECKING:
    from texelflow.checking.judgement import Comparison
    from texelflow.checking.verify import SizesVerification, Verification


def print_verification(verification: Verification, console: Console) -> None:
    """Show the difference of each output and, if compared, of each intermediate value, the first bad one
    marked.
    """
    if verification.layers is not None:
        console.print(_comparisons("values in the order computed", verification.layers))
        first = next((comparison for comparison in verification.layers if not comparison.passed), None)
        if first is not None:
            node = printable(first.node)
            console.print(f"first to differ: {first.name!r}, computed by {node}", markup=False)
    console.print(_comparisons("outputs", verification.outputs))
    _print_notes(verification.notes, console)


def print_sizes(verification: SizesVerification, console: Console) -> None:
    """Show a line for each combination of sizes."""
    table = Table(title="sizes", title_justify="left", box=SIMPLE_HEAD)
    for heading in ("sizes", "output", "largest difference", "relative"):
        table.add_column(heading, overflow="fold")
    table.add_column("", overflow="fold")
    for result in verification.sizes:
        sizes = ", ".join(f"{name}={size}" for name, size in result.dimensions.items())
        if result.refused_by_reference:
            # ONNX Runtime says last what is wrong, after where in its own source.
            reason = result.refused_by_reference.strip().splitlines()[0].rpartition("Status Message: ")[2]
            table.add_row(
                *map(as_text, (sizes, "", "", "", f"refused, since not a size of the model: {reason}"))
            )
        elif result.error:
            table.add_row(as_text(sizes), "", "", "", f"[red]refused[/]: {as_text(result.error)}")
        elif result.outputs:
            worst = max(result.outputs, key=lambda output: (not output.passed, output.relative))
            verdict = _verdict(worst) if worst.passed else "[bold red]differs[/]"
            table.add_row(
                as_text(sizes), as_text(worst.name), f"{worst.absolute:.3g}", f"{worst.relative:.3g}", verdict
            )
    console.print(table)
    _print_notes(verification.notes, console)


def verification_warnings(verification: Verification | SizesVerification) -> list[str]:
    """Return what a person should know before trusting the result."""
    advice = "give inputs of the model's own kind with --input (a picture, a sound or an .npz)"
    if not hasattr(verification, "sizes"):
        if verification.proves_little:
            return [f"every output is constant, saturated or empty, so this proves little: {advice}"]
        return []
    ran = [result for result in verification.sizes if not result.refused_by_reference]
    if not ran:
        return ["the reference refuses every size, so nothing was compared: choose other --sizes"]
    if all(output.proves_little for result in ran for output in result.outputs):
        return [
            f"every output is constant, saturated or empty at every size, so this proves little: {advice}"
        ]
    return []


def _print_notes(notes: Sequence[str], console: Console) -> None:
    for note in notes:
        console.print(printable(note), markup=False, highlight=False, soft_wrap=True)


def _verdict(comparison: Comparison) -> str:
    verdict = "[green]ok[/]"
    if comparison.relative > comparison.tolerance:
        verdict += ", rounding noise"
    if comparison.proves_little:
        verdict += f", [yellow]proves little: {as_text(comparison.proves_little)}[/]"
    return verdict


def _comparisons(title: str, comparisons: Sequence[Comparison]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    has_nodes = any(comparison.node for comparison in comparisons)
    for heading in ("value", "node", "shape") if has_nodes else ("value", "shape"):
        table.add_column(heading, overflow="fold")
    for heading in ("largest difference", "relative", ""):
        table.add_column(heading, justify="right")
    marked = False
    for comparison in comparisons:
        verdict = _verdict(comparison)
        if not comparison.passed:
            verdict = "[red]differs[/]" if marked else "[bold red]differs first[/]"
            marked = True
        shape = str(comparison.shape)
        if comparison.shape != comparison.expected_shape:
            shape += f", expected {comparison.expected_shape}"
        names = (comparison.name, comparison.node) if has_nodes else (comparison.name,)
        differences = (f"{comparison.absolute:.3g}", f"{comparison.relative:.3g}")
        table.add_row(*map(as_text, (*names, shape)), *differences, verdict)
    return table
