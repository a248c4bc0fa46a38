"""How the memory room draws: a memory as a row, all about one of them, the dreams that linger, a question asked now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.text import Text
from textual.color import Color

from engine.api import Snapshot
from sovl_tui.ink import Ink, pen
from sovl_tui.long_job import VERDICT_SIGNS
from sovl_tui.memory_rows import MemoryRow, ago, counts
from sovl_tui.night_drawing import verdict_colour, wrapped
from sovl_tui.visible import one_line
from sovl_tui.widgets.gauges import bar
from sovl_tui.widgets.lines import spread

SIGNS = {**VERDICT_SIGNS, "new": "✦", "superseded": "⤳", "gone": "∅"}
_LEVELS = "▁▂▃▄▅▆▇"
"""The full block is left out: it would grow together with that of the row above."""
_SPARK = 10
_ROOMY = 56
"""Columns from which a row has its strength over the nights and when it was audited."""
_AGO = 7
_WIDEST = 60
"""Columns of what is known of a memory: figures farther to the right belong to nothing any more."""
_WEIGHT_BAR = 14
_MOST_ROWS = 8
"""Rows that a statement or an answer takes at most."""


# -- the list ----------------------------------------------------------------------------------------------------------


def summary(rows: Sequence[MemoryRow], order: str, width: int, ink: Ink) -> Text:
    """How many there are of each verdict."""
    line = Text().append(f"{len(rows)} memor{'y' if len(rows) == 1 else 'ies'}", pen(ink.foreground, bold=True))
    for verdict, number in counts(rows):
        line.append("   ").append(f"{SIGNS[verdict]} ", pen(verdict_colour(verdict, ink), bold=True))
        line.append(f"{number} {verdict}", pen(ink.muted))
    aside = Text(order, pen(ink.muted))
    return spread(line, aside, width) if line.cell_len + aside.cell_len + 2 <= width else line


def memory_line(row: MemoryRow, now: float, width: int, ink: Ink) -> Text:
    """``✓ memory  ▁▅█ 100 % 3 h``; what is gone is pale."""
    memory = row.memory
    colour = verdict_colour(memory.verdict.value, ink)
    line = Text().append(f"{SIGNS.get(memory.verdict.value, '·')} ", pen(colour, bold=True))
    line.append(one_line(memory.text, width), pen(ink.faint if row.gone else ink.foreground))
    figures = Text()
    if width >= _ROOMY:
        figures.append(sparkline(row.strengths[-_SPARK:]).rjust(_SPARK), pen(colour))
    audited = memory.audited_at is not None
    figures.append(f"{memory.strength:.0%}".rjust(5) if audited else "    –", pen(ink.muted))
    if width >= _ROOMY:
        when = "" if memory.audited_at is None else ago(now - memory.audited_at)
        figures.append(when.rjust(_AGO), pen(ink.muted))
    return spread(line, figures, width)


def sparkline(strengths: Sequence[float]) -> str:
    """Strengths in [0, 1] as one row of blocks."""
    return "".join(_LEVELS[round(min(1.0, max(0.0, one)) * (len(_LEVELS) - 1))] for one in strengths)


# -- all about one -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DetailRow:
    """One row of what is known of a memory.

    Attributes:
        kind: What it is of.
        text: Its words.
        verdict: Of a night: what the audit said.
        before: Of a night: strength before it; of a dream: near.
        after: Of a night: strength after it; of a dream: new.
        noise: Of a dream.
    """

    kind: Literal["statement", "heading", "plain", "audit", "dream", "question", "weight"]
    text: str = ""
    verdict: str = ""
    before: float = 0.0
    after: float = 0.0
    noise: float = 0.0


def detail_rows(row: MemoryRow, weights: Sequence[float], decay: float, now: float, width: int) -> list[DetailRow]:
    """All about one memory on so many columns.

    Args:
        row: Which.
        weights: Of the dreams of it that have not faded yet.
        decay: What a dream keeps of its weight when another one is dreamt.
        now: Unix seconds.
        width: Columns.
    """
    return [
        *_told(row, now, width),
        *_nights(row),
        *_dreams(row, weights, decay),
        *_questions(row),
    ]


def _told(row: MemoryRow, now: float, width: int) -> Iterator[DetailRow]:
    memory = row.memory
    for line in wrapped(memory.text, max(1, min(width, _WIDEST)), _MOST_ROWS):
        yield DetailRow("statement", line, memory.verdict.value)
    yield DetailRow("plain")
    yield DetailRow("audit", memory.verdict.value, memory.verdict.value, -1.0, memory.strength)
    nights = f"{memory.sleeps} night{'' if memory.sleeps == 1 else 's'}"
    yield DetailRow("plain", f"memory {memory.id}, trained in {nights}")
    yield DetailRow(
        "plain", "never audited" if memory.audited_at is None else f"audited {_since(now - memory.audited_at)}"
    )
    yield DetailRow("plain", f"told in exchange {memory.interaction_id}")


def _since(seconds: float) -> str:
    words = ago(seconds)
    return "just now" if words == "now" else f"{words} ago"


def _nights(row: MemoryRow) -> Iterator[DetailRow]:
    audits = [night for night in row.nights if night.audited is not None]
    if audits:
        yield DetailRow("plain")
        yield DetailRow("heading", "over the nights")
    for night in reversed(audits):
        one = night.audited
        assert one is not None
        yield DetailRow("audit", night.day, one.verdict, one.before, one.after)


def _dreams(row: MemoryRow, weights: Sequence[float], decay: float) -> Iterator[DetailRow]:
    dreams = [night for night in row.nights if night.dream is not None]
    if dreams or weights:
        yield DetailRow("plain")
        yield DetailRow("heading", "dreams of it")
    for weight in reversed(weights):
        yield DetailRow("weight", "lingers", after=weight, before=weight * decay)
    for night in reversed(dreams):
        one = night.dream
        assert one is not None
        yield DetailRow("dream", night.day, "", one.similarity, one.novelty, one.noise)


def _questions(row: MemoryRow) -> Iterator[DetailRow]:
    if row.answers:
        yield DetailRow("plain")
        yield DetailRow("heading", "asked itself")
    for question, answer in row.answers:
        yield DetailRow("question", question, answer)


def detail_line(row: DetailRow, width: int, ink: Ink) -> Text:
    """One row of what is known of a memory."""
    width = min(width, _WIDEST)
    match row.kind:
        case "statement":
            return Text(row.text, pen(ink.foreground, bold=True))
        case "heading":
            return Text(row.text, pen(ink.accent))
        case "audit":
            return _audit_line(row, width, ink)
        case "weight":
            line = Text().append("☾ ", pen(ink.mood("asleep"))).append(f"{row.text} ", pen(ink.muted))
            line.append_text(bar(row.after, max(4, min(_WEIGHT_BAR, width - 22)), ink.mood("asleep"), ink))
            return line.append(f" {row.after:.2f}", pen(ink.foreground)).append(f" → {row.before:.2f}", pen(ink.muted))
        case "dream":
            figures = Text()
            for value, colour in (
                (row.before, ink.secondary),
                (row.after, ink.mood("curious")),
                (row.noise, ink.mood("restless")),
            ):
                figures.append(f" {value:.2f}", pen(colour))
            return spread(Text(f"☾ {row.text}", pen(ink.muted)), figures, width)
        case "question":
            line = Text().append("? ", pen(ink.mood("curious"))).append(row.text, pen(ink.foreground))
            return line.append(f" → {one_line(row.verdict, width)}" if row.verdict else "", pen(ink.secondary))
        case _:
            return Text(row.text, pen(ink.muted))


def _audit_line(row: DetailRow, width: int, ink: Ink) -> Text:
    colour = verdict_colour(row.verdict, ink)
    line = Text().append(f"{SIGNS.get(row.verdict, '·')} ", pen(colour, bold=True))
    line.append(row.text, pen(colour if row.before < 0 else ink.muted, bold=row.before < 0))
    figures = Text("" if row.before < 0 else f"{100 * row.before:.0f} → ", pen(ink.muted))
    figures.append(f"{100 * row.after:.0f} %".rjust(5), pen(ink.muted))
    room = width - line.cell_len - figures.cell_len - 4
    if room >= 4:
        gauge = bar(row.after, min(_WEIGHT_BAR, room), colour, ink).append(" ")
        figures = gauge.append_text(figures)
    return spread(line, figures, width)


# -- dreams that linger ------------------------------------------------------------------------------------------------


def lingering(snapshot: Snapshot, texts: dict[int, str], width: int, height: int, ink: Ink) -> list[Text]:
    """The dreams that have not faded yet, the newest first, each with what remains of it."""
    if not snapshot.dreams:
        return [Text("no dream lingers; a night leaves some", pen(ink.muted, italic=True))]
    rows = []
    for number, weight in reversed(snapshot.dreams):
        line = bar(weight, min(_WEIGHT_BAR, width // 3), ink.mood("asleep"), ink)
        line.append(f" {weight:.2f}  ", pen(ink.foreground))
        pale = ink.foreground.blend(ink.faint, 1 - weight)
        line.append(one_line(texts.get(number, f"memory {number}"), width), pen(pale))
        line.truncate(width, overflow="ellipsis")
        rows.append(line)
    if len(rows) > height > 0:
        left = len(rows) - height + 1
        rows[height - 1 :] = [Text(f"and {left} fainter ones", pen(ink.muted))]
    return rows


# -- asked now ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Asked:
    """A question about a memory that was asked just now, and what came of it so far."""

    memory_id: int
    line_id: int
    question: str = ""
    answer: str = ""
    said: str = ""
    """The engine's own judgement, or why it refused."""
    right: bool | None = None
    """Whether the answer was as it should be; None where that was not judged."""
    over: bool = False
    refused: bool = False


def asked_lines(asked: Asked | None, width: int, height: int, ink: Ink) -> list[Text]:
    """Question, answer, judgement."""
    if asked is None:
        return [Text("a asks it now, in a fresh conversation", pen(ink.muted, italic=True))]
    rows = []
    if asked.question:
        rows += _marked("? ", wrapped(asked.question, width - 2, 2), ink.mood("curious"), ink.muted)
    if asked.said and asked.refused:
        return [*rows, *_marked("✖ ", wrapped(asked.said, width - 2, height - len(rows)), ink.error, ink.foreground)]
    room = max(1, height - len(rows) - (1 if asked.said else 0))
    answer = asked.answer.strip()
    if answer:
        rows += _marked("◆ ", wrapped(answer, width - 2, room), ink.accent, ink.foreground)
    elif not asked.over:
        rows.append(Text("waiting for its answer …" if asked.question else "asking …", pen(ink.muted, italic=True)))
    if asked.said:
        sign, colour = ("✓", ink.success) if asked.right else ("✗", ink.error)
        rows.append(Text(f"{sign} {one_line(asked.said, width)}", pen(colour, bold=True)))
    return rows


def _marked(sign: str, lines: Sequence[str], colour: Color, words: Color) -> list[Text]:
    return [
        Text().append(sign if number == 0 else "  ", pen(colour, bold=True)).append(line, pen(words))
        for number, line in enumerate(lines)
    ]
