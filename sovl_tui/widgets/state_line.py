"""Mood, stage and what the engine does right now, with progress and time left: the status in three lines."""

from __future__ import annotations

from rich.text import Text

from engine.api import EngineState
from sovl_tui.ink import Ink, pen
from sovl_tui.visible import one_line
from sovl_tui.vitals import ASLEEP, MOOD_SIGNS, Vitals
from sovl_tui.widgets.gauges import bar
from sovl_tui.widgets.lines import Lines, spread

_SOON = "in a moment"


class StateLine(Lines):
    """Three lines under the figure."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._data: Vitals = Vitals()

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """Mood and stage; state; progress or note."""
        vitals = self._data
        snapshot = vitals.snapshot
        mood = Text(f"{MOOD_SIGNS.get(snapshot.mood, '◡')} ", pen(ink.mood(snapshot.mood)))
        mood.append(snapshot.mood, pen(ink.foreground, bold=True))
        first = spread(mood, Text(snapshot.stage, pen(ink.muted)), width)
        if snapshot.state.starting:
            first = Text(vitals.doing, pen(ink.foreground, bold=True))
        badge = Text()
        if snapshot.read_only:
            badge.append(" read-only ", pen(ink.background, on=ink.warning, bold=True))
        elif snapshot.queued:
            badge.append(f"{snapshot.queued} waiting", pen(ink.warning))
        elif vitals.time_left:
            badge.append(vitals.time_left, pen(ink.muted))
        elif snapshot.tokens_per_second:
            badge.append(f"{snapshot.tokens_per_second:.0f} tok/s", pen(ink.muted))
        share = vitals.share
        words = vitals.note if share is not None else ""
        if snapshot.state.starting:
            words = vitals.note or _SOON  # the line above says that it is waking up
        second = spread(state_words(vitals, ink, words), badge, width)
        if share is not None:
            number = Text(f" {100 * share:3.0f} %", pen(ink.muted))
            third = bar(share, width - number.cell_len, ink.primary, ink)
            third.append_text(number)
        else:
            third = Text("" if words else one_line(vitals.note, width), pen(ink.muted))
        return [first, second, third]


def state_words(vitals: Vitals, ink: Ink, words: str = "") -> Text:
    """The engine's state as a sign and a word, or ``words`` that say more."""
    state = vitals.snapshot.state
    colour = ink.primary
    if state is EngineState.FAILED:
        colour = ink.error
    elif state.starting or state is EngineState.STOPPING:
        colour = ink.warning
    elif state is EngineState.SPEAKING:
        colour = ink.accent
    elif state in ASLEEP:
        colour = ink.mood("asleep")
    text = Text(f"{vitals.sign} ", pen(colour))
    text.append(one_line(words) or vitals.doing, pen(ink.foreground))
    return text
