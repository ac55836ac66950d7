"""The rule book of a run: the packaged one as far as it is pinned, and rule files of one's own beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mlrubric import RULES_VERSIONS
from mlrubric.config import Settings
from mlrubric.rules.load import load_rules, read_rule, row_of
from mlrubric.rules.rule import Rule, RuleBook, RuleError
from mlrubric.rules.wording import check_wording


def book_of(settings: Settings) -> RuleBook:
    """The packaged rule book with the rules of one's own. What was added later than the pinned version is not in it."""
    whole = whole_book(settings)
    pinned = RULES_VERSIONS.index(settings.rules)
    rules = (rule for rule in whole.rules if rule.own or RULES_VERSIONS.index(rule.since or RULES_VERSIONS[0]) <= pinned)
    return replace(whole, rules=tuple(rules))


def whole_book(settings: Settings) -> RuleBook:
    """The same with all versions: what can be explained."""
    book = load_rules()
    if not settings.own_rules:
        return book
    own = own_rules(settings.own_rules, book.rules)
    return replace(book, rules=tuple(sorted((*book.rules, *own), key=lambda rule: rule.id)))


def own_rules(folders: Iterable[Path], taken: Sequence[Rule] = ()) -> tuple[Rule, ...]:
    """The rules in the TOML files of folders, held against the schema. An id or a name that is `taken`, or is there twice, is an error."""
    book = {name for rule in taken for name in (rule.id, rule.name)}
    known: dict[str, Path] = {}
    found = []
    for folder in folders:
        files = sorted(path for path in folder.rglob("*.toml") if path.is_file())
        if not files:
            raise RuleError(folder, 1, "no rule files (*.toml) in this folder")
        for path in files:
            rule = replace(read_rule(path), own=True)
            _check_expressions(rule)
            check_wording(rule)
            for name in (rule.id, rule.name):
                if name in book or name in known:
                    other = "the rule book" if name in book else str(known[name])
                    raise RuleError(path, row_of(path, f'"{name}"'), f"`{name}` is a rule of {other} already")
                known[name] = path
            found.append(rule)
    return tuple(found)


def _check_expressions(rule: Rule) -> None:
    """A question about expressions names a trait, a role or a form: of all there are it would be no question."""
    from mlrubric.graph.habits import FORMS, KIND

    where = rule.question.get("where", {})
    if rule.question.get("kind") != KIND or not isinstance(where, Mapping):
        return
    form = where.get("form")
    forms = form.get("in", ()) if isinstance(form, Mapping) else [form]
    if any(wanted is True and key.startswith(("trait.", "role.")) for key, wanted in where.items()):
        return
    if not forms or not FORMS.issuperset(forms):
        said = f'a question about expressions asks for "trait.<name>" = true, "role.<name>" = true, or a form of {", ".join(sorted(FORMS))}'
        raise RuleError(rule.path, row_of(rule.path, f'"{KIND}"'), said)


def chosen(book: RuleBook, settings: Settings) -> list[Rule]:
    """The rules that a run asks: those that are selected. One that is tried out is asked for by its whole id or with `preview`, a
    deprecated one by its whole id."""
    asked = {"stable": True, "preview": settings.preview, "deprecated": False}
    return [rule for rule in book.rules if settings.wants(rule.id) and (asked[rule.stage] or settings.names(rule.id))]


def retired(rules: Iterable[Rule]) -> tuple[str, ...]:
    """What is said of chosen rules that are deprecated."""
    return tuple(
        f"{rule.id} ({rule.name}) is deprecated" + (f": {' and '.join(rule.replaced_by)} took its place" if rule.replaced_by else "")
        for rule in rules
        if rule.stage == "deprecated"
    )
