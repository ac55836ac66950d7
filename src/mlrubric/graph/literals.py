"""Absolute paths written into code: literals that become a file's path, and literals that name somebody's home."""

from __future__ import annotations

import re
from collections import deque

from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.world import World
from mlrubric.model.facts import Setting
from mlrubric.model.place import Place

ABSOLUTE = re.compile(r"(?:/[A-Za-z][\w.@-]*/[\w.@${-]|[A-Za-z]:[\\/]+\w)")
HOME = re.compile(r"(?:/home/[\w.-]+/|/Users/[\w.-]+/|/content/drive/|[A-Za-z]:[\\/]+Users[\\/]+\w)")
# the operating system's own, mounts that a platform promises to every job, where an image keeps its program and its tools
ELSEWHERE = re.compile(
    r"/(?:tmp|var/tmp|dev|proc|sys|etc|usr|bin|sbin|lib\d*|run|var/(?:run|log|lib)|gcs|dbfs|Volumes|lakehouse|opt/ml|mnt/azureml|kaggle/(?:working|temp|tmp)|workspace|v3io|User|opt/conda)/"
)
# homes that an image makes for the user it runs as, and files that a run wrote down about itself
IMAGE_HOME = re.compile(r"/home/(?:jovyan|airflow|app\w*|ray|spark|sagemaker-user|user|nonroot|docker|mambauser)/")
RECORDED = re.compile(r"(?:^|/)(?:\.(?!dvc/config$)[^/]+|outputs?|mlruns|mlartifacts|wandb|lightning_logs|multirun|runs|results?|logs)/")
AWAY = frozenset({"docker", "podman", "kubectl", "oc", "ssh", "docker-compose", "nerdctl"})  # they run it where the disk is another
STORE = re.compile(r"remote\..+\.url")
CARRY = frozenset(
    {
        "assign",
        "load",
        "phi",
        "param",
        "fstring",
        "binary",
        "conditional",
        "boolean",
        "attribute",
        "container",
        "dict",
        "element",
        "return",
        "store_attribute",
    }
)
BRANCHES = ("if", "else", "case")
USES = ("@source", "@sink")
ASKS = frozenset({"exists", "is_file", "is_dir", "isfile", "isdir"})
IMAGES = ("image", "base_image", "container_image")
MOST = 200


def mark_literals(world: World) -> None:
    """A node with the role `path.absolute` for each such literal outside of tests."""
    code = world.code
    used = _path_arguments(code)
    seen: set[tuple[str, int]] = set()
    for op, facts in enumerate(code.program.ops):
        text = _text(facts.kind, facts.value)
        if not text or not ABSOLUTE.match(text) or ELSEWHERE.match(text) or "\n" in text:
            continue
        place = code.place(op)
        key = (place.path, place.line)
        if key in seen or is_test_code(place.path):
            continue
        if HOME.match(text) or (not any(_is_default(code, use) for use in code.resolver.uses[op]) and _becomes_path(code, op, used)):
            seen.add(key)
            _mark(world, text, place)
    for path, setting in world.every(Setting):
        if not is_test_code(path) and not RECORDED.search(path) and _lies_here(setting):
            _mark(world, setting.value, setting.place)


def _mark(world: World, text: str, place: Place) -> None:
    home = "true" if HOME.match(text) else "false"
    world.graph.add("op", text if len(text) <= 80 else text[:77] + "...", place, ("path.absolute",), home=home)


def _lies_here(setting: Setting) -> bool:
    """Whether a setting names a place in somebody's home, or keeps the data that all are to fetch on a disk of one machine."""
    text = setting.value.removeprefix("file://")
    if STORE.fullmatch(setting.route) and setting.place.path.endswith(".dvc/config"):
        return ABSOLUTE.match(text) is not None and not ELSEWHERE.match(text)
    return HOME.match(text) is not None and not IMAGE_HOME.match(text) and ".environment." not in setting.route


def _text(kind: str, value: object) -> str:
    """The beginning of a literal; of an f-string, what stands before its first hole."""
    if kind == "const" and isinstance(value, str):
        return value
    return value[0] if kind == "fstring" and isinstance(value, tuple) and value and isinstance(value[0], str) else ""


def _path_arguments(code: Code) -> set[int]:
    """Operations that stand where a call takes the path of a file."""
    found: set[int] = set()
    for op, meaning in code.meanings.all().items():
        if "@route" in meaning.arguments or _only_asked(code, op):
            continue
        uses = (*USES, "@command") if "process.run" in meaning.roles and not _in_image(code, op) else USES
        found.update(meaning.arguments[role] for role in uses if role in meaning.arguments)
    return found


def _only_asked(code: Code, path: int) -> bool:
    """Whether code asks of a path only whether it is there: `if Path("/opt/x").exists()`."""
    if code.program.called(path) in ASKS:
        return True
    after = code.resolver.uses[path] if code.program.ops[path].kind == "call" else ()
    return bool(after) and all(code.program.ops[use].kind == "attribute" and code.program.ops[use].name in ASKS for use in after)


def _in_image(code: Code, call: int) -> bool:
    """Whether a command runs in an image that the call itself or the decorator of its function names."""
    definition = code.program.definition(code.program.scope_id(call))
    decorators = code.program.decorators(definition) if definition >= 0 and code.program.ops[definition].kind == "function" else ()
    return any(code.program.keyword(one, *IMAGES) >= 0 for one in (call, *decorators) if code.program.ops[one].kind == "call")


def _becomes_path(code: Code, literal: int, used: set[int]) -> bool:
    """Whether a literal comes to where a path is wanted, on a way where no condition chooses between it and something else."""
    branch = any(code.program.blocks[b].kind in BRANCHES for b in code.program.blocks_around(literal))
    waiting, seen = deque([literal]), {literal}
    while waiting and len(seen) < MOST:
        op = waiting.popleft()
        if op in used:
            return True
        for following in code.flow.after(op):
            kind = code.program.ops[following].kind
            if _is_tail(code, op, following) or _is_default(code, following) or _is_away(code, following) or _is_last(code, following):
                continue
            if kind == "conditional" or (branch and kind in ("phi", "load")):
                ways = code.program.args[following][1 if kind == "conditional" else 0 :]
                if any(way >= 0 and way != op and not _absolute(code, way) for way in ways):
                    continue
            text = kind == "call" and any(v[0] == "text" for v in code.resolver.of(following))
            if following not in seen and (kind in CARRY or text):
                seen.add(following)
                waiting.append(following)
    return False


def _absolute(code: Code, op: int) -> bool:
    """Whether a value is an absolute path as well, whatever it comes from."""
    values = code.resolver.of(op)
    return bool(values) and all(v[0] == "text" and ABSOLUTE.match(str(v[1])) for v in values)


def _is_tail(code: Code, part: int, whole: int) -> bool:
    """Whether a text stands behind others in the text it is put into: `base + "/rows"`, an address, a join."""
    kind, args = code.program.ops[whole].kind, code.program.args[whole]
    if kind == "binary":
        return bool(args) and args[0] != part
    if kind == "fstring":
        pieces = code.program.ops[whole].value
        return not (isinstance(pieces, tuple) and pieces and pieces[0] is None and args and args[0] == part)
    if kind == "call":
        return len(args) > 2 and part in args[2:]
    return False


def _is_away(code: Code, words: int) -> bool:
    """Whether a list of words is a command whose paths lie in a container or on another machine."""
    args = code.program.args[words] if code.program.ops[words].kind == "container" else ()
    return bool(args) and args[0] >= 0 and code.program.ops[args[0]].value in AWAY


def _is_last(code: Code, back: int) -> bool:
    """Whether a function gives a value back where no setting gave another one: `if given: return given`."""
    if code.program.ops[back].kind != "return":
        return False
    others = [r for r in code.program.returns(code.program.scope_id(back)) if r != back]
    return any(_is_default(code, op) for op in code.flow.reach(others, back=True, stop=lambda o: code.program.ops[o].kind == "param"))


def _is_default(code: Code, call: int) -> bool:
    """The fallback of a setting that the environment or a command line may give is no hard-coded path."""
    return bool({"config.read", "config.option"} & code.meanings.roles(call))
