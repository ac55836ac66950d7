"""Expressions that rules of habit ask for: calls, attributes, subscripts, comparisons and imports, whatever they mean to a pipeline.

Nothing is computed until a chosen rule asks with `kind = "expression"`. Then the expressions that fit the clauses of its `where` become
nodes without edges. One clause says where to look: `trait.X = true`, `role.X = true`, or a form. The attributes (all as text; what is not
there is absent):

trait.<trait>    the name that is called or read has the trait in the catalogue          trait.iterates_rows = true
role.<role>      the call has the role                                                   role.model.fit = true
form             call, attribute, subscript, store_subscript, store_attribute, compare, import, binary
label, receiver, name    as written, shortened: `frame.iterrows()`, `frame`, `iterrows`
certain          false when only the name of a method spoke, on a receiver of unknown type, or when something else may be called
given.<name>     an argument: its constant as text, none, `given` when it is no constant, `unknown` when `**` may hold it; of a list that is
                 written out its constants and the names of what is called in it, `accuracy, AUC`; by position too, where the entry of the
                 trait says what it `takes` (`on|left_on`: the first name stands for the others too); `@roles` as for other nodes
arguments        how many are written; called: `method` of a value, or `function`
result           unused (a statement of its own), shown (the last line of a cell), kept
in_loop          true in the body of a for or while of the same function
over.<trait>     what the innermost loop goes through is a call with the trait; over.subject: the receiver is the `item` of the round, or
                 the `whole` that is gone through; over.key: the key of a subscript is the `item`
later            used or unused: whether the name of the receiver is used after it
repeated         loop when it is in a loop or a function that a loop calls, request when a function that answers requests comes to it
conditional      something in its function decides whether it is done
grows            `x = f(x, ...)` in a loop: made of itself each time round, and used for nothing else in the loop
on.<trait>       the type of the receiver has the trait (of a function's call: of its first argument)
receiver.form, receiver.key, receiver.given.<name>, receiver.on.<trait>, receiver.trait.<trait>, receiver.receiver.trait.<trait>
                 the same of the receiver, where it is an expression itself (of `x.loc[...] = y` it is `x`)
key, key.form    of subscripts and stores: the constant key; text, list, tuple, slice, mask, const, given
value, value.form, value.of_itself    of stores: the constant that is stored; the form of what is stored; whether it reads the receiver
operator, operand.<trait>    of comparisons and arithmetic; a trait that a name or call on either side has; operand.on.<trait> of its type,
                 operand.from.<trait> of what it comes from, operand.to.<trait> of what else is done with it, operand.value: a constant
                 on one side (operand.side: left, right), operand.form: that of the last operand; augmented: `x += y`
from.<trait>     what the receiver (the first argument of a function's call) comes from, through names, has the trait; from.key.<form>
to.<trait>       what is done with the result next, through names, has the trait; to.form.<form>, to.key.<form>
loop.<trait or role>, scope.<...>, file.<...>, program.<...>    stands in the same loop, function, file, program, or in what these call
class.<trait>    what the class around it extends has the trait
fed.<trait or role>    flows into it from anywhere in the program; fed.<trait>.kinds: how many names with the trait
feeds.<role>     its data comes to a model.fit, model.evaluate or model.tune, through files too
op.<name>        an attribute of the node that the graph has of a call with a role: op.seen, op.part, op.to_fit
module, alias, customary, usual    of imports: what is imported, the name it is given, the one that everybody gives it, whether these
                 agree; origin: project, library
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from mlrubric.graph.code import Code
from mlrubric.graph.graph import Graph
from mlrubric.graph.habits.describe import Describer, group_of, in_order
from mlrubric.graph.habits.spelling import spelled
from mlrubric.graph.habits.traits import Traits
from mlrubric.graph.world import World
from mlrubric.model.collector import no_collection

KIND = "expression"
FORMS = frozenset(("call", "attribute", "subscript", "store_subscript", "store_attribute", "compare", "import", "binary"))
OF_THE_NODE = frozenset({"label", "api", "path", "kind"})
Accepts = Callable[[Mapping[str, str], str, object], bool]
"""Whether attributes meet one clause: what they are, the name of one, what is wanted."""


class Habits:
    """The expressions of a program, made into nodes as they are asked for."""

    def __init__(self, world: World) -> None:
        self._graph: Graph = world.graph
        self._code: Code = world.code
        self._traits = Traits(world.code)
        self._describer = Describer(world.graph, world.code, self._traits)
        self._nodes: dict[int, int] = {}  # operation -> node
        self._ops: dict[int, int] = {}

    def asked(self, where: Mapping[str, object], accepts: Accepts, more: Iterable[str] = ()) -> list[int]:
        """The nodes of the expressions that meet all clauses, in source order; `more` are names of attributes that will be asked for."""
        with no_collection():
            chosen, by_form = self._candidates(where)
            for key in in_order(key for key in where if key not in OF_THE_NODE and not (by_form and key == "form")):
                group = group_of(key)
                chosen = [op for op in chosen if accepts(self._describer.group(group, op), key, where[key])]
            keys = (*where, *more)
            return [self._node(op, keys) for op in chosen]

    def complete(self, node: int, keys: Iterable[str]) -> None:
        """Let the node of an expression know these attributes too."""
        op = self._ops.get(node)
        if op is not None:
            self._graph.nodes[node].attributes.update(self._describer.attributes(op, keys))

    def _candidates(self, where: Mapping[str, object]) -> tuple[list[int], bool]:
        """Where to look, and whether the form alone said so."""
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
        if chosen is not None:
            return sorted(chosen), False
        form = where.get("form", "")
        forms = [str(one) for one in form["in"]] if isinstance(form, Mapping) else [str(form)]
        assert FORMS.issuperset(forms), "a rule of expressions asks for a trait, a role or a form: rules/own sees to it"
        return list(self._code.program.of_kind(*forms)), True

    def _node(self, op: int, keys: Iterable[str]) -> int:
        node = self._nodes.get(op)
        if node is None:
            code, meaning = self._code, self._code.meanings.of(op)
            api = self._traits.name(op) or (meaning.api if meaning is not None else "")
            node = self._nodes[op] = self._graph.add(KIND, spelled(code.program, op), code.place(op), (), api)
            self._ops[node] = op
        self._graph.nodes[node].attributes.update(self._describer.attributes(op, keys))
        return node
