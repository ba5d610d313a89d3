"""Renders the templates in `templates/`; what goes into SVG is escaped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).resolve().parent / "templates"


def render(template: str, **context: Any) -> str:
    """Return a template of `templates/` rendered with `context`; a name that is missing is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=template.endswith(".svg.j2"),
        trim_blocks=template.endswith(".md.j2"),
        lstrip_blocks=template.endswith(".md.j2"),
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(**context)
