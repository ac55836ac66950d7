"""Prometheus' own files: rules, and the configuration that loads them, scrapes targets and names the alert managers."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.monitoring import Scrape, Watch, WatchServer
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import is_scalar, text_pairs

TOOL = "prometheus"
ROUTES = "alertmanager"
RULES = ("groups:", "rules:", "expr:")


def looks_like_rules(text: str) -> bool:
    return "expr:" in text and "rules:" in text and ("alert:" in text or "record:" in text)


def looks_like_config(text: str) -> bool:
    return "scrape_configs:" in text or "rule_files:" in text


def rules(document: Document, groups: Node | None, route: str = "groups", holder: str = "", comes: str = "config") -> Iterator[Watch]:
    """The alerting and recording rules of a list of groups."""
    for number, group in enumerate(groups.items if groups is not None else ()):
        shared = text_pairs(group.get("labels"))
        listed = group.get("rules")
        for index, rule in enumerate(listed.items if listed is not None else ()):
            kind = "alert" if rule.get("alert") is not None else "record" if rule.get("record") is not None else ""
            expression = rule.get("expr")
            if kind and expression is not None and is_scalar(expression):
                place = document.place(rule.span, f"{route}[{number}].rules[{index}]")
                labels = (*shared, *text_pairs(rule.get("labels")))
                text = expression.text
                yield Watch(
                    place,
                    kind,
                    rule.scalar(kind),
                    TOOL,
                    (text,),
                    labels=tuple(dict(labels).items()),
                    holder=holder,
                    template="{{" in text,
                    comes=comes,
                    routes=ROUTES,
                )


def config(document: Document, root: Node, holder: str = "", route: str = "") -> Iterator[WatchServer | Scrape]:
    """What a `prometheus.yml` loads, scrapes and tells."""
    prefix = f"{route}." if route else ""
    files = root.get("rule_files")
    listed = files.items if files is not None else ()
    loads = tuple(item.text for item in listed)
    lines = tuple(document.place(item.span, f"{prefix}rule_files") for item in listed)
    managers: list[str] = []
    alerting = root.get("alerting", "alertmanagers")
    for item in alerting.items if alerting is not None else ():
        managers.extend(_targets(item))
    yield WatchServer(document.place(root.span, f"{prefix}prometheus"), TOOL, loads, lines, tuple(managers), holder)
    jobs = root.get("scrape_configs")
    for index, job in enumerate(jobs.items if jobs is not None else ()):
        place = document.place(job.span, f"{prefix}scrape_configs[{index}]")
        yield Scrape(place, job.scalar("job_name"), TOOL, tuple(_targets(job)), (), holder)


def _targets(node: Node) -> Iterator[str]:
    """Addresses of static targets; what is discovered gives `discovered:HOW`."""
    for name, value in node.pairs():
        if name in ("static_configs", "target_groups"):
            for item in value.items:
                yield from item.strings("targets")
        elif name.endswith("_sd_configs") and value.items:
            names = [text for item in value.items for text in item.strings("names")]
            yield from names or [f"discovered:{name.removesuffix('_sd_configs')}"]
