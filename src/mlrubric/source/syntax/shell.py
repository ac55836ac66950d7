"""Shell text as a small tree of commands with offsets; the only door of tree-sitter and its bash grammar.

The grammar groups mixed chains wrongly now and then (`a | b | c || true` becomes `a | (b | c || true)`) and mistakes words
after a redirection for its targets; chains are therefore flattened and put together again with the shell's precedence.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from mlrubric.source.syntax.shell_text import Heredoc, find_heredocs, mask
from mlrubric.source.syntax.shell_tree import (
    Case,
    Chain,
    Function,
    Group,
    If,
    Item,
    Loop,
    Negated,
    Pipeline,
    Redirect,
    Script,
    Sequence,
    Simple,
    Statement,
    Word,
)

if TYPE_CHECKING:
    from tree_sitter import Node as Raw
    from tree_sitter import Parser


@lru_cache(maxsize=1)
def _parser() -> Parser:
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))


def parse(text: str) -> Script:
    """Never fails: what cannot be understood is in `problems`, what stands around it is read all the same."""
    heredocs = find_heredocs(text)
    masked = mask(text, heredocs)
    root = _parser().parse(masked.encode("ascii")).root_node
    builder = _Builder(text, _owners(root, masked, heredocs))
    body = builder.sequence(root.children, 0, len(text))
    return Script(text, body, tuple(heredocs), tuple(builder.problems))


def _owners(root: Raw, masked: str, heredocs: list[Heredoc]) -> dict[int, list[Heredoc]]:
    """A heredoc feeds the last command that starts before it in its own substitution, unless a compound command just ended."""
    owned: dict[int, list[Heredoc]] = {}
    commands: list[tuple[int, int]] = []  # start, and the end of the innermost substitution around it
    stack = [(root, len(masked))] if heredocs else []
    while stack:
        node, scope = stack.pop()
        scope = node.end_byte if node.type in _SUBSTITUTIONS else scope
        if node.type == "command":
            commands.append((node.start_byte, scope))
        stack.extend((child, scope) for child in node.children)
    commands.sort()
    for heredoc in heredocs:
        if _COMPOUND_END.search(masked, max(masked.rfind("\n", 0, heredoc.start) + 1, heredoc.start - _LOOK_BACK), heredoc.start):
            continue
        last = bisect_right(commands, (heredoc.start, len(masked) + 1))
        for start, scope in reversed(commands[max(last - _LOOK_BACK, 0) : last]):
            if scope >= heredoc.start:
                owned.setdefault(start, []).append(heredoc)
                break
    return owned


_MARKS = frozenset({";", "\n", ";;", ";&", ";;&", "&", "comment", "{", "}", "(", ")", "$(", "`", "<(", ">("})
_SEPARATORS = _MARKS | {"then", "fi", "do", "done", "else"}
_REDIRECTS = frozenset({"file_redirect", "heredoc_redirect", "herestring_redirect"})
_SUBSTITUTIONS = frozenset({"command_substitution", "process_substitution"})
_DECLARATIONS = frozenset({"declaration_command", "unset_command"})
_LOOK_BACK = 200
_DEPTH = 40  # of nested constructs; what lies deeper is said to be a problem
_COMPOUND_END = re.compile(r"(?:\)|\}|\b(?:done|fi|esac))[ \t]*(?:[0-9]?[<>]+&?[ \t]*[^\s|&;]+[ \t]*)*$")


@dataclass(slots=True)
class _Builder:
    text: str
    owned: dict[int, list[Heredoc]]  # by the offset of the command that is fed
    problems: list[tuple[int, int]] = field(default_factory=list)
    depth: int = 0

    def sequence(self, nodes: list[Raw], start: int, end: int) -> Sequence:
        if self.depth >= _DEPTH:
            self.problems.append((start, end))
            return Sequence(start, end)
        self.depth += 1
        items = self._items(nodes)
        self.depth -= 1
        return Sequence(start, end, tuple(items))

    def _items(self, nodes: list[Raw]) -> list[Item]:
        items: list[Item] = []
        for node in nodes:
            if node.type == "&":
                if items:
                    items[-1] = replace(items[-1], ampersand=node.start_byte)
            elif node.type == "ERROR" or node.is_missing:
                self.problems.append((node.start_byte, node.end_byte))
                items.extend(self.sequence(node.children, node.start_byte, node.end_byte).items)
            elif node.type not in _SEPARATORS and (node.is_named or node.child_count):
                items.append(Item(self.statement(node)))
        return items

    def block(self, node: Raw) -> Sequence:
        return self.sequence(node.children, node.start_byte, node.end_byte)

    def statement(self, node: Raw) -> Statement:
        start, end, kind = node.start_byte, node.end_byte, node.type
        if kind in ("list", "pipeline", "negated_command", "redirected_statement"):
            return self._join(self._flatten(node))
        if kind == "compound_statement" and node.children[0].type == "((":
            return self._test(node)
        if kind in ("compound_statement", "subshell"):
            return Group(start, end, self.block(node), subshell=kind == "subshell")
        if kind == "if_statement":
            return If(start, end, tuple(self._branches(node)))
        if kind in ("while_statement", "for_statement", "c_style_for_statement"):
            return self._loop(node)
        if kind == "case_statement":
            words = tuple(self.word(child) for child in node.children if child.is_named and child.type not in ("case_item", "comment"))
            return Case(start, end, words, tuple(self._case_item(child) for child in node.children if child.type == "case_item"))
        if kind == "function_definition":
            return self._function(node)
        if kind == "test_command":
            return self._test(node)
        return self._simple(node)

    # ---- chains ---------------------------------------------------------------------------------------------------

    def _flatten(self, node: Raw) -> list[Statement | tuple[str, int]]:
        """Operands and (operator, offset) in source order, without recursion: a chain nests as deep as it is long."""
        tokens: list[Statement | tuple[str, int]] = []
        stack: list[Raw | tuple[list[Raw], int]] = [node]
        while stack:
            current = stack.pop()
            if isinstance(current, tuple):  # the redirections of what was flattened since
                last = tokens[-1] if tokens else Simple(current[1], current[1])
                if not isinstance(last, tuple):
                    tokens[-1:] = [self._redirected(last, *current)]
            elif current.type in ("list", "pipeline", "negated_command"):
                for child in reversed(current.children):
                    if child.type == "ERROR" or child.is_missing:
                        self.problems.append((child.start_byte, child.end_byte))
                    elif child.type not in ("\n", "comment", ";"):
                        stack.append(child)
            elif current.type == "redirected_statement":
                body = current.child_by_field_name("body")
                stack.append(([child for child in current.children if child.type in _REDIRECTS], current.end_byte))
                if body is not None and body.type not in _REDIRECTS:
                    stack.append(body)
                else:
                    tokens.append(Simple(current.start_byte, current.end_byte))
            elif current.type in ("&&", "||", "|", "|&", "!"):
                tokens.append((current.type, current.start_byte))
            else:
                tokens.append(self.statement(current))
        return tokens

    def _redirected(self, statement: Statement, nodes: list[Raw], end: int) -> Statement:
        redirects: list[Redirect] = []
        words: list[Word] = []
        for node in nodes:
            self._redirect(node, redirects, words)
        if isinstance(statement, Simple):
            return replace(statement, end=end, words=statement.words + tuple(words), redirects=statement.redirects + tuple(redirects))
        if isinstance(statement, Group):
            return replace(statement, end=end, redirects=statement.redirects + tuple(redirects))
        return Group(statement.start, end, Sequence(statement.start, statement.end, (Item(statement),)), redirects=tuple(redirects))

    def _redirect(self, node: Raw, redirects: list[Redirect], words: list[Word]) -> None:
        """A grammar's redirection takes the words after its target too; they belong to the command."""
        operator = next((child.type for child in node.children if child.type.strip("&|") in ("<", ">", ">>", "<<<", "<>")), "")
        targets = [self.word(child) for child in node.children if child.is_named and child.type != "file_descriptor"]
        if targets and operator and not (operator in (">&", "<&") and re.fullmatch(r"\d*-?", targets[0].text)):
            redirects.append(Redirect(operator, targets[0]))
        words.extend(targets[1:])

    def _join(self, tokens: list[Statement | tuple[str, int]]) -> Statement:
        """Operands and operators as a tree: `|` binds closer than `!`, that closer than `&&` and `||`."""
        parts: list[Statement] = []
        operators: list[tuple[str, int]] = []
        current: list[Statement | tuple[str, int]] = []
        for token in tokens:
            if isinstance(token, tuple) and token[0] in ("&&", "||"):
                parts.append(self._join_pipeline(current))
                operators.append(token)
                current = []
            else:
                current.append(token)
        parts.append(self._join_pipeline(current))
        return parts[0] if not operators else Chain(parts[0].start, parts[-1].end, tuple(parts), tuple(operators))

    def _join_pipeline(self, tokens: list[Statement | tuple[str, int]]) -> Statement:
        negations = [token[1] for token in tokens if isinstance(token, tuple) and token[0] == "!"]
        bars = tuple(token[1] for token in tokens if isinstance(token, tuple) and token[0] != "!")
        parts = tuple(token for token in tokens if not isinstance(token, tuple))
        if not parts:
            where = negations[0] if negations else 0
            return Simple(where, where)
        body: Statement = parts[0] if len(parts) == 1 else Pipeline(parts[0].start, parts[-1].end, parts, bars[: len(parts) - 1])
        for offset in reversed(negations):
            body = body.body if isinstance(body, Negated) else Negated(offset, body.end, body)
        return body

    # ---- compound commands ----------------------------------------------------------------------------------------

    def _branches(self, node: Raw) -> list[tuple[Sequence | None, Sequence]]:
        branches: list[tuple[Sequence | None, Sequence]] = []
        condition: list[Raw] = []
        body: list[Raw] = []
        current = condition
        for child in node.children:
            if child.type == "then":
                current = body
            elif child.type == "elif_clause":
                branches.extend(self._branches(child))
            elif child.type == "else_clause":
                branches.append((None, self.block(child)))
            elif child.type not in ("if", "elif", "fi"):
                current.append(child)
        return [(self._span_of(condition, node), self._span_of(body, node)), *branches]

    def _span_of(self, nodes: list[Raw], holder: Raw) -> Sequence:
        real = [node for node in nodes if node.type not in _SEPARATORS]
        start, end = (real[0].start_byte, real[-1].end_byte) if real else (holder.start_byte, holder.start_byte)
        return self.sequence(nodes, start, end)

    def _loop(self, node: Raw) -> Loop:
        keyword = node.children[0].type
        body = next((child for child in node.children if child.type in ("do_group", "compound_statement")), None)
        head = [child for child in node.children[1:] if body is None or child.start_byte < body.start_byte]
        inner = self.block(body) if body is not None else Sequence(node.end_byte, node.end_byte)
        if node.type == "while_statement":
            return Loop(node.start_byte, node.end_byte, keyword, self._span_of(head, node), inner)
        words = tuple(self.word(child) for child in head if child.is_named and child.type not in ("variable_name", "comment"))
        return Loop(node.start_byte, node.end_byte, keyword, None, inner, words)

    def _case_item(self, node: Raw) -> tuple[str, Sequence]:
        closing = next((index for index, child in enumerate(node.children) if child.type == ")"), 0)
        pattern = self.text[node.start_byte : node.children[closing].start_byte].strip().lstrip("(")
        return pattern, self.sequence(node.children[closing + 1 :], node.children[closing].end_byte, node.end_byte)

    def _function(self, node: Raw) -> Function:
        name = node.child_by_field_name("name")
        body = node.child_by_field_name("body")
        called = self.text[name.start_byte : name.end_byte] if name is not None else ""
        if body is None:
            return Function(node.start_byte, node.end_byte, called, Sequence(node.end_byte, node.end_byte))
        if body.type == "compound_statement":
            return Function(node.start_byte, node.end_byte, called, self.block(body))
        return Function(node.start_byte, node.end_byte, called, Sequence(body.start_byte, body.end_byte, (Item(self.statement(body)),)))

    def _test(self, node: Raw) -> Simple:
        """`[ a = b ]`, `[[ ]]` and `(( ))` as a simple command of that name."""
        start, end = node.start_byte, node.end_byte
        words: list[Word] = []
        stack = list(reversed(node.children))
        while stack:
            raw = stack.pop()
            if raw.type in ("binary_expression", "unary_expression", "parenthesized_expression", "negated_command"):
                stack.extend(reversed(raw.children))
            elif raw.end_byte > raw.start_byte:
                words.append(self.word(raw))
        return Simple(start, end, tuple(words))

    # ---- simple commands and words --------------------------------------------------------------------------------

    def _simple(self, node: Raw) -> Simple:
        words: list[Word] = []
        assignments: list[tuple[str, Word]] = []
        redirects: list[Redirect] = []
        declares = node.type in _DECLARATIONS
        children = [node] if node.type == "variable_assignment" else node.children
        if not children and node.is_named:
            words.append(self.word(node))
        for child in children:
            if child.type == "variable_assignment":
                assignments.append(self._assignment(child))
                if declares:
                    words.append(self.word(child))
            elif child.type in _REDIRECTS:
                self._redirect(child, redirects, words)
            elif child.type == "ERROR" or child.is_missing:
                self.problems.append((child.start_byte, child.end_byte))
            elif child.type == "command_name":
                words.extend(self.word(part) for part in child.children)
            elif child.type != "comment" and child.end_byte > child.start_byte:
                words.append(self.word(child))
        start, end = node.start_byte, node.end_byte
        return Simple(start, end, tuple(words), tuple(assignments), tuple(redirects), tuple(self.owned.get(start, ())), declares)

    def _assignment(self, node: Raw) -> tuple[str, Word]:
        name = node.children[0]
        value = node.child_by_field_name("value")
        word = self.word(value) if value is not None else Word(node.end_byte, node.end_byte, "")
        return self.text[name.start_byte : name.end_byte], word

    def word(self, node: Raw) -> Word:
        if self.depth >= _DEPTH:
            return Word(node.start_byte, node.end_byte, self.text[node.start_byte : node.end_byte])
        self.depth += 1
        text, inner = self._unquoted(node), tuple(self._inner(node))
        self.depth -= 1
        return Word(node.start_byte, node.end_byte, text, inner, node.type in ("string", "raw_string"))

    def _unquoted(self, node: Raw) -> str:
        written = self.text[node.start_byte : node.end_byte]
        if node.type == "raw_string":
            return written[1:-1]
        if node.type == "ansi_c_string":
            return written[2:-1]
        if node.type == "string":
            return re.sub(r'\\([$`"\\])', r"\1", written[1:-1]).replace("\\\n", "")
        if node.type in ("concatenation", "command_name", "variable_assignment"):
            gaps, position = [], node.start_byte
            for child in node.children:
                gaps += [self.text[position : child.start_byte], self._unquoted(child)]
                position = child.end_byte
            return "".join([*gaps, self.text[position : node.end_byte]])
        if node.type in ("word", "variable_name"):
            return re.sub(r"\\(.)", r"\1", written.replace("\\\n", ""))
        return written

    def _inner(self, node: Raw) -> list[Sequence]:
        """The programs of the outermost substitutions in a word."""
        found: list[Sequence] = []
        stack = [node]
        while stack:
            current = stack.pop()
            if current.type in _SUBSTITUTIONS:
                found.append(self.block(current))
            else:
                stack.extend(reversed(current.children))
        return found
