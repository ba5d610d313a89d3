"""The `texelflow` command: arguments, progress and exit codes.

Exit codes: 0 success, 1 the model or the data is at fault (or differs, for `verify`), 2 wrong usage.
Results go to standard output, as tables or with `--json` as one JSON document; progress and errors to
standard error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

import texelflow
from texelflow.arguments import parse_sizes, parse_tolerance
from texelflow.cli import options, report
from texelflow.cli.running import bundle_folder, exit_on_error, opened, reference
from texelflow.errors import ExportError
from texelflow.options import ImageOptions, Options

if TYPE_CHECKING:
    from texelflow.checking.verify import SizesVerification, Verification


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=True)
@click.version_option(texelflow.__version__, message="%(prog)s %(version)s")
def commands() -> None:
    """Turn a trained model into static files that any web page runs on its visitor's GPU."""


def main() -> None:
    """Run the command line and exit."""
    commands(prog_name="texelflow")


@commands.command()
@click.argument("model", metavar="MODEL")
@click.option("--output", "-o", metavar="DIR", type=options.PATH, required=True, help="The folder to make.")
@options.weights
@options.input_shapes
@options.constants
@options.states
@options.last
@options.top_k
@options.signature
@options.image
@options.meanings
@click.option(
    "--labels", metavar="FILE", type=options.PATH, help="Class names, one a line, for a classifier."
)
@click.option("--name", help="Name of the model, for people.")
@click.option("--force", is_flag=True, help="Replace DIR if it exists.")
@options.offline
@options.as_json
def export(
    model: str,
    output: Path,
    weights: str,
    input_shapes: Mapping[str, list[int | str]],
    constants: Mapping[str, list[float]],
    states: Mapping[str, str],
    last: Sequence[str],
    top_k: Mapping[str, int],
    signature: str | None,
    image: ImageOptions | None,
    meanings: Mapping[str, dict[str, Any]],
    labels: Path | None,
    name: str | None,
    force: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Turn MODEL into a bundle: a folder with graph.json and the weights.

    MODEL is a file or folder of ONNX, TensorFlow Lite, TensorFlow, Keras, TF.js, or a language model (.gguf,
    or config.json with safetensors); an archive of one; or where one is fetched from: https://…,
    hf://org/name[@revision]/file, kaggle://owner/model/framework/variation[/version],
    npm:package[@version]/path, pypi:package[@version]/path.
    """
    with exit_on_error(as_json):
        from texelflow.bundle.writer import check_target
        from texelflow.pipeline import build, write

        if output.is_dir() and not force:
            raise ExportError(
                f"{output} exists: choose another folder, or replace the bundle in it with --force"
            )
        check_target(output, force)  # writing checks too, but after all the work
        wanted = Options(
            weights, input_shapes, image, labels, name, constants, states, signature, last, top_k, meanings
        )
        with opened(model, offline, input_shapes, constants) as (found, progress):
            bundle = build(found.path, wanted, progress, found.origin)
            warnings = write(bundle, output, force)
        report.print_warnings(warnings, Console(stderr=True))
        if as_json:
            summary = report.to_json(bundle.summary)
            report.print_json({"directory": str(output), **summary, "warnings": warnings})
        else:
            report.print_summary(bundle.summary, report.output_console())
            print(f"wrote {output}")


@commands.command()
@click.argument("source", metavar="MODEL|DIR")
@options.weights
@options.input_shapes
@options.constants
@options.states
@options.last
@options.top_k
@options.signature
@options.image
@options.offline
@options.as_json
def inspect(
    source: str,
    weights: str,
    input_shapes: Mapping[str, list[int | str]],
    constants: Mapping[str, list[float]],
    states: Mapping[str, str],
    last: Sequence[str],
    top_k: Mapping[str, int],
    signature: str | None,
    image: ImageOptions | None,
    offline: bool,
    as_json: bool,
) -> None:
    """Say what `export` would say of MODEL, or every reason why it cannot, without writing; or describe the
    bundle in DIR.
    """
    with exit_on_error(as_json):
        if (folder := bundle_folder(Path(source))) is not None:
            from texelflow.bundle.reader import read_graph

            facts = report.bundle_facts(read_graph(folder))
            report.print_json(facts) if as_json else report.print_bundle(facts, report.output_console())
        else:
            from texelflow.pipeline import build

            wanted = Options(
                weights,
                input_shapes,
                image,
                constants=constants,
                states=states,
                signature=signature,
                last=last,
                top_k=top_k,
            )
            with opened(source, offline, input_shapes, constants) as (found, progress):
                summary = build(found.path, wanted, progress, found.origin).summary
            report.print_warnings(summary.warnings, Console(stderr=True))
            report.print_json(summary) if as_json else report.print_summary(summary, report.output_console())


@commands.command()
@click.argument("model", metavar="MODEL")
@click.option("--output", "-o", metavar="FILE", type=options.PATH, required=True, help="The .onnx to write.")
@options.input_shapes
@options.signature
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@options.offline
@options.as_json
def convert(
    model: str,
    output: Path,
    input_shapes: Mapping[str, list[int | str]],
    signature: str | None,
    force: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Write MODEL, of any format that can be read, as an ONNX file.

    Weights of more than 1 GiB are written beside it, to FILE.data.
    """
    with exit_on_error(as_json):
        from texelflow.conversion.convert import convert as convert_model

        with opened(model, offline, input_shapes) as (found, _progress):
            written = convert_model(found.path, output, input_shapes, signature=signature, force=force)
        files = [str(path) for path in written]
        if as_json:
            report.print_json({"files": files})
        else:
            print(f"wrote {' and '.join(files)}")


@commands.command()
@options.bundle_folder
@click.option(
    "--against",
    metavar="MODEL",
    required=True,
    help="The model that it was made from, or its address: an .onnx file, or a .tflite one (which needs "
    "ai-edge-litert).",
)
@click.option("--layers", is_flag=True, help="Compare every intermediate value, too.")
@options.input_files
@options.dimensions
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the random values."
)
@options.parsed_option(
    "--tolerance",
    metavar="NUMBER",
    parse=parse_tolerance,
    help="Largest difference that passes, relative to the largest magnitude: 1e-4, or 5e-3 where 16 bits are "
    "in use, unless rounding of the operands explains more; integers must be equal.",
)
@click.option(
    "--sizes",
    metavar="auto|SIZES",
    help="Try several sizes of the free dimensions: a few of each, or each with each of those given, such as "
    "'batch=1,2;height=64,96'.",
)
@options.software
@options.offline
@options.as_json
def verify(
    bundle: Path,
    against: str,
    layers: bool,
    input_files: Sequence[tuple[str, Path]],
    dimensions: Mapping[str, int],
    seed: int,
    tolerance: float | None,
    sizes: str | None,
    software: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Run the bundle in headless Chromium and MODEL in ONNX Runtime or LiteRT, and compare their results."""
    trials = options.parse_option("--sizes", parse_sizes, sizes) if sizes is not None else None
    if layers and sizes is not None:
        raise click.BadParameter("--layers compares one size: use --dimension", param_hint="--sizes")
    with exit_on_error(as_json):
        result: Verification | SizesVerification
        from texelflow.checking.verify import verify as run_verification
        from texelflow.checking.verify import verify_sizes

        with reference(against, offline, bundle) as model:
            if sizes is not None:
                result = verify_sizes(
                    bundle,
                    model,
                    trials,
                    input_files=input_files,
                    dimensions=dimensions,
                    seed=seed,
                    tolerance=tolerance,
                    software=software,
                )
                show: Callable[[Any, Console], None] = report.print_sizes
            else:
                result = run_verification(
                    bundle,
                    model,
                    layers=layers,
                    input_files=input_files,
                    dimensions=dimensions,
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
            raise click.exceptions.Exit(1)


@commands.command()
@options.bundle_folder
@click.argument("data", metavar="DATA", type=options.PATH)
@click.option(
    "--against", metavar="MODEL", help="The .onnx file that it was made from, or its address, to compare."
)
@click.option("--output", metavar="NAME", help="The output with a score for each class.")
@options.signature
@options.software
@options.offline
@options.as_json
def evaluate(
    bundle: Path,
    data: Path,
    against: str | None,
    output: str | None,
    signature: str | None,
    software: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Say how often the bundle is right on labelled DATA: a folder of pictures for each class, or with
    labels.csv, a CSV file of `file,class`, or an .npz with an array for each input and `labels`.
    """
    with exit_on_error(as_json):
        from texelflow.checking.evaluate import evaluate as run_evaluation
        from texelflow.cli.accuracy_table import print_evaluation

        with reference(against, offline, bundle) as model:
            result = run_evaluation(
                bundle, data, model=model, output=output, signature=signature, software=software
            )
        report.print_json(result) if as_json else print_evaluation(result, report.output_console())


@commands.command()
@options.bundle_folder
@click.option(
    "--runs", type=click.IntRange(min=1), default=20, show_default=True, help="Runs that are timed."
)
@click.option("--warm-up", type=click.IntRange(min=1), default=3, show_default=True, help="Runs before them.")
@options.input_files
@options.dimensions
@options.software
@click.option("--profile", is_flag=True, help="Time each draw of a run, too.")
@click.option(
    "--trace",
    metavar="FILE",
    type=options.PATH,
    help="Write the profile as a trace for chrome://tracing or Perfetto.",
)
@options.as_json
def bench(
    bundle: Path,
    runs: int,
    warm_up: int,
    input_files: Sequence[tuple[str, Path]],
    dimensions: Mapping[str, int],
    software: bool,
    profile: bool,
    trace: Path | None,
    as_json: bool,
) -> None:
    """Time the bundle in headless Chromium: loading, first result, runs, draws."""
    with exit_on_error(as_json):
        from texelflow.checking.benchmark import benchmark
        from texelflow.cli.profile_table import print_profile

        result = benchmark(
            bundle,
            runs=runs,
            warm_up=warm_up,
            input_files=input_files,
            dimensions=dimensions,
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


@commands.command()
@click.argument("directory", metavar="DIR", type=options.PATH)
@click.option("--force", is_flag=True, help="Replace scripts of another version.")
@options.as_json
def runtime(directory: Path, force: bool, as_json: bool) -> None:
    """Write the scripts that pages run bundles with into DIR: texelflow.js, and those beside it."""
    with exit_on_error(as_json):
        from texelflow.runtime_scripts import write_runtime

        written = write_runtime(directory, force)
        if as_json:
            report.print_json({"files": [str(path) for path in written]})
        else:
            print(f"wrote {directory / 'texelflow.js'} and {len(written) - 1} scripts that it may load")


@commands.command()
@click.argument("directory", metavar="DIR", type=options.PATH)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="0 takes any that is free.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen at; 0.0.0.0 for the whole network.",
)
@click.option("--https", is_flag=True, help="Use a self-made certificate: phones need HTTPS for the camera.")
def serve(directory: Path, port: int, host: str, https: bool) -> None:
    """Serve DIR, a bundle or a folder with index.html, to browsers until interrupted."""
    from texelflow.checking.serve import StaticServer, folder_mounts, serve_until_interrupted

    with exit_on_error(False), StaticServer(folder_mounts(directory), host, port) as server:
        serve_until_interrupted(server, directory, host, https)
