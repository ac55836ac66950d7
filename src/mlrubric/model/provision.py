"""What code for infrastructure asks a cloud to make."""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.model.place import Place


@dataclass(frozen=True, slots=True)
class Provision:
    """One resource of Terraform (`data` blocks have a kind that begins with `data.`); `symbol` of its place is `kind.name`.

    `options` are its scalars by dotted route, with `[1]`, `[2]` on a nested block or item that repeats; an expression stands as written.
    `off` is the reason when it is never made (`count = 0`, `for_each = {}`).
    """

    place: Place
    kind: str
    name: str
    options: tuple[tuple[str, str], ...] = ()
    off: str = ""


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that a folder of Terraform names: `symbol` of its place is `var.name` or `local.name`. `value` is None when it has no
    default, or none that is a scalar."""

    place: Place
    value: str | None = None
