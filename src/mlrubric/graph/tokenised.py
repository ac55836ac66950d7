"""Texts that become other numbers in service than in training: the same step, told otherwise on the two sides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mlrubric.graph.code import Code
from mlrubric.graph.serving import Sides
from mlrubric.graph.world import World

SETTINGS = {"tokenises": ("max_length", "truncation", "add_special_tokens"), "pads_rows": ("maxlen", "padding", "truncating")}
"""Trait of a call -> the arguments that change what it gives."""
UNTOLD = "absent"


@dataclass(frozen=True, slots=True)
class Told:
    """One call and what it is told; a setting that is not known is left out."""

    op: int
    trait: str
    settings: dict[str, str]


def mark_tokenised(world: World, sides: Sides) -> None:
    """`told` on calls of the serving side that are told otherwise than all those of the training side: the setting, with `here`, `there`
    and `trained_at` (the node of the first one there)."""
    code, graph = world.code, world.graph
    calls = [one for one in _calls(code) if not code.tested(one.op)]
    serving = [one for one in calls if code.holder(one.op) in sides.serving and code.holder(one.op) not in sides.training]
    if not serving:
        return
    training = [one for one in calls if code.holder(one.op) in sides.training and code.holder(one.op) not in sides.serving]
    for one in serving:
        others = [other for other in training if other.trait == one.trait]
        for setting in SETTINGS[one.trait] if others else ():
            there = {other.settings.get(setting, "") for other in others}
            here = one.settings.get(setting, "")
            if len(there) == 1 and here and (known := there.pop()) and known != here:
                attributes = graph.nodes[code.node_for(graph, one.op, setting)].attributes
                attributes["told"] = setting
                attributes["here"], attributes["there"] = _said(setting, here), _said(setting, known)
                attributes["trained_at"] = str(code.node_for(graph, others[0].op, setting))
                break


def _said(setting: str, value: str) -> str:
    return (
        f"without `{setting}`" if value == UNTOLD else f"`{setting}={value.capitalize() if value in ('true', 'false', 'none') else value}`"
    )


def _calls(code: Code) -> Iterator[Told]:
    for op, meaning in sorted(code.meanings.all().items()):
        traits = code.meanings.catalogue.traits(meaning.api) if code.program.ops[op].kind == "call" else ()
        for trait in (one for one in SETTINGS if one in traits):
            yield Told(op, trait, dict(_settings(code, op, SETTINGS[trait])))


def _settings(code: Code, op: int, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name in names:
        given = code.program.keyword(op, name)
        if given == -1:
            yield name, UNTOLD
        elif given >= 0 and (value := code.meanings.spelling(given)) != "given":
            yield name, value
