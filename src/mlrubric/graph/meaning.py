"""What the calls of the program mean: roles and argument roles, from the catalogue and the resolved targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlrubric.graph.handed import Handed
from mlrubric.graph.program import Program
from mlrubric.graph.resolve import Resolver
from mlrubric.graph.values import HOLE, Values, number
from mlrubric.graph.versions import Versions
from mlrubric.knowledge.catalogue import Catalogue
from mlrubric.knowledge.entries import Api

READS = ("data.read", "model.load")
NO_ROLES: frozenset[str] = frozenset()
MOCK = "test.mock"
NOTHING = Api("")
PROTOCOL = {
    ("model", "fit"): "model.fit",
    ("model", "predict"): "model.predict",
    ("model", "predict_proba"): "model.predict",
    ("transform", "fit"): "transform.fit",
    ("transform", "transform"): "transform.apply",
    ("transform", "fit_transform"): "transform.fit_apply",
}


@dataclass(frozen=True, slots=True)
class Meaning:
    """`arguments` are the operations behind the argument roles; `kind` is the library type that is made or called on; `certain` is
    false when only the method's name spoke; `entry` is None for a library's name that the catalogue does not have. `settings` are
    argument roles that come from a settings file with `**`, as text; `open` says that a `**` hands over we do not know what."""

    api: str
    roles: tuple[str, ...]
    arguments: dict[str, int]
    entry: Api | None = None
    kind: str = ""
    certain: bool = True
    settings: Mapping[str, str] = field(default_factory=dict)
    open: bool = False
    tame: bool = False  # told not to raise

    @property
    def flows(self) -> str:
        return self.entry.flows if self.entry else "args"

    @property
    def changes(self) -> bool:
        """The call puts what its arguments carry into its receiver."""
        return self.entry is not None and (self.entry.learns or self.entry.mutates)

    @property
    def raises(self) -> bool:
        """The call itself raises when its check fails."""
        entry = self.entry
        if entry is None or entry.gate != "raises" or self.tame:
            return False
        return not entry.gate_with or any(role in self.arguments for role in entry.gate_with)

    @property
    def judges(self) -> bool:
        """The call gives a verdict that stops nothing by itself."""
        return self.entry is not None and (self.entry.gate == "result" or (self.entry.gate == "raises" and self.tame))


class Meanings:
    """The meaning of each call, computed once the resolver has ended."""

    def __init__(self, program: Program, resolver: Resolver, catalogue: Catalogue, versions: Versions | None = None) -> None:
        self.program, self.resolver, self.catalogue, self.versions = program, resolver, catalogue, versions
        self._handed = Handed(program, resolver, catalogue)
        self._of: dict[int, Meaning] = {}
        self._mocks: dict[str, bool] = {}
        self._traits: dict[tuple[str, str, str], frozenset[str]] = {}
        for op, facts in enumerate(program.ops):
            if facts.kind == "call":
                meaning = self._meaning(op)
                if meaning is not None:
                    self._of[op] = meaning
        self._own_learners()

    def of(self, op: int) -> Meaning | None:
        return self._of.get(op)

    def roles(self, op: int) -> frozenset[str]:
        """The roles of an operation; none when nothing is known of it."""
        meaning = self._of.get(op)
        return frozenset(meaning.roles) if meaning is not None else NO_ROLES

    def mocked(self, op: int) -> bool:
        """Whether a value is, or comes from, something that tests put in the place of a part of the program."""
        names = (str(v[1]) for v in self.resolver.of(op) if v[0] in ("external", "foreign", "object"))
        return any(self._is_mock(name) for name in names)

    def _is_mock(self, name: str) -> bool:
        if name not in self._mocks:
            api = self.catalogue.api(name) if "." in name else None
            inside = "." in name and self._is_mock(name.rpartition(".")[0])
            self._mocks[name] = inside or (api is not None and MOCK in api.roles)
        return self._mocks[name]

    def add(self, op: int, meaning: Meaning) -> None:
        """What an operation means that is no call: a parameter that is read from a file, a result that is written to one."""
        self._of[op] = meaning

    def named(self, op: int) -> Meaning | None:
        """The meaning of a library's name that is used without a call, as a bare decorator is."""
        for value in sorted(self.resolver.of(op), key=repr):
            if value[0] == "external":
                api = self._api(op, str(value[1]))
                if api is not None:
                    return Meaning(api.name, api.roles, {}, api)
            elif value[0] == "method":
                api = self._method(op, str(value[1]), str(value[2]))
                if api is not None:
                    return Meaning(api.name, api.roles, {}, api)
        return None

    def _api(self, op: int, name: str) -> Api | None:
        return self.catalogue.api(name, self._version(op, name))

    def _method(self, op: int, owner: str, name: str) -> Api | None:
        return self.catalogue.method(owner, name, self._version(op, owner))

    def _version(self, op: int, name: str) -> str:
        """The version of a name's library that an operation meets, where what the library means depends on it."""
        if self.versions is None or not self.catalogue.varies(name):
            return ""
        return self.versions.likely(self.program.unit(op).path, name)

    def traits(self, meaning: Meaning) -> frozenset[str]:
        """What a call does to rows beyond its roles: traits of its entry, of its own name and of the type it is made of or called on."""
        names = (meaning.api, meaning.kind, meaning.entry.name if meaning.entry is not None else "")
        known = self._traits.get(names)
        if known is None:
            known = self._traits[names] = frozenset(t for name in names if name for t in self.catalogue.traits(name))
        return known

    def all(self) -> dict[int, Meaning]:
        return self._of

    def _meaning(self, op: int) -> Meaning | None:
        targets = sorted(self.resolver.targets.get(op, ()), key=repr)
        inside = any(t[0] in ("function", "class") for t in targets)
        best: Meaning | None = None
        for target in targets:
            found: Meaning | None = None
            if target[0] == "external":
                found = self._named(op, str(target[1]), self._api(op, str(target[1])))
            elif target[0] == "method":
                owner, name = str(target[1]), str(target[2])
                if owner == "builtins.str" and not hasattr(str, name):
                    continue  # the text stands for something that is not there
                found = self._named(op, f"{owner}.{name}", self._method(op, owner, name), owner)
            elif target[0] == "class":
                found = self._subclass(number(target))
            if found is not None and not (inside and found.entry is None) and (best is None or len(found.roles) > len(best.roles)):
                best = found
        if best is None and not inside:
            best = self._duck(op)
        return best

    def _own_learners(self) -> None:
        """Classes of the project that learn by themselves: `fit` with `predict` or `transform`, and no library's learner inside. Their
        methods mean what the protocol of scikit-learn says."""
        busy = {
            self.resolver.class_of.get(self.program.scope_id(op))
            for op, m in self._of.items()
            if any(r.startswith("model.") for r in m.roles)
        }
        for op, targets in self.resolver.targets.items():
            if op in self._of:
                continue
            for target in sorted(targets, key=repr):
                if target[0] != "function":
                    continue
                scope = number(target)
                owner = self.resolver.class_of.get(scope)
                if owner is None or owner in busy:
                    continue
                methods = self.program.exports[owner]
                kind = (
                    "model"
                    if "fit" in methods and "predict" in methods
                    else "transform"
                    if "fit" in methods and "transform" in methods
                    else ""
                )
                role = PROTOCOL.get((kind, self.program.scopes[scope].name))
                if role is not None:
                    self._of[op] = Meaning(self.program.qualified(scope), (role,), self._by_position(op))

    def _by_position(self, op: int) -> dict[str, int]:
        """The data and the target of a call in the protocol of scikit-learn."""
        return dict(zip(("@data", "@target"), self.program.positional(op), strict=False))

    def _subclass(self, scope: int) -> Meaning | None:
        """Building an instance of a project class that extends a library's class."""
        for library in self.resolver.mro(scope)[1]:
            kind = self.catalogue.type(library)
            if kind is not None and kind.constructor.roles:
                return Meaning(library, kind.constructor.roles, {}, kind.constructor, library)
        return None

    def _duck(self, op: int) -> Meaning | None:
        callee = self.program.args[op][0]
        if callee < 0 or self.program.ops[callee].kind != "attribute":
            return None
        receiver = self.program.args[callee][0]
        known = ("external", "object", "module", "package", "made", *(("text",) if hasattr(str, self.program.ops[callee].name) else ()))
        if any(v[0] in known for v in self.resolver.of(receiver)):
            return None
        if self.mocked(receiver) and not self.program.ops[callee].name.startswith("assert"):
            return None
        names = self.program.ops[op].value
        keywords = tuple(str(n) for n in names) if isinstance(names, tuple) else ()
        count = len(self.program.args[op]) - 1
        for duck in self.catalogue.duck(self.program.ops[callee].name):
            if duck.fits(count, keywords, self.program.ops[receiver].name):
                return self._named(op, f"?.{duck.method}", duck.api, certain=False)
        return None

    def _named(self, op: int, name: str, api: Api | None, owner: str = "", certain: bool = True) -> Meaning:
        if api is None:
            return Meaning(name, (), {}, None, owner)
        if api.kind == "constructor":
            owner = api.name
        arguments = self._arguments(op, api)
        settings, is_open = self._unfold(op, api, arguments)
        spelled = {**settings, **{role: self.spelling(a) for role, a in arguments.items()}}
        roles = api.roles_for(spelled)
        if spelled.get("@source") == "none" and self._left_out(arguments.get("@source", -1)):  # the file of an option
            roles = tuple(role for role in roles if role not in READS)
        tame = spelled.get("@fails") == "false"
        return Meaning(api.name if certain else name, roles, arguments, api, owner, certain, settings, is_open, tame)

    def _left_out(self, argument: int) -> bool:
        """Whether an argument can be nothing but None."""
        return argument < 0 or all(value[0] == "const" for value in self.resolver.of(argument))

    def _unfold(self, op: int, api: Api, arguments: dict[str, int]) -> tuple[dict[str, str], bool]:
        """What is handed over in dicts: their entries join the arguments, settings of a file are given as text; and whether more may
        come."""
        entries = self._handed.entries(op, api, arguments)
        found: dict[str, str] = {}
        for param in api.params:
            for keyword in param.keywords:
                if keyword in entries.ops:
                    arguments[param.role] = entries.ops[keyword]
                elif keyword in entries.settings and param.role not in arguments:
                    found.setdefault(param.role, self.spelled(entries.settings[keyword]))
        return found, entries.open

    def names_given(self, op: int) -> frozenset[str]:
        """The names of all arguments that a call is given by name, those in dicts among them."""
        names = self.program.ops[op].value
        entries = self._handed.entries(op, NOTHING, {})
        return (
            frozenset((*(n for n in names if isinstance(n, str)), *entries.ops, *entries.settings))
            if isinstance(names, tuple)
            else frozenset()
        )

    def spellings(self, meaning: Meaning) -> dict[str, str]:
        """All argument roles of a call as text."""
        return {**meaning.settings, **{role: self.spelling(argument) for role, argument in meaning.arguments.items()}}

    def _arguments(self, op: int, api: Api) -> dict[str, int]:
        """Argument role -> operation, by keyword first and position second."""
        facts, args = self.program.ops[op], self.program.args[op]
        names = facts.value if isinstance(facts.value, tuple) else ()
        keywords = dict(zip(names, args[len(args) - len(names) :], strict=True)) if names else {}
        keywords = {**self._handed.bound(op), **keywords}
        positional = self.program.positional(op)
        found: dict[str, int] = {}
        for param in api.params:
            chosen = next((keywords[k] for k in param.keywords if k in keywords), -1)
            if chosen < 0:
                chosen = next((positional[i] for i in param.positions if i < len(positional)), -1)
            if chosen >= 0:
                found[param.role] = chosen
        return found

    # ---- argument values ----------------------------------------------------------------------------------------

    def spelling(self, op: int) -> str:
        """An argument as text for `where` clauses: a constant as written, `none`, `given` when it is not known."""
        return self.spelled(self.resolver.of(op))

    @staticmethod
    def spelled(values: Values) -> str:
        constants = {v for v in values if v[0] in ("text", "const")}
        if len(constants) == 1:
            value = next(iter(constants))[1]
            if value is None:
                return "none"
            if isinstance(value, bool):
                return "true" if value else "false"
            return str(value).replace(HOLE, "{}")
        return "given"
