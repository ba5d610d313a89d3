"""Seeded changes to bundles: to graph.json, to shaders, and to weight files with digests that are right."""

from __future__ import annotations

import copy
import hashlib
import json
import random
import re
from collections.abc import Callable
from typing import Any

from fuzz.bundles.kinds import Files
from fuzz.damage import damaged_bytes
from fuzz.records import change, walk

Records = dict[str, Any]
"""`graphs` by file, and `weights` by file: their `header` and `data`."""

WORDS = (
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "nan",
    "inf",
    "float32",
    "int64",
    "loop",
    "join",
)
OPERATIONS = (
    *("+", "-", "*", "//", "%", "min", "max", "==", "<", "select", "broadcast", "trunc"),
    *("/", "floor", "ceil", "round", "sqrt", "abs", "fround"),
)
EXTREMES = (0, -1, 1, 2, 7, 2**31, 2**53 - 1, -(2**53) + 1, 1e300, 0.5)
SHADER_WORDS = (
    "int",
    "float",
    "vec4",
    "(",
    ")",
    ";",
    "0",
    "1.0",
    "texelFetch",
    "for",
    "discard",
    "#error",
    "\\\n",
    "",
)


def decode(files: Files) -> Records:
    """Return the records of an intact bundle."""
    graphs = {name: json.loads(content) for name, content in files.items() if name.endswith(".json")}
    weights = {}
    for name, content in files.items():
        if name.endswith(".safetensors"):
            end = 8 + int.from_bytes(content[:8], "little")
            weights[name] = {"header": json.loads(content[8:end]), "data": content[end:]}
    return {"graphs": graphs, "weights": weights}


def encode(records: Records, others: Files) -> Files:
    """Return the files of records; raises as json and bytes do for what no file can say."""
    files = dict(others)
    for name, stored in records["weights"].items():
        header = json.dumps(stored["header"]).encode()
        files[name] = len(header).to_bytes(8, "little") + header + bytes(stored["data"])
    for name, graph in records["graphs"].items():
        for file in _list(graph, "files"):
            if (
                isinstance(file, dict)
                and isinstance(file.get("name"), str)
                and file["name"] in records["weights"]
            ):
                content = files[file["name"]]
                file.update(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
        files[name] = json.dumps(graph).encode()
    return files


def mutant(name: str, files: Files, number: int) -> Files:
    """Return a spoiled bundle: the same one for the same number."""
    choose = random.Random(f"{name} {number}")
    if number % 8 == 7:
        spoiled = choose.choice(sorted(files))
        return {**files, spoiled: damaged_bytes(choose, files[spoiled])}
    others = {key: content for key, content in files.items() if not key.endswith((".json", ".safetensors"))}
    while True:
        records = decode(files)
        try:
            choose.choices(CHANGES, WEIGHTS)[0](choose, records)
            return encode(records, others)
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
            continue


def _list(holder: Any, key: str) -> list[Any]:
    found = holder.get(key) if isinstance(holder, dict) else None
    return found if isinstance(found, list) else []


def _graph(choose: random.Random, records: Records) -> Any:
    return records["graphs"][choose.choice(sorted(records["graphs"]))]


def _anything(choose: random.Random, records: Records) -> None:
    change(choose, _graph(choose, records), WORDS)


def _in_plan(choose: random.Random, records: Records) -> None:
    """Change what the runtime relies on most, which is small beside shaders and names."""
    graph = _graph(choose, records)
    plan = graph["plans"]["webgl2"]
    change(
        choose, choose.choice((plan["tensors"], plan["entries"], plan["load"], graph["weights"], plan)), WORDS
    )


def _in_borders(choose: random.Random, records: Records) -> None:
    """Change what a page sees: inputs, outputs with what they mean, states, constraints, branches."""
    graph = _graph(choose, records)
    parts = [
        graph[key]
        for key in ("inputs", "outputs", "states", "constraints", "derived", "branches")
        if graph.get(key)
    ]
    change(choose, choose.choice(parts), WORDS)


def _numbers(choose: random.Random, records: Records) -> None:
    """Change one number, and nothing of its type."""
    graph = _graph(choose, records)
    places = [
        (holder, key)
        for holder in walk(graph, 100_000)
        if isinstance(holder, list | dict)
        for key, value in (holder.items() if isinstance(holder, dict) else enumerate(holder))
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    for _ in range(choose.choice((1, 1, 2, 4))):
        holder, key = choose.choice(places)
        near = holder[key] + choose.choice((-1, 1, 2, 8))
        holder[key] = choose.choice((near, near, choose.choice(EXTREMES)))


def _indices(choose: random.Random, records: Records) -> None:
    """Have a step read, or fill, another tensor; or use another program."""
    plan = _graph(choose, records)["plans"]["webgl2"]
    step = choose.choice(plan["entries"]["predict"] + plan["load"])
    field = choose.choice(sorted(step.keys() & {"inputs", "output", "outputs", "program"}))
    if field == "program":
        step[field] = choose.randrange(len(plan["programs"]))
    elif field == "output":
        step[field] = choose.randrange(len(plan["tensors"]))
    elif step[field]:
        step[field][choose.randrange(len(step[field]))] = choose.randrange(len(plan["tensors"]))


def _steps(choose: random.Random, records: Records) -> None:
    """Leave out, repeat or exchange steps, with lifetimes that span all, so that this is what is told of."""
    plan = _graph(choose, records)["plans"]["webgl2"]
    steps = choose.choice((plan["entries"]["predict"], plan["entries"]["predict"], plan["load"]))
    first, second = choose.randrange(len(steps)), choose.randrange(len(steps))
    kind = choose.randrange(4)
    if kind == 0:
        steps[first], steps[second] = steps[second], steps[first]
    elif kind == 1:
        steps.insert(second, copy.deepcopy(steps[first]))
    elif kind == 2:
        del steps[first]
    else:
        hosts = [step for step in plan["entries"]["predict"] if "host" in step]
        if hosts:
            host = choose.choice(hosts)
            host["host"] = choose.choice(
                (
                    "read",
                    "non-zero",
                    "non-max-suppression",
                    "unique",
                    "loop",
                    "again",
                    "branch",
                    "other",
                    "join",
                )
            )
    if choose.random() < 0.5:
        for tensor in plan["tensors"]:
            if "lifetime" in tensor:
                tensor["lifetime"] = [-1, len(plan["entries"]["predict"])]


def _expression(choose: random.Random, symbols: list[Any], depth: int = 0) -> Any:
    if depth > 4 or choose.random() < 0.3:
        return choose.choice([*EXTREMES[:8], *symbols, *symbols])
    count = choose.choice((1, 2, 2, 3))
    return [choose.choice(OPERATIONS), *(_expression(choose, symbols, depth + 1) for _ in range(count))]


def _expressions(choose: random.Random, records: Records) -> None:
    """Put another expression, mostly a valid one, where one may be."""
    graph = _graph(choose, records)
    plan = graph["plans"]["webgl2"]
    binds = [name for step in plan["entries"]["predict"] for name in step.get("binds", [])]
    symbols = [*graph["symbols"], *binds, *(entry["name"] for entry in graph["derived"]), "toString", "nan"]
    places = [(tensor["shape"], index) for tensor in plan["tensors"] for index in range(len(tensor["shape"]))]
    for step in plan["entries"]["predict"] + plan["load"]:
        places += [
            (step[field], index) for field in ("ints", "floats") for index in range(len(step.get(field, [])))
        ]
    places += [(entry, "value") for entry in graph["derived"]]
    places += [(entry, side) for entry in graph["constraints"] for side in ("left", "right")]
    for entry in graph["inputs"] + graph["outputs"]:
        places += [(entry["shape"], index) for index in range(len(entry["shape"]))]
    holder, key = choose.choice(places)
    holder[key] = _expression(choose, symbols)
    if choose.random() < 0.1:
        for _ in range(choose.choice((10, 499, 501, 5000))):
            holder[key] = [choose.choice(("-", "+", "min")), holder[key]]


def _shader(choose: random.Random, records: Records) -> None:
    """Other words in a shader; other samplers."""
    program = choose.choice(_graph(choose, records)["plans"]["webgl2"]["programs"])
    if choose.random() < 0.2:
        change(choose, program, WORDS)
        return
    pieces = re.split(r"(\W)", program["source"])
    for _ in range(choose.choice((1, 2, 5))):
        pieces[choose.randrange(len(pieces))] = choose.choice((*SHADER_WORDS, choose.choice(pieces)))
    program["source"] = "".join(pieces)


def _names(choose: random.Random, records: Records) -> None:
    """Give one thing the name of another, or one that JavaScript knows, wherever it is written."""
    graph = _graph(choose, records)
    names = [*graph["symbols"], *(entry["name"] for entry in graph["inputs"] + graph["outputs"])]
    old = choose.choice(names)
    new = choose.choice((*WORDS, choose.choice(names), "", "\u202e\u0000", "x" * 100_000))
    text = json.dumps(graph).replace(json.dumps(old), json.dumps(new))
    graph.clear()
    graph.update(json.loads(text))


def _keys(choose: random.Random, records: Records) -> None:
    """Another key in an object, as JavaScript's own."""
    holders = [
        holder for holder in walk(_graph(choose, records), 100_000) if isinstance(holder, dict) and holder
    ]
    holder = choose.choice(holders)
    key = choose.choice(
        ("__proto__", "constructor", "then", "toJSON", "length", "host", "alias", "image", "name")
    )
    value = choose.choice((None, 1, "x", [], {}, copy.deepcopy(choose.choice(holders))))
    if len(json.dumps(value)) < 100_000:
        holder[key] = value


def _weights(choose: random.Random, records: Records) -> None:
    """Change the header of a weight file, or its bytes."""
    stored = records["weights"][choose.choice(sorted(records["weights"]))]
    if choose.random() < 0.7:
        change(
            choose, stored["header"], ("F32", "F16", "I8", "I64", "BF16", "U8", "BOOL", "F64", "__proto__")
        )
    else:
        stored["data"] = damaged_bytes(choose, stored["data"])


_EACH: dict[Callable[[random.Random, Records], None], int] = {
    _anything: 2,
    _in_plan: 4,
    _in_borders: 3,
    _numbers: 4,
    _indices: 2,
    _steps: 3,
    _expressions: 4,
    _shader: 1,
    _names: 2,
    _keys: 2,
    _weights: 3,
}
CHANGES, WEIGHTS = list(_EACH), list(_EACH.values())
