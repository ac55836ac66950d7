"""Assets that functions make: which of them a job is about, what they wait for, which checks hold back what follows."""

from __future__ import annotations

import re

from mlrubric.graph.checks import Check
from mlrubric.graph.definitions import decorated, origin
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.values import number, texts
from mlrubric.graph.world import World

ASSET, JOB, HOLDER = "asset", "assets", "holder"
WAITS = ("deps", "non_argument_deps", "additional_deps")
WORD = re.compile(r"\w[\w/]*")
EVERYTHING = ("", "*")


class Assets:
    """The assets of a program by name, and by the operation that defines each."""

    def __init__(self, world: World) -> None:
        self.world, self.code, self.program = world, world.code, world.code.program
        self.scopes: dict[str, list[int]] = {}
        self.decorators: list[tuple[int, int, Meaning]] = []  # scope, decorator, meaning
        self.holders = [
            op for op, m in sorted(self.code.meanings.all().items()) if m.entry is not None and m.entry.gives == HOLDER
        ]  # fmt: skip
        for definition, decorator in decorated(self.code):
            named = self.code.meanings.of(decorator) or self.code.meanings.named(decorator)
            if named is None or named.entry is None or self.program.ops[definition].kind != "function":
                continue
            if named.entry.gives == HOLDER:
                self.holders.append(decorator)
            elif named.entry.gives == ASSET:
                scope = self.program.defined(definition)
                self.decorators.append((scope, decorator, named))
                for name in self._names(scope, named):
                    self.scopes.setdefault(name, []).append(scope)

    def _names(self, scope: int, named: Meaning) -> set[str]:
        own = {self.program.scopes[scope].name}
        return own | {self.code.meanings.spelling(named.arguments["@name"])} if "@name" in named.arguments else own

    def held(self, op: int) -> bool:
        """Whether what an operation makes is handed to the server: it comes to the one place that holds all, or nothing holds any."""
        if not self.holders:
            return True
        reached = self.code.flow.reach([op])
        inside = {self.program.defined(d) for d in self.program.of_kind("function") if set(self.program.decorators(d)) & set(self.holders)}
        return any(h in reached for h in self.holders) or any(self.program.scope_id(r) in inside for r in reached)

    def of_job(self, op: int) -> list[tuple[int, bool]]:
        """The functions of the assets that a job is about, and whether that is certain; nothing when it is no such job."""
        made = origin(self.code, op) if op >= 0 else -1
        meaning = self.code.meanings.of(made) if made >= 0 else None
        if meaning is None or meaning.entry is None or meaning.entry.gives != JOB:
            return []
        every = sorted({scope for scope, _, _ in self.decorators})
        selection = meaning.arguments.get("@steps", -1)
        chosen = self._selected(selection) if selection >= 0 else []
        certain = selection < 0 or bool(chosen) or self._all(selection)
        return [(self.code.scope_node[scope], certain) for scope in chosen or every]

    def _selected(self, op: int) -> list[int]:
        """The assets that a selection names, with the checks on them; nothing when it names all, or we do not know which."""
        words = {word for text in self._words(op) for word in WORD.findall(text) if text.strip() not in EVERYTHING}
        found = {scope for word in words for scope in self.scopes.get(word.rpartition("/")[2], ())}
        found |= {number(v) for v in self._values(op) if v[0] == "function" and any(number(v) == s for s, _, _ in self.decorators)}
        upstream = any("*" in text or "+" in text for text in self._words(op)) or "upstream" in self._methods(op)
        waiting = sorted(found) if upstream else []
        while waiting:
            new = self.code.tasks.follows.get(waiting.pop(), set()) - found
            found |= new
            waiting.extend(sorted(new))
        checks = {s for s, d, m in self.decorators if "data.validate" in m.roles and set(self.checked(d)) & found}
        return sorted(found | checks) if found else []

    def _all(self, op: int) -> bool:
        return "all" in self._methods(op) or any(text.strip() in EVERYTHING for text in self._words(op))

    def _methods(self, op: int) -> set[str]:
        reached = self.code.flow.reach([op], back=True)
        return {self.program.ops[o].name for o in reached if self.program.ops[o].kind == "attribute"}

    def _values(self, op: int) -> set[tuple[object, ...]]:
        reached = self.code.flow.reach([op], back=True, stop=lambda o: self.program.ops[o].kind == "function")
        return {value for o in reached for value in self.code.resolver.of(o)}

    def _words(self, op: int) -> set[str]:
        reached = self.code.flow.reach([op], back=True, stop=lambda o: self.program.ops[o].kind == "function")
        return {text for o in reached if self.program.ops[o].kind == "const" for text in texts(self.code.resolver.of(o))}

    def checked(self, decorator: int) -> list[int]:
        """The assets that a check is about."""
        given = self.program.keyword(decorator, "asset") if self.program.ops[decorator].kind == "call" else -1
        return self._named(given)

    def _named(self, op: int) -> list[int]:
        """The assets that a value names: functions, texts, lists of them."""
        if op < 0:
            return []
        found = [number(v) for v in sorted(self.code.resolver.of(op), key=repr) if v[0] == "function"]
        found += [scope for text in texts(self.code.resolver.of(op)) for scope in self.scopes.get(text, ())]
        for value in self.code.resolver.of(op):
            if value[0] == "made":
                found += [scope for item in self.program.args[number(value)] for scope in self._named(item)]
        return list(dict.fromkeys(found))

    def wait(self) -> None:
        """Assets wait for those that they name without taking their value, and for the blocking checks on what they wait for."""
        tasks = self.code.tasks
        for scope, decorator, _ in self.decorators:
            if self.program.ops[decorator].kind == "call":
                for earlier in self._named(self.program.keyword(decorator, *WAITS)):
                    tasks.follow(scope, earlier)
        for check, decorator, meaning in self.decorators:
            about = self.checked(decorator) if "data.validate" in meaning.roles else []
            for asset in about:
                tasks.follow(check, asset)
            if about and self.code.meanings.spelling(meaning.arguments.get("@enabled", decorator)) == "true":
                self._block(check, set(about))

    def _block(self, check: int, about: set[int]) -> None:
        """A blocking check is a gate: what follows its assets waits for it."""
        code, graph = self.code, self.world.graph
        for later in sorted(s for s, earlier in code.tasks.follows.items() if about & earlier and s != check):
            code.tasks.follow(later, check)
        for op, meaning in sorted(code.meanings.all().items()):
            if self.program.scope_id(op) == check and "data.validate" in meaning.roles and "@condition" in meaning.arguments:
                node = code.op_node[op]
                code.check_of[node] = Check(op, (meaning.arguments["@condition"],), "call")
                graph.nodes[node].gate = True
                graph.nodes[node].attributes["form"] = "call"
                graph.give(node, "check")
