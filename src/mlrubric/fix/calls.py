"""Edits of calls: a keyword is given, an argument gets another value; the call keeps how it is laid out."""

from __future__ import annotations

import ast
import io
import tokenize

from mlrubric.fix.code import Code
from mlrubric.fix.lines import Lines
from mlrubric.model.remedy import TextEdit

LAYOUT = frozenset((tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.ENDMARKER, tokenize.OP, tokenize.INDENT, tokenize.DEDENT))


def with_keyword(code: Code, call: ast.Call, name: str, value: str, position: int = -1) -> TextEdit | None:
    """The call with a keyword set, whether it was given or not; None where `*` or `**` may hand it over already."""
    given = next((one for one in call.keywords if one.arg == name), None)
    if given is not None:
        return None if _chosen(given.value) or code.said(given.value) == value else code.replaced(given.value, value)
    if any(one.arg is None for one in call.keywords) or any(isinstance(one, ast.Starred) for one in call.args):
        return None
    if 0 <= position < len(call.args):
        return None if _chosen(call.args[position]) else code.replaced(call.args[position], value)
    return appended(code, call, f"{name}={value}")


def _chosen(value: ast.expr) -> bool:
    """Whether a value has a name: somebody else chooses it, and it must not be written over here."""
    return any(isinstance(one, (ast.Name, ast.Attribute)) for one in ast.walk(value)) and not isinstance(value, ast.Call)


def appended(code: Code, call: ast.Call, argument: str) -> TextEdit | None:
    """The call with one more argument at its end, on a line of its own where the others have theirs; a comment behind the last argument
    stays behind it."""
    end = code.end(call) - 1
    last = last_argument(call)
    if last is None:
        start = code.end(call.func)
        opening = code.text.find("(", start, end)
        return code.edit(opening + 1, end, argument) if code.text[start:end].strip() == "(" else None
    if isinstance(last, ast.GeneratorExp) and len(call.args) == 1 and not call.keywords:
        return None  # it would need parentheses of its own
    after = code.end(last)
    rest = _comma(code.text[after:end])
    if rest is None:
        return None
    closed, comma = rest
    own = _own_line(code, call)
    here = after + (closed if comma < 0 else comma + 1)
    line_end = code.text.find("\n", here, end)
    told = code.text[here : max(line_end, here)]  # what is said of the last argument
    if told.strip():
        indent = own if own is not None else _beside_others(code, call)
        return code.edit(here, line_end, f"{',' if comma < 0 else ''}{told}\n{indent}{argument}{'' if comma < 0 else ','}")
    if comma < 0:
        return code.edit(here, here, f",\n{own}{argument}" if own is not None else f", {argument}")
    return code.edit(here, here, f"\n{own}{argument}," if own is not None else f" {argument},")


def last_argument(call: ast.Call) -> ast.expr | None:
    given = [*call.args, *(one.value for one in call.keywords)]
    return max(given, key=lambda one: (one.end_lineno or 0, one.end_col_offset or 0), default=None)


def _comma(rest: str) -> tuple[int, int] | None:
    """In what follows the last argument: where its own closing parentheses end, and where its comma stands (-1: nowhere)."""
    closed, comma, lines = 0, -1, Lines("", rest)
    try:
        for token in tokenize.generate_tokens(io.StringIO(f"({rest}\n)").readline):
            if token.start[0] == 1 and token.start[1] == 0:
                continue
            offset = lines.offset(token.start[0], token.start[1] + (0 if token.start[0] == 1 else 1))  # the first line begins with a "("
            if token.type == tokenize.OP and token.string == ")" and offset < len(rest):
                closed = offset + 1
            elif token.type == tokenize.OP and token.string == ",":
                comma = offset
            elif token.type not in LAYOUT:
                return None
    except (tokenize.TokenError, SyntaxError):
        return None
    return closed, comma


def _own_line(code: Code, call: ast.Call) -> str | None:
    """The indentation of arguments that stand one on a line each; None when they do not."""
    starts = [code.span(one) for one in call.args] + [code.span(one) for one in call.keywords]
    final = max(starts)
    row = code.lines.row(final.line)
    if row[: final.column - 1].strip() or final.line == code.span(call).line:
        return None
    if sum(one.line == final.line for one in starts) > 1:
        return None
    return row[: final.column - 1]


def _beside_others(code: Code, call: ast.Call) -> str:
    """The indentation of one more line of arguments: that of the last line of them, or below the first of them."""
    starts = sorted(code.span(one) for one in (*call.args, *call.keywords))
    if starts[-1].line != code.span(call).line:
        return code.lines.indent(starts[-1].line)
    return " " * (starts[0].column - 1)


def without_keyword(code: Code, call: ast.Call, name: str) -> TextEdit | None:
    """The call without one of its keywords, and without the comma that went with it."""
    keyword = next((one for one in call.keywords if one.arg == name), None)
    if keyword is None:
        return None
    given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    arguments = sorted(given, key=lambda one: (one.lineno, one.col_offset))
    number = next(index for index, one in enumerate(arguments) if one is keyword)
    start, end = code.start(keyword), _closed(code, call, keyword.value)
    if number + 1 < len(arguments):
        following = code.start(arguments[number + 1])
        return code.edit(start, following, "") if code.text[end:following].strip() == "," else None
    if number:
        before = _closed(code, call, arguments[number - 1])
        return code.edit(before, end, "") if code.text[before:start].strip() == "," else None
    rest = code.text[end : code.end(call) - 1]
    return code.edit(start, code.end(call) - 1, "") if rest.strip() in ("", ",") else None


def _closed(code: Code, call: ast.Call, argument: ast.expr | ast.keyword) -> int:
    """The end of an argument, with the parentheses that stand around it."""
    end = code.end(argument)
    rest = _comma(code.text[end : code.end(call) - 1]) if argument is last_argument(call) else None
    return end + rest[0] if rest is not None else end
