"""Who looks at a change of the model before it is merged: owners of its files, protection of the branch, and what history shows.

The files of a model are its code and the settings that flow into its training. Who is named for them says nothing of whether the approval
is waited for; the spelling `owned` keeps apart what each leaves open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from functools import cache

from mlrubric.graph.code import is_test_code
from mlrubric.graph.graph import FLOWS
from mlrubric.graph.world import World
from mlrubric.model.facts import CodeBlock, Link, Owner, Requirement
from mlrubric.model.homes import home, inside
from mlrubric.source.history import Reviews

History = Callable[[Collection[str]], Reviews | None]
SPEC = ("model.fit", "model.build", "model.tune", "model.loss")
SETTINGS = (".yaml", ".yml", ".json", ".toml", ".ini", ".cfg", ".conf", ".gin")
MOST = 0.8  # of the commits that touch the model
FEW = 5  # commits that say nothing about how people work together
PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
OF_GITLAB = ("CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
TEAM = re.compile(r"@+([\w.-]+)/")
ADDRESS = re.compile(r"(?:git(?:hub|lab)\.com|bitbucket\.org)[/:]([\w.-]+)/[\w.-]+", re.IGNORECASE)
CLONED = re.compile(r"git\s+clone[^\n]*?(?:github|gitlab|bitbucket)[\w.-]*[/:]([\w.-]+)/", re.IGNORECASE)
EVERYTHING = ("*", "/", "/**", "**", "/*", "**/*", "*/")


def mark_reviews(world: World, history: History | None) -> None:
    """`owned` on lines of CODEOWNERS that a model's files meet, `merged` and `alone` on the code of models, as far as there is history."""
    graph = world.graph
    for node in graph.with_role("check.review"):
        attributes = graph.nodes[node].attributes
        if graph.nodes[node].kind == "document" and not {"pattern", "asks"} & attributes.keys():  # declared for the host by other means
            attributes.update(asks="approval", required="false" if "off" in attributes else "true")
    spec = [n for n in graph.with_role(*SPEC) if n in world.code.node_op and not is_test_code(graph.nodes[n].place.path)]
    files = sorted({graph.nodes[n].place.path for n in spec if not graph.nodes[n].place.path.endswith(".ipynb")})
    if not files:
        return
    _mark_owners(world, [*files, *_settings(world, spec)])
    own = [path for path in files if not home(path)]
    seen = history(own) if history is not None and own else None
    if seen is None or seen.commits == 0:
        return
    for node in spec:
        attributes = graph.nodes[node].attributes
        attributes["merged"] = "true" if seen.reviewed >= MOST * seen.commits else "false"
        if seen.commits >= FEW:
            attributes["alone"] = "true" if seen.people == 1 else "false"


def _settings(world: World, spec: list[int]) -> list[str]:
    """Files of settings that flow into a training."""
    graph, found = world.graph, set[str]()
    for node in graph.sweep(spec, FLOWS, back=True):
        for edge in graph.predecessors(node, ("read",)):
            label = graph.nodes[edge.source].label
            if label in world.files and label.endswith(SETTINGS):
                found.add(label)
    return sorted(found)


def _mark_owners(world: World, files: list[str]) -> None:
    """`owned` on the lines that decide for a file of a model: by several (people or a team), one (a single person), everybody's (a line
    for all files that names one team, which a template may have brought), or part, when other files of the model have no owner."""
    lines: dict[int, Owner] = {}
    missing = False
    for root in sorted({home(path) for path in files}):
        asked = list(_asked(world, root))
        for path in files:
            if home(path) == root:
                deciding = _deciding(asked, inside(path))
                missing = missing or not deciding
                lines.update(deciding)
    at_home = _organisations(world)
    named = {one.removeprefix("@").lower() for fact in lines.values() for one in fact.owners}
    for node, fact in sorted(lines.items()):
        teams = [match[1].lower() for one in fact.owners if (match := TEAM.match(one)) is not None]
        several = bool(teams) or len(named) > 1
        foreign = fact.pattern in EVERYTHING and len(fact.owners) == 1 and bool(teams) and not set(teams) <= at_home
        said = "part" if missing else "everything" if foreign and len(lines) == 1 else "several" if several else "one"
        world.graph.nodes[node].attributes["owned"] = said


def _asked(world: World, root: str) -> Iterator[tuple[int, Owner]]:
    """The lines of the file that the host looks at, in their order; nested OWNERS files count beside it."""
    prefix = f"{root}/" if root else ""
    by_file: dict[str, list[tuple[int, Owner]]] = {}
    for path, owner in world.every(Owner):
        node = world.node(path, f"{owner.place.span.line}")
        if home(path) == root and node is not None:
            by_file.setdefault(inside(path), []).append((node, owner))
    places = OF_GITLAB if f"{prefix}.gitlab-ci.yml" in world.files or f"{prefix}.gitlab/CODEOWNERS" in world.files else PLACES
    first = next((place for place in places if place in by_file), None)
    for path in sorted(by_file):
        if path == first or path.rpartition("/")[2] == "OWNERS":
            yield from by_file[path]


def _deciding(lines: list[tuple[int, Owner]], path: str) -> dict[int, Owner]:
    """The last line of each section that meets a file, where it names owners and their approval is no option."""
    last: dict[str, tuple[int, Owner]] = {}
    for node, owner in lines:
        if _pattern(owner.pattern).match(path):
            last[owner.section] = (node, owner)
    return {node: owner for node, owner in last.values() if owner.owners and not owner.optional}


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """What a pattern of CODEOWNERS meets: as in .gitignore, but `folder/*` is for the files directly in it."""
    bare = text.strip("/").removeprefix("./")
    anchored = text.startswith("/") or "/" in text.rstrip("/")
    if text in EVERYTHING:
        return re.compile("")
    made = "" if anchored else r"(?:.*/)?"
    for part in re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?)", bare):
        made += {"**/": r"(?:.*/)?", "/**": r"/.*", "**": r".*", "*": r"[^/]*", "?": r"[^/]"}.get(part, re.escape(part))
    return re.compile(made + (r"/.*$" if text.endswith("/") else r"$" if bare.endswith("*") else r"(?:/.*)?$"))


def _organisations(world: World) -> set[str]:
    """Whose repository this is, by the addresses that it gives itself: badges and what to clone; nobody's when they differ. Besides, whose
    packages it installs from where they are made: a team's own."""
    found: set[str] = set()
    own = {match[1].lower() for _, one in world.every(Requirement) if one.url and (match := ADDRESS.search(one.url)) is not None}
    for _, link in world.every(Link):
        match = ADDRESS.search(link.target) if link.image else None
        if match is not None:
            found.add(match[1].lower())
    for _, block in world.every(CodeBlock):
        found.update(name.lower() for name in CLONED.findall(block.text))
    return own | (found if len(found) == 1 else set())
