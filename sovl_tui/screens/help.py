"""Keys and commands on one page, made from the tables that work by them."""

from __future__ import annotations

from types import MappingProxyType
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.commands import COMMANDS
from sovl_tui.ink import Ink, pen
from sovl_tui.keymap import APP_KEYS, ROOM_KEYS, KeySpec
from sovl_tui.screens.room import HelpKeys
from sovl_tui.user_keys import Changes, with_changes

_AREAS = {
    "speech": "speaking",
    "learning": "learning and sleep",
    "control": "looking after it",
}


def help_text(ink: Ink, own: HelpKeys, changes: Changes = MappingProxyType({})) -> Text:
    """The whole page; the keys of the room one is in, ``own``, come first. ``changes`` are the user's own keys."""
    text = Text()
    for title, keys in (*own, ("that lead to the rooms", ROOM_KEYS), ("everywhere", APP_KEYS)):
        _heading(text, f"Keys {title}", ink)
        _keys(text, with_changes(keys, changes), ink)
    for area in dict.fromkeys(command.area for command in COMMANDS):
        _heading(text, f"Commands for {_AREAS.get(area, area)}", ink)
        for command in COMMANDS:
            if command.area == area:
                text.append(f"  {command.usage}\n", pen(ink.primary))
                text.append(f"      {command.summary}\n", pen(ink.muted))
    text.append(
        "\nEverything else you type is said to SOVL. A line that begins with / is always a command;\n", pen(ink.muted)
    )
    text.append(
        "one that begins with \\ is always said. The line under the prompt tells what Enter will do.\n", pen(ink.muted)
    )
    return text


def _heading(text: Text, title: str, ink: Ink) -> None:
    text.append(f"{chr(10) if text.plain else ''}{title}\n", pen(ink.accent, bold=True))


def _keys(text: Text, keys: tuple[KeySpec, ...], ink: Ink) -> None:
    for key in keys:
        text.append(f"  {key.shown:<16}", pen(ink.primary, bold=True))
        text.append(f"{key.does}\n", pen(ink.foreground))


class HelpScreen(ModalScreen[None]):
    """Opened by F1, and by ``?`` on an empty prompt."""

    AUTO_FOCUS = "#page"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q,question_mark", "dismiss(None)", "Close", show=False),
    ]

    def __init__(self, ink: Ink, own: HelpKeys, changes: Changes = MappingProxyType({})) -> None:
        super().__init__()
        self._ink, self._own, self._changes = ink, own, changes

    def compose(self) -> ComposeResult:
        """One page to scroll."""
        with Vertical(id="help"):
            with VerticalScroll(id="page"):
                yield Static(help_text(self._ink, self._own, self._changes), id="help-text")
            yield Static(Text("↑ ↓ scroll · esc close", pen(self._ink.muted)), id="help-foot")
