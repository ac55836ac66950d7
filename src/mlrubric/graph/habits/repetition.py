"""What is done again and again: in loops, also of callers, for each request, and values that grow by a piece each time round."""

from __future__ import annotations

from mlrubric.graph.code import Code

CHOICES = frozenset({"if", "else", "try", "except", "case"})
HANDLER = "serve.handle"
KEPT = ("cache", "singleton", "memo", "fixture")


class Repetition:
    """Answers about operations of one program."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._scopes: dict[int, str] | None = None

    def of(self, op: int) -> str:
        """`loop` in a loop of its function or of a caller, `request` when a function that answers requests comes to it, else ""."""
        if self._code.program.innermost_loop(op) >= 0:
            return "loop"
        if self._scopes is None:
            self._scopes = self._run_again()
        return self._scopes.get(self._code.program.scope_id(op), "")

    def unconditional(self, op: int) -> bool:
        """Whether nothing in its function decides whether an operation is done."""
        program = self._code.program
        for block in program.blocks_around(op):
            kind = program.blocks[block].kind
            if kind == "scope":
                break
            if kind in CHOICES:
                return False
        return True

    def grows(self, op: int) -> bool:
        """`x = f(x, ...)` or `x = f([x, ...])` in a loop: a value that is made of itself each time round, and that nothing else in the
        loop looks at."""
        program = self._code.program
        loop = program.innermost_loop(op)
        if loop < 0:
            return False
        made = {use for use in self._code.resolver.uses[op] if program.ops[use].kind == "assign"}
        names = {program.ops[use].name for use in made}
        for argument in program.args[op][1:]:
            inner = program.args[argument] if argument >= 0 and program.ops[argument].kind == "container" else (argument,)
            for one in inner:
                if one >= 0 and program.ops[one].kind == "load" and program.ops[one].name in names and made & self._behind(one):
                    return not self._looked_at(self._behind(one), one, loop)
        return False

    def _looked_at(self, definitions: set[int], but: int, loop: int) -> bool:
        """Whether a loop reads a variable elsewhere."""
        program = self._code.program
        uses = {use for one in definitions for use in self._code.resolver.uses[one] if program.ops[use].kind == "load"}
        return any(use != but and loop in program.blocks_around(use) for use in uses)

    def _behind(self, load: int) -> set[int]:
        """The definitions that a load may see, through the heads of loops."""
        program, found, waiting = self._code.program, set[int](), list(self._code.program.args[load])
        while waiting:
            op = waiting.pop()
            if op >= 0 and op not in found:
                found.add(op)
                if program.ops[op].kind == "phi":
                    waiting.extend(program.args[op])
        return found

    def _run_again(self) -> dict[int, str]:
        """How often the functions are run that run more than once: in a loop of a caller, else for each request."""
        program, callers = self._code.program, self._code.resolver.callers
        found = {scope: own for scope in range(len(program.scopes)) if (own := self._by_itself(scope))}
        calls = {
            scope: [call for call in sorted(callers[scope]) if not self._code.tested(call) and self.unconditional(call)]
            for scope in sorted(callers)
            if scope not in found and not self._kept(scope)
        }
        looped = [scope for scope, ones in calls.items() if any(program.innermost_loop(call) >= 0 for call in ones)]
        following: dict[int, list[int]] = {}
        for scope, ones in calls.items():
            for call in ones:
                following.setdefault(program.scope_id(call), []).append(scope)
        for word, waiting in (("loop", looped), ("request", list(found))):
            found.update((scope, word) for scope in waiting if scope not in found)
            while waiting:
                for scope in following.get(waiting.pop(), ()):
                    if scope not in found:
                        found[scope] = word
                        waiting.append(scope)
        return found

    def _by_itself(self, scope: int) -> str:
        definition = self._code.program.definition(scope)
        if definition < 0 or self._code.program.scopes[scope].kind != "function":
            return ""
        for decorator in self._code.program.decorators(definition):
            meaning = self._code.meanings.of(decorator) or self._code.meanings.named(decorator)
            if meaning is not None and HANDLER in meaning.roles:
                return "request"
        return ""

    def _kept(self, scope: int) -> bool:
        """Whether what a function gives is kept, so that it runs once."""
        program = self._code.program
        definition = program.definition(scope)
        for decorator in program.decorators(definition) if definition >= 0 else ():
            named = program.args[decorator][0] if program.ops[decorator].kind == "call" else decorator
            if any(word in program.ops[named].name for word in KEPT):
                return True
        return False
