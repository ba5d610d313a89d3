"""Write exporter/texelflow/bundle/types.py from graph.schema.json: one TypedDict for each object.

    python scripts/generate_types.py            writes the file
    python scripts/generate_types.py --check    exits 1 if the file is stale

It knows the JSON Schema keywords that the format uses and refuses others, so nothing is dropped silently.
"""

import json
import sys
import textwrap
from pathlib import Path
from typing import Any

FORMAT = Path(__file__).parent.parent / "exporter" / "texelflow" / "bundle"
SCHEMA = FORMAT / "graph.schema.json"
TYPES = FORMAT / "types.py"
HEADER = '''"""Types of graph.json, generated from graph.schema.json by scripts/generate_types.py."""

from typing import Literal, NotRequired, TypeAlias, TypedDict
'''
PRIMITIVES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
KNOWN_KEYWORDS = {
    *("$schema", "$id", "title", "description", "type", "additionalProperties", "required", "properties"),
    *(
        "definitions",
        "items",
        "minItems",
        "maxItems",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "enum",
        "const",
        "anyOf",
        "$ref",
    ),
}
Schema = dict[str, Any]


def generate(schema: Schema) -> str:
    """Return the Python source of the types of `schema`, its definitions first."""
    blocks: list[str] = []
    for name, definition in schema["definitions"].items():
        declare(name, definition, blocks)
    declare(schema["title"], schema, blocks)
    return HEADER + "".join("\n\n" + block for block in blocks)


def declare(name: str, schema: Schema, blocks: list[str]) -> None:
    """Append the declaration of `schema` as `name` to `blocks`, nested objects before it."""
    if schema.get("type") != "object":
        documentation = literal_block(schema["description"], "") if "description" in schema else ""
        blocks.append(f"{name}: TypeAlias = {expression(name, schema, blocks)}\n{documentation}")
        return
    if schema.get("additionalProperties") is not False:
        raise ValueError(f"{name}: objects of the format must say additionalProperties: false")
    required = schema.get("required", [])
    lines = [f"class {name}(TypedDict):\n"]
    if "description" in schema:
        lines.append(literal_block(schema["description"], "    ") + "\n")
    for key, property_schema in schema["properties"].items():
        annotation = expression(singular(key), property_schema, blocks)
        lines.append(f"    {key}: {annotation if key in required else f'NotRequired[{annotation}]'}\n")
        if "description" in property_schema:
            lines.append(literal_block(property_schema["description"], "    "))
    blocks.append("".join(lines))


def expression(name: str, schema: Schema, blocks: list[str]) -> str:
    """Return the type expression of `schema`; an object in it is declared in `blocks` under `name`."""
    if unknown := schema.keys() - KNOWN_KEYWORDS:
        raise ValueError(f"{name}: JSON Schema keywords {sorted(unknown)} are unknown to this script")
    if "$ref" in schema:
        return f'"{schema["$ref"].rpartition("/")[2]}"'
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    if "enum" in schema:
        return f"Literal[{', '.join(json.dumps(choice) for choice in schema['enum'])}]"
    if "anyOf" in schema:
        choices = [expression(name, choice, blocks) for choice in schema["anyOf"]]
        if all(choice.startswith('"') for choice in choices):  # quoted one by one, they are no types
            return '"' + " | ".join(choice.strip('"') for choice in choices) + '"'
        return " | ".join(choices)
    if schema["type"] == "array":
        return f"list[{expression(name, schema['items'], blocks)}]"
    if schema["type"] == "object":
        declare(name, schema, blocks)
        return f'"{name}"'
    return PRIMITIVES[schema["type"]]


def singular(key: str) -> str:
    """Return the name of a nested object's type: `parts` holds Part, `plans` is Plans."""
    return key[0].upper() + (key[1:-1] if key == "parts" else key[1:])


def literal_block(text: str, indent: str) -> str:
    """Return `text` as a docstring wrapped to 110 columns."""
    text = text.replace("\\", "\\\\")
    if len(text) + len(indent) + 6 <= 110:
        return f'{indent}"""{text}"""\n'
    body = textwrap.fill(text, 110, initial_indent=f'{indent}"""', subsequent_indent=indent)
    return f'{body}\n{indent}"""\n'


def main() -> int:
    """Write the file, or compare it; return the exit code."""
    source = generate(json.loads(SCHEMA.read_text(encoding="utf-8")))
    if sys.argv[1:] == ["--check"]:
        if TYPES.exists() and TYPES.read_text(encoding="utf-8") == source:
            return 0
        print(f"{TYPES} is stale: run `make generate` and commit it", file=sys.stderr)
        return 1
    TYPES.write_text(source, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
