"""What all rooms have in common: the line at the top that tells where one is, the keys below, and the sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen

from engine.api import Event
from sovl_tui.ink import Ink
from sovl_tui.keymap import KeySpec
from sovl_tui.vitals import Vitals
from sovl_tui.widgets.key_bar import Key, KeyBar
from sovl_tui.widgets.lines import Lines
from sovl_tui.widgets.room_tabs import RoomTabs
from sovl_tui.widgets.too_small import TooSmall

if TYPE_CHECKING:
    from sovl_tui.app import SovlApp

APP_BAR: tuple[Key, ...] = (("esc", "back", "step_back"), ("ctrl+p", "everything", "command_palette"))
"""The end of the bottom line, in every room but the conversation."""
HelpKeys = tuple[tuple[str, tuple[KeySpec, ...]], ...]
"""Where keys work, in words that follow "keys", and the keys."""


class RoomScreen(Screen[None]):
    """A room between tabs and keys. It is told things by the pump, and says things to the engine by ``app.send``.

    ``take``, ``show`` and ``use_ink`` may come before it is mounted: they must touch what ``__init__`` made, no more.
    """

    app: SovlApp

    KEYS: ClassVar[tuple[KeySpec, ...]] = ()
    """Its own keys; help and palette show them. Make the bindings with :func:`sovl_tui.keymap.bindings`."""
    HORIZONTAL_BREAKPOINTS = [(0, "-w-tiny"), (30, "-w-narrow"), (76, "-w-medium"), (104, "-w-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-h-tiny"), (8, "-h-short"), (20, "-h-medium"), (34, "-h-tall")]  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.tabs = RoomTabs(id="tabs")
        self.key_bar = KeyBar(id="keys")
        self.too_small = TooSmall(id="too-small")

    @property
    def parts(self) -> tuple[Lines, ...]:
        """Widgets that are drawn in the colours of the theme; add those of the room."""
        return self.tabs, self.key_bar, self.too_small

    def compose(self) -> ComposeResult:
        """Tabs, the room, keys."""
        yield self.tabs
        with Container(id="body"):
            yield from self.compose_body()
        yield self.key_bar
        yield self.too_small

    def compose_body(self) -> ComposeResult:
        """What is between the tabs and the keys."""
        raise NotImplementedError

    def take(self, events: Sequence[Event]) -> None:
        """Events of one tick, oldest first."""

    def show(self, vitals: Vitals) -> None:
        """A changed status."""
        self.tabs.show_vitals(vitals)

    def use_ink(self, ink: Ink) -> None:
        """Draw everything in other colours."""
        for part in self.parts:
            part.use_ink(ink)

    def on_mount(self) -> None:
        """Say where one is."""
        self.tabs.show_rooms(self.app.rooms.table, self.app.rooms.name_of(self))

    def help_keys(self) -> HelpKeys:
        """Its own keys for the help page, in the order of what is needed first."""
        return ((f"in {self.app.rooms.name_of(self)}", self.KEYS),) if self.KEYS else ()

    def step_back(self) -> bool:
        """Close or leave one thing inside the room; False when there was nothing, and Esc then leaves the room."""
        return False
