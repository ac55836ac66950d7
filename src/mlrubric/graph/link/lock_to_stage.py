"""What dvc.lock recorded of a stage against what dvc.yaml says now, and whether what dvc tracks can be fetched at all."""

from __future__ import annotations

import posixpath

from mlrubric.graph.world import World
from mlrubric.model.facts import Command, Embedded, Pin, Remote, Setting, Stage
from mlrubric.model.place import Place, Span

ORDER = 52
LOCK, CONFIG = "dvc.lock", ".dvc/config"
PARAMS = "params.yaml:"


def link(world: World) -> None:
    """`lock` on stages: agrees, or what differs (cmd, deps, params, missing); a document node for a configuration, with `remote`."""
    for path, stage in world.every(Stage):
        if stage.tool == "dvc" and not path.endswith(".dvc"):
            _compare(world, path, stage)
    for path in sorted(world.facts):
        if path == CONFIG or path.endswith("/" + CONFIG):
            _remotes(world, path)


# ---- the lock ------------------------------------------------------------------------------------------------------


def _compare(world: World, path: str, stage: Stage) -> None:
    lock, node = posixpath.join(posixpath.dirname(path), LOCK), world.node(path, stage.place.symbol)
    if lock not in world.files or node is None or any("${" in text for text in (*stage.reads, stage.name)):
        return
    symbol = f"stages.{stage.name}"
    settings = {f.route: f for f in world.of(lock) if isinstance(f, Setting)}
    recorded = settings.get(f"{symbol}.cmd")
    attributes = world.graph.nodes[node].attributes
    if recorded is None:
        others = any(route.startswith("stages.") and route.endswith(".cmd") for route in settings)
        attributes["lock"] = "missing" if others else "none"
        return
    attributes["lock"] = _difference(world, path, lock, stage, recorded, settings)


def _difference(world: World, path: str, lock: str, stage: Stage, recorded: Setting, settings: dict[str, Setting]) -> str:
    texts = [f.text for f in world.of(path) if isinstance(f, Embedded) and f.owner == stage.place.symbol]
    now = " ".join(" ".join(texts).split())
    if "${" not in now and now != " ".join(recorded.value.split()):
        return "cmd"
    symbol = f"stages.{stage.name}.deps["
    pinned = {f.path for f in world.of(lock) if isinstance(f, Pin) and f.place.symbol.startswith(symbol)}
    same = stage.directory in (posixpath.dirname(path), posixpath.dirname(path) or ".")
    if same and pinned and {posixpath.normpath(read) for read in stage.reads} != {posixpath.normpath(p) for p in pinned}:
        return "deps"
    return "params" if _other_params(world, path, stage, settings) else "agrees"


def _other_params(world: World, path: str, stage: Stage, settings: dict[str, Setting]) -> bool:
    """Whether a parameter has another value than the one that the last run had."""
    for param in stage.params:
        file, _, key = param.partition(":")
        if not key or posixpath.dirname(file) != posixpath.dirname(path):
            continue
        now = next((f for f in world.of(file) if isinstance(f, Setting) and f.route == key), None)
        then = settings.get(f"stages.{stage.name}.params.{posixpath.basename(file)}.{key}")
        if now is not None and then is not None and not _alike(now, then):
            return True
    return False


def _alike(now: Setting, then: Setting) -> bool:
    try:
        return float(now.value) == float(then.value)
    except ValueError:
        return now.value.lower() == then.value.lower()


# ---- remotes -------------------------------------------------------------------------------------------------------


def _remotes(world: World, path: str) -> None:
    remotes = [f for file in (path, f"{path}.local") for f in world.of(file) if isinstance(f, Remote)]
    base = path.removesuffix(CONFIG)
    tracked = any(p.startswith(base) and pin.tool == "dvc" and p.endswith(".dvc") and not pin.source for p, pin in world.every(Pin))
    named = {word for _, c in world.every(Command) if c.argv[:1] == ("dvc",) for word in c.argv if word in ("-r", "--remote")}
    if not tracked:
        return
    remote = "default" if any(r.default for r in remotes) else "named" if remotes and named else "no default" if remotes else "none"
    world.graph.add("document", path, Place(path, Span(1)), (), remote=remote, remotes=" ".join(r.name for r in remotes))
