"""What names, attributes and calls mean: one worklist over the program's operations until no value changes."""

from mlrubric.graph.resolve.again import resolve_again
from mlrubric.graph.resolve.engine import Resolver, resolve

__all__ = ["Resolver", "resolve", "resolve_again"]
