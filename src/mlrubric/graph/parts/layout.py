"""What is carried along the flow of data, as bits: which rows, which part of which split, what was learned and what was measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mlrubric.graph.parts.pieces import TEST, TRAIN, VALIDATION

READ, MADE, SERIES, SORTED, GROUPED = 1, 2, 4, 8, 16
FIRST = 5  # the fixed bits above


@dataclass(slots=True)
class Layout:
    """The numbers of the bits. Kinds: `root` (a source of rows), `train`, `test`, `validation` (pieces of a split), `learned` (what a
    transformer took from rows), `fitted` (a model), each with the operation it speaks of."""

    owners: list[tuple[str, int]] = field(default_factory=list)
    numbers: dict[tuple[str, int], int] = field(default_factory=dict)
    masks: dict[str, int] = field(default_factory=dict)
    called: set[int] = field(default_factory=set)  # operations whose part their file's name tells, whatever flows into them

    def bit(self, kind: str, op: int) -> int:
        """The bit of one thing, made when it is first asked for."""
        key = (kind, op)
        number = self.numbers.get(key)
        if number is None:
            number = self.numbers[key] = FIRST + len(self.owners)
            self.owners.append(key)
            self.masks[kind] = self.masks.get(kind, 0) | 1 << number
        return 1 << number

    def all(self, *kinds: str) -> int:
        """The mask of all bits of some kinds."""
        mask = 0
        for kind in kinds:
            mask |= self.masks.get(kind, 0)
        return mask

    def of(self, bits: int, kind: str) -> list[int]:
        """The operations whose bit of a kind is set, in order."""
        return sorted(op for _, op in self.owned(bits, kind))

    def owned(self, bits: int, *kinds: str) -> Iterator[tuple[str, int]]:
        """Kind and operation of every bit of some kinds that is set."""
        rest = bits & self.all(*kinds)
        while rest:
            low = rest & -rest
            yield self.owners[low.bit_length() - 1 - FIRST]
            rest ^= low

    @property
    def rows(self) -> int:
        """Everything that says which rows a value holds."""
        return READ | MADE | SERIES | SORTED | GROUPED | self.all("root", TRAIN, TEST, VALIDATION)

    def part(self, bits: int) -> str:
        """The part of the data a value is: train, test, validation (to choose by), mixed, whole (not split yet) or none."""
        train, test, kept = set(self.of(bits, TRAIN)), set(self.of(bits, TEST)), set(self.of(bits, VALIDATION))
        if train & (test | kept) or test & kept:
            return "mixed"
        if kept or (train and test):
            return VALIDATION
        if test:
            return TEST
        if train:
            return TRAIN
        return "whole" if bits & (READ | MADE) else "none"
