"""Attributes of alerts, panels, objectives and metrics that the rubric asks for, from the names that join them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlrubric.graph.automation import Schedule
from mlrubric.graph.code import is_test_code
from mlrubric.graph.graph import RUNS
from mlrubric.graph.watch.asked import dead, misfits, promised, subjects
from mlrubric.graph.watch.containers import Containers
from mlrubric.graph.watch.emitted import Emission, emissions
from mlrubric.graph.watch.series import Names, read
from mlrubric.graph.world import World
from mlrubric.knowledge.metrics import Metrics, load_metrics
from mlrubric.model.facts import Scrape, Watch, WatchServer
from mlrubric.source.syntax.promql import Expr, selectors

NAME = re.compile(r"[A-Za-z_][\w.]*")
OTHER = (".go", ".java", ".kt", ".scala", ".rs", ".cs", ".rb", ".php", ".ex")


def mark_watched(world: World) -> None:
    """`subject`, `known` and `misfit` on what watches; `subject`, `metric`, `alerted`, `shown` and `scraped` on the metrics of the code;
    join edges from a metric to what watches it."""
    watched = list(world.every(Watch))
    emitting = world.graph.with_role("metric.emit")
    if not watched and not emitting:
        return
    metrics = load_metrics()
    names = Names(metrics, emissions(world, metrics))
    for _, watch in watched:
        if watch.kind == "record":
            names.record(watch.name, watch.expressions[0])
    uses: dict[int, set[str]] = {}
    scraped = _scraped(world)
    deaf = scraped is False or (scraped is None and any(not server.selects for _, server in world.every(WatchServer)))
    for path, watch in watched:
        node = world.node(path, watch.place.symbol)
        if node is not None and watch.kind != "record":
            for emission in _mark(world, node, watch, names, deaf):
                uses.setdefault(emission.node, set()).add(watch.kind)
    has_alerts = any(watch.kind == "alert" for _, watch in watched)
    for node in emitting:
        world.graph.nodes[node].attributes["subject"] = "exposed"
    for emission in names.emissions:
        attributes = world.graph.nodes[emission.node].attributes
        used = uses.get(emission.node, set())
        attributes.update(
            metric=emission.name,
            subject=" ".join(sorted(names.subjects(emission))) or ("other" if emission.known else "unnamed"),
            alerted="true" if used & {"alert", "objective"} else "false",
            shown="true" if "panel" in used else "false",
            scraped="true" if scraped else "false",
            rules="true" if has_alerts else "false",
            feeders=" ".join(str(n) for n in emission.fed),
        )


def _mark(world: World, node: int, watch: Watch, names: Names, deaf: bool) -> Iterable[Emission]:
    """The attributes of one watch; returns the metrics of the code that it reads. `deaf` says that nothing collects these."""
    attributes = world.graph.nodes[node].attributes
    expressions = list(read(watch.expressions)) if watch.language == "promql" else []
    found = {s for expr in expressions for s in subjects(expr, names)}
    if not found:
        found = _by_words(names.metrics, [*(_names(watch) if not expressions else ()), watch.name])
    attributes["subject"] = " ".join(sorted(found)) or "unknown"
    series = [names.of(s) for expr in expressions for s in selectors(expr)]
    attributes["known"] = _known(watch, expressions, names, _complete(world, names))
    if attributes["known"] == "false":
        attributes["missing"] = ", ".join(f"`{m}`" for m in dict.fromkeys(m for expr in expressions for m in dead(expr, names)))
    wrong = next((found for expr in expressions for found in misfits(expr, watch.limit, names)), None)
    if wrong is not None and watch.kind != "panel":
        metric, unit, limit = wrong
        attributes.update(misfit=metric, unit=unit, limit=f"{limit:g}")
    promise = promised(watch.target) if watch.kind == "objective" else None
    if promise is not None:
        attributes.update(misfit="objective", unit=promise[0], limit=promise[1], promise="true")
    made = [e for one in series for e in one.emissions]
    if made and (deaf or all(e.idle for e in made)):
        attributes["never"] = "true"
    emitted = {e.node: e for one in series for e in one.emissions}
    for number in sorted(emitted):
        world.graph.connect(number, node, "join", watch.place)
    return [emitted[number] for number in sorted(emitted)]


def _names(watch: Watch) -> Iterator[str]:
    """The names in queries of another language: columns, tables, metrics."""
    for text in watch.expressions:
        yield from NAME.findall(text)


def _by_words(metrics: Metrics, texts: Iterable[str]) -> set[str]:
    found = [subject for text in texts if (subject := metrics.subject(text))]
    return {"quality" if found[0] == "drift" and "quality" in found else found[0]} if found else set()


def _known(watch: Watch, expressions: list[Expr], names: Names, complete: bool) -> str:
    """`false` when a series is read that nobody emits; `unseen` when nobody can tell: the code is elsewhere, or names are put together."""
    if watch.language != "promql":
        return "true"
    if not expressions:
        return "unseen"
    missing = [list(dead(expr, names)) for expr in expressions]
    if watch.kind == "panel" and any(missing) and not all(missing):
        return "unseen"  # the other queries draw something
    if not any(missing):
        hidden = any(names.of(s).origin == "unseen" for expr in expressions for s in selectors(expr))
        return "unseen" if hidden else "true"
    return "false" if complete else "unseen"


def _complete(world: World, names: Names) -> bool:
    """Whether what emits metrics is in sight: code that emits some, all under names that are known, or a service that emits none; and no
    program in another language."""
    here = bool(names.emissions) or bool(world.graph.with_role("serve.handle", "serve.app"))
    return here and all(e.known for e in names.emissions) and not any(path.endswith(OTHER) for path in world.files)


def _scraped(world: World) -> bool | None:
    """Whether something collects the metrics of the code: a scrape job for more than the servers of monitoring themselves. None when no
    job is here; False when the jobs that are here ask nobody that answers."""
    containers, found = Containers(world), None
    for path, scrape in world.every(Scrape):
        for target in scrape.targets:
            if target.startswith("discovered:"):
                return True
            if not load_metrics().foreign(target):
                if containers.answers(path, target) is not False:
                    return True
                found = False
    return found


def mark_fed(world: World, schedule: Schedule) -> None:
    """`fed` on alerts and panels: whether the code that puts values into their metrics runs by itself (`live`), for a service or by a
    trigger; by hand only (`by hand`); never, for nothing puts a value in; or is not in this repository (`elsewhere`)."""
    graph, code = world.graph, world.code
    watching = [n for n in graph.with_role("alert.rule", "dashboard.panel", "slo.objective") if graph.nodes[n].kind == "monitor"]
    if not watching:
        return
    served = graph.sweep([*graph.with_role("serve.handle"), *_processes(world)], RUNS)
    for node in watching:
        sources = [e.source for e in graph.predecessors(node, ("join",))]
        if not sources:
            graph.nodes[node].attributes["fed"] = "elsewhere"
            continue
        holders = {code.holder(code.node_op[n]) for source in sources for n in (source, *_feeding(world, source)) if n in code.node_op}
        if graph.nodes[node].attributes.get("never"):
            graph.nodes[node].attributes["fed"] = "never"
            continue
        live = any(h in served or schedule.of(h).level in ("kept", "lost") for h in holders if not is_test_code(graph.nodes[h].place.path))
        graph.nodes[node].attributes["fed"] = "live" if live else "by hand"


def _feeding(world: World, source: int) -> list[int]:
    """Operations that put values into the metric of a node."""
    kept = world.graph.nodes[source].attributes.get("feeders", "")
    return [int(n) for n in kept.split()]


def _processes(world: World) -> list[int]:
    """Programs that stay: they serve requests, or offer their metrics to what collects them."""
    graph, code, known = world.graph, world.code, load_metrics()
    offering = [n for n in graph.with_role("metric.emit") if graph.nodes[n].api in known.offering]
    if not _scraped(world):
        offering = []
    return sorted({code.holder(code.node_op[n]) for n in (*graph.with_role("serve.app"), *offering) if n in code.node_op})
