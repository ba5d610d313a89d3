"""The `texelflow` command: arguments, progress and exit codes.

Exit codes: 0 success, 1 the model or the data is at fault (or differs, for `verify`), 2 wrong usage.
Results go to standard output, as tables or with `--json` as one JSON document; progress and errors to
standard error.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

import texelflow
from texelflow.arguments import (
    parse_dimensions,
    parse_image,
    parse_input_files,
    parse_input_shapes,
    parse_sizes,
)
from texelflow.cli import report
from texelflow.errors import DefectError, ExportError

if TYPE_CHECKING:
    from texelflow.checking.verify import SizesVerification, Verification
    from texelflow.pipeline import Bundle, Options

T = TypeVar("T")

app = typer.Typer(
    name="texelflow",
    help="Turn a trained model into static files that any web page runs on its visitor's GPU.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class WeightType(StrEnum):
    """How floating-point weights are stored."""

    float32 = "float32"
    float16 = "float16"


Model = Annotated[Path, typer.Argument(metavar="MODEL", help="The model: an .onnx file.")]
BundleFolder = Annotated[Path, typer.Argument(metavar="DIR", help="A folder made by `texelflow export`.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
Weights = Annotated[WeightType, typer.Option(help="Store floating-point weights in 32 or 16 bits.")]
Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="NAME=DIMS",
        help="Shape of an input, such as tokens=1,16 or image=1,3,height,width; names stay free. Repeatable.",
    ),
]
Image = Annotated[
    str | None,
    typer.Option(
        metavar="SPEC",
        help="The model takes pictures. SPEC: 0..1, -1..1, 0..255, imagenet, or mean=…,deviation=… with a "
        "colon between channels; then fit=stretch|cover|contain, resized=PIXELS, resize=METHOD, "
        "channels=rgb|bgr|gray, width=…, height=…, name=INPUT. A preprocessor_config.json beside the model "
        "says what SPEC does not.",
    ),
]
InputFile = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="[NAME=]FILE",
        help="An .npz with one array for each input, a picture, or a sound (.wav); NAME is the input that it "
        "is for. Repeatable; inputs without a file get random values.",
    ),
]
Dimensions = Annotated[
    list[str] | None,
    typer.Option("--dimension", metavar="NAME=SIZE", help="Size of a free dimension. Repeatable."),
]
Software = Annotated[bool, typer.Option("--software", help="Render in software even if there is a GPU.")]


def main() -> None:
    """Run the command line and exit."""
    app()


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Turn a trained model into static files that any web page runs on its visitor's GPU."""
    if version:
        print(f"texelflow {texelflow.__version__}")
        raise typer.Exit


@app.command()
def export(
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="The folder to make.")],
    weights: Weights = WeightType.float32,
    input_shapes: Inputs = None,
    image: Image = None,
    labels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Class names, one a line, for a classifier.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the model, for people.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace DIR if it exists.")] = False,
    as_json: Json = False,
) -> None:
    """Turn MODEL into a bundle: a folder with graph.json and the weights."""
    options = export_options(weights, input_shapes, image, labels, name)
    with exit_on_error(as_json):
        from texelflow.bundle.writer import check_target
        from texelflow.pipeline import write

        if output.is_dir() and not force:
            raise ExportError(
                f"{output} exists: choose another folder, or replace the bundle in it with --force"
            )
        check_target(output, force)  # writing checks too, but after all the work
        bundle = build_with_progress(model, options)
        warnings = write(bundle, output, force)
        report.print_warnings(warnings, Console(stderr=True))
        if as_json:
            summary = report.to_json(bundle.summary)
            report.print_json({"directory": str(output), **summary, "warnings": warnings})
        else:
            report.print_summary(bundle.summary, report.output_console())
            print(f"wrote {output}")


@app.command()
def inspect(
    source: Annotated[Path, typer.Argument(metavar="MODEL|DIR", help="An .onnx file, or a bundle.")],
    weights: Weights = WeightType.float32,
    input_shapes: Inputs = None,
    image: Image = None,
    as_json: Json = False,
) -> None:
    """Say what `export` would say, or every reason why it cannot, without writing; or describe a bundle."""
    options = export_options(weights, input_shapes, image)
    with exit_on_error(as_json):
        if source.is_dir() or source.name == "graph.json":
            from texelflow.bundle.reader import read_graph

            facts = report.bundle_facts(read_graph(source if source.is_dir() else source.parent))
            report.print_json(facts) if as_json else report.print_bundle(facts, report.output_console())
        else:
            summary = build_with_progress(source, options).summary
            report.print_warnings(summary.warnings, Console(stderr=True))
            report.print_json(summary) if as_json else report.print_summary(summary, report.output_console())


@app.command()
def verify(
    bundle: BundleFolder,
    against: Annotated[Path, typer.Option(metavar="MODEL", help="The .onnx file that it was made from.")],
    layers: Annotated[bool, typer.Option("--layers", help="Compare every intermediate value, too.")] = False,
    input_file: InputFile = None,
    dimensions: Dimensions = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the random values.")] = 0,
    tolerance: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Largest difference that passes, relative to the largest magnitude: 1e-4, or 5e-3 where 16 "
            "bits are in use, unless rounding of the operands explains more; integers must be equal.",
        ),
    ] = None,
    size_trials: Annotated[
        str | None,
        typer.Option(
            "--sizes",
            metavar="auto|SIZES",
            help="Try several sizes of the free dimensions: a few of each, or each with each of "
            "those given, such as 'batch=1,2;height=64,96'.",
        ),
    ] = None,
    software: Software = False,
    as_json: Json = False,
) -> None:
    """Run the bundle in headless Chromium and MODEL in ONNX Runtime, and compare their results."""
    sizes = parse_option("--dimension", parse_dimensions, dimensions or [])
    files = parse_option("--input", parse_input_files, input_file or [])
    trials = parse_option("--sizes", parse_sizes, size_trials) if size_trials is not None else None
    if layers and size_trials is not None:
        raise typer.BadParameter("--layers compares one size: use --dimension", param_hint="--sizes")
    with exit_on_error(as_json):
        result: Verification | SizesVerification
        from texelflow.checking.verify import verify as run_verification
        from texelflow.checking.verify import verify_sizes

        if size_trials is not None:
            result = verify_sizes(
                bundle,
                against,
                trials,
                input_files=files,
                dimensions=sizes,
                seed=seed,
                tolerance=tolerance,
                software=software,
            )
            show: Callable[[Any, Console], None] = report.print_sizes
        else:
            result = run_verification(
                bundle,
                against,
                layers=layers,
                input_files=files,
                dimensions=sizes,
                seed=seed,
                tolerance=tolerance,
                software=software,
            )
            show = report.print_verification
        if as_json:
            report.print_json(result)
        else:
            show(result, report.output_console())
        report.print_warnings(report.verification_warnings(result), Console(stderr=True))
        if not result.passed:
            raise typer.Exit(1)


@app.command()
def bench(
    bundle: BundleFolder,
    runs: Annotated[int, typer.Option(min=1, help="Runs that are timed.")] = 20,
    warm_up: Annotated[int, typer.Option(min=1, help="Runs before them.")] = 3,
    input_file: InputFile = None,
    dimensions: Dimensions = None,
    software: Software = False,
    profile: Annotated[bool, typer.Option("--profile", help="Time each draw of a run, too.")] = False,
    trace: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the profile as a trace for chrome://tracing or Perfetto."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Time the bundle in headless Chromium: loading, first result, runs, draws."""
    sizes = parse_option("--dimension", parse_dimensions, dimensions or [])
    files = parse_option("--input", parse_input_files, input_file or [])
    with exit_on_error(as_json):
        from texelflow.checking.benchmark import benchmark
        from texelflow.cli.profile_table import print_profile

        result = benchmark(
            bundle,
            runs=runs,
            warm_up=warm_up,
            input_files=files,
            dimensions=sizes,
            software=software,
            profile=profile,
            trace=trace,
        )
        if as_json:
            report.print_json(result)
        else:
            report.print_benchmark(result, report.output_console())
            if profile and result.profile:
                print_profile(result.profile, report.output_console())


@app.command()
def serve(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A bundle, or a folder with index.html.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8000,
    host: Annotated[
        str, typer.Option(help="Address to listen at; 0.0.0.0 for the whole network.")
    ] = "127.0.0.1",
    https: Annotated[
        bool, typer.Option("--https", help="Use a self-made certificate: phones need HTTPS for the camera.")
    ] = False,
) -> None:
    """Serve DIR to browsers until interrupted."""
    from texelflow.checking.serve import StaticServer, folder_mounts, public_host, use_certificate

    with exit_on_error(False), StaticServer(folder_mounts(directory), host, port) as server:
        shown = public_host(host)
        if https:
            use_certificate(server, shown)
        scheme = "https" if https else "http"
        print(
            f"Serving {directory} at {scheme}://{shown}:{server.server_address[1]}/  (Ctrl+C stops)",
            flush=True,
        )
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("stopped")


def export_options(
    weights: WeightType,
    input_shapes: list[str] | None,
    image: str | None,
    labels: Path | None = None,
    name: str | None = None,
) -> Options:
    """Return the pipeline's options for those of the command line."""
    from texelflow.pipeline import Options

    return Options(
        weights=weights.value,
        input_shapes=parse_option("--input", parse_input_shapes, input_shapes or []),
        image=parse_option("--image", parse_image, image) if image is not None else None,
        labels=labels,
        name=name,
    )


def build_with_progress(model: Path, options: Options) -> Bundle:
    """Build the bundle of `model` in memory, with a progress bar."""
    from texelflow.pipeline import build

    with progress_bar() as progress:
        return build(model, options, progress)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """Show a bar on standard error, if that is a terminal; yields the function that moves it."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=1.0)
        yield lambda description, fraction: progress.update(task, description=description, completed=fraction)


@contextmanager
def exit_on_error(as_json: bool) -> Iterator[None]:
    """Turn what goes wrong into one message and exit code 1.

    An exception that nobody foresaw is a defect of Texelflow: the message says where (see DefectError), and
    with the variable `TEXELFLOW_TRACEBACK` set it is raised as it is.
    """
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except Exception as raised:
        if isinstance(raised, ExportError):
            error = raised
        elif isinstance(raised, OSError):
            error = ExportError(str(raised))
        elif os.environ.get("TEXELFLOW_TRACEBACK"):
            raise
        else:
            error = ExportError(str(raised if isinstance(raised, DefectError) else DefectError(raised)))
        if as_json:
            report.print_json(report.error_json(error))
        report.print_error(error, Console(stderr=True))
        raise typer.Exit(1) from None


def parse_option(option: str, parse: Callable[[Any], T], value: Any) -> T:
    """Return `parse(value)`; a ValueError of it is wrong usage."""
    try:
        return parse(value)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
