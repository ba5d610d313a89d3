"""The options that several commands share, and the functions that parse them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from texelflow.options import WEIGHTS
from texelflow.options.arguments import (
    parse_constants,
    parse_dimensions,
    parse_image,
    parse_input_files,
    parse_input_shapes,
    parse_meanings,
    parse_states,
    parse_top_k,
)

T = TypeVar("T")
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

PATH = click.Path(path_type=Path)


def parse_option(option: str, parse: Callable[[Any], T], value: Any) -> T:
    """Return `parse(value)`; a ValueError of it is wrong usage."""
    try:
        return parse(value)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def parsed_option(*names: str, parse: Callable[[Any], Any], **attributes: Any) -> Decorator:
    """Return the decorator of an option whose text, or texts, `parse` reads; it is None if not given."""

    def read(_context: click.Context, _parameter: click.Parameter, value: Any) -> Any:
        return None if value is None else parse_option(names[0], parse, value)

    return click.option(*names, callback=read, **attributes)


bundle_folder = click.argument("bundle", metavar="DIR", type=PATH)
offline = click.option(
    "--offline",
    is_flag=True,
    help="Fetch nothing: use what was downloaded before. So does TEXELFLOW_OFFLINE=1.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")
weights = click.option(
    "--weights",
    type=click.Choice(WEIGHTS),
    default="float32",
    show_default=True,
    help="Store floating-point weights in 32 or 16 bits, or round those of products and tables to 8 or 4, "
    "which changes results.",
)
input_shapes = parsed_option(
    "--input",
    "input_shapes",
    metavar="NAME=DIMS",
    multiple=True,
    parse=parse_input_shapes,
    help="Shape of an input, such as tokens=1,16 or image=1,3,height,width; names stay free. Repeatable.",
)
constants = parsed_option(
    "--constant",
    "constants",
    metavar="NAME=NUMBERS",
    multiple=True,
    parse=parse_constants,
    help="Numbers that an input always has, such as sr=16000 or offset=0,1.5: the bundle has no such input. "
    "Repeatable.",
)
states = parsed_option(
    "--state",
    "states",
    metavar="OUTPUT=INPUT",
    multiple=True,
    parse=parse_states,
    help="An output that is an input of the next run, such as stateN=state: both become the bundle's own "
    "memory; or auto for all whose names pair up, such as present.0.key and past_key_values.0.key. "
    "Repeatable.",
)
last = click.option(
    "--last",
    metavar="OUTPUT",
    multiple=True,
    help="An output of which only the last position is wanted, along the axis before the last, such as the "
    "logits of a language model. Repeatable.",
)
top_k = parsed_option(
    "--top-k",
    "top_k",
    metavar="OUTPUT=K",
    multiple=True,
    parse=parse_top_k,
    help="An output of which only the K largest numbers along the last axis are wanted: it becomes "
    "OUTPUT_values and OUTPUT_indices. Repeatable.",
)
meanings = parsed_option(
    "--meaning",
    "meanings",
    metavar="NAME=KIND",
    multiple=True,
    parse=parse_meanings,
    help="What an output, or an input of sound, is in a task, such as scores=classes,activation=softmax or "
    "masks=mask,activation=sigmoid: pages read it with texelflow/pipeline. docs/pipelines.md lists all. "
    "Repeatable.",
)
signature = click.option(
    "--signature", metavar="NAME", help="Which function of a model that has several, such as serving_default."
)
image = parsed_option(
    "--image",
    metavar="SPEC",
    parse=parse_image,
    help="The model takes pictures. SPEC: 0..1, -1..1, 0..255, imagenet, or mean=…,deviation=… with a "
    "colon between channels; then fit=stretch|cover|contain, resized=PIXELS, resize=METHOD, "
    "channels=rgb|bgr|gray, width=…, height=…, name=INPUT. A preprocessor_config.json beside the model says "
    "what SPEC does not.",
)
input_files = parsed_option(
    "--input",
    "input_files",
    metavar="[NAME=]FILE",
    multiple=True,
    parse=parse_input_files,
    help="An .npz with one array for each input, a picture, or a sound (.wav); NAME is the input that it "
    "is for. Repeatable; inputs without a file get random values.",
)
dimensions = parsed_option(
    "--dimension",
    "dimensions",
    metavar="NAME=SIZE",
    multiple=True,
    parse=parse_dimensions,
    help="Size of a free dimension. Repeatable.",
)
software = click.option("--software", is_flag=True, help="Render in software even if there is a GPU.")
