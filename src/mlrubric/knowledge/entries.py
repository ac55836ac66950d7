"""What the catalogue says about one name: functions, methods, classes, attributes and method names on unknown receivers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

GENERATORS = ("python", "numpy", "torch", "tensorflow", "jax", "polars", "own", "fixed")
"""Global random generators; `own` draws fresh entropy that no global seed reaches."""

CHECKED = ("input", "output", "annotated")
"""What of a function a decorator checks."""

FLOWS = ("args", "none", "receiver", "first")
"""What reaches the result: all arguments and the receiver, nothing, the receiver only, the first argument only."""

TRAITS = (
    "statistic", "extreme", "counts", "window", "order", "indexes", "time", "rows", "picks", "categories", "oversamples", "undersamples",
    "stops", "groups", "columns", "spreads", "aligns", "now", "moment", "lasting", "later", "stages", "tells_score", "salted",
    "chosen", "records",
)  # fmt: skip
"""What a call does to rows beyond its role: a number that stands for all rows; one end of the values; how many there are, missing or alike;
a value from neighbouring rows in their order; bringing rows in order; making a column their index; times; some of the rows; the best of
several; learning which categories there are and nothing else; repeating or inventing rows; leaving out rows by what lies near them;
stopping a training, or keeping its best state, by what the validation rows say; making groups of rows; leaving the columns as they are;
making a column of each category, called by it; giving data the columns or categories that an argument names, whatever its own rows hold
(`@columns` or an `@axis` of columns, where the entry has such an argument); the present moment; when a file was written; becoming a part
of a model that its training leaves as it is; values of later rows for earlier ones; the scores that a training saw of its validation
rows; a number that is another one in every process; settings that a search has chosen, and nothing else;
reading or writing records of the collection that it is called on."""

GIVES = (
    "parser",
    "option",
    "options",
    "settings",
    "layers",
    "setting",
    "asset",
    "component",
    "output",
    "named",
    "plan",
    "steps",
    "assets",
    "holder",
    "required",
    "stepped",
)
"""What a call hands to the program from outside: a parser that options are declared to or settings are read into; one declared option;
the parsed options; the content of the settings file that `@source` names (or, with `@name`, of that file in the folder `@source`); one
setting of a parser. `settings:params.yaml` names the file that is read when the call names none. `layers`: files of settings whose first
names are those of environments. Of functions: `asset`, what it returns
goes by its name to parameters of that name; `component:<type>`, its outputs go by name to other
components, and calling it gives that type; `output`, an annotation of such an output. `named:<store>`: a task that names the data it
takes and gives, as the store knows them. `plan`: the function is run once, to declare
tasks, and what it calls waits only for what is declared; of a class, what stands in its block is. `steps`: inside of the block the order of
the text is that of the tasks. `assets`: a job over the assets that `@steps` selects. `holder`: what the server loads; what is not handed
to it is not loaded. `required`: what the method `requires` of the class gives runs before it.
`stepped`: a pipeline that is an object made of the steps in `@steps`."""

STORED = ("bucket", "store", "url", "database")
"""Where what a call fetches lies: in a bucket, in a store of data sets, at an address that a library knows by itself, or in the collection
of a database that its receiver names."""

HOLDS = ("items", "names")
"""What is in an instance: the items of the first argument of its constructor, which `names` gives as attributes too."""

Condition = tuple[tuple[str, tuple[str, ...]], ...]
"""Argument role -> accepted values; all must hold. Values are texts as in the source without quotes, in lower case for True, False
and None, `absent`, `present`, or a pattern with `*`."""


@dataclass(frozen=True, slots=True)
class Param:
    """Where an argument role stands in a call: positions counted without the receiver, keyword names; `rest` takes all further
    positional arguments from the first position on."""

    role: str
    positions: tuple[int, ...] = ()
    keywords: tuple[str, ...] = ()
    rest: bool = False


@dataclass(frozen=True, slots=True)
class RolesWhen:
    """Roles that hold only when the arguments say so; `replace` drops the unconditional ones."""

    roles: tuple[str, ...]
    when: Condition
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Api:
    """A function, a method (`Type.method`) or a constructor.

    `returns` is a type expression: a qualified name, `self` (type of the receiver), `arg:0`, `arg:@value`, `tuple[T, T]`, `list[T]`,
    `dict[T]`, or "" when unknown, `any` for a part of it that is; `returns_with` are the types where one of these arguments is given.
    `flows` is of FLOWS. `learns`: what the arguments carry flows into the receiver. `mutates`: so it does, and the receiver changes in
    place. `gate` is "raises" when a failing check raises by itself, "result" when its verdict stands in the result and nothing stops unless
    somebody looks; `gate_with`: only when one of these arguments is given. `passed` is how somebody looks: an expression over `{result}` or
    `{receiver}`. `checks`: as a decorator, what of the function it checks:
    `input`, `output`, `annotated` (what the annotations of parameters and of the result say). `measures`: put into a report or suite, it
    makes running that mean these roles. `random` is the generator that is drawn from when no `@seed` argument is given (`fixed`: the
    library has a seed of its own), `seeds` are the generators that the call seeds. `options` is the argument whose entries count as
    keywords. `parts` names the parts of a split result (repeated for every array that goes in). `folds`: splits inside and judges on
    held-out folds. `bundled`: the data comes in a fixed version with the library. `stored` is of STORED: `@source` is a key there, no path.
    `decorates`: as a decorator, or called with a function, the roles are those of the function. `calls`: arguments that are functions that
    will be called, `calls_with` the types of what they are called with (`self` for that of the receiver). `gives` is of GIVES. `hands`: a
    decorator hands an object of this type to the first parameter of what it decorates. `asks`: methods that the library calls by itself, of
    heirs of the class, of what is
    decorated or of the object `@model`, each with the role that it gives them (or ""). `runs`: the library calls what is decorated by
    itself. `since` and `until` bound the versions that it holds for; `unknown`: it holds where the version is not known, too.
    """

    name: str
    kind: str = "function"  # function | constructor
    roles: tuple[str, ...] = ()
    params: tuple[Param, ...] = ()
    returns: str = ""
    returns_with: tuple[tuple[Param, str], ...] = ()
    flows: str = "args"
    learns: bool = False
    mutates: bool = False
    gate: str = ""
    gate_with: tuple[str, ...] = ()
    passed: str = ""
    random: str = ""
    random_when: Condition = ()
    random_unless: Condition = ()
    seeds: tuple[str, ...] = ()
    options: str = ""
    conditional: tuple[RolesWhen, ...] = ()
    parts: tuple[str, ...] = ()
    folds: bool = False
    bundled: bool = False
    stored: str = ""
    decorates: bool = False
    checks: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    calls: Param | None = None
    calls_with: tuple[str, ...] = ()
    gives: str = ""
    hands: str = ""
    asks: tuple[tuple[str, str], ...] = ()
    runs: bool = False
    since: str = ""
    until: str = ""
    unknown: bool = False
    confidence: float = 1.0

    def param(self, role: str) -> Param | None:
        """The place of an argument role in the call, if it has one."""
        for param in self.params:
            if param.role == role:
                return param
        return None

    def roles_for(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """The roles of a call whose argument roles have these values (an argument that is not given is not in `values`)."""
        roles = list(self.roles)
        for option in self.conditional:
            if holds(option.when, values):
                roles = list(option.roles) if option.replace else [*roles, *option.roles]
        if self.random_for(values):
            roles.append("random.use")
        return tuple(dict.fromkeys(roles))

    def random_for(self, values: Mapping[str, str]) -> str:
        """The generator that such a call draws from, "" when it is deterministic; a given `@seed` does not change the answer."""
        if not self.random:
            return ""
        if self.random_when and not holds(self.random_when, values):
            return ""
        if self.random_unless and holds(self.random_unless, values):
            return ""
        return self.random


@dataclass(frozen=True, slots=True)
class TypeInfo:
    """A class. `bases` are looked up in order, depth first; a base may be a pseudo class that only holds methods. `arithmetic`: operators
    and comparisons on it give the same type again. `constructor` says what calling it means. `holds` is of HOLDS."""

    name: str
    bases: tuple[str, ...]
    constructor: Api
    arithmetic: bool = False
    holds: str = ""


@dataclass(frozen=True, slots=True)
class Duck:
    """What a method name means on a receiver of unknown type; never sure. It holds for calls with `min_args` to `max_args` positional and
    keyword arguments together, and, when `receivers` is given, for receivers whose last name matches one of these patterns."""

    method: str
    api: Api
    min_args: int = 0
    max_args: int = 99
    receivers: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()  # one of them must be given

    def fits(self, arguments: int, keywords: tuple[str, ...] = (), receiver: str = "") -> bool:
        """Whether a call with so many arguments, these keywords and this receiver name may be meant."""
        if not self.min_args <= arguments <= self.max_args:
            return False
        if self.keywords and not any(keyword in keywords for keyword in self.keywords):
            return False
        return not self.receivers or any(fnmatchcase(receiver.lower(), pattern) for pattern in self.receivers)


@dataclass(frozen=True, slots=True)
class Example:
    """A proof that lies beside the entry: the call on `line` of `code` has this role (or type, or randomness)."""

    code: str
    line: int
    role: str = ""
    api: str = ""
    random: str = ""
    place: str = ""


def holds(condition: Condition, values: Mapping[str, str]) -> bool:
    """Whether all clauses of a condition hold for the values of a call."""
    return all(_accepts(accepted, values.get(role)) for role, accepted in condition)


def _accepts(accepted: tuple[str, ...], value: str | None) -> bool:
    if value is None:
        return "absent" in accepted
    for pattern in accepted:
        if pattern in ("present", value):
            return True
        if ("*" in pattern or "[" in pattern) and fnmatchcase(value.lower(), pattern):
            return True
    return False
