"""Expressions that rules of habit ask for: calls, attributes, subscripts, comparisons and imports, whatever they mean to a pipeline.

Nothing is computed until a chosen rule asks with `kind = "expression"`. Then the expressions that bear the trait, the role or the form it
asks for become nodes without edges, which know (all as text; what is not there is absent):

trait.<trait>    the name that is called or read has the trait in the catalogue          trait.iterates_rows = true
role.<role>      the call has the role                                                   role.model.fit = true
form             call, attribute, subscript, store_subscript, store_attribute, compare, import, binary
label, receiver, name    as written, shortened: `frame.iterrows()`, `frame`, `iterrows`
given.<name>     an argument: its constant as text, none, `given` when it is no constant, `unknown` when `**` may hold it; of a list that is
                 written out its constants and the names of what is called in it, `accuracy, AUC`;
                 by position too, where the entry of the trait says what it `takes`; `@roles` of the catalogue as for other nodes
arguments        how many are written
result           unused (a statement of its own), shown (the last line of a cell), kept
in_loop          true in the body of a for or while of the same function
repeated         loop when it is in a loop or a function that a loop calls, request when a function that answers requests comes to it;
                 with it `conditional`: something in its function decides whether it is done
grows            `x = f(x, ...)` in a loop: made of itself each time round
on.<trait>       the type of the receiver has the trait (of a function's call: of its first argument)
receiver.form, receiver.key, receiver.on.<trait>, receiver.trait.<trait>, receiver.receiver.trait.<trait>
                 the same of the receiver, where it is an expression itself
key, key.form    of subscripts and stores: the constant key; text, list, slice, mask, const, given
value, value.form    of stores: the constant that is stored; the form of what is stored
operator, operand.<trait>    of comparisons and arithmetic; a trait that a name or call on either side has; operand.on.<trait> of its type,
                 operand.from.<trait> of what it comes from, operand.to.<trait> of what else is done with it, operand.value: a constant
                 on one side (operand.side: left, right), operand.form: that of the last operand; augmented: `x += y`
from.<trait>     what the receiver (the first argument of a function's call) comes from, through names, has the trait
to.<trait>       what is done with the result next, through names, has the trait
loop.<trait or role>, scope.<...>, file.<...>, program.<...>    stands in the same loop, function, file, program, or in what these call
module, alias, customary    of imports: what is imported, the name it is given, the one that everybody gives it; origin: project, library
"""

from __future__ import annotations

from collections.abc import Mapping

from mlrubric.graph.code import Code
from mlrubric.graph.graph import Graph
from mlrubric.graph.habits.describe import Describer
from mlrubric.graph.habits.spelling import spelled
from mlrubric.graph.habits.traits import Traits
from mlrubric.graph.world import World

KIND = "expression"
FORMS = ("call", "attribute", "subscript", "store_subscript", "store_attribute", "compare", "import", "binary")


class Habits:
    """The expressions of a program, made into nodes as they are asked for."""

    def __init__(self, world: World) -> None:
        self._graph: Graph = world.graph
        self._code: Code = world.code
        self._traits = Traits(world.code)
        self._describer = Describer(world.code, self._traits)
        self._nodes: dict[int, int] = {}  # operation -> node

    def asked(self, where: Mapping[str, object]) -> list[int]:
        """The nodes of the expressions with the traits, roles and form of these clauses, in source order."""
        chosen: set[int] | None = None
        for key, wanted in where.items():
            begin, _, name = key.partition(".")
            found: set[int] | None = None
            if wanted is True and begin == "trait":
                found = self._traits.bearing(name)
            elif wanted is True and begin == "role":
                found = {op for op, meaning in self._code.meanings.all().items() if name in meaning.roles}
            if found is not None:
                chosen = found if chosen is None else chosen & found
        if chosen is None:
            form = str(where.get("form", ""))
            assert form in FORMS, "a rule of expressions asks for a trait, a role or a form"
            chosen = set(self._code.program.of_kind(form))
        return [self._node(op) for op in sorted(chosen)]

    def _node(self, op: int) -> int:
        node = self._nodes.get(op)
        if node is None:
            code = self._code
            meaning = code.meanings.of(op)
            api = self._traits.name(op) or (meaning.api if meaning is not None else "")
            attributes = self._describer.attributes(op)
            node = self._nodes[op] = self._graph.add(KIND, spelled(code.program, op), code.place(op), (), api, **attributes)
        return node
