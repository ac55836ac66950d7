"""What files say of people, documents, notebooks and data: facts without automation. `facts.py` is the union of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from mlrubric.model.place import Place


@dataclass(frozen=True, slots=True)
class Owner:
    """A CODEOWNERS line, with the owners of its section where it names none; in an optional section nobody waits for them."""

    place: Place
    pattern: str
    owners: tuple[str, ...]
    section: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """What a file asks of every change before it is merged. `approvals` by others; `owners`: those of CODEOWNERS must be among them;
    `required` is False where people are only asked (a form of pull requests, a bot); `off` says why it is not in force."""

    place: Place
    tool: str
    approvals: int = 1
    owners: bool = False
    required: bool = True
    off: str = ""


@dataclass(frozen=True, slots=True)
class Bot:
    """A dependency bot's update entry; `ecosystem` as the tool names it; its schedule is a Trigger fact with this symbol as owner."""

    place: Place
    tool: str  # dependabot | renovate
    ecosystem: str
    directory: str = "/"
    disabled: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    place: Place
    level: int
    text: str
    numbers: int = 0  # numbers in the text below it, up to the next heading
    has_table: bool = False
    body: str = ""  # the first 2,000 characters below it


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of a document that says that something is done or holds: no plan, no wish, no question, no instruction."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    place: Place
    text: str
    target: str
    image: bool = False


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """Model-card front matter; scalars by dotted route."""

    place: Place
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A fenced code block of a document; shell blocks are also Embedded facts with this symbol as owner."""

    place: Place
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Secret:
    """A credential literal in a tracked file. The value is never kept: `hint` says its shape ("AWS access key", "client secret")."""

    place: Place
    hint: str


class CellShape(NamedTuple):
    """How a cell is written. `says`: nothing, heading (headings alone), text, code, comment (comments alone); `title`: a heading of the
    first level is among it; `lines` without blank ends; `comments` is the longest run of comment lines, `tags` those of its metadata."""

    number: int
    line: int  # of the file
    kind: str  # code | markdown | raw | heading | ""
    says: str
    title: bool = False
    lines: int = 0
    comments: int = 0
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotebookInfo:
    """A notebook as a whole: for each code cell (cell number over all cells, raw line, execution count, has outputs, has error output);
    `shapes` are all cells."""

    place: Place
    language: str
    kernel: str
    cells: tuple[tuple[int, int, int | None, bool, bool], ...]
    shapes: tuple[CellShape, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """One SQL statement: the tables that it reads and writes, in lower case, the columns that it yields where all have names, and the files
    that it reads rows from, each with its place."""

    place: Place
    verb: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    owner: str = ""
    files: tuple[tuple[str, Place], ...] = ()


@dataclass(frozen=True, slots=True)
class LearntNumber:
    """A number over all rows of a table (`name` is the aggregate) that a SQL statement fills or scales a column of these rows with."""

    place: Place
    name: str
    column: str
    use: str  # "fill", "scale"
    yields: str


@dataclass(frozen=True, slots=True)
class DerivedColumn:
    """A column that a SQL statement makes of others, with what its expression says besides brackets and keywords."""

    place: Place
    name: str
    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueryFeatures:
    """What one SQL statement says of its columns. `picks` is how it takes some of the rows (`hash`, `chance`), or
    that it names the part of each row by these (`parts`). `takes` and `makes` are its tables as they are written, templates and all:
    they say the same in one file only."""

    place: Place
    learns: tuple[LearntNumber, ...] = ()
    derives: tuple[DerivedColumn, ...] = ()
    picks: str = ""
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    makes: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class DataFile:
    """A data, model or result file that is in the tree (only its path and size are known)."""

    place: Place
    size: int
    kind: str  # "data", "model", "report"
