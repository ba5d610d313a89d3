"""Texelflow turns a trained model into static files that a web page runs on its visitor's GPU.

    import texelflow
    summary = texelflow.export("mobilenet.onnx", "bundle/", labels="imagenet.txt", image="-1..1")

Importing the package is cheap: what a call needs is imported by the call.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from texelflow.errors import DefectError, ExportError
from texelflow.version import __version__

if TYPE_CHECKING:
    from texelflow.pipeline import ImageOptions, Options, Summary

__all__ = ["DefectError", "ExportError", "__version__", "convert", "export", "inspect"]


def export(
    source: object,
    directory: str | Path,
    *,
    weights: str = "float32",
    input_shapes: Mapping[str, Sequence[int | str]] | None = None,
    example_inputs: object = None,
    dynamic_shapes: object = None,
    image: str | ImageOptions | None = None,
    labels: str | Path | None = None,
    name: str | None = None,
    constants: Mapping[str, float | Sequence[float]] | None = None,
    states: Mapping[str, str] | str | None = None,
    last: Sequence[str] = (),
    top_k: Mapping[str, int] | None = None,
    signature: str | None = None,
    meanings: Mapping[str, str] | None = None,
    force: bool = False,
    offline: bool = False,
    progress: Callable[[str, float], None] | None = None,
) -> Summary:
    """Turn the model in `source` into a bundle: a folder with `graph.json` and `weights*.safetensors`.

    Args:
        source: the model: a file or folder of any format of docs/formats.md, such as `.onnx` (external data
            beside it), `.tflite`, `.keras`, `model.json`, a SavedModel or `.gguf`; an archive (zip, tar) of
            one; an address (`https://…`, `hf://org/name[@revision]/file`,
            `kaggle://owner/model/framework/variation[/version]`, `npm:package[@version]/path`,
            `pypi:package[@version]/path`), with `#MEMBER` at its end where an archive has several; or an onnx
            ModelProto, the bytes of a file, a binary file object, a module or an exported program of PyTorch,
            a Keras model, or a fitted estimator of scikit-learn, which needs `input_shapes`.
        directory: the folder to make. Nothing is left behind if the export fails.
        weights: how floating-point weights are stored: `float32`, `float16`, or those of products and tables
            as `int8` or `int4` with scales, rounded; `quantized` of the summary says by how much.
        input_shapes: for an input's name its shape: integers, or names of dimensions that stay free.
        example_inputs: what a module of PyTorch, or a file of TorchScript, is called with to see what it
            does: a tuple of tensors, or tensors by the names of its arguments.
        dynamic_shapes: which of the axes of these are free, as `torch.export.export` takes it.
        image: how pictures become the image input, as `--image` of the command line writes it; what it leaves
            out is as a `preprocessor_config.json` beside the model says.
        labels: a text file with one class name a line.
        name: the model's name, for people; without it the file's.
        constants: for an input's name the numbers that it always has, one for all elements or as many as it
            has, row-major; the bundle has no such input then.
        states: for an output's name that of the input that it is in the next run: both become the bundle's
            own memory, zeros at first; what is longer after each run is empty at first. `"auto"` for those
            whose names pair up.
        last: outputs of which only the last position is left, along the axis before the last, which keeps the
            extent 1: the logits behind the last token of a text.
        top_k: for an output's name how many of its largest numbers along the last axis are left: it becomes
            `<name>_values`, in order, and `<name>_indices`, int64.
        signature: which function of a model that has several, by name.
        meanings: for the name of an output, or of an input of sound, what it is in a task, as `--meaning` of
            the command line writes it behind the name: `"classes,activation=softmax"`.
        force: replace `directory` if it exists.
        offline: fetch nothing: an address is read from what was downloaded before.
        progress: called with what is being done and the fraction done, from 0 to 1.

    Returns:
        What the model is and what it needs of a device.

    Warns:
        UserWarning: weights were too large for 16 bits, or integers may be for 32.

    Raises:
        ExportError: the model cannot be read or exported, or `directory` exists; `problems` has every reason.
        DefectError: Texelflow is at fault; the message asks to report it.
        ValueError: `weights`, `image` or `meanings` is not as described.
    """
    from texelflow.pipeline import build, write
    from texelflow.sources import Examples, open_source

    options = _options(
        weights, input_shapes, image, labels, name, constants, states, signature, last, top_k, meanings
    )
    examples = Examples(options.input_shapes, options.constants, example_inputs, dynamic_shapes)
    with open_source(source, offline=offline, progress=progress, examples=examples) as model:
        bundle = build(model.path, options, progress, model.origin)
        messages = write(bundle, Path(directory), force)
    for message in messages:
        warnings.warn(message, stacklevel=2)
    return bundle.summary


def inspect(
    source: object,
    *,
    weights: str = "float32",
    input_shapes: Mapping[str, Sequence[int | str]] | None = None,
    example_inputs: object = None,
    dynamic_shapes: object = None,
    image: str | ImageOptions | None = None,
    constants: Mapping[str, float | Sequence[float]] | None = None,
    states: Mapping[str, str] | str | None = None,
    last: Sequence[str] = (),
    top_k: Mapping[str, int] | None = None,
    signature: str | None = None,
    offline: bool = False,
    progress: Callable[[str, float], None] | None = None,
) -> Summary:
    """Return what `export` would say of the model in `source`, without writing anything.

    The arguments are those of `export`.

    Returns:
        What the model is and what it needs of a device.

    Raises:
        ExportError: the model cannot be read or exported; `problems` has every reason.
        DefectError: Texelflow is at fault; the message asks to report it.
        ValueError: `weights` or `image` is not as described.
    """
    from texelflow.pipeline import build
    from texelflow.sources import Examples, open_source

    options = _options(weights, input_shapes, image, None, None, constants, states, signature, last, top_k)
    examples = Examples(options.input_shapes, options.constants, example_inputs, dynamic_shapes)
    with open_source(source, offline=offline, progress=progress, examples=examples) as model:
        return build(model.path, options, progress, model.origin).summary


def convert(
    source: object,
    target: str | Path,
    *,
    input_shapes: Mapping[str, Sequence[int | str]] | None = None,
    example_inputs: object = None,
    dynamic_shapes: object = None,
    signature: str | None = None,
    force: bool = False,
    offline: bool = False,
    progress: Callable[[str, float], None] | None = None,
) -> list[Path]:
    """Write the model in `source` as an ONNX file, of any format that `export` reads.

    Weights of more than 1 GiB in all are written beside it, to `<target>.data`.

    Args:
        source: the model, as for `export`.
        target: the file to write. Nothing is left behind if that fails.
        input_shapes: for an input's name its shape: integers, or names of dimensions that stay free.
        example_inputs: what a module of PyTorch is called with, as for `export`.
        dynamic_shapes: which of the axes of these are free.
        signature: which function of a model that has several, by name.
        force: replace `target` if it exists.
        offline: fetch nothing: an address is read from what was downloaded before.
        progress: called with what is being done and the fraction done, while the model is fetched.

    Returns:
        The files written, `target` first.

    Raises:
        ExportError: the model cannot be read, has what ONNX cannot say, or `target` exists; `problems` has
            every reason.
    """
    from texelflow.conversion.convert import convert as convert_model
    from texelflow.sources import Examples, open_source

    shapes = {name: list(shape) for name, shape in (input_shapes or {}).items()}
    examples = Examples(shapes, {}, example_inputs, dynamic_shapes)
    with open_source(source, offline=offline, progress=progress, examples=examples) as model:
        return convert_model(model.path, Path(target), shapes, signature=signature, force=force)


def _options(
    weights: str,
    input_shapes: Mapping[str, Sequence[int | str]] | None,
    image: str | ImageOptions | None,
    labels: str | Path | None,
    name: str | None,
    constants: Mapping[str, float | Sequence[float]] | None,
    states: Mapping[str, str] | str | None,
    signature: str | None,
    last: Sequence[str],
    top_k: Mapping[str, int] | None,
    meanings: Mapping[str, str] | None = None,
) -> Options:
    from texelflow.options import WEIGHTS
    from texelflow.options.arguments import parse_image, parse_states
    from texelflow.options.roles import parse_role
    from texelflow.pipeline import Options

    if weights not in WEIGHTS:
        raise ValueError(f"weights must be one of {', '.join(WEIGHTS)}, not {weights!r}")
    return Options(
        weights=weights,
        input_shapes={input_name: list(shape) for input_name, shape in (input_shapes or {}).items()},
        image=parse_image(image) if isinstance(image, str) else image,
        labels=Path(labels) if labels is not None else None,
        name=name,
        constants={
            input_name: list(numbers) if isinstance(numbers, Sequence) else [numbers]
            for input_name, numbers in (constants or {}).items()
        },
        states=parse_states([states]) if isinstance(states, str) else dict(states or {}),
        signature=signature,
        last=[last] if isinstance(last, str) else list(last),
        top_k=dict(top_k or {}),
        meanings={value: parse_role(role) for value, role in (meanings or {}).items()},
    )
