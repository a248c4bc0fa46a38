"""The top line: which rooms there are, in which one is, and in few words how the lifeform is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual import events

from sovl_tui.ink import Ink, pen
from sovl_tui.vitals import Vitals
from sovl_tui.widgets.lines import Lines, spread
from sovl_tui.widgets.state_line import state_words
from sovl_tui.widgets.status_strip import face

if TYPE_CHECKING:
    from sovl_tui.rooms import Room

_LEAST_STATE = 12
"""Columns below which the state at the right is left out."""


class RoomTabs(Lines):
    """One tab per room. Each one can be clicked."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._data: tuple[tuple[Room, ...], str, Vitals | None] = ((), "", None)
        self._zones: list[tuple[int, int, str]] = []
        self._names: Mapping[str, str] = {}

    def use_names(self, names: Mapping[str, str]) -> None:
        """Show other keys for some rooms: those that the user has chosen for them."""
        self._names = names
        self.redraw()

    @property
    def places(self) -> dict[str, int]:
        """In which column the tab of each room begins; empty where there is no room for tabs."""
        return {name: start for start, _, name in self._zones} if self.display and self.size.height else {}

    def show_rooms(self, rooms: Sequence[Room], name: str) -> None:
        """Say which rooms there are and that this is the one called ``name``."""
        self.show((tuple(rooms), name, self._data[2]))

    def show_vitals(self, vitals: Vitals) -> None:
        """Say at the right how it is."""
        self.show((*self._data[:2], vitals))

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """The line; where names do not fit, only the room one is in is named."""
        left = self._tabs(ink, named=True)
        if left.cell_len > width:
            left = self._tabs(ink, named=False)
        right = self._state(ink, width - left.cell_len - 2)
        return [spread(left, right, width)]

    def _tabs(self, ink: Ink, named: bool) -> Text:
        rooms, here, _ = self._data
        line = Text(" ")
        self._zones = []
        for room in rooms:
            start = line.cell_len
            key = self._names.get(room.name, room.shown)
            if room.name == here:
                line.append(f" {key} {room.name} ", pen(ink.background, on=ink.primary, bold=True))
            else:
                line.append(f" {key}", pen(ink.primary))
                line.append(f" {room.name} " if named else " ", pen(ink.muted))
            self._zones.append((start, line.cell_len, room.name))
        return line

    def _state(self, ink: Ink, room: int) -> Text:
        vitals = self._data[2]
        if vitals is None or room < _LEAST_STATE:
            return Text()
        state = Text()
        state.append(f"{face(vitals)} ", pen(ink.mood(vitals.snapshot.mood), bold=True))
        words = state_words(vitals, ink)
        if state.cell_len + words.cell_len + 1 <= room:
            state.append_text(words)
        state.append(" ")
        return state

    async def on_click(self, event: events.Click) -> None:
        """Go there."""
        for start, end, name in self._zones:
            if start <= event.x < end:
                await self.app.run_action(f"app.go({name!r})")
