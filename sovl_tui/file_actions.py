"""What the app does with files in the home folder: it writes what is seen there, and reads what the user wrote."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from textual.app import App

from sovl_tui.chat_export import export_chat
from sovl_tui.driver import Driver
from sovl_tui.navigation import Rooms
from sovl_tui.own_files import OwnFiles
from sovl_tui.screens.live import LiveScreen

PROBLEM_SECONDS = 12.0
"""How long it is said what is wrong with a file of the user's own."""


class FileActions(App[None]):
    """The part of the app that has these actions; the rest of it makes what they need."""

    engine: Driver
    live: LiveScreen
    own: OwnFiles
    rooms: Rooms

    def action_picture(self) -> None:
        """Save the screen as SVG in the home folder."""
        self._save(lambda folder: Path(self.save_screenshot(path=str(folder))))

    def action_export_chat(self, form: str) -> None:
        """Save the conversation in the home folder, as ``markdown`` or ``json``."""
        self._save(lambda folder: export_chat(self.live.transcript.conversation.entries, folder, form))

    def action_begin_own_keys(self) -> None:
        """Write a file of keys to change."""
        self._save(lambda _: self.own.begin_keys())

    def action_begin_own_theme(self) -> None:
        """Write a file of colours to change."""
        self._save(lambda _: self.own.begin_theme(self.current_theme))

    def _save(self, write: Callable[[Path], Path]) -> None:
        home = self.engine.home
        if home.read_only:
            self.notify("Opened read-only: nothing is written.", severity="warning")
            return
        try:
            self.notify(f"Saved {write(home.path)}")
        except OSError as error:
            self.notify(f"Not saved: {error.strerror or error} ({home.path})", severity="error")

    def action_read_own_files(self) -> None:
        """Read the user's own themes and keys, and say what is wrong with them."""
        problems = self.own.read(self)
        self.rooms.name_keys(self.own.keys)
        for problem in problems:
            self.notify(problem, severity="warning", timeout=PROBLEM_SECONDS)
