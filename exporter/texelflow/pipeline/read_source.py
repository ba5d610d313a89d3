"""Reads a model, and what the files beside it and the user say of its pictures and labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from texelflow.backends.webgl2.picture_input import check_picture, picture_shape
from texelflow.errors import ExportError
from texelflow.graph import Graph
from texelflow.huggingface_files.preprocessor_config import FILE_NAME, read_preprocessor_config
from texelflow.options import ImageOptions, Options


def _image_options(source: Path, given: ImageOptions | None) -> tuple[ImageOptions | None, list[str]]:
    """Return the options of the picture input, given or of the file beside the model, and warnings."""
    config = read_preprocessor_config(source)
    if config is None:
        return given, []
    if config.problems:
        return given, [f"{FILE_NAME} is not used: {'; '.join(config.problems)}; say all with --image"]
    return (given or ImageOptions()).over(config.options), []


def read_source(source: Path, options: Options) -> tuple[Graph, Options]:
    """Read a model; return it, and the options completed by what is known about its picture input."""
    image, warnings = _image_options(source, options.image)
    try:
        graph, image = _read_for_pictures(source, options, image)
    except ExportError as error:
        if options.image is not None or image is None:
            raise
        # The user did not ask for the file, so it is no reason to fail.
        warnings = [f"{FILE_NAME} is not used: {error}"]
        graph, image = _read_for_pictures(source, options, None)
    graph.warnings += warnings
    return graph, replace(options, image=image)


def _read_for_pictures(
    source: Path, options: Options, image: ImageOptions | None
) -> tuple[Graph, ImageOptions | None]:
    """Read a model, with the free axes fixed that its pictures determine; return it and the options.

    What the model itself says about pictures counts where the options say nothing.
    """
    from texelflow.importers import read_model

    graph = read_model(source, options.input_shapes, signature=options.signature)
    asked = image is not None
    if graph.image is not None:
        image = (image or ImageOptions()).over(graph.image)
    if image is None:
        return graph, None
    try:
        if shape := picture_shape(graph, image):
            shapes = {**options.input_shapes, **shape}
            graph = read_model(source, shapes, signature=options.signature)
        check_picture(graph, image)
    except ExportError as error:
        if asked:
            raise
        graph.warnings.append(f"what the model says about its pictures is not used: {error}")
        return graph, None
    return graph, image


def read_labels(path: Path | None) -> list[str] | None:
    """Return the lines of a file of labels, None without one; raise ExportError if it cannot be read."""
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ExportError(f"the labels {path} cannot be read: {error}") from error


def label_warnings(graph: Graph, labels: list[str]) -> list[str]:
    """Return a warning if outputs that look like scores of classes have more or fewer than labels."""
    classes = [
        extent
        for value in graph.outputs
        if len(value.shape) <= 2
        for extent in value.shape[-1:]
        if isinstance(extent, int) and extent > 1
    ]
    if not classes or len(labels) in classes:
        return []
    counts = " and ".join(map(str, dict.fromkeys(classes)))
    return [f"there are {len(labels)} labels for outputs of {counts} classes: is it the file of this model?"]
