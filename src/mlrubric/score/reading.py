"""Teams that fit no model themselves are told how each test is read, and which ones nothing can be said about: nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mlrubric.graph.build import Picture
from mlrubric.graph.code import is_test_code
from mlrubric.graph.trained import is_real
from mlrubric.model.place import Place
from mlrubric.model.report import Message
from mlrubric.model.verdict import Broken, TestResult
from mlrubric.rules.rule import Situation
from mlrubric.score.sight import ELSEWHERE

SERVICE = "model.service"
USES = ("model.load", "model.predict")


@dataclass(frozen=True, slots=True)
class Reading:
    """The situation of a repository, None where it fits its own models or uses none, with a place that shows it."""

    situation: Situation | None = None
    place: Place | None = None

    def of(self, result: TestResult) -> TestResult:
        """A result with how its test was read; what is missing because it happens elsewhere by nature is not visible."""
        if self.situation is None:
            return result
        text = self.situation.read.get(result.id, "")
        hidden = self.situation.hidden.get(result.id)
        if hidden is not None and result.status == "none":
            broken = Broken("wired", None, hidden)
            return replace(result, status="not_visible", broken=broken, reading=text, sight="elsewhere", visible_by=ELSEWHERE)
        return replace(result, reading=text)

    def notices(self) -> tuple[Message, ...]:
        return (Message("note", self.situation.said, self.place),) if self.situation is not None else ()


def reading(picture: Picture, situations: Iterable[Situation]) -> Reading:
    """The first situation that holds."""
    graph = picture.graph
    fits = [n for n in graph.with_role("model.fit", "model.tune") if is_real(graph, n)]
    services = [n for n in graph.with_role(SERVICE) if is_real(graph, n)]
    own = [n for n in fits if SERVICE not in graph.nodes[n].roles]
    uses = [n for n in graph.with_role(*USES) if not is_test_code(graph.nodes[n].place.path)]
    shown = {
        "only fits of services": fits if not own else [],
        "a service answers": services if not fits else [],
        "a model is used": uses if not fits else [],
    }
    for one in situations:
        if shown[one.holds]:
            return Reading(one, graph.nodes[shown[one.holds][0]].place)
    return Reading()
