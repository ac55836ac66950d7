"""Assets that are functions: a parameter takes the asset of its name, or the one that the decorator names for it."""

from __future__ import annotations

from mlrubric.graph.assets import Assets
from mlrubric.graph.definitions import decorated
from mlrubric.graph.handover import Handover, hand_over
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.values import number, texts
from mlrubric.graph.world import World

ORDER = 83
ASSET = "asset"
INPUTS, OUTPUTS = ("ins", "asset"), ("outs",)


def link(world: World) -> None:
    """From what an asset returns to the parameters that take it."""
    code, program = world.code, world.code.program
    assets: dict[str, list[int]] = {}
    takers: list[tuple[int, int, int]] = []  # scope, decorator, definition
    for definition, decorator in decorated(code):
        named = code.meanings.of(decorator) or code.meanings.named(decorator)
        if named is None or named.entry is None or named.entry.gives != ASSET or program.ops[definition].kind != "function":
            continue
        scope = program.defined(definition)
        takers.append((scope, decorator, definition))
        for name, returned in _names(world, scope, decorator, named):
            assets.setdefault(name, []).extend(returned)
    found: list[Handover] = []
    for scope, decorator, _ in takers:
        renamed = _renamed(world, decorator)
        for parameter in program.params(scope):
            name = renamed.get(program.ops[parameter].name, program.ops[parameter].name)
            if name in assets and program.scope_id(assets[name][0]) != scope:
                found.append(Handover(tuple(assets[name]), (parameter,), parameter))
    hand_over(world, found)
    if takers:
        Assets(world).wait()


def _names(world: World, scope: int, decorator: int, named: Meaning) -> list[tuple[str, list[int]]]:
    """The assets that a function makes, with the operations that give each: by its outputs, its name, or the function's."""
    code, program = world.code, world.code.program
    returns = list(program.returns(scope))
    outputs = [str(name) for name, _ in _entries(world, decorator, OUTPUTS)]
    if outputs:
        parts: list[tuple[str, list[int]]] = []
        for position, name in enumerate(outputs):
            items = [program.args[value] for r in returns for value in program.args[r][:1]]
            chosen = [row[position] for row in items if len(row) == len(outputs)]
            parts.append((name, chosen or returns))
        return [(name, given) for name, given in parts if given]
    name = code.meanings.spelling(named.arguments["@name"]) if "@name" in named.arguments else program.scopes[scope].name
    return [(name, returns)] if returns else []


def _renamed(world: World, decorator: int) -> dict[str, str]:
    """Parameter -> asset, where the decorator says so: `ins={"data": AssetIn("rows")}`."""
    found: dict[str, str] = {}
    for parameter, value in _entries(world, decorator, INPUTS):
        program, code = world.code.program, world.code
        if program.ops[value].kind == "call":
            key = code.program.keyword(value, "key")
            argument = key if key >= 0 else next(iter(program.args[value][1:2]), -1)
            keys = texts(code.resolver.of(argument))
            if len(keys) == 1:
                found[parameter] = keys[0]
    return found


def _entries(world: World, decorator: int, names: tuple[str, ...]) -> list[tuple[str, int]]:
    """The entries of a dict that the decorator is given."""
    code, program = world.code, world.code.program
    if program.ops[decorator].kind != "call":
        return []
    given = code.program.keyword(decorator, *names)
    for value in sorted(code.resolver.of(given), key=repr) if given >= 0 else ():
        made = number(value) if value[0] == "made" else -1
        if made >= 0 and program.ops[made].kind == "dict":
            args = program.args[made]
            pairs = zip(args[::2], args[1::2], strict=True)
            return [(text, item) for key, item in pairs for text in texts(code.resolver.of(key))]
    return []
