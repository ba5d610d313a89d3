"""Which key of the checkpoint each variable has: what the model's own restore operator would assign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from texelflow.importers.tensorflow.definitions import Call, Definition, DefinitionError, Definitions
from texelflow.importers.tensorflow.references import Level, Place
from texelflow.importers.tensorflow.tensors import Tensor

ASSIGNS = frozenset({"Assign", "AssignVariableOp"})
_DEEPEST = 20
_MOST_CALLS = 1000


def restored_keys(definitions: Definitions, restore: str) -> dict[str, str]:
    """Return the key of each variable, by the name of its node.

    `restore` is the operator that restores a checkpoint.
    """
    level = Level(definitions.nodes)
    keys: dict[str, str] = {}
    followed: set[tuple[object, ...]] = set()
    name = restore.removeprefix("^").split(":")[0]
    if name in level.nodes:
        _follow(definitions, level, [name], {}, keys, followed, 0)
    return keys


def _follow(
    definitions: Definitions,
    level: Level,
    starts: Sequence[str],
    variables: Mapping[str, str],
    keys: dict[str, str],
    followed: set[tuple[object, ...]],
    depth: int,
) -> None:
    """Add what the nodes that others depend on assign; `variables` are those that arguments are.

    `followed` are the calls that were followed, functions with what their arguments are.
    """
    if depth > _DEEPEST:
        return
    seen: set[str] = set()
    for node in (node for start in starts for node in level.closure((start, 0), seen)):
        if node.operator in ASSIGNS:
            reads = level.data(node)
            if len(reads) >= 2:
                target = level.behind(reads[0])[0]
                key = _key(level, level.behind(reads[1]))
                if key is not None:
                    keys[variables.get(target, target)] = key
        call = _called(definitions, node)
        if call is None:
            continue
        function = definitions.functions[call]
        inner = Level(function.nodes, function.inputs)
        arguments = [level.behind(place)[0] for place in level.data(node)]
        given = {
            name: variables.get(argument, argument)
            for name, argument in zip(function.inputs, arguments, strict=False)
        }
        if (called := (call, *given.values())) in followed:
            continue
        followed.add(called)
        if len(followed) > _MOST_CALLS:
            raise DefinitionError(f"restoring its variables takes more than {_MOST_CALLS} calls of functions")
        results = [inner.place(place)[0] for place in function.returns.values()]
        _follow(definitions, inner, [*function.controls, *results], given, keys, followed, depth + 1)


def _called(definitions: Definitions, node: Definition) -> str | None:
    call = node.attributes.get("f")
    name = call.function if isinstance(call, Call) else node.operator
    return name if name in definitions.functions else None


def _key(level: Level, place: Place) -> str | None:
    """Return the key of a value that comes from a RestoreV2."""
    node = level.nodes.get(place[0])
    if node is None or node.operator != "RestoreV2":
        return None
    reads = level.data(node)
    source = level.nodes.get(level.behind(reads[1])[0]) if len(reads) > 1 else None
    tensor = source.attributes.get("value") if source is not None else None
    names = tensor.texts if isinstance(tensor, Tensor) else ()
    return names[place[1]] if place[1] < len(names) else None
