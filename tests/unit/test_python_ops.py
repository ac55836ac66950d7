"""The operations that every kind of expression and statement gives, as `kind name (args) value +extra`."""

from __future__ import annotations

from inspect import cleandoc

import pytest

from mlrubric.model.python import Op, PythonModule
from mlrubric.read.python import read
from mlrubric.source.document import Document


def module_of(text: str) -> PythonModule:
    (fact,) = read(Document("a.py", text + "\n"))
    assert isinstance(fact, PythonModule)
    return fact


def shown(op: Op) -> str:
    parts = [op.kind, op.name, f"({' '.join(map(str, op.args))})"]
    if op.value is not None or (op.kind == "const" and not op.name):
        parts.append(repr(op.value))
    if op.extra is not None and not (op.kind == "param" and op.extra == -1):
        parts.append(f"+{op.extra!r}")
    return " ".join(part for part in parts if part)


# one line a case; ids are counted from 0 in the order in which Python evaluates
CASES = [
    (
        "1; 2.5; 'a'; b'b'; True; None; ...; 2j",
        "const () 1; const () 2.5; const () 'a'; const () b'b'; const () True; const () None; const Ellipsis () '...'; "
        "const complex () '2j'",
    ),
    ("'a' 'b'", "const () 'ab'"),
    ("x = 1\nx", "const () 1; assign x (0); load x (1)"),
    ("x: int = 1", "const () 1; load int (); assign x (0) +1"),
    ("x: int", "load int (); assign x () +0"),
    ("a = b = 1", "const () 1; assign a (0); assign b (0)"),
    ("a, *b, c = v", "load v (); unpack (0) 0; assign a (1); unpack (0) '*'; assign b (3); unpack (0) -1; assign c (5)"),
    ("[a, (b, c)] = v", "load v (); unpack (0) 0; assign a (1); unpack (0) 1; unpack (3) 0; assign b (4); unpack (3) 1; assign c (6)"),
    ("o.p = 1", "const () 1; load o (); store_attribute p (1 0)"),
    ("o[1] = 2", "const () 2; load o (); const () 1; store_subscript (1 2 0)"),
    (
        "o[1:2, ::3]",
        "load o (); const () 1; const () 2; slice (1 2 -1); const () 3; slice (-1 -1 4); container (3 5) 'tuple'; subscript (0 6)",
    ),
    ("x = 1\nx += 2", "const () 1; assign x (0); load x (1); const () 2; binary + (2 3) +'augmented'; assign x (4)"),
    ("o.p += 1", "load o (); attribute p (0); const () 1; binary + (1 2) +'augmented'; store_attribute p (0 3)"),
    ("o[0] -= 1", "load o (); const () 0; subscript (0 1); const () 1; binary - (2 3) +'augmented'; store_subscript (0 1 4)"),
    ("del x, y[0], z.w", "assign x (); load y (); const () 0; delete (1 2); load z (); delete w (4)"),
    ("f(1, *a, k=2, **b)", "load f (); const () 1; load a (); element (2); const () 2; load b (); call (0 1 3 4 5) ('k', '**') +(2,)"),
    (
        "[1, *a]; (1,); {2}",
        "const () 1; load a (); element (1); container (0 2) 'list'; const () 1; container (4) 'tuple'; const () 2; container (6) 'set'",
    ),
    ("{'a': 1, **b}", "const () 'a'; const () 1; load b (); dict (0 1 -1 2)"),
    ("f'a{x!r:>{w}}b' 'c'", "load x (); load w (); fstring (0) ('a', None, 'bc')"),
    ("f'{{}}'", "const () '{}'"),
    ("-a + b @ c", "load a (); unary - (0); load b (); load c (); binary @ (2 3); binary + (1 4)"),
    ("not a", "load a (); unary not (0)"),
    (
        "a and b and (c or d) or e",
        "load a (); load b (); load c (); load d (); boolean or (2 3); boolean and (0 1 4); load e (); boolean or (5 6)",
    ),
    ("a < b <= c not in d", "load a (); load b (); load c (); load d (); compare (0 1 2 3) ('<', '<=', 'not in')"),
    ("a if t else b", "load t (); load a (); load b (); conditional (0 1 2)"),
    ("import a.b, c.d as e", "import a () ('a', '', 0) +'a.b'; import e () ('c.d', '', 0)"),
    ("from . import x as y, z", "import y () ('', 'x', 1); import z () ('', 'z', 1)"),
    ("from ..m.n import *", "import * () ('m.n', '*', 2)"),
    (
        "def f(a, /, b: int = 1, *c, d=2, **e) -> str: return a",
        "const () 1; load int (); const () 2; load str (); function f (0 2) 1 +0; param a () 'positional'; "
        "param b (0) 'positional' +1; param c () '*'; param d (2) 'keyword'; param e () '**'; load a (5); return (10)",
    ),
    (
        "@d1\n@d2(1)\ndef f(x=1): pass",
        "load d1 (); load d2 (); const () 1; call (1 2) (); const () 1; function f (4 3 0) 1 +2; param x (4) 'positional'",
    ),
    (
        "@d\nclass C(B, metaclass=M, **k):\n z: int\n def m(self): pass",
        "load d (); load B (); load M (); load k (); load int (); assign z () +4; function m () 2 +0; "
        "param self () 'positional'; class C (1 2 3 0) 1 +(1, ('metaclass', '**'), 1)",
    ),
    ("lambda x, *y: x", "lambda () 1; param x () 'positional'; param y () '*'; load x (1); return (3)"),
    (
        "async def f():\n await a\n async with b as c: pass\n async for d in e: pass",
        "function f () 1 +0; load a (); await (1); load b (); enter (3) 'async'; assign c (4); load e (); element (6) 'async'; "
        "assign d (7)",
    ),
    (
        "def f():\n yield\n yield 1\n yield from g",
        "function f () 1 +0; yield (); const () 1; yield (2); load g (); element (4); yield (5) 'from'",
    ),
    ("raise E from c", "load E (); load c (); raise (0 1)"),
    ("raise", "raise ()"),
    ("assert t, m", "load t (); load m (); assert (0 1)"),
    ("with a as b, c: d", "load a (); enter (0); assign b (1); load c (); enter (3); load d ()"),
    (
        "[x * y for x in xs if x for y in x]",
        "load xs (); element (0); assign <comp1>.x (1); load <comp1>.x (2); load <comp1>.x (2); element (4); "
        "assign <comp1>.y (5); load <comp1>.x (2); load <comp1>.y (6); binary * (7 8); comprehension (9) 'list' +(3,)",
    ),
    (
        "{k: v for k, v in d}",
        "load d (); element (0); unpack (1) 0; assign <comp1>.k (2); unpack (1) 1; assign <comp1>.v (4); load <comp1>.k (3); "
        "load <comp1>.v (5); comprehension (6 7) 'dict'",
    ),
    ("(y := 1) and y", "const () 1; assign y (0); load y (1); boolean and (1 2)"),
    (
        "for i, (a, b) in e: a",
        "load e (); element (0); unpack (1) 0; assign i (2); unpack (1) 1; unpack (4) 0; assign a (5); unpack (4) 1; "
        "assign b (7); load a (6)",
    ),
    ("try: a\nexcept E as e: e\nexcept: b", "load a (); load E (); unknown except (1); assign e (2); load e (3); load b ()"),
    (
        "match s:\n case [1, *r, x]: r\n case {'k': v, **m}: v\n case C(a, n=b) | D(a, n=b): b\n case None | 'x': 0\n case (1 as q): q",
        "load s (); unpack (0) 0; const () 1; unpack (0) '*'; assign r (3); unpack (0) -1; assign x (5); load r (4); "
        "const () 'k'; subscript (0 8); assign v (9); unknown pattern (0); assign m (11); load v (10); load C (); "
        "unknown pattern (0 14); assign a (15); attribute n (0); assign b (17); load D (); unknown pattern (0 19); "
        "assign a (20); attribute n (0); assign b (22); load b (18 23); const () 'x'; const () 0; const () 1; assign q (0); "
        "load q (28)",
    ),
    ("global g\nnonlocal_ = 1", "const () 1; assign nonlocal_ (0)"),
    ("x[*a]", "load x (); load a (); element (1); container (2) 'tuple'; subscript (0 3)"),
    ("x[1,]", "load x (); const () 1; container (1) 'tuple'; subscript (0 2)"),
    ("print(*[1])", "load print (); const () 1; container (1) 'list'; element (2); call (0 3) () +(1,)"),
    ("sys.exit(1)", "load sys (); attribute exit (0); const () 1; call (1 2) ()"),
    ("x = yield_ = 3; del (a, b)", "const () 3; assign x (0); assign yield_ (0); assign a (); assign b ()"),
    ("type X = int", "load int (); assign X (0)"),
    ("a[b:=1]", "load a (); const () 1; assign b (1); subscript (0 2)"),
    ("class D[T: int]: pass", "load int (); class D () 1 +(0, (), 0)"),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text for text, _ in CASES])
def test_operations(text: str, expected: str) -> None:
    assert "; ".join(shown(op) for op in module_of(text).ops) == expected


def test_every_kind_of_the_contract_is_met_but_those_of_loops_and_notebooks() -> None:
    documented = {line.split()[0] for line in cleandoc(Op.__doc__ or "").splitlines()[2:] if line[:1].isalpha()}
    met = {op.kind for text, _ in CASES for op in module_of(text).ops}
    assert documented - met == {"magic", "phi"}
    assert met <= documented
