"""Feature code: functions of the project that stand between what is read and what is learnt from, or between a request and its answer.

Whatever a function works with (a frame, a text, a dict of one row), it is feature code when data comes in by its parameters, what it
gives back is learnt from or predicted on, and it does something to it by itself.
"""

from __future__ import annotations

import re

from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.graph import Graph

COMING = frozenset({"data.read", "artifact.download", "feature.serve", "data.join", "run.read"})
ELSE = re.compile(
    r"data\.(read|write|split|batch|validate|report|synthetic|resample|sample)"
    r"|(file|config|artifact|model|serve|run|test|metric|measure|process|random)\..*"
)
CALLED = re.compile(
    r"(.*_)?(featuri[sz]e|feature_engineering|feature_extraction|pre_?process)(_.*)?"
    r"|(.*_)?(extract|compute|build|create|make|add|engineer|generate|calculate|derive|encode)_(.+_)?features?(_.*)?"
)
MORE = re.compile(r"model\.(fit|tune|predict|evaluate)|(serve|test)\..*")
WORKS = frozenset({"binary", "fstring", "dict", "comprehension", "store_subscript", "subscript", "compare", "container"})


def on_the_way(graph: Graph, code: Code) -> list[int]:
    """The nodes of such functions, methods of transformers among them."""
    goals = set[int]()
    for node in graph.with_role("model.fit", "model.tune", "model.predict"):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is not None and meaning is not None and "@data" in meaning.arguments and not code.tested(op):
            goals.add(meaning.arguments["@data"])
    behind = code.flow.reach(sorted(goals), back=True) if goals else {}
    roles: dict[int, set[str]] = {}
    works: set[int] = set()
    for op, facts in enumerate(code.program.ops):
        scope = code.program.scope_id(op)
        roles.setdefault(scope, set()).update(code.meanings.roles(op))
        targets = code.resolver.targets.get(op, ())
        outside = facts.kind == "call" and (not targets or any(t[0] not in ("function", "class") for t in targets))
        if facts.kind in WORKS or outside:
            works.add(scope)
    found: list[int] = []
    for scope, node in sorted(code.scope_node.items()):
        if code.program.scopes[scope].kind != "function" or scope not in works or graph.nodes[node].kind != "function":
            continue
        if is_test_code(graph.nodes[node].place.path) or "serve.handle" in graph.nodes[node].roles:
            continue
        if CALLED.fullmatch(code.program.scopes[scope].name) and not any(MORE.fullmatch(role) for role in roles.get(scope, ())):
            found.append(node)  # by its name, where no way of the data shows it
            graph.nodes[node].attributes["known_by"] = "name"
            continue
        if any(ELSE.fullmatch(role) for role in roles.get(scope, ())):
            continue
        if _transforms(code, scope) or (_gives(code, scope, behind) and _takes(code, scope, behind)):
            found.append(node)
    return found


def _gives(code: Code, scope: int, behind: dict[int, int]) -> bool:
    return any(op in behind and code.program.args[op] for op in code.program.returns(scope))


def _takes(code: Code, scope: int, behind: dict[int, int]) -> bool:
    owner = code.resolver.class_of.get(scope)
    for index, parameter in enumerate(code.program.params(scope)):
        if owner is not None and index == 0:
            continue
        if parameter in behind and COMING & code.about(parameter):
            return True
    return False


def _transforms(code: Code, scope: int) -> bool:
    """The `transform` of a class that extends a library's transformer."""
    owner = code.resolver.class_of.get(scope)
    return owner is not None and code.program.scopes[scope].name == "transform" and is_transformer(code, owner)


def is_transformer(code: Code, owner: int) -> bool:
    """Whether a class of the project is a transformer of a library that fits and applies it."""
    kinds = (code.meanings.catalogue.type(name) for name in code.resolver.mro(owner)[1])
    return "transform" in code.program.exports[owner] and any(k is not None and "transform.build" in k.constructor.roles for k in kinds)
