""".dvc/config: where the data lies that DVC tracks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.model.facts import Fact, Remote, Setting
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.syntax import ini
from mlrubric.source.syntax.node import SyntaxProblem

FORMAT = "dvc_config"
_REMOTE = re.compile(r"""^['"]?remote\s+"(?P<name>[^"]+)"['"]?$""")
_COMMENT = re.compile(r"\s+#.*$")
_PASSWORD = re.compile(r"(?<=://)[^/@\s]+@")


def accepts(path: str) -> bool:
    return re.search(r"(?:^|/)\.dvc/config(?:\.local)?$", path) is not None


def read(document: Document) -> Iterator[Fact]:
    try:
        root = ini.parse(document.text)
    except SyntaxProblem as problem:
        yield unreadable(document, FORMAT, problem)
        return
    default = root.scalar("core", "remote")
    for section, options in root.entries:
        remote = _REMOTE.match(section.text)
        if remote:
            name = remote["name"]
            url = _PASSWORD.sub("", _COMMENT.sub("", options.scalar("url")))
            yield Remote(document.place(section.span, f"remote.{name}"), name, url, name == default)
            written = options.get("url")
            if written is not None:
                route = f"remote.{name}.url"
                yield Setting(document.place(written.span, route), route, url)
        elif section.text in ("core", "cache"):
            for key, value in options.pairs():
                route = f"{section.text}.{key}"
                yield Setting(document.place(value.span, route), route, value.text)
