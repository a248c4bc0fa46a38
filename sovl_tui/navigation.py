"""The way from room to room, and who of them is told what.

A room is made when it is first gone to, or at the first event that it must not miss, and stays as one left it. The
conversation is always there, and told of everything. Each room is a mode of the app, not a screen above another:
whatever changed in a room below would be taken to shine through, and paint all of the one above.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.api import Event
from sovl_tui.rooms import LIVE, Room
from sovl_tui.screens.room import RoomScreen
from sovl_tui.user_keys import Changes
from sovl_tui.vitals import Vitals

if TYPE_CHECKING:
    from sovl_tui.app import SovlApp
    from sovl_tui.ink import Ink


class Rooms:
    """Knows which room is seen, and hands each one what it is to know: once per tick, and only what concerns it."""

    def __init__(self, app: SovlApp, table: Sequence[Room], live: RoomScreen) -> None:
        self.table = tuple(table)
        self._app = app
        self._live = live
        self._made: dict[str, RoomScreen] = {LIVE: live}
        self._vitals = Vitals()
        app.add_mode(LIVE, lambda: live)

    @property
    def here(self) -> RoomScreen:
        """The room that is seen, below whatever dialog is open."""
        seen = (screen for screen in reversed(self._app.screen_stack) if isinstance(screen, RoomScreen))
        return next(seen, self._live)

    def name_of(self, screen: RoomScreen) -> str:
        """The name of a room that was made here."""
        return next(name for name, made in self._made.items() if made is screen)

    def get(self, name: str) -> RoomScreen:
        """The room called ``name``, made when it was not there yet. KeyError when there is none."""
        if name not in self._made:
            where = {room.name: room.screen for room in self.table}[name]
            screen: RoomScreen = pkgutil.resolve_name(where)()
            self._made[name] = screen
            screen.use_ink(self._app.ink)
            self._app.add_mode(name, lambda: screen)
        return self._made[name]

    def go(self, name: str) -> bool:
        """Show the room ``name``; False, and nothing done, while a dialog wants an answer first."""
        here = self.here
        if self._app.screen is not here:
            return False
        screen = self.get(name)
        if screen is here:
            return True
        screen.use_ink(self._app.ink)
        screen.show(self._vitals)
        self._app.switch_mode(name)
        return True

    # -- the pump ------------------------------------------------------------------------------------------------------

    def take(self, events: Sequence[Event]) -> None:
        """Events of one tick."""
        here = self.here
        for room in self.table:
            if room.follows and room.name not in self._made and any(isinstance(one, room.follows) for one in events):
                self.get(room.name)
        following = {room.name for room in self.table if room.follows} | {LIVE}
        for name, screen in self._made.items():
            if screen is here or name in following:
                screen.take(events)

    def show(self, vitals: Vitals) -> None:
        """A changed status."""
        self._vitals = vitals
        self._live.show(vitals)
        if self.here is not self._live:
            self.here.show(vitals)

    def name_keys(self, changes: Changes) -> None:
        """Show the user's own keys in place of ours; a room made later asks for them itself."""
        for screen in self._made.values():
            screen.name_keys(changes)

    def use_ink(self, ink: Ink) -> None:
        """Draw in other colours. A room that is not seen changes when it is gone to."""
        self._live.use_ink(ink)
        if self.here is not self._live:
            self.here.use_ink(ink)
