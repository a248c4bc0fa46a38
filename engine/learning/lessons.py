"""From the rows of a source to what a course is given: encoded, cut to length, and some of them held out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from engine.learning.dataset import DataError, DataSet, Row, split
from engine.learning.encoding import Encoded, Encoder

_LOOK_EVERY = 64


@dataclass(frozen=True, slots=True)
class Lessons:
    """Rows ready for a course.

    Attributes:
        data: Where they come from, and what became of its other lines.
        told: Rows to learn.
        held_out: Rows to check the learning on.
        names: The prompts of ``told``, by which exposure counts them.
        cut: Rows whose prompt lost its beginning.
    """

    data: DataSet
    told: list[Encoded]
    held_out: list[Encoded]
    names: list[str]
    cut: int

    def fingerprint(self) -> str:
        """Changes with any token of any row, and with the side that a row falls on."""
        rows = [[(row.prompt, row.answer) for row in side] for side in (self.told, self.held_out)]
        return sha256(repr(rows).encode()).hexdigest()


def prepare(data: DataSet, encoder: Encoder, ratio: float, told: Callable[[int, int], None]) -> Lessons:
    """Split and encode the rows of ``data``; answers that are too long are counted there.

    Args:
        data: The rows.
        encoder: Puts them in token ids.
        ratio: ``valid_split_ratio``.
        told: Told how many rows of how many are done; raises to end it.

    Raises:
        DataError: When nothing is left to learn.
    """
    learned, held_out = split(data.rows, ratio)
    if not learned:
        raise DataError(
            f"All {len(data.rows)} rows of {data.source} fall on the held-out side; "
            f"lower valid_split_ratio ({ratio:g}) or give more rows."
        )
    encoded: dict[bool, list[Encoded]] = {True: [], False: []}
    names: list[str] = []
    for index, (row, is_told) in enumerate([*((r, True) for r in learned), *((r, False) for r in held_out)]):
        if index % _LOOK_EVERY == 0:
            told(index, len(data.rows))
        if (one := encoder.encode(row)) is None:
            data.too_long += 1
            continue
        encoded[is_told].append(one)
        if is_told:
            names.append(row.prompt)
    if not encoded[True]:
        raise DataError(
            f"No answer of {data.source} fits into {encoder.longest} tokens; "
            "raise max_seq_length (in a dry run max_length)."
        )
    cut = sum(row.cut for side in encoded.values() for row in side)
    return Lessons(data, encoded[True], encoded[False], names, cut)


def first_learned(rows: list[Row], ratio: float, count: int) -> tuple[list[Row], int]:
    """The first ``count`` rows that are not held out, and how many of these there are in all."""
    learned, _ = split(rows, ratio)
    return learned[:count] or rows[:count], len(learned)
