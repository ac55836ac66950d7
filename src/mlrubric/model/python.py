"""What one Python file says: for every scope its operations in evaluation order, as plain tuples that marshal fast.

The shape is static single assignment with use-definition chains: every operation has an id (its index in
`PythonModule.ops`), a `load` names the definitions that can reach it, and joins need no operation of their own except at
loop heads, where a `phi` gathers what comes in and what comes round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from mlrubric.model.place import Place


class Op(NamedTuple):
    """One operation. `args` are ids of operations; their meaning by `kind`:

    const      value=the constant (str, int, float, bool, None, bytes, "..." for Ellipsis, a str for complex;
               name="Ellipsis" or "complex" tells these two from strings)
    param      name=parameter; args=(default,) or (); value="positional" | "keyword" | "*" | "**" ; extra=annotation op or -1
    load       name=variable; args=definitions that reach it in this scope, in source order. () = not defined in this scope:
               a free variable (enclosing scope, module, builtin). extra=1 when it may also be undefined on some path
               (with args=() : a local variable that no path has assigned yet)
    assign     name=variable; args=(value,)   a definition; also walrus, for and with targets; `del x` defines with args=(). extra=op of
               the annotation, if any; `x: T` alone has args=() and defines only in a class body (a field)
    unpack     args=(value,) value=index (int, or "*": starred, or -n counted from the end)   one element of an unpacked value
    element    args=(iterable,)   what iterating yields (for, comprehension, *args, yield from); value="async" when async
    enter      args=(context manager,)   entering it, with or without `as` (value="async" when async)
    attribute  name=attribute; args=(object,)
    subscript  args=(object, index)
    slice      args=(lower, upper, step) with -1 where absent
    store_attribute  name=attribute; args=(object, value)
    store_subscript  args=(object, index, value)
    call       args=(callee, positional..., keywords...); value=tuple of keyword names for the last len(value) args
               ("**" for a double star); extra=tuple of positions (in args) that are starred
    container  value="list" | "tuple" | "set"; args=elements (a starred element is an `element` op)
    dict       args=(key, value, key, value, ...); a `**x` entry has key -1
    fstring    args=formatted values; value=tuple of text pieces with None for each formatted value
    binary     name=operator ("+", "@", "%", ...); args=(left, right); extra="augmented" for `x += y`
    unary      name=operator ("not", "-", ...); args=(operand,)
    boolean    name="and" | "or"; args=operands
    compare    value=tuple of operators ("==", "not in", ...); args=operands
    conditional  args=(test, body, orelse)
    phi        name=variable; args=definitions (loop heads only)
    import     name=bound variable; value=(module, symbol or "", level)   `import a.b` binds a: value=("a","",0) with extra="a.b";
               `import a.b as c`: value=("a.b","",0). `from m import *`: name="*"
    function   name; value=index of the scope it defines; args=defaults and then decorators (decorators innermost first);
               extra=number of decorators; a definition of `name`
    class      name; value=index of the scope; args=bases, keyword values, then decorators; extra=(number of bases,
               names of keywords, number of decorators); a definition of `name`
    lambda     value=index of the scope
    return     args=(value,) or ()
    yield      args=(value,) or (); value="from" for yield from
    await      args=(value,)
    raise      args=(exception, cause) as far as present
    assert     args=(test, message) as far as present
    delete     args=(object, index) for `del x[i]`; name for `del x.a`
    comprehension  value="list" | "set" | "dict" | "generator"; args=(element,) or (key, value). The targets are ordinary
               `assign` operations with names like `<comp3>.x`, loads inside refer to them. extra=tuple of its `if` conditions, or None
    magic      a notebook line or cell magic or shell escape; value=its text (its command is an Embedded fact too)
    unknown    an expression that is not modelled; args=its parts. name="except": what `except E as name` binds,
               args=(E,); name="pattern": what a match pattern takes out of args[0]
    """

    kind: str
    line: int  # of the host file, from 1
    column: int  # from 1, code points
    end_line: int
    end_column: int
    scope: int  # index in PythonModule.scopes
    block: int  # index in PythonModule.blocks
    name: str = ""
    args: tuple[int, ...] = ()
    value: object = None
    extra: object = None


class Scope(NamedTuple):
    """A module, function, class or lambda. `qualname` is dotted inside the module ("" is the module itself): `C.m`,
    `f.inner`, `f.<lambda1>` (lambdas count from 1 inside their parent, in source order)."""

    kind: str  # module | function | class | lambda
    name: str
    qualname: str
    parent: int  # -1 for the module
    definition: int  # the op that defines it, -1 for the module
    params: tuple[int, ...]  # ids of its param ops
    returns: tuple[int, ...]  # ids of its return and yield ops
    block: int  # its outermost block
    line: int
    column: int
    end_line: int
    is_async: bool = False
    is_generator: bool = False
    docstring: str = ""
    globals: tuple[str, ...] = ()  # `global` names
    nonlocals: tuple[str, ...] = ()
    exports: tuple[tuple[str, tuple[int, ...]], ...] = ()  # variable -> definitions alive at its end (module and class: attributes)
    returns_annotation: int = -1


class Block(NamedTuple):
    """A node of the block tree. `kind`: scope, if, else, for, while, loop_else, try, except, try_else, finally, with, case, cell.

    `test` is the op that decides (if, while: the condition; for: the iterable; except: the exception type or -1;
    with: the first context manager; case: the subject). An `else` block has the `test` and `constant` of its `if`. `leaves` says how
    the block always ends, if it does: "return", "raise", "exit" (sys.exit, exit, quit, os._exit), "continue", "break", "" otherwise;
    where its branches end differently, the weakest way (continue, break, return, raise, exit).
    `constant`: True / False when the condition is a constant or `TYPE_CHECKING` / `__name__ == "__main__"` ("main").
    """

    kind: str
    parent: int  # -1 for a scope's outermost block of the module
    scope: int
    test: int = -1
    leaves: str = ""
    constant: object = None
    line: int = 0
    end_line: int = 0


class Mark(NamedTuple):
    """A comment that speaks to us or to another tool: `# mlrubric: ignore[ID] reason`, `# noqa`, `# type: ignore`."""

    line: int
    text: str
    alone: bool  # the comment is the whole line


@dataclass(frozen=True, slots=True)
class PythonModule:
    """One Python file or notebook. `offset_cells[i]` is (raw line of the first source line of the i-th code cell, cell number).

    `lines` maps a line of the joined code to (cell, line in cell) for notebooks; () for plain files.
    """

    place: Place
    ops: tuple[Op, ...]
    scopes: tuple[Scope, ...]
    blocks: tuple[Block, ...]
    marks: tuple[Mark, ...] = ()
    cells: tuple[tuple[int, int, int], ...] = ()  # raw line -> (raw line, cell, line in cell), sorted by raw line
    owner: str = ""  # "" for a file, "notebook", or the symbol that holds the embedded code
    cell_columns: tuple[int, ...] = ()  # for each entry of `cells`, the raw column where its code begins (one raw line may hold many)
