"""The whole status on one line, for terminals without room for the column."""

from __future__ import annotations

from rich.text import Text

from sovl_tui.ink import Ink, pen
from sovl_tui.vitals import Vitals
from sovl_tui.widgets.lines import Lines, spread
from sovl_tui.widgets.state_line import state_words

_FACES = {"curious": "(o.o)", "calm": "(•‿•)", "restless": "(>.<)", "melancholic": "(•︵•)"}


def face(vitals: Vitals) -> str:
    """The figure in five characters."""
    state = vitals.snapshot.state
    if state.starting:
        return "(···)"
    if state.name == "FAILED":
        return "(x_x)"
    if vitals.sign == "☾":
        return "(-‿-)"
    return _FACES.get(vitals.snapshot.mood, "(•‿•)")


class StatusStrip(Lines):
    """Face, mood, state and the four numbers that matter."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._data: Vitals = Vitals()

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """The line; numbers are left out from the right where room is short."""
        vitals = self._data
        snapshot = vitals.snapshot
        left = Text()
        left.append(f" {face(vitals)} ", pen(ink.mood(snapshot.mood), bold=True))
        if not snapshot.state.starting:
            left.append(f"{snapshot.mood} ", pen(ink.foreground, bold=True))
        left.append_text(state_words(vitals, ink))
        if vitals.share is not None:
            left.append(f" {100 * vitals.share:.0f} %", pen(ink.muted))
        numbers = [f"T {snapshot.temperament:.2f}"]
        if snapshot.confidence is not None:
            numbers.append(f"c {snapshot.confidence:.2f}")
        numbers.append(f"w {snapshot.weight:.2f}")
        if not snapshot.gestating:
            numbers.append(f"☾ {min(snapshot.unslept, snapshot.sleep_log_min)}/{snapshot.sleep_log_min}")
        if vitals.time_left:
            numbers.insert(0, vitals.time_left)
        if snapshot.read_only:
            numbers.insert(0, "read-only")
        if snapshot.queued:
            numbers.insert(0, f"{snapshot.queued} waiting")
        if snapshot.state.starting:
            numbers = []
        while numbers and left.cell_len + len("  ".join(numbers)) + 2 > width:
            numbers.pop()
        return [spread(left, Text("  ".join([*numbers, ""]), pen(ink.muted)), width)]
