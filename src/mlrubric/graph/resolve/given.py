"""What a program is given from outside: options of its command line, settings files that it reads, variables of its environment.

A parser of options (or of settings) is known by the call that makes it; what is declared and read is stored under that call like the
attributes of a class. An option that is left out has its default; a default of None says nothing where we do not see how the program
is run, for the option may be given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from mlrubric.graph.resolve import attributes, calls
from mlrubric.graph.settings import Route, Scalar, Tree
from mlrubric.graph.values import EMPTY, HOLE, MOST, Value, Values, constant, join, keys_of, number, ordered, texts
from mlrubric.knowledge.entries import Api

if TYPE_CHECKING:
    from mlrubric.graph.resolve.calls import Arguments
    from mlrubric.graph.resolve.engine import Resolver

WORDS = "sys.argv"
VARIABLES = "os.environ"
NONE: Value = ("const", None, "NoneType")
SAME_PARSER = frozenset({"add_argument_group", "add_mutually_exclusive_group", "add_subparsers", "add_parser"})
NUMBERS = {"getint": int, "getfloat": float}


# ---- settings files -----------------------------------------------------------------------------------------------


def content(r: Resolver, op: int, source: Values) -> Values:
    """What stands in the settings files that a path, an open file or its text names; settings stay what they are."""
    near = r.program.unit(op).path
    found: set[Value] = {v for v in source if v[0] == "settings"}
    for value in ordered(v for v in source if v[0] in ("text", "opened")):
        root = r.inputs.settings.find(str(value[1]), near)
        if root is not None:
            found |= at(r, root, ())
    return frozenset(found)


def layers(r: Resolver, op: int, source: Values) -> Values:
    """What stands in files of settings below the names of environments."""
    near = r.program.unit(op).path
    found: set[Value] = set()
    for value in ordered(v for v in source if v[0] == "text"):
        root = r.inputs.settings.find(str(value[1]), near)
        if root is not None:
            found |= at(r, root + "@", ())
    return frozenset(found)


def composed(r: Resolver, op: int, folder: Values, name: Values) -> Values:
    """The settings that a folder and the name of a file in it stand for, with what that file names."""
    near = r.program.unit(op).path
    folders = texts(folder) or (".",)
    found: set[Value] = set()
    for one in texts(name):
        roots = (r.inputs.settings.composed(f, one, near) for f in folders)
        root = next((known for known in roots if known is not None), None)
        if root is not None:
            found |= at(r, root, ())
    return frozenset(found)


def at(r: Resolver, root: str, route: Route) -> Values:
    found = r.inputs.settings.at(root, route)
    if found is None:
        return EMPTY
    node, where = found
    return frozenset([("settings", root, where)]) if isinstance(node, dict) else _scalar(node)


def _scalar(node: Scalar) -> Values:
    return EMPTY if isinstance(node, str) and not node.strip(HOLE) else frozenset([constant(node)])


def node_of(r: Resolver, value: Value) -> tuple[str, Route, Tree]:
    """A map or list of settings: its root, its route, and what is in it."""
    root, route = str(value[1]), cast(Route, value[2])
    found = r.inputs.settings.at(root, route)
    return root, route, found[0] if found is not None and isinstance(found[0], dict) else {}


def child(r: Resolver, value: Value, key: object) -> Values:
    """The setting under a key; all of them for an unknown key (None)."""
    root, route, tree = node_of(r, value)
    if key is None:
        return join(*(at(r, root, (*route, k)) for k in list(tree)[:MOST])) if tree else EMPTY
    return at(r, root, (*route, key)) if isinstance(key, str | int) and key in tree else EMPTY


def entries(r: Resolver, value: Value) -> list[tuple[str, Values]]:
    """The settings of a map by name."""
    root, route, tree = node_of(r, value)
    return [(key, at(r, root, (*route, key))) for key in tree if isinstance(key, str)]


def named(r: Resolver, op: int, value: Value) -> list[tuple[str, Values]]:
    """What `**value` hands over, by name: the settings of a map, the options of a command line."""
    return entries(r, value) if value[0] == "settings" else options(r, op, value) if value[0] == "parsed" else []


def elements(r: Resolver, value: Value) -> Values:
    """What walking over settings yields: the names of a map, the items of a list."""
    root, route, tree = node_of(r, value)
    names = [constant(key) for key in list(tree)[:MOST] if isinstance(key, str)]
    return frozenset(names) if names else child(r, ("settings", root, route), None)


def settings_method(r: Resolver, value: Value, name: str, arguments: Arguments) -> Values | None:
    """`get` and its kin on a map of settings."""
    if name in ("get", "pop", "__getitem__"):
        known = [child(r, value, key) for key in keys_of(r.of(arguments.get(0)))]
        found = join(*known) if known else EMPTY
        return found or r.of(arguments.get(1, "default"))
    return frozenset([value]) if name == "copy" else EMPTY if name in ("keys", "update") else None


# ---- options ------------------------------------------------------------------------------------------------------


def parser_attribute(value: Value, name: str) -> Values:
    return frozenset([("method", value[2], name, value)])


def parser_call(r: Resolver, op: int, value: Value, api: Api | None, name: str, arguments: Arguments) -> Values | None:
    """A method of a parser: it declares an option, reads settings, or gives what was parsed. None: nothing is known of it."""
    made = number(value)
    if name in SAME_PARSER:
        return frozenset([value])
    if name == "set_defaults":
        for key, argument in arguments.keywords:
            attributes.put(r, store_of(made), key, argument)
        return EMPTY
    if api is None or not api.gives:
        return None
    if api.gives == "option":
        _declare(r, op, made, arguments)
        return EMPTY
    if api.gives == "options":
        parsed: Value = ("parsed", made, op)
        return frozenset([parsed])
    if api.gives == "settings":
        attributes.put(r, store_of(made), "", op)
        return content(r, op, r.of(arguments.get(0)))
    if api.gives == "setting":
        found = [child(r, inner, key) for section in read_settings(r, op, value, arguments.get(0)) if section[0] == "settings"
                 for inner in (section,) for key in keys_of(r.of(arguments.get(1)))]  # fmt: skip
        return _numbered(join(*found), name) if found else r.of(arguments.keyword("fallback"))
    return None


def _numbered(values: Values, name: str) -> Values:
    """Settings files of the oldest kind hold texts only; the method says what they are."""
    kind = NUMBERS.get(name)
    if kind is None:
        return values
    try:
        return frozenset(constant(kind(str(v[1]))) for v in values)
    except ValueError:
        return EMPTY


def read_settings(r: Resolver, op: int, value: Value, key: int) -> Values:
    """The section of the settings that a parser has read."""
    stored = _stored(r, op, number(value), "")
    found = [child(r, v, k) for v in ordered(stored) if v[0] == "settings" for k in keys_of(r.of(key))]
    return join(*found) if found else EMPTY


def _declare(r: Resolver, op: int, made: int, arguments: Arguments) -> None:
    spelled = [text for a in arguments.positional for text in texts(r.of(a))]
    named = texts(r.of(arguments.keyword("dest"))) or (option_name(spelled),)
    default = arguments.keyword("default")
    for name in named:
        if default >= 0:
            attributes.put(r, store_of(made), name, default)
    r.spellings.setdefault(made, {})[op] = (tuple(spelled), named[0])


def option_name(spelled: list[str]) -> str:
    """`--in-file` and `-i` are `in_file`."""
    longest = next((s for s in spelled if s.startswith("--")), spelled[0] if spelled else "")
    return longest.lstrip("-").split("/")[0].replace("-", "_")


def option(r: Resolver, op: int, value: Value, name: str) -> Values:
    """The value of an option after parsing: its default, and what the command lines of the program say."""
    made, call = number(value), int(str(value[2]))
    found = set(_stored(r, op, made, name))
    if not _all_visible(r, made, call):
        found.discard(NONE)
    declared = [(line, s) for line, (s, dest) in sorted(r.spellings.get(made, {}).items()) if dest == name]
    positions = [line for line, (s, _) in sorted(r.spellings.get(made, {}).items()) if s and not s[0].startswith("-")]
    for path in dict.fromkeys((r.program.unit(made).path, r.program.unit(call).path)):
        for line, spelled in declared:
            found |= on_lines(r, path, spelled, positions.index(line) if line in positions else -1)
    return frozenset(found)


def _all_visible(r: Resolver, made: int, call: int) -> bool:
    """Whether the repository itself runs the program and shows all words that it is given: then an option that is not among them is left
    out."""
    lines = [words for op in (made, call) for words in r.inputs.words(r.program.unit(op).path, r.program.by_path)]
    return bool(lines) and all(word.strip(HOLE) for words in lines for word in words)


def options(r: Resolver, op: int, value: Value) -> list[tuple[str, Values]]:
    """All options of a parser by name."""
    names = dict.fromkeys(name for _, name in r.spellings.get(number(value), {}).values())
    return [(name, option(r, op, value, name)) for name in names]


def on_lines(r: Resolver, path: str, spelled: tuple[str, ...], position: int) -> Values:
    """What the command lines of a program give for an option (or, without dashes, for an argument at a position)."""
    found: list[str] = []
    for words in r.inputs.words(path, r.program.by_path):
        behind = ("", *words)  # a word behind `--name` is the value of that option
        plain = [w for w, before in zip(words, behind, strict=False) if not w.startswith("-") and (before[:2] != "--" or "=" in before)]
        if position >= 0:
            found.extend(plain[position : position + 1])
        for index, word in enumerate(words):
            name, equals, value = word.partition("=")
            if name in spelled and name.startswith("-"):
                found.extend([value] if equals else words[index + 1 : index + 2])
    return frozenset(constant(_typed(text)) for text in found if text.strip(HOLE))


def _typed(text: str) -> str | int | float:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def option_parameter(r: Resolver, scope: int, option_call: int) -> None:
    """A decorator that declares an option hands it to the parameter of its name."""
    arguments = calls.arguments_of(r, option_call)
    spelled = [text for a in arguments.positional for text in texts(r.of(a))]
    name = next((s for s in spelled if s.isidentifier()), option_name(spelled)).lower()
    parameter = next((p for p in r.program.params(scope) if r.program.ops[p].name == name), -1)
    if parameter < 0:
        return
    if parameter not in r.declared:
        r.declared.add(parameter)
        r.push(parameter)
    default = arguments.keyword("default")
    if default >= 0:
        calls.receive(r, parameter, r.of(default) - {NONE})
        r.holders.setdefault(parameter, set()).add(default)
        r.depend(default, parameter, r.sources)
    position = -1
    if spelled and not spelled[0].startswith("-"):
        declared = [d for d in r.program.decorators(r.program.definition(scope)) if _is_argument(r, d)]
        position = len(declared) - 1 - declared.index(option_call) if option_call in declared else -1  # written from top to bottom
    calls.receive(r, parameter, on_lines(r, r.program.unit(option_call).path, tuple(spelled), position))


def _is_argument(r: Resolver, decorator: int) -> bool:
    if ("option", decorator) not in r.of(decorator):
        return False
    first = calls.arguments_of(r, decorator).get(0)
    return any(not text.startswith("-") for text in texts(r.of(first)))


def _stored(r: Resolver, op: int, made: int, name: str) -> Values:
    key = (store_of(made), name)
    r.watchers.setdefault(key, set()).add(op)
    stored = r.stores.get(key)
    return r.read(sorted(stored), op) if stored else EMPTY


def store_of(made: int) -> int:
    """Parsers share the table of stores with classes: theirs are the negative numbers."""
    return -1 - made


def maker(store: int) -> int:
    """The operation that makes the parser behind a negative number."""
    return -1 - store


# ---- words and variables ------------------------------------------------------------------------------------------


def of_process(r: Resolver, op: int, name: str, key: object) -> Values:
    """`sys.argv[1]` and `os.environ["X"]`."""
    if name == VARIABLES and isinstance(key, str):
        return variable(r, key)
    if name != WORDS or not isinstance(key, int) or isinstance(key, bool) or key < 1:
        return EMPTY
    lines = r.inputs.words(r.program.unit(op).path, r.program.by_path)
    return frozenset(("text", w) for line in lines for w in line[key - 1 : key] if w.strip(HOLE))


def variable(r: Resolver, name: str) -> Values:
    return frozenset(("text", value) for value in r.inputs.variable(name) if value.strip(HOLE))
