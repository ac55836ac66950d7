"""Functions that a cloud runs: AWS SAM templates and serverless.yml. Each function is an entry point with the events that start it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlrubric.model.facts import Fact, Trigger
from mlrubric.model.serving import EntryPoint
from mlrubric.source.document import Document
from mlrubric.source.paths import rooted
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import first_map

FORMAT = "cloud_functions"

_PLACE = re.compile(
    r"(^|/)(serverless[^/]*\.ya?ml|[^/]*template[^/]*\.ya?ml|sam[^/]*\.ya?ml|[^/]*cloudformation[^/]*\.ya?ml)$", re.IGNORECASE
)
_SAM = "AWS::Serverless"
_LAMBDA = "AWS::Lambda::Function"
_SERVERLESS = re.compile(r"^functions\s*:", re.MULTILINE)
_OFF = ("false", "disabled")


def accepts(path: str) -> bool:
    return _PLACE.search(path) is not None


def read(document: Document) -> Iterable[Fact]:
    own = document.name.lower().startswith("serverless")
    if not (_SERVERLESS.search(document.text) if own else _SAM in document.text or _LAMBDA in document.text):
        return []
    root, problems = first_map(document, FORMAT, template="{{" in document.text)
    if root is None:
        return problems
    return [*problems, *(_serverless(document, root) if own else _sam(document, root))]


# ---- AWS SAM ---------------------------------------------------------------------------------------------------------


def _sam(document: Document, root: Node) -> Iterator[Fact]:
    shared = root.get("Globals", "Function")
    resources = root.get("Resources")
    for name, resource in resources.pairs() if resources is not None else ():
        if resource.kind != "map" or resource.scalar("Type") not in ("AWS::Serverless::Function", _LAMBDA):
            continue
        properties = resource.get("Properties")
        if properties is None or properties.kind != "map":
            continue
        symbol = f"Resources.{name}"
        handler = properties.get("Handler") or (shared.get("Handler") if shared is not None else None)
        folder = properties.scalar("CodeUri") or (shared.scalar("CodeUri") if shared is not None else "")
        if handler is None or not handler.text:
            continue
        yield _handler(document, handler, symbol, "aws-lambda", folder)
        events = properties.get("Events")
        for event, body in events.pairs() if events is not None else ():
            if body.kind == "map":
                yield from _sam_event(document, body, f"{symbol}.Events.{event}", symbol)


def _sam_event(document: Document, body: Node, route: str, owner: str) -> Iterator[Fact]:
    kind, properties = body.scalar("Type"), body.get("Properties")
    place = document.place(body.span, route)
    if kind in ("Schedule", "ScheduleV2"):
        when = properties.get("Schedule") or properties.get("ScheduleExpression") if properties is not None else None
        off = properties is not None and any(properties.scalar(key).lower() in _OFF for key in ("Enabled", "State"))
        yield _schedule(document, when or body, route, owner, when.text if when is not None else "", off)
    elif kind in ("SQS", "S3", "SNS", "Kinesis", "DynamoDB", "EventBridgeRule", "CloudWatchEvent", "MSK"):
        off = properties is not None and properties.scalar("Enabled").lower() == "false"
        yield Trigger(place, "event", owner, live=not off, reason="the event source is not enabled" if off else "", certain=False)


# ---- serverless.yml --------------------------------------------------------------------------------------------------


def _serverless(document: Document, root: Node) -> Iterator[Fact]:
    functions = root.get("functions")
    maps = functions.items if functions is not None and functions.kind == "list" else (functions,) if functions is not None else ()
    for listed in maps:
        for name, body in listed.pairs() if listed.kind == "map" else ():
            handler = body.get("handler") if body.kind == "map" else None
            if handler is None or not handler.text:
                continue
            symbol = f"functions.{name}"
            yield _handler(document, handler, symbol, "serverless", "")
            events = body.get("events")
            for index, event in enumerate(events.items if events is not None else ()):
                for kind, given in event.pairs() if event.kind == "map" else ():
                    yield from _serverless_event(document, kind, given, f"{symbol}.events[{index}].{kind}", symbol)


def _serverless_event(document: Document, kind: str, given: Node, route: str, owner: str) -> Iterator[Fact]:
    off = given.kind == "map" and given.scalar("enabled").lower() == "false"
    if kind == "schedule":
        rates = given.strings("rate") if given.kind == "map" else (given.text,)
        yield _schedule(document, given, route, owner, " ".join(rates), off)
    elif kind in ("sqs", "s3", "sns", "stream", "eventBridge", "msk", "kafka"):
        reason = "the event source is not enabled" if off else ""
        yield Trigger(document.place(given.span, route), "event", owner, live=not off, reason=reason)


def _handler(document: Document, handler: Node, symbol: str, tool: str, folder: str) -> EntryPoint:
    module, _, name = handler.text.rpartition(".")
    directory = rooted(document.directory, folder if folder and "$" not in folder and "://" not in folder else ".")
    return EntryPoint(document.place(handler.span, symbol), tool, f"{module}:{name}", "handler", directory)


def _schedule(document: Document, node: Node, route: str, owner: str, when: str, off: bool) -> Trigger:
    reason = "the schedule is not enabled" if off else ""
    return Trigger(document.place(node.span, route), "schedule", owner, when or None, live=not off, reason=reason)
