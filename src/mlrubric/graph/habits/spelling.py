"""Expressions as a reader would name them: short, on one line, without what stands in long brackets."""

from __future__ import annotations

from mlrubric.graph.program import Program

LONGEST = 60
MORE = "..."


def spelled(program: Program, op: int, depth: int = 0) -> str:
    """`frame.iterrows()`, `frame["a"][...] = ...`; `...` for what is long or has no short name."""
    if op < 0 or depth > 6:
        return MORE
    facts, args = program.ops[op], program.args[op]

    def part(arg: int, longest: int = LONGEST) -> str:
        text = spelled(program, arg, depth + 1)
        return text if len(text) <= longest else MORE

    text = MORE
    if facts.kind in ("load", "assign", "param", "import"):
        text = facts.name if not facts.name.startswith("<") else facts.name.rpartition(".")[2]
    elif facts.kind == "const":
        text = MORE if facts.name == "Ellipsis" else str(facts.value) if facts.name == "complex" else repr(facts.value).replace("'", '"')
    elif facts.kind in ("attribute", "store_attribute"):
        text = f"{part(args[0])}.{facts.name}"
    elif facts.kind == "call":
        text = f"{part(args[0])}({MORE if len(args) > 1 else ''})"
    elif facts.kind in ("subscript", "store_subscript"):
        text = f"{part(args[0])}[{part(args[1], LONGEST // 2)}]"
    elif facts.kind == "compare" and isinstance(facts.value, tuple) and len(args) == 2:
        text = f"{part(args[0], LONGEST // 2)} {facts.value[0]} {part(args[1], LONGEST // 2)}"
    elif facts.kind == "binary":
        text = f"{part(args[0], LONGEST // 2)} {facts.name} {part(args[1], LONGEST // 2)}"
    elif facts.kind == "container" and len(args) == 1 and facts.value == "list":
        text = f"[{part(args[0])}]"
    if facts.kind in ("subscript", "store_subscript") and len(text) > LONGEST:
        text = f"{part(args[0])}[{MORE}]"
    return text if len(text) <= LONGEST and "\n" not in text and "`" not in text else MORE
