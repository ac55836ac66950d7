"""Model cards: parts that still hold what a form says, and releases without a card."""

from __future__ import annotations

import re

from mlrubric.graph.code import is_test_code
from mlrubric.graph.gates import PROSE
from mlrubric.graph.world import World
from mlrubric.model.facts import FrontMatter, Heading

CARD = re.compile(r"(^|/)[^/]*model[-_ ]?cards?[^/]*\.(md|markdown|json|ya?ml|rst|html)$", re.IGNORECASE)
FORM = re.compile(r"template|example|\{\{|cookiecutter", re.IGNORECASE)
OPEN = re.compile(
    r"\[(?:more information needed|needs more information|todo|tbd|insert[^\]]*|fill[^\]]*|your [^\]]*)\](?!\()"
    r"|<!--\s*(?:todo|fill)|\bTODO\b|\bTBD\b",
    re.IGNORECASE,
)
HUB = ("library_name", "base_model", "model-index", "pipeline_tag")
RELEASES = ("model.register", "model.promote", "model.deploy")


def mark_cards(world: World) -> None:
    """`card`: `blank` on a node of its own for each card that is not filled in, `missing` on the first release where there is none."""
    graph = world.graph
    cards = {path for path in world.files if CARD.search(path)}
    cards |= {path for path, front in world.every(FrontMatter) if any(name.partition(".")[0] in HUB for name, _ in front.values)}
    blank: dict[str, tuple[Heading, str]] = {}
    for path, heading in world.every(Heading):
        said = OPEN.search(heading.body) if path in cards and path not in blank and not FORM.search(path) else None
        if said is not None:
            blank[path] = (heading, said[0])
    for path in sorted(blank):
        heading, words = blank[path]
        graph.add("artifact", heading.text or path, heading.place, card="blank", words=" ".join(words.split())[:60])
    written = cards or graph.with_role("model.card")
    for node in graph.with_role(*RELEASES) if not written else ():
        path = graph.nodes[node].place.path
        if not is_test_code(path) and not path.endswith(PROSE):
            graph.nodes[node].attributes["card"] = "missing"
