"""The proof of the fixes: all of them are made on a tree in memory, and what came of it is looked at again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mlrubric.fix.plan import with_remedies
from mlrubric.fix.proof import problem_after
from mlrubric.fix.rounds import Outcome, until_quiet
from mlrubric.graph.build import build
from mlrubric.knowledge.catalogue import load_catalogue
from mlrubric.model.verdict import Finding
from mlrubric.read.drive import Known, read_tree
from mlrubric.rules.judge import PERSONAS, findings
from mlrubric.rules.rule import Rule
from mlrubric.source.comments import EXPECT
from mlrubric.source.decode import decode
from mlrubric.source.document import Document
from mlrubric.source.overlay import OverlayTree
from mlrubric.source.tree import MemoryTree, Tree
from mlrubric.suppress import split_suppressed


@dataclass(slots=True)
class Checked:
    """Counts of one rule. `tried`: findings of it; `applied`: mended ones; `gone`: findings fewer than before; `problems` in words."""

    tried: int = 0
    safe: int = 0
    unsafe: int = 0
    applied: int = 0
    gone: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, other: Checked) -> None:
        """The counts of the same rule on another tree."""
        self.tried += other.tried
        self.safe += other.safe
        self.unsafe += other.unsafe
        self.applied += other.applied
        self.gone += other.gone


@dataclass(slots=True)
class Trial:
    """One tree with all fixes of some rules made."""

    outcome: Outcome
    rules: dict[str, Checked]

    @property
    def told(self) -> list[str]:
        """What is said of the whole go, whatever the rule: files that could not be read afterwards, fixes that do not come to rest."""
        return [f"{message.place or ''} {message.message}".strip() for message in self.outcome.notices]

    @property
    def problems(self) -> list[str]:
        return [*self.told, *(problem for checked in self.rules.values() for problem in checked.problems)]


@dataclass(slots=True)
class Bench:
    """One tree with the rules that judge it; facts of files that stay the same are read once."""

    tree: Tree
    rules: Sequence[Rule]
    persona: str = PERSONAS[-1]
    excluded: frozenset[str] = frozenset()
    _known: Known = field(default_factory=dict)

    def found(self, files: Mapping[str, bytes]) -> list[Finding]:
        """All findings with their remedies, with some files' bytes replaced."""
        tree = OverlayTree(self.tree, files)
        facts = [one for one in read_tree(tree, known=self._known) if one.path not in self.excluded]
        picture = build(facts, [entry.path for entry in tree.files], load_catalogue(), whole=tree.whole)

        def text(path: str) -> str | None:
            document = decode(path, tree.read(path)) if path in picture.world.files else None
            return document.text if isinstance(document, Document) else None

        found = findings(picture, self.rules, self.persona)
        kept, _ = split_suppressed(found, [mark for one in facts for mark in one.ignores])
        return list(with_remedies(kept, self.rules, picture, text))

    def tried(self, only: Iterable[str] = (), unsafe: bool = True) -> Trial:
        """Makes every fix (of some rules), and holds what is found afterwards against what was found before."""
        wanted = frozenset(only)

        def found(files: Mapping[str, bytes]) -> list[Finding]:
            seen.append(self.found(files))
            return [one for one in seen[-1] if not wanted or one.rule in wanted]

        seen: list[list[Finding]] = []
        outcome = until_quiet(self.tree, found, unsafe)
        before, after = seen[0], seen[-1]
        rules: dict[str, Checked] = {}
        for rule in self.rules:
            if rule.fixes and (not wanted or rule.id in wanted):
                rules[rule.id] = _counted(rule.id, before, after, outcome)
        self._look(before, after, outcome, rules)
        if (
            outcome.files
            and until_quiet(OverlayTree(self.tree, outcome.files), lambda files: found({**outcome.files, **files}), unsafe).files
        ):
            for name in sorted({one.rule for one in outcome.fixed}):
                rules[name].problems.append("a second run changes something")
        return Trial(outcome, {name: one for name, one in rules.items() if one.tried})

    def _look(self, before: list[Finding], after: list[Finding], outcome: Outcome, rules: dict[str, Checked]) -> None:
        earlier, later = (Counter((one.rule, one.place.path) for one in side) for side in (before, after))
        blamed = Counter(one.rule for one in outcome.fixed)
        loud = {rule.id: PERSONAS.index(rule.persona) for rule in self.rules}
        for (rule, path), count in sorted((later - earlier).items()):
            said = next(f"{one.place} {one.message}" for one in after if (one.rule, one.place.path) == (rule, path))
            for name in sorted({one.rule for one in outcome.fixed if one.path == path} or set(blamed)):
                if loud[rule] <= loud[name]:  # who does not hear a rule is not told what it says of the fix
                    rules[name].problems.append(f"{count} new: {rule} {said}")
        there = {entry.path for entry in self.tree.files}
        for path, data in sorted(outcome.files.items()):
            problem = problem_after(path, self.tree.read(path) if path in there else b"", data)
            for name in sorted({one.rule for one in outcome.fixed if one.path == path}) if problem else ():
                rules[name].problems.append(f"{path} cannot be read afterwards: {problem}")


def unlike_fixed(rule: Rule, bad: Mapping[str, bytes], fixed: Mapping[str, bytes], book: Sequence[Rule]) -> Iterator[str]:
    """Where `bad`, once it is mended, differs from `fixed`; the marks of the examples stay where they were and count on neither side."""
    trial = Bench(MemoryTree(dict(bad)), book).tried([rule.id])
    now = {**bad, **trial.outcome.files}
    wanted = {**bad, **fixed}
    for path in sorted(path for path in now.keys() | wanted.keys() if not path.endswith(".expect")):
        if path not in wanted or path not in now:
            yield f"{path}: {'is not there' if path in wanted else 'is new'} after the fix"
        elif _plain(now[path]) != _plain(wanted[path]):
            yield f"{path}: after the fix it is\n{_plain(now[path])}"
    if not trial.outcome.fixed:
        yield "nothing is fixed"
    yield from trial.problems


def _plain(data: bytes) -> str:
    return EXPECT.sub("", data.decode("utf-8", "replace")).rstrip("\n")


def _counted(rule: str, before: list[Finding], after: list[Finding], outcome: Outcome) -> Checked:
    mine = [one for one in before if one.rule == rule]
    left = sum(one.rule == rule for one in after)
    applied = sum(one.rule == rule for one in outcome.fixed)
    checked = Checked(
        len(mine),
        sum(one.fix == "safe" for one in mine),
        sum(one.fix == "unsafe" for one in mine),
        applied,
        len(mine) - left,
    )
    if checked.gone < min(applied, len(mine)):
        still = [str(one.place) for one in after if one.rule == rule][:3]
        checked.problems.append(f"{applied} mended, and only {checked.gone} of {len(mine)} findings gone (still {', '.join(still)})")
    return checked
