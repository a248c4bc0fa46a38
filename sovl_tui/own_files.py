"""What the user has laid into the home folder for the app: themes and keys of their own."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from textual.app import App
from textual.theme import Theme

from sovl_tui import user_keys, user_themes


class OwnFiles:
    """Knows what was read of them last."""

    def __init__(self, home: Path) -> None:
        self._themes_dir = home / "themes"
        self._keys_file = home / user_keys.FILE
        self._themes: list[Theme] = []
        self.keys: dict[str, str] = {}
        """The user's own keys, by the names of what they do."""

    def read(self, app: App[Any]) -> list[str]:
        """Read them, and give them to ``app``; returns one line for each thing that is wrong."""
        taken = app.available_themes.keys() - {theme.name for theme in self._themes}
        self._themes, problems = user_themes.load_themes(self._themes_dir, taken)
        for theme in self._themes:
            app.register_theme(theme)
        self.keys, wrong = user_keys.load_keys(self._keys_file)
        app.set_keymap(self.keys)
        return [*problems, *wrong]

    def begin_keys(self) -> Path:
        """Write a file of keys to change, unless there is one; returns where it is.

        Raises:
            OSError: it cannot be written.
        """
        return _begin(self._keys_file, user_keys.template())

    def begin_theme(self, like: Theme) -> Path:
        """Write a file that makes a theme like ``like``, unless there is one; returns where it is.

        Raises:
            OSError: it cannot be written.
        """
        self._themes_dir.mkdir(exist_ok=True)
        return _begin(self._themes_dir / "mine.toml", user_themes.template(like))


def _begin(path: Path, text: str) -> Path:
    with contextlib.suppress(FileExistsError), path.open("x", encoding="utf-8") as file:
        file.write(text)
    return path
