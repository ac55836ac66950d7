"""What the kinds of serving objects share: places by key, shares of traffic, addresses of models, probes of containers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlrubric.model.facts import Mount, Part
from mlrubric.read.kubernetes.manifest import Manifest
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import entry_place, is_scalar

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
WAYS = ("httpGet", "exec", "tcpSocket", "grpc")


def children(node: Node | None) -> tuple[Node, ...]:
    """The maps in a list, or nothing."""
    return tuple(item for item in node.items if item.kind == "map") if node is not None else ()


def shares(items: Iterable[Node], *names: str, weight: str = "weight", default: str = "") -> tuple[tuple[str, str], ...]:
    """Who gets how much: the first of `names` (routes with dots) that an item has, and its weight as written."""
    found: list[tuple[str, str]] = []
    for number, item in enumerate(items):
        who = next((text for name in names if (text := item.scalar(*name.split(".")))), f"[{number}]")
        found.append((who, item.scalar(weight, default=default)))
    return tuple(found)


def server(document: Document, manifest: Manifest, node: Node, route: str, key: str, name: str) -> Iterator[Part]:
    """A model that is loaded from the address under a key."""
    value = node.get(key)
    if value is not None and is_scalar(value) and value.text:
        yield Part(entry_place(document, node, key, f"{route}.{key}"), manifest.symbol, "server", name, value.text)


def probes(document: Document, container: Node, route: str, owner: str) -> Iterator[Part]:
    """The probes of a container, the way they ask as name."""
    for key in PROBES:
        node = container.get(key)
        if node is None or node.kind != "map":
            continue
        way = next((way for way in WAYS if node.get(way) is not None), "")
        asked = node.scalar("httpGet", "path") or " ".join(node.strings("exec", "command")) or node.scalar("tcpSocket", "port")
        yield Part(entry_place(document, container, key, f"{route}.{key}"), owner, "probe", way or key, asked)


def objects_mounted(document: Document, pod: Node, container: Node, route: str) -> Iterator[Mount]:
    """What a container gets of ConfigMaps and Secrets, and where."""
    volumes = {volume.scalar("name"): volume for volume in children(pod.get("volumes"))}
    for index, one in enumerate(children(container.get("volumeMounts"))):
        volume = volumes.get(one.scalar("name"))
        if volume is None:
            continue
        inside = [volume, *children(volume.get("projected", "sources"))]
        for node in inside:
            for key, name, kind in (("configMap", "name", "ConfigMap"), ("secret", "secretName", "Secret"), ("secret", "name", "Secret")):
                held = node.scalar(key, name)
                if held:
                    items = tuple((i.scalar("key"), i.scalar("path")) for i in children(node.get(key, "items")))
                    place = document.place(one.span, f"{route}.volumeMounts[{index}]")
                    path = one.scalar("mountPath")
                    keys = ((one.scalar("subPath"), ""),) if one.scalar("subPath") else items
                    yield Mount(place, route, f"{kind}/{held}", path, keys)
