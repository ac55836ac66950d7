"""setup.py: what its `setup(...)` call says as far as constants tell, read from the syntax tree and never run."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator

from mlrubric.model.facts import Fact, Include, Manifest, Notice, Project, Unreadable
from mlrubric.model.place import Span
from mlrubric.read.declared import from_text
from mlrubric.read.setup_values import Values
from mlrubric.source.document import Document

FORMAT = "setup_script"

_LISTS = (("install_requires", "direct", ""), ("setup_requires", "build", "build-system"), ("tests_require", "direct", "test"))
_COMPUTED = "computed when the file runs"


def accepts(path: str) -> bool:
    return path.rsplit("/", 1)[-1] == "setup.py"


def read(document: Document) -> Iterable[Fact]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in somebody's strings are not our business
            tree = ast.parse(document.text)
    except SyntaxError as problem:
        span = Span(problem.lineno or 1, max(problem.offset or 1, 1))
        return [Unreadable(document.place(span), FORMAT, f"not Python: {problem.msg}")]
    except (ValueError, RecursionError) as problem:
        return [Unreadable(document.place(), FORMAT, f"not Python that can be read: {problem}")]
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_setup(node)]
    values = Values(tree)
    return list(dict.fromkeys(fact for call in calls for fact in _Call(document, values, call).facts()))


def _is_setup(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Name):
        return call.func.id == "setup"
    return isinstance(call.func, ast.Attribute) and call.func.attr == "setup" and bool(call.keywords)


class _Call:
    def __init__(self, document: Document, values: Values, call: ast.Call) -> None:
        self.document, self.values, self.call = document, values, call
        self.lines = document.lines()
        self.arguments: dict[str, ast.expr] = {}
        self.unknown: list[ast.expr] = []
        for word in call.keywords:
            if word.arg is not None:
                self.arguments[word.arg] = word.value
                continue
            found, unknown = values.table(word.value)
            self.arguments.update(found)
            self.unknown += unknown

    def facts(self) -> Iterator[Fact]:
        python = self._text("python_requires")
        yield Manifest(self.document.place(self._span(self.call), "setup"), "manifest", "setuptools", python or None)
        yield self._project()
        for node in self.unknown:
            yield self._not_seen(node, "arguments of setup()")
        for key, kind, group in _LISTS:
            if key in self.arguments:
                yield from self._requirements(self.arguments[key], key, kind, group)
        if "extras_require" in self.arguments:
            yield from self._extras(self.arguments["extras_require"])

    def _extras(self, argument: ast.expr) -> Iterator[Fact]:
        extras, unknown = self.values.table(argument)
        for group, node in extras:
            facts = list(self._requirements(node, f"extras_require[{group!r}]", "direct", group))
            unseen = [fact for fact in facts if isinstance(fact, Unreadable) and fact.reason.endswith(_COMPUTED)]
            unknown += [node] if unseen else []
            yield from (fact for fact in facts if fact not in unseen)
        if unknown:  # one fact for all that nobody can see without running the file
            yield from self._computed(unknown, "extras_require", "", 1)

    def _requirements(self, node: ast.expr, argument: str, kind: str, group: str) -> Iterator[Fact]:
        strings = self.values.strings(node)
        for text, writer in strings.found:
            if strings.unknown and not _is_requirement(text):
                continue
            for line in text.split("\n"):
                bare = re.split(r"(?:^|\s)#", line, maxsplit=1)[0].strip()
                if bare:
                    yield from_text(self.document, FORMAT, bare, self._where(bare, writer), manager="setuptools", kind=kind, group=group)
        if strings.unknown:
            yield from self._computed(strings.unknown, argument, group)

    def _computed(self, nodes: list[ast.expr], argument: str, group: str, most: int = 20) -> Iterator[Fact]:
        """What running the file would tell: an include when it reads a file whose name is visible, else not seen."""
        files = self.values.files_behind(nodes)
        for target, node in files:
            place = self.document.place(self._span(node), argument)
            yield Include(place, target, "requirements", group)
            yield Notice(place, f"{argument} is read from `{target}` when the package is built")
        if not files:
            for node in nodes[:most]:
                yield self._not_seen(node, argument)

    def _not_seen(self, node: ast.expr, what: str) -> Unreadable:
        return Unreadable(self.document.place(self._span(node), what), FORMAT, f"{what}: {_COMPUTED}")

    def _project(self) -> Project:
        roots: list[str] = []
        packages: list[str] = []
        folders, _ = self.values.table(self.arguments["package_dir"]) if "package_dir" in self.arguments else ([], [])
        for package, node in folders:
            folder = self.values.text(node)
            roots += [folder] if package == "" and folder else []
        if "packages" in self.arguments:
            for text, _ in (strings := self.values.strings(self.arguments["packages"])).found:
                packages.append(text)
            roots += [folder for node in strings.unknown for folder in self._where_packages(node)]
        modules = self.values.strings(self.arguments["py_modules"]).found if "py_modules" in self.arguments else []
        packages += [text for text, _ in modules]
        place = self.document.place(self._span(self.call), "project")
        scripts = tuple(dict.fromkeys(self._scripts()))
        return Project(place, self._text("name"), tuple(sorted(set(roots))), tuple(sorted(set(packages))), scripts)

    def _where_packages(self, node: ast.expr) -> Iterator[str]:
        """The folder that `find_packages(where)` searches."""
        if isinstance(node, ast.Call):
            given = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "where")]
            folders = [self.values.text(argument) for argument in given]
            yield from (folder for folder in folders if folder)

    def _scripts(self) -> Iterator[tuple[str, str]]:
        entries = self.arguments.get("entry_points")
        text = self.values.text(entries) if entries is not None else None
        groups: list[tuple[str, list[str]]] = []
        if text is not None:
            for line in text.split("\n"):
                if line.strip().startswith("["):
                    groups.append((line.strip(" []"), []))
                elif groups:
                    groups[-1][1].append(line)
        elif entries is not None:
            groups = [(group, [line for line, _ in self.values.strings(node).found]) for group, node in self.values.table(entries)[0]]
        for group, lines in groups:
            for line in (part for item in lines for part in item.split("\n")):
                name, sign, target = line.partition("=")
                if sign:
                    prefix = "" if group in ("console_scripts", "gui_scripts") else f"{group}:"
                    yield prefix + name.strip(), target.strip()
        scripts = self.values.strings(self.arguments["scripts"]).found if "scripts" in self.arguments else []
        for path, _ in scripts:
            yield path.rsplit("/", 1)[-1], path

    def _text(self, argument: str) -> str:
        node = self.arguments.get(argument)
        return (self.values.text(node) or "") if node is not None else ""

    def _span(self, node: ast.expr) -> Span:
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return Span(node.lineno, self._column(node.lineno, node.col_offset), end_line, self._column(end_line, end_column))

    def _column(self, line: int, offset: int) -> int:
        """`ast` counts bytes of UTF-8; we count characters."""
        return len(self.lines[line - 1].encode()[:offset].decode(errors="ignore")) + 1

    def _where(self, text: str, writer: ast.expr) -> Span:
        """The text inside its literal, or the whole literal when it is not written in one piece."""
        span = self._span(writer)
        for number in range(span.line, span.end_line + 1):
            start = span.column - 1 if number == span.line else 0
            at = self.lines[number - 1].find(text, start)
            if at >= 0:
                return Span(number, at + 1, number, at + 1 + len(text))
        return span


def _is_requirement(text: str) -> bool:
    """Beside parts that are unknown a string may be a file name or a separator of theirs."""
    return re.match(r"[A-Za-z0-9][\w.-]*\s*(?:$|[\[<>=!~;@])", text) is not None and not text.endswith((".txt", ".in"))
