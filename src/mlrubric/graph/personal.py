"""Personal data by its name: columns, fields and variables that hold what identifies a person, and where they go: into a training, into a
log, into a digest that everybody can repeat."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.column_lists import WORDS
from mlrubric.graph.definitions import origin
from mlrubric.graph.values import Value, number
from mlrubric.graph.world import World

WHOSE = (
    r"(?:(?:user|customer|client|patient|employee|person|contact|applicant|borrower|member|account|holder|guest|subscriber|owner|billing|shipping"
    r"|delivery|home|work|primary|secondary|mailing|postal|residential|raw|candidate|student|cust|usr|alternate|personal) )*"
)
WHAT = (
    r"(?:e ?mail(?: address| addr| id)?|emails|(?:tele|cell|mobile )?phone(?: number| no| num| nr)?|(?:mobile|cell)(?: number| no| num)"
    r"|msisdn|ssn|social security(?: number| no)?|passport(?: number| no| id)?|iban|(?:credit )?card (?:number|no|num)|cc num(?:ber)?"
    r"|(?:first|last|full|given|family|middle|maiden) ?names?|surname|street (?:address|name)"
    r"|(?:home|mailing|postal|residential|street|billing) address|date of birth|birth ?date|dob|driver s? ?licen[cs]e(?: number| no)?"
    r"|national id(?: number)?|tax id|tax payer id|aadhaar(?: number)?)"
)
PERSONAL = re.compile(WHOSE + WHAT)
OF_A_PERSON = re.compile(
    r"(?:user|customer|client|patient|employee|person|borrower|member|subscriber|applicant|cust|msno|usr) ?(?:id|no|number|key|uuid)?s?"
)
SECRET = re.compile(r"salt|pepper|secret|key|token|hmac", re.IGNORECASE)
COVERED = re.compile(r"mask|redact|anonym|pseudonym|hash|digest|encrypt|scrub|sanit|obfuscat|tokeni[sz]e|censor|hide", re.IGNORECASE)
OURS = re.compile(
    r"self|cls|cfg|conf(ig)?|settings?|args|opts?|options|env(iron)?|os|params|secrets|st|constants?|smtp|sender|admin|logger",
    re.IGNORECASE,
)
INSIDE = frozenset(
    {"fstring", "binary", "container", "dict", "load", "assign", "conditional", "boolean", "element", "subscript", "attribute"}
)
TELLS = frozenset(
    {
        "str",
        "repr",
        "format",
        "join",
        "strip",
        "lower",
        "upper",
        "encode",
        "decode",
        "title",
        "dumps",
        "dict",
        "json",
        "model_dump",
        "pformat",
    }
)
TOLD = frozenset({"__str__", "__repr__"})  # a class that says itself what is told of it
PROTECTING = frozenset({"data.anonymize", "data.digest"})
PRINTS = "builtins.print"
MOST = 60


def named(name: str) -> bool:
    """Whether a name is that of a thing that identifies a person: `email`, `customer_phone`, `dateOfBirth`."""
    return PERSONAL.fullmatch(" ".join(w.lower() for w in WORDS.findall(name))) is not None


def mark_personal(world: World) -> None:
    """`learnt` on the columns that a training learns from, `told` on what writes a log, `weak` on digests, `persons` on reads."""
    people = _Personal(world.code)
    _learnt(world)
    _told(world, people)
    _weak(world, people)
    _kept(world)


class _Personal:
    """Finds what is personal inside an expression."""

    def __init__(self, code: Code) -> None:
        self.code, self.program = code, code.program

    def says(self, op: int) -> str:
        """The personal name by which an operation takes something out of an object, or ""."""
        facts, args = self.program.ops[op], self.program.args[op]
        taken = ""
        if facts.kind == "attribute":
            taken = facts.name
        elif facts.kind == "subscript" and len(args) == 2 and args[1] >= 0:
            taken = self._text(args[1])
        elif facts.kind == "call" and self.program.called(op) in ("get", "col") and self.program.positional(op):
            taken = self._text(self.program.positional(op)[0])
        if not taken or not named(taken):
            return ""
        holder = self.program.receiver(op) if facts.kind == "call" else args[0]
        return "" if holder >= 0 and OURS.fullmatch(self.program.ops[holder].name or "") else taken

    def takes(self, op: int) -> bool:
        """Whether an operation takes one named part out of an object."""
        facts, args = self.program.ops[op], self.program.args[op]
        return facts.kind == "subscript" and len(args) == 2 and args[1] >= 0 and bool(self._text(args[1]))

    def _text(self, op: int) -> str:
        value = self.program.ops[op].value if self.program.ops[op].kind == "const" else ""
        return value if isinstance(value, str) else ""

    def inside(self, starts: list[int]) -> tuple[str, int] | None:
        """A personal name among what a text is put together from, with its operation; what masks it hides it."""
        waiting, seen = deque((s, 0) for s in starts if s >= 0), set(starts)
        while waiting and len(seen) < MOST:
            op, depth = waiting.popleft()
            facts = self.program.ops[op]
            if self._covered(op):
                continue
            said = self.says(op)
            if said:
                return said, op
            if facts.kind == "param" and named(facts.name):
                return facts.name, op
            held = self._holds(op)
            if held:
                return held, op
            if facts.kind == "load" and COVERED.search(facts.name):
                continue
            following: list[int] = []
            if facts.kind == "call":
                name = self.program.called(op)
                if name in TELLS:
                    following = [*self.program.args[op][1:], self.program.receiver(op)]
            elif facts.kind in INSIDE and facts.kind not in ("subscript", "attribute"):
                following = [*self.program.args[op]]
            for one in following:
                if one >= 0 and one not in seen and depth < 8:
                    seen.add(one)
                    waiting.append((one, depth + 1))
        return None

    def _covered(self, op: int) -> bool:
        return self.program.ops[op].kind == "call" and (
            bool(PROTECTING & self.code.meanings.roles(op)) or COVERED.search(self.program.called(op)) is not None
        )

    def _holds(self, op: int) -> str:
        """The personal field of an object of a class of the project that is told as a whole."""
        if self.program.ops[op].kind not in ("load", "param"):
            return ""
        if OURS.fullmatch(self.program.ops[op].name):
            return ""
        for value in self.code.resolver.of(op):
            if value[0] == "instance" and not TOLD & self.program.exports[number(value)].keys():
                for field in self.program.fields(number(value)):
                    if named(field):
                        return f"{self.program.ops[op].name}.{field}"
        return ""


def _learnt(world: World) -> None:
    """The names in the lists of columns that trainings select by."""
    graph, code = world.graph, world.code
    if not graph.with_role("model.fit"):
        return
    lists = world.columns
    for fit in sorted(lists.selected):
        behind = lists.feeding[fit]
        if any(PROTECTING & code.meanings.roles(op) for op in behind):
            continue
        for value in sorted(lists.selected[fit], key=repr):
            for op, said in _members(code, value):
                if named(said) and not code.tested(op):
                    node = code.node_for(graph, op, said)
                    graph.nodes[node].attributes.update(learnt="true", column=said, toward=str(fit))

    for node in graph.with_role("transform.build"):
        for value in _handed(code, code.node_op.get(node, -1)):
            for op, said in _members(code, value):
                if named(said) and not code.tested(op):
                    graph.nodes[code.node_for(graph, op, said)].attributes.update(learnt="true", column=said)


def _handed(code: Code, build: int) -> Iterator[Value]:
    """The lists of columns of a transformer that is put together from steps: `("scale", StandardScaler(), COLUMNS)`."""
    meaning = code.meanings.of(build) if build >= 0 else None
    steps = meaning.arguments.get("@steps", -1) if meaning is not None else -1
    for made in sorted(code.resolver.of(steps), key=repr) if steps >= 0 else ():
        for step in code.program.args[number(made)] if made[0] == "made" else ():
            held = origin(code, step) if step >= 0 else -1
            if held >= 0 and code.program.ops[held].kind == "container" and len(code.program.args[held]) == 3:
                yield from (v for v in sorted(code.resolver.of(code.program.args[held][2]), key=repr) if v[0] == "made")


def _members(code: Code, value: Value) -> Iterator[tuple[int, str]]:
    """The texts that a list in the code holds, with their operations."""
    if value[0] == "made" and code.program.ops[number(value)].kind == "container":
        for op in code.program.args[number(value)]:
            text = code.program.ops[op].value if op >= 0 and code.program.ops[op].kind == "const" else None
            if isinstance(text, str):
                yield op, text


def _told(world: World, people: _Personal) -> None:
    """What is written to a log and names a person."""
    graph, code = world.graph, world.code
    for node in graph.with_role("log.write"):
        op = code.node_op.get(node)
        if op is None or code.program.ops[op].kind != "call" or is_test_code(graph.nodes[node].place.path):
            continue
        found = people.inside([*code.program.args[op][1:]])
        if found is not None:
            graph.nodes[node].attributes.update(told=found[0], way="print" if graph.nodes[node].api == PRINTS else "log")


def _weak(world: World, people: _Personal) -> None:
    """Digests without a secret of what names a person."""
    graph, code = world.graph, world.code
    digests = {code.node_op[n]: n for n in graph.with_role("data.digest") if n in code.node_op and not code.tested(code.node_op[n])}
    fed = {op: [*code.program.args[op][1:]] for op in digests if code.program.ops[op].kind == "call"}
    if any(not given for given in fed.values()):  # `digest = sha256()`, and later `digest.update(value)`
        for call in code.program.of_kind("call"):
            receiver = code.program.receiver(call)
            if receiver >= 0 and people.program.called(call) == "update" and (made := origin(code, receiver)) in fed:
                fed[made].extend(code.program.args[call][1:])
    for op, given in fed.items():
        found = _digested(people, given)
        if found:
            graph.nodes[digests[op]].attributes["weak"] = found


def _digested(people: _Personal, given: list[int]) -> str:
    """The personal name that a digest is made of: the nearest that flows in."""
    code, program = people.code, people.program
    waiting, seen = deque(given), set(given)
    found = ""
    while waiting and len(seen) < MOST:
        op = waiting.popleft()
        if op < 0:
            continue
        facts = program.ops[op]
        if facts.kind in ("load", "attribute", "param") and SECRET.search(facts.name):
            return ""
        said = people.says(op) or (facts.name if facts.kind == "param" and named(facts.name) else "")
        found = found or said
        if said or people.takes(op) or "data.read" in code.meanings.roles(op):
            continue
        for one in (*code.flow.before(op), *(a for a in program.args[op] if a >= 0 and facts.kind != "call")):
            if one not in seen:
                seen.add(one)
                waiting.append(one)
    return found


def _kept(world: World) -> None:
    """Reads of rows about people: a column that says whose they are is taken out of them."""
    graph, code = world.graph, world.code
    reads = {code.node_op[n]: n for n in graph.with_role("data.read") if n in code.node_op and not code.tested(code.node_op[n])}
    if not reads:
        return
    holders: list[int] = []
    for op in code.program.of_kind("subscript"):
        args = code.program.args[op]
        text = code.program.ops[args[1]].value if len(args) == 2 and args[1] >= 0 and code.program.ops[args[1]].kind == "const" else None
        if isinstance(text, str) and (named(text) or OF_A_PERSON.fullmatch(" ".join(w.lower() for w in WORDS.findall(text)))):
            holders.append(args[0])
    if holders:
        behind = code.flow.reach(sorted(h for h in holders if h >= 0), back=True)
        for op, node in reads.items():
            if op in behind:
                graph.nodes[node].attributes["persons"] = "true"
