"""What a SQL statement says of its columns: the numbers that it learns, the columns that it derives, and how it picks rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mlrubric.source.syntax.sql import Statement, Word, parsed
from mlrubric.source.syntax.sql_statistics import MANY, Learnt, learnt
from mlrubric.source.syntax.sql_tree import SILENT, Item, Range, Select, Tree, plain

HASHES = frozenset(
    [
        "farm_fingerprint", "hash", "md5", "sha1", "sha256", "crc32", "hashtext", "hashtextextended", "ora_hash", "checksum", "bucket",
        "murmurhash3_32", "murmur_hash3_32", "xxhash64", "cityhash64", "siphash64", "fingerprint", "farmfingerprint64",
    ]
)  # fmt: skip
CHANCES = frozenset({"rand", "random", "uniform", "newid", "dbms_random", "generate_uuid", "randcanonical"})
DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Derived:
    """A column that is more than another one's name, with what its expression says."""

    name: str
    tokens: tuple[str, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Features:
    """What a statement says of columns; `picks` is how it takes some of the rows: by a hash, by chance, or not at all. `takes` and
    `makes` are its tables as they are written."""

    learns: tuple[Learnt, ...] = ()
    derives: tuple[Derived, ...] = ()
    picks: str = ""
    takes: tuple[str, ...] = ()
    makes: str = ""


def described(text: str) -> Iterator[tuple[Statement, Features]]:
    """Every statement of a text with what it says of columns."""
    for statement, words in parsed(text):
        yield statement, features(words, text)


def features(words: list[Word], text: str) -> Features:
    """What one statement learns, derives and picks."""
    tree = Tree(words, text)
    columns = _Columns(tree)
    derives = {one for arm in tree.main.arms for one in columns.derived(arm)} if tree.main is not None else set[Derived]()
    return Features(
        tuple(learnt(tree)), tuple(sorted(derives, key=lambda one: (one.offset, one.name))), columns.picks(), tree.takes(), tree.makes()
    )


class _Columns:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.low, self.words = tree.low, tree.words
        self._derived: dict[int, tuple[Derived, ...]] = {}

    def derived(self, select: Select, depth: int = 0) -> Iterator[Derived]:
        """The columns that a select yields and that are more than names, those that it only hands on among them."""
        for item in select.items:
            start, stop = item.words
            if item.name == "*" or stop - start == 1:
                yield from self._handed(item, select, depth)
            elif item.name and stop - start <= MANY:
                said = (self._said(at) for at in range(start, stop) if self.words[at][0] != "mark" or self.low[at] in "+-*/%")
                tokens = tuple(token for token in said if token and token not in SILENT)
                if len(tokens) > 1:
                    yield Derived(item.name, tokens, self.words[start][2])

    def _handed(self, item: Item, select: Select, depth: int) -> Iterator[Derived]:
        for source in select.sources if depth < DEEPEST else ():
            query = source.query or select.own.get(source.name)
            for arm in query.arms if query is not None else ():
                for one in self._derived_once(arm, depth + 1):
                    if item.name == "*":
                        yield one
                    elif one.name == plain(self.low[item.words[0]]):
                        yield Derived(item.name, one.tokens, one.offset)

    def _derived_once(self, select: Select, depth: int) -> tuple[Derived, ...]:
        if id(select) not in self._derived:
            self._derived[id(select)] = ()
            self._derived[id(select)] = tuple(self.derived(select, depth))
        return self._derived[id(select)]

    def _said(self, at: int) -> str:
        kind, text, _ = self.words[at]
        return text if kind == "text" else plain(self.low[at]) if self.low[at][:1].isalpha() or self.low[at][:1] in '_"`[' else self.low[at]

    def picks(self) -> str:
        """How a condition takes some of the rows (hash, chance), whether a column names the part of each row by these (parts), or ""."""
        for select in self.tree.selects:
            found = self._taken(select.where)
            if found:
                return found
            if any(self._named_parts(item) and self._taken(item.words) for item in select.items):
                return "parts"
        return ""

    def _taken(self, words: Range) -> str:
        low = self.low[slice(*words)]
        called = {word for at, word in enumerate(low, words[0]) if self.tree.word(at + 1) == "("}
        if called & CHANCES:
            return "chance"
        return "hash" if called & HASHES and ("mod" in called or "%" in low or "ora_hash" in called) else ""

    def _named_parts(self, item: Item) -> bool:
        """`case when rand() < 0.8 then 'train' else 'test' end`."""
        texts = {self.words[at][1].strip("'\"").lower() for at in range(*item.words)}
        return bool(texts & {"train", "training"}) and bool(texts & {"test", "testing", "valid", "validation", "eval", "val", "holdout"})
