"""What asks for a measure: the checks and conditions that it flows into become checks of that kind, with how they act."""

from __future__ import annotations

from collections.abc import Iterable

from mlrubric.graph.verdicts import BEYOND, Verdicts
from mlrubric.graph.world import World

SAYING = frozenset({"log.write", "notify.send", "metric.emit", "run.log_metric", "file.write"})


class Answered:
    """The conditions of the program, asked for the measures that reach them."""

    def __init__(self, world: World) -> None:
        self.world, self.graph, self.code = world, world.graph, world.code
        self.verdicts = Verdicts(world.graph, world.code)

    def conditions(self) -> Iterable[int]:
        """Every condition: of a check, or of a branch."""
        return sorted({*self.verdicts.checks, *self.verdicts.sides})

    def ask(self, measure: int, roles: Iterable[str], **said: str) -> list[int]:
        """Gives roles and attributes to all that asks for what an operation measured; the nodes."""
        wanted, found = tuple(roles), list[int]()
        for reached in self.code.flow.reach([measure], stop=lambda o: o != measure and bool(BEYOND & self.code.meanings.roles(o))):
            found.extend(self.mark(reached, wanted, **said))
        return found

    def heard(self, condition: int) -> bool:
        """Whether one side of a condition says something to somebody, if only in a log."""
        return self.verdicts.does(condition, SAYING)

    def mark(self, condition: int, roles: Iterable[str], **said: str) -> list[int]:
        """The checks that a condition decides, or its branch, become checks of these roles: they stop, tell, or only record."""
        checks = self.verdicts.checks.get(condition, [])
        acts = "stop"
        if not checks:
            if not self.verdicts.is_condition(condition):
                return []
            acts = "tell" if self.verdicts.acts(condition) else "none"
            checks = [self.code.node_for(self.graph, condition, "if", ("check",), "", form="branch")]
        for node in checks:
            for role in roles:
                self.graph.give(node, role)
            one = self.graph.nodes[node]
            if one.attributes.get("acts") in (None, "none"):
                one.attributes["acts"] = acts
            one.attributes.update(said)
            one.about = one.about | self.code.about(condition)
        return checks
