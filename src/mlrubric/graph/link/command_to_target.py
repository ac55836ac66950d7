"""Commands become nodes under what runs them, and lead to what they start: scripts, modules, tests, stages, targets, containers."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace

from mlrubric.graph.projects import entry_point
from mlrubric.graph.stages import chosen_stages, project_scripts
from mlrubric.graph.taskfiles import PROGRAMS, called
from mlrubric.graph.test_options import VARIABLE, Selection
from mlrubric.graph.tests import select
from mlrubric.graph.words import Words
from mlrubric.graph.world import World
from mlrubric.knowledge.commands import Invocation, interpret
from mlrubric.model.facts import Command, Step
from mlrubric.model.homes import home, same_home
from mlrubric.model.place import Place, Span
from mlrubric.source.syntax.pip_command import pip_install_targets

ORDER = 30
NEVER = "never: "  # how the condition begins of a command that its script does not reach
BETWEEN = "\0"  # words
ALONE = re.compile(r"\$\{\{[^{}]*\}\}")  # an input that is a word by itself is split by the shell
JUST = "just"
BUILD = ("builds", "submit")
SWARM = "swarm"
IMAGE_FOLDERS = 4  # above the repository's own folders in an image
APART = ("kubernetes", "settings")  # services that no compose file holds
PARAMETERS = ("-p", "--parameters", "-r", "--parameters_raw", "-f", "--parameters_file", "-y", "--parameters_yaml", "-b")
DELIVERS = ("manifests", "chart", "sync")
PYTHON_ENVIRONMENT = re.compile(r"py(py)?[0-9.]*(-[\w.-]+)?")  # `tox -e py311` needs no section of its own


def link(world: World) -> None:
    """Nodes for all commands first, then the hops that start at them."""
    owned: list[tuple[int, str, Command]] = []
    last: dict[tuple[str, str], int] = {}
    for path, command in world.every(Command):
        owner = _owner(world, path, command)
        words = " ".join(command.argv)
        place = str(_place(last, path, command))
        node = world.graph.add("command", words if len(words) <= 200 else words[:197] + "...", command.place, index=place)
        loss = f"failure lost: {command.swallowed}" if command.swallowed and command.swallowed != "if condition" else ""
        never = NEVER in command.condition
        blocked = f"never reached: {command.condition.partition(NEVER)[2]}" if never else ""
        at = command.place if never else command.swallowed_at or command.place
        world.graph.connect(owner, node, "run", at, loss=loss, blocked=blocked, certain=not command.condition or never)
        owned.append((node, path, command))
        if command.place.symbol:
            world.nodes.setdefault((path, command.place.symbol), node)  # what a shell that it starts is told to run
        unbounded = [text for text, bounded in pip_install_targets(command.argv) if not bounded]
        if unbounded:
            world.graph.nodes[node].attributes["unbounded"] = " ".join(unbounded)
    words_of = Words(world)
    moved: dict[tuple[str, str], str] = {}  # the last folder with a variable in its name that a script went to
    for node, path, command in owned:
        if command.argv[:1] == ("cd",) and len(command.argv) > 1:
            moved[(path, command.owner)] = VARIABLE.sub("*", command.argv[1]) if "$" in command.argv[1] else ""
        base = _base(world, path, command, moved.get((path, command.owner), ""))
        if base:
            world.graph.nodes[node].attributes["directory"] = base
        if any("inputs." in word for word in command.argv) and _by_callers(world, words_of, node, path, command, base):
            continue
        command = replace(command, argv=words_of.of(path, command))
        for invocation in interpret(command.argv):
            follow(world, node, path, command, base, invocation)


def _by_callers(world: World, words_of: Words, node: int, path: str, command: Command, base: str) -> bool:
    """A command whose words come from callers that give different ones becomes one command for each of them, under the caller."""
    graph, given = world.graph, words_of.by_caller(path, BETWEEN.join(command.argv))
    for (above, symbol), text in given:
        caller, pairs = world.node(above, symbol), zip(text.split(BETWEEN), command.argv, strict=True)
        spelled = tuple(part for word, was in pairs for part in (word.split() if word != was and ALONE.fullmatch(was) else (word,)))
        if caller is None or not spelled:
            continue
        own = graph.add("command", " ".join(spelled)[:200], command.place, index=graph.nodes[node].attributes["index"])
        loss = next((edge.loss for edge in graph.predecessors(node, ("run",))), "")
        graph.connect(caller, own, "run", command.place, loss=loss, certain=not command.condition)
        told = replace(command, argv=words_of.of(path, replace(command, argv=spelled)))
        for invocation in interpret(told.argv):
            follow(world, own, path, told, base, invocation)
    return bool(given)


def _place(last: dict[tuple[str, str], int], path: str, command: Command) -> int:
    """The place of a command among all of its owner, which may have several texts (recipe lines) that each count from nought."""
    before = last.get((path, command.owner), -1)
    last[path, command.owner] = here = max(command.index, before + 1)
    return here


def _owner(world: World, path: str, command: Command) -> int:
    """The node that holds a command: its step, stage, instruction, notebook, document, or the script file itself."""
    node = world.node(path, command.owner)
    if node is not None:
        return node
    module = world.code.program.by_path.get(path)
    if module is not None:
        return world.code.module_node[module]
    kind = "document" if path.lower().endswith((".md", ".rst", ".txt")) else "module"
    key = (path, "document" if kind == "document" else command.owner or "script")
    if key not in world.nodes:
        world.nodes[key] = world.graph.add(kind, path, Place(path, Span(1)), entry="true" if kind == "module" else "false")
        if kind == "module":
            world.nodes.setdefault((path, "script"), world.nodes[key])
    return world.nodes[key]


def _base(world: World, path: str, command: Command, unknown: str = "") -> str:
    """The folder a command runs in: CI steps and documents start at the root, stages and Dockerfiles in their own folder.

    `unknown` stands for the folder of a command whose folder is not known, with `*` for what is not known of it."""
    owner = world.node(path, command.owner)
    base = ""
    if owner is not None:
        attributes = world.graph.nodes[owner].attributes
        base = attributes.get("directory", "")
        if not base and world.graph.nodes[owner].kind in ("notebook", "image", "service"):
            base = posixpath.dirname(path)
        if not base and attributes.get("does") == "instruction" and _beside(world, path, command):
            base = posixpath.dirname(path)  # the image is built from the folder of its own file
    base = base or home(path)
    inner = unknown if command.directory is None else command.directory
    joined = posixpath.normpath(posixpath.join(base, inner)) if base or inner else ""
    return home(path) if joined in (".", "/") or joined.startswith(("..", "/", "$")) else joined


def _beside(world: World, path: str, command: Command) -> bool:
    """Whether a word of an instruction names a file or module that lies beside the Dockerfile, and not at the root."""
    folder = posixpath.dirname(path)
    for word in command.argv if folder else ():
        name = posixpath.basename(word) if word.startswith("/") else word.removeprefix("./")
        for form in (name, name.partition(":")[0].replace(".", "/") + ".py"):
            if form and posixpath.join(home(path), form) not in world.files and posixpath.join(folder, form) in world.files:
                return True
    return False


def follow(world: World, node: int, path: str, command: Command, base: str, invocation: Invocation) -> None:
    """What a command starts, as edges and attributes of its node."""
    graph = world.graph
    attributes = graph.nodes[node].attributes
    attributes.setdefault("does", invocation.kind)
    for role in (invocation.role, *invocation.also):
        if role:
            graph.give(node, role)
    if invocation.swallows:
        attributes["swallows"] = invocation.swallows
    loss = f"failure lost: {invocation.swallows}" if invocation.swallows else ""
    folder = posixpath.normpath(posixpath.join(base, invocation.directory)) if invocation.directory else base
    if invocation.kind in ("script", "module"):
        world.starts.append((node, invocation))
    if invocation.moved is not None and (node, folder, invocation.moved) not in world.moved:
        world.moved.append((node, folder, invocation.moved))
    if invocation.kind == "server" and invocation.option("manager"):
        file = invocation.option("--source") or "main.py"
        served = f"{file}:{invocation.target}" if invocation.option("manager") == "handler" else invocation.target
        attributes.update(serves=f"{invocation.option('manager')} {served}", folder=folder)
    if invocation.kind == "notebook":
        attributes["@params"] = "given" if invocation.option(*PARAMETERS) is not None else "absent"
    if invocation.kind == "install":
        world.installs.append((node, folder, invocation))
    if invocation.kind == "infrastructure":
        attributes["applies"] = folder
    if invocation.kind in DELIVERS or len(command.pipeline) > 1:
        world.delivers.append((node, folder, command, invocation))
    if invocation.kind in ("image-build", "image-run"):
        world.images.append((node, folder, command, invocation))
    if invocation.kind == "target":
        attributes["ordered"] = "true"  # the targets that are named run in this order, up to the first that fails
    for target, certain, blocked in targets(world, folder, path, command, invocation):
        graph.connect(node, target, "run", command.place, certain=certain, loss=loss, blocked=blocked)
    if invocation.kind in ("script", "module", "notebook", "shell-script", "stage", "target") and not any(
        e.kind == "run" for e in graph.successors(node, ("run",))
    ):
        attributes["unwired"] = invocation.target
        if invocation.kind == "script" and "$" not in invocation.target:
            world.broken.append((command.place, f"{invocation.target} is not in this repository"))
    for name, value in command.assignments:
        attributes[f"env.{name}"] = value


def targets(world: World, folder: str, path: str, command: Command, invocation: Invocation) -> list[tuple[int, bool, str]]:
    """The nodes an invocation starts: (node, certain, why it is blocked)."""
    kind, target, argv = invocation.kind, invocation.target, command.argv
    scripts = project_scripts(world, folder, argv) if kind in ("unknown", "run-script", "tool", "builtin") else []
    if scripts:
        return [(node, True, "") for node in scripts]
    if kind == "script":
        return _script(world, folder, target)
    if kind == "module":
        return _module(world, folder, target)
    if kind == "tests":
        by_hand = path.lower().endswith((".md", ".rst", ".txt", ".ipynb"))
        return select(world, Selection.of(folder, invocation), invocation.options, _variables(world, path, command), by_hand)
    if kind == "session":
        return _sessions(world, folder, invocation)
    if kind == "stage":
        return chosen_stages(world, folder, invocation)
    if kind == "target":
        return _stages(world, folder, target, "make")
    if kind == "run-script" and argv[:1] == (JUST,):
        return _stages(world, folder, " ".join(w for w in target.split() if "=" not in w), JUST)
    if kind == "run-script" and argv[:1] in [(program,) for program in PROGRAMS]:
        return [(node, True, "") for node in called(world, folder, path, target, invocation.option("-t", "--taskfile"))]
    if kind == "environment":
        return _stages(world, folder, target, "tox")
    if kind == "project":
        return [(node, True, "") for node in entry_point(world, folder, target, dict(invocation.options).get("entry", ""))]
    if kind == "sweep":
        return _sweeps(world, folder, target)
    if kind == "hooks":
        return _stages(world, folder, "", "pre-commit")
    if kind == "notebook":
        found = world.file(folder, target)
        index = world.code.program.by_path.get(found) if found else None
        return [(world.code.module_node[index], True, "")] if index is not None else []
    if kind == "shell-script":
        found = world.file(folder, target)
        node = world.node(found, "script") if found else None
        return [(node, True, "")] if node is not None else []
    if kind == "image-build":
        return _image(world, folder, invocation, "build")
    if kind == "image-run":
        return _image(world, folder, invocation, "run")
    if kind == "service":
        return _services(world, folder, invocation)
    if kind == "server":
        return _module(world, folder, target.partition(":")[0].removesuffix(".py").replace("/", "."))
    if kind in ("flow", "unknown", "tool"):
        return _specified(world, folder, argv)
    return []


def _variables(world: World, path: str, command: Command) -> dict[str, str]:
    """The variables that a command is run with: of its step, and its own."""
    found: dict[str, str] = {}
    for fact in world.of(path):
        if isinstance(fact, Step) and fact.place.symbol == command.owner:
            found.update(fact.environment)
    found.update(command.assignments)
    return found


def _sweeps(world: World, folder: str, target: str) -> list[tuple[int, bool, str]]:
    """The search of the file that is named, else the only one there is, which an id stands for."""
    graph = world.graph
    every = [n for n in graph.of_kind("stage") if graph.nodes[n].attributes.get("tool") == "sweep"]
    named = [n for n in every if graph.nodes[n].place.path == posixpath.normpath(posixpath.join(folder, target))]
    return [(n, bool(named), "") for n in named or (every if len(every) == 1 else [])]


def _sessions(world: World, folder: str, invocation: Invocation) -> list[tuple[int, bool, str]]:
    """The sessions of a noxfile: those that are named, else all."""
    file = invocation.option("-f", "--noxfile") or "noxfile.py"
    found = world.file(folder, file)
    index = world.code.program.by_path.get(found) if found else None
    if index is None:
        return []
    names = [name.partition("-")[0].partition("(")[0] for name in invocation.target.split()]
    graph = world.graph
    return [
        (node, True, "")
        for scope, node in sorted(world.code.scope_node.items())
        if world.code.program.scope_unit[scope] == index
        and "flow.task" in graph.nodes[node].roles
        and (not names or graph.nodes[node].label in names)
    ]


def _specified(world: World, folder: str, argv: tuple[str, ...]) -> list[tuple[int, bool, str]]:
    """A program that is handed the file of a job specification runs it, as far as we can guess; one that submits a build, the build file
    that it names, else that of its folder."""
    words = [word.rpartition("=")[2] for word in argv[1:]]
    files = {found for word in words if word.endswith((".yaml", ".yml", ".json")) and (found := world.file(folder, word))}
    if argv[1:3] == BUILD and not files and "--tag" not in argv and "-t" not in argv:
        files = {path for path, _ in world.nodes if posixpath.basename(path).startswith("cloudbuild.") and _folder(path) == folder}
    started = [(path, world.node(path, "entrypoint"), False) for path in sorted(files)]
    started += [(path, world.node(path, "workflow"), True) for path in sorted(files) if argv[1:3] == BUILD]
    return [(node, certain, "") for _, node, certain in started if node is not None]


def _script(world: World, folder: str, target: str) -> list[tuple[int, bool, str]]:
    found = world.file(folder, target)
    if found is None and folder == home(folder):
        suffix = [p for p in world.code.program.by_path if p.endswith("/" + posixpath.normpath(target)) and same_home(p, folder)]
        found = suffix[0] if len(suffix) == 1 and "/" in posixpath.normpath(target) else None
    inside = _in_image(world, folder, target) if found is None and target.startswith("/") else None
    index = world.code.program.by_path.get(found or inside or "")
    return [(n, inside is None, blocked) for n, _, blocked in _whole(world, index)] if index is not None else []


def _in_image(world: World, folder: str, target: str) -> str | None:
    """The file of this repository behind an absolute path of an image: what is left when folders are taken off its front."""
    parts = posixpath.normpath(target).strip("/").split("/")
    for base in dict.fromkeys((folder, home(folder))):
        for start in range(1, min(len(parts), IMAGE_FOLDERS + 1)):
            found = world.file(base, "/".join(parts[start:]))
            if found is not None:
                return found
    return None


def _whole(world: World, index: int) -> list[tuple[int, bool, str]]:
    """A module run as a program: its own body and its main part."""
    found = [(world.code.module_node[index], True, "")]
    if index in world.code.main_node:
        found.append((world.code.main_node[index], True, ""))
    return found


def _module(world: World, folder: str, name: str) -> list[tuple[int, bool, str]]:
    if not name:
        return []
    program = world.code.program
    for root in dict.fromkeys((folder, *(root for root in program.roots if same_home(root, folder)))):
        stem = "/".join(p for p in (root, name.replace(".", "/")) if p)
        for candidate in (f"{stem}/__main__.py", f"{stem}.py", f"{stem}/__init__.py"):
            index = program.by_path.get(candidate)
            if index is not None:
                return _whole(world, index)
    return []


def _stages(world: World, folder: str, wanted: str, tool: str) -> list[tuple[int, bool, str]]:
    """Stages of a tool in a folder: those that are named, else all of them (make and just: the default target)."""
    graph, names = world.graph, [w.partition(":")[2] or w for w in wanted.split() if not w.startswith("-")]
    names = [n.partition("@")[0] for n in names]
    here = [
        n
        for n in graph.of_kind("stage")
        if graph.nodes[n].attributes.get("tool") == tool and _folder(graph.nodes[n].place.path) == (folder or "")
    ]
    if names:
        chosen = [n for n in here if graph.nodes[n].label in names or graph.nodes[n].label.partition("@")[0] in names]
        if tool == "tox" and any(
            PYTHON_ENVIRONMENT.fullmatch(name) for name in names if name not in {graph.nodes[n].label for n in chosen}
        ):
            chosen += [n for n in here if graph.nodes[n].label == "py" and n not in chosen]
        if tool == "make":
            chosen.sort(key=lambda n: names.index(graph.nodes[n].label) if graph.nodes[n].label in names else len(names))
        return [(n, True, "") for n in chosen]
    if tool in ("make", JUST):
        return [(n, True, "") for n in here if graph.nodes[n].attributes.get("default") == "true"]
    return [(n, True, "frozen stage" if graph.nodes[n].attributes.get("frozen") == "true" else "") for n in here]


def _folder(path: str) -> str:
    folder = posixpath.dirname(path)
    return "" if folder == "." else folder


def _image(world: World, folder: str, invocation: Invocation, use: str) -> list[tuple[int, bool, str]]:
    options = dict(invocation.options)
    if use == "run":
        nodes = [n for (p, s), n in sorted(world.nodes.items()) if s == "run" and world.graph.nodes[n].kind == "image"]
        return [(n, False, "") for n in nodes] if len(nodes) == 1 else []
    named = options.get("file") or options.get("-f") or options.get("--file")
    context = posixpath.normpath(posixpath.join(folder, invocation.target or "."))
    candidates = [posixpath.normpath(posixpath.join(folder, named))] if named else []
    candidates += [posixpath.normpath(posixpath.join(context, "Dockerfile"))]
    for candidate in candidates:
        node = world.node(candidate, "build")
        if node is not None:
            return [(node, True, "")]
    return []


def _services(world: World, folder: str, invocation: Invocation) -> list[tuple[int, bool, str]]:
    """Services of the compose files that a command names, or of those in its folder; a profile that nobody asks for keeps its services
    off."""
    nodes, wanted = world.graph.nodes, set(invocation.target.split())
    files = {posixpath.normpath(posixpath.join(folder, f)) for f in invocation.all("file")}
    services = world.graph.of_kind("service")
    here = [n for n in services if nodes[n].attributes.get("tool") not in APART]
    here = [n for n in here if (nodes[n].place.path in files if files else _folder(nodes[n].place.path) == folder)]
    if invocation.option("manager") == SWARM:
        here += [n for n in services if nodes[n].attributes.get("part") == "undo" and nodes[n].place.path in files]
    profiles = {name for given in invocation.all("--profile") for name in given.split(",")}
    chosen = [n for n in here if not wanted or nodes[n].label in wanted]
    return [(n, True, _off(nodes[n].attributes.get("profiles", ""), profiles, bool(wanted))) for n in chosen]


def _off(own: str, profiles: set[str], named: bool) -> str:
    """Why a service of some profiles does not start."""
    if not own or named or "*" in profiles or profiles & set(own.split()) or any("$" in p for p in profiles):
        return ""
    return f"its profile `{own.split()[0]}` is not asked for"
