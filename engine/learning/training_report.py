"""What the user reads about a training: the data, what was odd about it, how it stopped, what it was worth."""

from __future__ import annotations

import math

from engine.learning.comparison import Comparison
from engine.learning.lessons import Lessons
from engine.learning.training import Course, EpochDone


def about(lessons: Lessons) -> list[str]:
    """The data, and how it is split."""
    rows = len(lessons.told) + len(lessons.held_out)
    split = f"{len(lessons.told)} to learn, {len(lessons.held_out)} held out"
    return [f"Data: {rows} rows of {lessons.data.source}, {split}", *oddities(lessons)]


def oddities(lessons: Lessons) -> list[str]:
    """What became of lines and rows that are not trained on as they stand, where there are any."""
    data = lessons.data
    lines = []
    if data.malformed:
        lines.append(f"{data.malformed} of {data.lines} lines malformed, skipped:")
        lines += [f"  line {number}: {reason}" for number, reason in data.problems]
        if data.malformed > len(data.problems):
            lines.append(f"  and {data.malformed - len(data.problems)} more")
    counts = (
        (data.duplicates, "duplicates, taken once"),
        (data.withheld, "marked as not for training, left out"),
        (data.too_long, "with an answer longer than max_seq_length, left out"),
        (lessons.cut, "longer than max_seq_length, cut at the beginning of the prompt"),
        (data.left_out, "more than fit, left out by lot"),
        (data.systems, "with a system message, read without it"),
    )
    return lines + [f"Rows {what}: {count}" for count, what in counts if count]


def epoch(done: EpochDone, patience: int) -> str:
    """What an epoch came to."""
    valid = "none held out" if done.valid_loss is None else f"{done.valid_loss:.4f}"
    waited = f", Patience: {done.waited}/{patience}" if done.waited else ""
    return (
        f"Epoch {done.epoch} Stats: Train Loss: {done.train_loss:.4f}, Valid Loss: {valid}{waited} "
        f"({done.seconds:.1f} s, {done.tokens_per_second:.0f} tokens/s)"
    )


def stopped(course: Course, resumable: bool) -> str:
    """Where it stopped, and how to go on."""
    standing = course.standing
    where = f"after {standing.number} of {course.recipe.steps} steps" if standing.number else "before its first step"
    how = " train --resume goes on from here." if resumable and standing.number else ""
    return f"Training stopped {where}; the weights are those from before.{how}"


def compared(found: Comparison) -> list[str]:
    """Loss and perplexity on the held-out rows."""
    lines = [f"On the {found.rows} rows held out ({found.tokens} answer tokens):"]
    for name, loss in (
        ("Base alone", found.base),
        ("Composition", found.composition),
        (f"Composition, gate open for {found.opened:.0%}", found.gated),
    ):
        lines.append(f"  {name}: loss {loss:.4f}, perplexity {math.exp(min(loss, 700.0)):.2f}")
    return lines
