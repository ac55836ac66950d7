"""The order of tasks that code declares: arrows, lists of arrows, `after`, and values that one task hands to another.

Only what is declared orders the tasks of a pipeline: the text of the function that declares them runs once, before any of them.
"""

from __future__ import annotations

from itertools import pairwise

from mlrubric.graph.definitions import decorated
from mlrubric.graph.tasks import Tasks
from mlrubric.graph.values import number, texts
from mlrubric.graph.world import World

ORDER = 81  # once DAGs have their tasks, before values are handed over
PLAN, STEPS, COMPONENT = "plan", "steps", "component"
LATER, EARLIER = ("set_downstream", "next"), ("set_upstream", "after")
CHAINS, CROSSES = ("chain", "chain_linear"), ("cross_downstream",)
PASSING = frozenset(
    ["load", "assign", "phi", "element", "subscript", "attribute", "unpack", "container", "dict", "conditional", "comprehension", "await"]
)
NESTED = 4  # calls and containers that are looked through
RULE = "trigger_rule"
RUN_AFTER_FAILURE = frozenset(
    ["all_done", "always", "one_success", "one_done", "none_skipped", "all_failed", "one_failed", "dummy", "all_done_min_one_success"]
)
RUN_AFTER_SKIP = frozenset(["none_failed", "none_failed_min_one_success", "none_failed_or_skipped", "all_done_setup_success"])


def link(world: World) -> None:
    """Fill `code.tasks`; nodes of tasks get what they need."""
    tasks = world.code.tasks
    _components(world)
    for op in sorted(world.tasks):
        tasks.add(op, _scopes(world, op))
    _plans(world, tasks)
    if not tasks.needs:
        return
    order = _Arrows(world, tasks)
    for op in sorted(tasks.needs):
        _kind(world, tasks, op)
        order.arguments(op)
    order.sequences()
    for op, facts in enumerate(world.code.program.ops):
        if facts.kind == "binary" and facts.name in (">>", "<<"):
            order.arrow(op, facts.name == ">>")
        elif facts.kind == "call":
            order.call(op)
    for op, node in world.tasks.items():
        world.needs[node] = tuple(sorted(world.tasks[n] for n in tasks.needs[op] if n in world.tasks))
        if op in tasks.regardless:
            world.graph.nodes[node].attributes["regardless"] = "true"
        _declared(world, op, tasks.runs[op])


def _components(world: World) -> None:
    """What makes a component of a function does not call it."""
    code = world.code
    for op, meaning in sorted(code.meanings.all().items()):
        if meaning.entry is not None and meaning.entry.gives.startswith(COMPONENT) and code.program.ops[op].kind == "call":
            made = tuple(number(t) for t in code.resolver.targets.get(op, ()) if t[0] == "callback")
            _declared(world, op, made)
            for scope in made:
                code.resolver.callers.get(scope, set()).discard(op)


def _declared(world: World, op: int, scopes: tuple[int, ...]) -> None:
    """The call that declares a task does not run its function: the node of the task does."""
    graph, code = world.graph, world.code
    targets, place = {code.scope_node[scope] for scope in scopes}, code.place(op)
    for index in graph.outgoing[code.holder(op)]:
        edge = graph.edges[index]
        if edge.kind == "call" and edge.place == place and edge.target in targets:
            graph.turn_edge(index, "declare")


def _handed(world: World, plans: set[int]) -> None:
    """What is given the function of a pipeline only compiles it, unless it is known to run or schedule it."""
    code = world.code
    for op, targets in sorted(code.resolver.targets.items()):
        given = tuple(number(t) for t in targets if t[0] == "callback" and t[1] in plans)
        if given and not any(role == "flow.run" or role.startswith("trigger.") for role in code.meanings.roles(op)):
            _declared(world, op, given)


def _plans(world: World, tasks: Tasks) -> None:
    """Calls of tasks inside functions that declare a pipeline."""
    code, program = world.code, world.code.program
    plans: set[int] = set()
    for definition, decorator in decorated(code):
        named = code.meanings.of(decorator) or code.meanings.named(decorator)
        if named is not None and named.entry is not None and named.entry.gives == PLAN and program.ops[definition].kind == "function":
            plans.add(program.defined(definition))
    if plans:
        _handed(world, plans)
    for op, targets in sorted(code.resolver.targets.items()) if plans else ():
        if program.ops[op].kind == "call" and program.scope_id(op) in plans and op not in tasks.needs:
            scopes = [number(t) for t in targets if t[0] == "function" and _is_task(world, number(t))]
            meaning = code.meanings.of(op)
            if scopes or (meaning is not None and "flow.task" in meaning.roles):
                tasks.add(op, scopes or _scopes(world, op))


def _is_task(world: World, scope: int) -> bool:
    node = world.code.scope_node.get(scope)
    return node is not None and ("flow.task" in world.graph.nodes[node].roles or scope in world.code.resolver.components)


def _scopes(world: World, op: int) -> list[int]:
    """The functions that a task runs."""
    found = [number(t) for t in sorted(world.code.resolver.targets.get(op, ()), key=repr) if t[0] in ("function", "callback")]
    for target in world.code.resolver.targets.get(op, ()):
        if target[0] == "class":  # an operator of the project's own
            found += [s for s in world.code.scope_node if world.code.program.parent_scope(s) == number(target)]
    return [s for s in found if s in world.code.scope_node]


def _kind(world: World, tasks: Tasks, op: int) -> None:
    """Whether a task decides about others, and when it runs although one before it did not."""
    code, program = world.code, world.code.program
    rules, roles = [program.keyword(op, RULE)], set(code.meanings.roles(op))
    callee = program.args[op][0]
    if callee >= 0 and program.ops[callee].kind == "call":  # `task.override(...)(...)`
        rules.append(program.keyword(callee, RULE))
    for scope in tasks.runs[op]:
        for decorator in program.decorators(program.definition(scope)):
            named = code.meanings.of(decorator) or code.meanings.named(decorator)
            roles |= set(named.roles) if named is not None else set()
            if program.ops[decorator].kind == "call":
                rules.append(program.keyword(decorator, RULE))
    if "flow.branch" in roles:
        tasks.branching.add(op)
    for given in rules:
        word = (program.ops[given].name or code.meanings.spelling(given)).lower() if given >= 0 else ""
        if word in RUN_AFTER_FAILURE:
            tasks.regardless.add(op)
        elif word in RUN_AFTER_SKIP:
            tasks.unskipped.add(op)


class _Arrows:
    """Which tasks an expression stands for, and what the expressions of order say of them."""

    def __init__(self, world: World, tasks: Tasks) -> None:
        self.code, self.program, self.tasks = world.code, world.code.program, tasks
        self.open: set[int] = set()
        self.by_name: dict[tuple[int, str], list[int]] = {}
        for task, scopes in sorted(tasks.runs.items()):
            for scope in scopes:
                self.by_name.setdefault((self.program.scope_id(task), self.program.scopes[scope].name), []).append(task)
        self.inside: dict[int, list[int]] = {}  # the opening of a group -> its tasks
        for op in sorted(tasks.needs):
            unit = self.program.unit(op)
            for block in self.program.blocks_around(op):
                facts = self.program.blocks[block]
                if facts.kind == "with" and facts.test >= 0:
                    self.inside.setdefault(facts.test + unit.base, []).append(op)

    def sequences(self) -> None:
        """Inside of a block of steps, the order of the text is the order of the tasks; those of a block inside it run at once."""
        for opening, inside in sorted(self.inside.items()):
            if self._gives(opening) != STEPS:
                continue
            base = self.program.block_id(inside[0]) if inside else -1
            for place, later in enumerate(inside):
                for earlier in inside[:place]:
                    if self.program.block_id(earlier) == base or self.program.block_id(earlier) != self.program.block_id(later):
                        self.tasks.wait(later, earlier)

    def _gives(self, op: int) -> str:
        meaning = self.code.meanings.of(op)
        return meaning.entry.gives if meaning is not None and meaning.entry is not None else ""

    def arguments(self, op: int) -> None:
        """A task waits for those whose values it is given."""
        for argument in self.program.args[op][1:]:
            for need in self.members(argument, NESTED):
                self.tasks.wait(op, need)
        named = self.program.keyword(op, *EARLIER)
        for name in self._texts(named) if named >= 0 else ():
            for need in self.by_name.get((self.program.scope_id(op), name), ()):
                self.tasks.wait(op, need)

    def _texts(self, op: int) -> list[str]:
        """A text, or those of a written list."""
        items = self.program.args[op] if self.program.ops[op].kind == "container" else (op,)
        return [text for item in items for text in texts(self.code.resolver.of(item))]

    def arrow(self, op: int, forward: bool) -> None:
        """`a >> b`, `[a, b] >> c`, `a << b`."""
        left, right = self.program.args[op]
        first, then = (left, right) if forward else (right, left)
        if self._opens_nothing(right):
            return
        self._order(self._behind(first), self.members(then, NESTED))

    def call(self, op: int) -> None:
        """Methods and helpers that put tasks in order."""
        callee = self.program.args[op][0]
        name = self.program.ops[callee].name if callee >= 0 else ""
        given = list(self.program.positional(op))
        if name in (*LATER, *EARLIER):
            own = self.members(self.program.receiver(op), NESTED) if self.program.receiver(op) >= 0 else []
            others = [task for argument in self.program.args[op][1:] for task in self.members(argument, NESTED)]
            self._order(*(own, others) if name in LATER else (others, own))
        elif name in CHAINS:
            parts = [self._parts(argument) for argument in given]
            for first, then in pairwise(parts):
                if len(first) == len(then) > 1 and name == CHAINS[0]:
                    for one, other in zip(first, then, strict=True):
                        self._order(one, other)
                else:
                    self._order([t for part in first for t in part], [t for part in then for t in part])
        elif name in CROSSES and len(self.program.args[op]) > 2:
            self._order(*(self.members(argument, NESTED) for argument in self.program.args[op][1:3]))

    def members(self, op: int, depth: int) -> list[int]:
        """The tasks that a value is or holds; what an arrow gives is its right side."""
        if op < 0 or depth == 0:
            return []
        if op in self.tasks.needs:
            return [op]
        if op in self.inside:
            return self.inside[op]
        facts, args = self.program.ops[op], self.program.args[op]
        if facts.kind == "binary" and facts.name in (">>", "<<"):
            return self.members(args[1], depth)
        if facts.kind in PASSING:
            deeper = depth if facts.kind in ("load", "assign", "phi") else depth - 1
            behind = args[:1] if facts.kind in ("subscript", "attribute") else args
            chosen = self.program.element(args[0], facts.value) if facts.kind == "unpack" and args else None
            behind = behind if chosen is None else (chosen,)
            found = [task for a in (*behind, *sorted(self.code.resolver.reads.get(op, ()))) if a != op for task in self._guarded(a, deeper)]
            return list(dict.fromkeys(found))
        if facts.kind == "call":
            receiver = self.program.receiver(op)
            if receiver >= 0 and (own := self.members(receiver, depth - 1)):
                return own  # `a.after(b)` and its like give the task itself
            returned = [r for t in self.code.resolver.targets.get(op, ()) if t[0] == "function" for r in self.program.returns(number(t))]
            return list(dict.fromkeys(t for r in returned for a in self.program.args[r] for t in self.members(a, depth - 1)))
        return []

    def _guarded(self, op: int, depth: int) -> list[int]:
        """A name whose value comes round a loop is looked behind once."""
        if op in self.open:
            return []
        self.open.add(op)
        found = self.members(op, depth)
        self.open.discard(op)
        return found

    def _behind(self, op: int) -> list[int]:
        """The tasks of the left side of an arrow; a label in between passes them on."""
        if op >= 0 and self.program.ops[op].kind == "binary" and self._opens_nothing(self.program.args[op][1]):
            return self._behind(self.program.args[op][0])
        return self.members(op, NESTED)

    def _opens_nothing(self, op: int) -> bool:
        """Something beside tasks stands in an arrow: the label of an edge."""
        return op >= 0 and self.program.ops[op].kind == "call" and not self.members(op, NESTED)

    def _parts(self, op: int) -> list[list[int]]:
        """The elements of a written list, else the one value."""
        if op >= 0 and self.program.ops[op].kind == "container":
            return [self.members(item, NESTED) for item in self.program.args[op]]
        return [self.members(op, NESTED)]

    def _order(self, first: list[int], then: list[int]) -> None:
        for later in then:
            for earlier in first:
                self.tasks.wait(later, earlier)
