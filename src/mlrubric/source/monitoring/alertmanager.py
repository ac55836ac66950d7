"""Alertmanager's configuration: the tree of routes and the receivers at their ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.model.monitoring import AlertRoute, Receiver
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import text_pairs

TOOL = "alertmanager"
Matcher = tuple[str, str, str]

_MATCHER = re.compile(r"""\s*["']?([\w.:]+)["']?\s*(=~|!~|!=|=)\s*(?:"((?:\\.|[^"\\])*)"|'([^']*)'|([^,{}]*))\s*""")
_ALL_DAY = re.compile(r"0?0:00")


def looks_like(text: str) -> bool:
    return "receivers:" in text and "route:" in text and "receiver:" in text


def config(document: Document, root: Node, holder: str = "", route: str = "", tool: str = TOOL) -> Iterator[AlertRoute | Receiver]:
    """Receivers and routes of an `alertmanager.yml`, or of the resource that has the same form in camel case."""
    prefix = f"{route}." if route else ""
    listed = root.get("receivers")
    for index, item in enumerate(listed.items if listed is not None else ()):
        yield receiver(document, item, f"{prefix}receivers[{index}]", holder, tool)
    top = root.get("route")
    if top is not None and top.kind == "map":
        silent = frozenset(_always(root))
        yield from _routes(document, top, f"{prefix}route", "", holder, tool, silent)


def receiver(document: Document, item: Node, symbol: str, holder: str, tool: str) -> Receiver:
    channels: list[str] = []
    urls: list[str] = []
    for key, value in item.pairs():
        kind = key.removesuffix("_configs").removesuffix("Configs")
        if kind == key or not value.items:
            continue
        channels.append(kind.lower())
        if kind == "webhook":
            urls.extend(one.scalar("url") or one.scalar("url_file") or one.scalar("urlSecret", "name") for one in value.items)
    return Receiver(document.place(item.span, symbol), item.scalar("name"), tool, tuple(channels), tuple(filter(None, urls)), holder)


def _routes(
    document: Document, node: Node, symbol: str, above: str, holder: str, tool: str, silent: frozenset[str]
) -> Iterator[AlertRoute]:
    place = document.place(node.span, symbol)
    intervals = (*node.strings("mute_time_intervals"), *node.strings("muteTimeIntervals"))
    muted = next((f"muted at all times by `{name}`" for name in intervals if name in silent), "")
    goes_on = node.scalar("continue").lower() == "true"
    yield AlertRoute(place, tool, node.scalar("receiver"), tuple(matchers(node)), above, goes_on, muted, holder)
    children = node.get("routes")
    for index, child in enumerate(children.items if children is not None else ()):
        yield from _routes(document, child, f"{symbol}.routes[{index}]", place.symbol, holder, tool, silent)


def matchers(node: Node) -> Iterator[Matcher]:
    """The matchers of a route in all their spellings."""
    for label, value in text_pairs(node.get("match")):
        yield label, "=", value
    for label, value in (*text_pairs(node.get("match_re")), *text_pairs(node.get("matchRE"))):
        yield label, "=~", value
    written = node.get("matchers")
    for item in written.items if written is not None and written.kind == "list" else (written,) if written is not None else ():
        if item.kind == "map":
            operator = item.scalar("matchType") or ("=~" if item.scalar("regex").lower() == "true" else "=")
            yield item.scalar("name"), operator, item.scalar("value")
        else:
            yield from matchers_of(item.text)
    objects = node.get("object_matchers")
    for item in objects.items if objects is not None else ():
        words = item.strings()
        if len(words) == 3:
            yield words[0], words[1], words[2]


def matchers_of(text: str) -> Iterator[Matcher]:
    """`{severity="page", team=~"a|b"}` with or without braces."""
    inside = text.strip().removeprefix("{").removesuffix("}")
    for match in _MATCHER.finditer(inside):
        yield match[1], match[2], next((one for one in match.groups()[2:] if one is not None), "").strip()


def _always(root: Node) -> Iterator[str]:
    """Names of time intervals that are every minute of every day."""
    for key in ("time_intervals", "mute_time_intervals", "muteTimeIntervals"):
        listed = root.get(key)
        for item in listed.items if listed is not None else ():
            spans = item.get("time_intervals") or item.get("timeIntervals")
            if spans is not None and any(all(_whole(k, v) for k, v in span.pairs()) for span in spans.items if span.kind == "map"):
                yield item.scalar("name")


def _whole(key: str, value: Node) -> bool:
    if key == "times":
        return any(
            _ALL_DAY.fullmatch(one.scalar("start_time") or one.scalar("startTime")) is not None
            and (one.scalar("end_time") or one.scalar("endTime")) == "24:00"
            for one in value.items
        )
    return key == "location" or (key == "weekdays" and any(text.lower() == "sunday:saturday" for text in value.strings()))
