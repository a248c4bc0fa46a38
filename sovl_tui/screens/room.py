"""What all rooms have in common: the line at the top that tells where one is, the keys below, and the sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.geometry import Offset
from textual.screen import Screen
from textual.widget import Widget

from engine.api import Event
from sovl_tui.ink import Ink
from sovl_tui.keymap import LIST_KEYS, KeySpec
from sovl_tui.screens.jump import Target
from sovl_tui.user_keys import Changes, key_names, shown
from sovl_tui.vitals import Vitals
from sovl_tui.widgets.item_list import ItemList
from sovl_tui.widgets.key_bar import Key, KeyBar
from sovl_tui.widgets.lines import Lines
from sovl_tui.widgets.room_tabs import RoomTabs
from sovl_tui.widgets.text_page import TextPage
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

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(str(number), f"pane({number})", f"Pane {number}", show=False) for number in range(1, 10)
    ]
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
        self.name_keys(self.app.own.keys)

    def name_keys(self, changes: Changes) -> None:
        """Show the user's own keys in place of ours."""
        self.tabs.use_names({name.removeprefix("room."): shown(keys) for name, keys in changes.items()})
        self.key_bar.use_names(key_names(self.KEYS, changes))

    def help_keys(self) -> HelpKeys:
        """Its own keys for the help page, in the order of what is needed first."""
        own = ((f"in {self.app.rooms.name_of(self)}", self.KEYS),) if self.KEYS else ()
        moves = isinstance(self.focused, (ItemList, TextPage))
        return (*own, ("in this list", LIST_KEYS)) if moves else own

    @property
    def panes(self) -> list[Widget]:
        """What can have the focus, in the order of their numbers."""
        return [pane for pane in self.focus_chain if pane.region and pane.is_on_screen][:9]

    def jump_targets(self) -> dict[str, Target]:
        """Where jump mode leads, by its key: numbers for panes, letters for rooms."""
        targets = {
            str(number): Target(f"screen.pane({number})", pane.region.offset)
            for number, pane in enumerate(self.panes, start=1)
        }
        for name, column in self.tabs.places.items():
            letter = next((letter for letter in name if letter not in targets), "")
            targets[letter] = Target(f"app.go({name!r})", Offset(self.tabs.region.x + column, self.tabs.region.y))
        return targets

    def action_pane(self, number: int) -> None:
        """Give the focus to the pane of this number."""
        if number <= len(self.panes):
            self.panes[number - 1].focus()

    def step_back(self) -> bool:
        """Close or leave one thing inside the room; False when there was nothing, and Esc then leaves the room."""
        return False
