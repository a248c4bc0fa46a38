"""A passage of a result as lines: the question of a spark, one side of a debate, what was said then and now.

Each role has its own sign and colour. Above the text stands what it is, and its figures; what is long past is pale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.segment import Segment
from textual.color import Color

from engine.api import Passage
from sovl_tui.ink import Ink, pen
from sovl_tui.prose import Line, verbatim

Paint = Callable[[Ink], Color]


@dataclass(frozen=True, slots=True)
class Look:
    """How a role shows: the sign in the margin, its colour, and what stands above the text where it has no label."""

    sign: str
    paint: Paint
    title: str = ""
    pale: bool = False
    bold: bool = False


_PLAIN = Look("◆", lambda ink: ink.accent)
_LOOKS = {
    "question": Look("?", lambda ink: ink.mood("curious")),
    "answer": _PLAIN,
    "theme": Look("◎", lambda ink: ink.secondary),
    "thought": Look("~", lambda ink: ink.accent),
    "inspiration": Look("✧", lambda ink: ink.secondary),
    "outburst": Look("‼", lambda ink: ink.error, bold=True),
    "echo": Look("»", lambda ink: ink.secondary),
    "for": Look("▲", lambda ink: ink.success),
    "against": Look("▼", lambda ink: ink.warning),
    "noise": Look("#", lambda ink: ink.error, pale=True),
    "heard": Look("≈", lambda ink: ink.warning),
    "then": Look("◀", lambda ink: ink.muted, "Then", pale=True),
    "now": Look("▶", lambda ink: ink.accent),
    "mimicry": Look("◑", lambda ink: ink.primary),
}


def look_of(passage: Passage) -> Look:
    """The look of its role; a plain one for a role that is not known here."""
    return _LOOKS.get(passage.role, _PLAIN)


def title_of(passage: Passage) -> str:
    """What stands above the text: its label without the marks that plain text needs."""
    return passage.label.strip(' :"[]') or look_of(passage).title


def draw_passage(passage: Passage, text: str, width: int, ink: Ink) -> list[Line]:
    """The lines of a passage whose text is ``text`` by now."""
    look = look_of(passage)
    colour = look.paint(ink)
    head = title_of(passage)
    lines = verbatim(head, width, pen(colour, bold=True)) if head else []
    if passage.note:
        note = pen(ink.muted)
        if head and len(head) + 2 + len(passage.note) <= width:
            lines[0].append(Segment(f"  {passage.note}", note))
        else:
            lines += verbatim(passage.note, width, note)
    body = pen(ink.muted if look.pale else ink.foreground, bold=look.bold)
    return [*lines, *(verbatim(text, width, body) if text else [])]
