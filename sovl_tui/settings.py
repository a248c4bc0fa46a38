"""Every setting as the configuration screen sees it: its value, where that came from, and what was changed when.

It only looks. The values are the engine's, and change by lines that go to the engine; after each of them this reads
all values again, so a change is seen whoever made it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from engine.api import Done, EngineState, Event, Outcome, Started, StateChanged
from engine.commands import quoted
from engine.config import Config, ConfigError, KeySpec, keys, load_config, spec

_MOST_UNDONE = 500
_BARE = re.compile(r"""[^\s"'“]\S*""")
"""A word that needs no quotes."""


class Origin(StrEnum):
    """Where a value came from."""

    DEFAULT = "default"
    FILE = "file"
    """It is what the file of settings has, and no default."""
    UNSAVED = "unsaved"
    """It differs from what a new start would have."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One key and its values."""

    spec: KeySpec
    value: Any
    saved: Any
    """What a new start would have: the file's value, else the default."""
    in_force: Any
    """What the engine works with."""

    @property
    def origin(self) -> Origin:
        """Where the value came from. What the engine keeps for itself is never said to be unsaved."""
        if self.value != self.saved and not self.spec.state:
            return Origin.UNSAVED
        return Origin.DEFAULT if self.value == self.spec.default else Origin.FILE

    @property
    def waits(self) -> bool:
        """Whether the value acts only after the next reset."""
        return not self.spec.live and self.value != self.in_force


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one value."""

    key: str
    old: Any
    new: Any


class Settings:
    """All settings of one running app."""

    def __init__(self, config: Config, path: Path) -> None:
        self.path = path
        """The file that ``config save`` writes."""
        self.problem = ""
        """Why the file could not be read; empty while it could."""
        self._config = config
        self._values = self._read()
        self._in_force = dict(self._values)
        self._saved = {known.dotted: known.default for known in keys()}
        self._edits: list[Edit] = []
        self._taken_back: list[Edit] = []
        self._expected: dict[tuple[str, str], bool] = {}
        """Keys and values that an undo or a redo is about to bring; True for an undo."""
        self._running: dict[int, str] = {}
        self._loading = True

    def _read(self) -> dict[str, Any]:
        return {known.dotted: self._config.get(known.dotted) for known in keys()}

    # -- looking -------------------------------------------------------------------------------------------------------

    def __getitem__(self, key: str) -> Setting:
        known = spec(key)
        name = known.dotted
        return Setting(known, self._values[name], self._saved[name], self._in_force[name])

    def all(self) -> list[Setting]:
        """Every setting, in the order of the file."""
        return [self[known.dotted] for known in keys()]

    def unsaved(self) -> list[Setting]:
        """What ``config save`` would change, in the order of the file."""
        return [one for one in self.all() if one.origin is Origin.UNSAVED]

    def not_default(self) -> list[Setting]:
        """What resetting all would change."""
        return [one for one in self.all() if one.value != one.spec.default and not one.spec.state]

    def check(self, key: str, text: str) -> str:
        """Why ``text`` may not be set; empty when it may."""
        return self._config.problem(key, text)

    # -- keeping up ----------------------------------------------------------------------------------------------------

    def take(self, events: Sequence[Event]) -> None:
        """Events of one tick: find out what is in force."""
        for event in events:
            match event:
                case StateChanged(state) if state.starting:
                    self._loading = True
                case StateChanged(EngineState.AWAKE) if self._loading:
                    self._loading = False
                    self._in_force = self._read()
                case Started(id, "reset"):
                    self._running[id] = "reset"
                case Done(id, outcome) if self._running.pop(id, None) and outcome is Outcome.OK:
                    self._in_force = self._read()

    def refresh(self) -> list[Edit]:
        """Read all values again; returns what changed since the last time, and remembers how to undo it."""
        before, self._values = self._values, self._read()
        edits = [Edit(key, before[key], value) for key, value in self._values.items() if value != before[key]]
        for edit in edits:
            undone = self._expected.pop((edit.key, text_of(edit.new)), None)
            if undone:
                self._taken_back.append(edit)
            elif not spec(edit.key).state:
                self._edits.append(edit)
                if undone is None:  # a change of another kind: what was taken back before it leads nowhere
                    self._taken_back.clear()
        del self._edits[:-_MOST_UNDONE]
        return edits

    def read_file(self) -> None:
        """Look what the file of settings has."""
        self.problem = ""
        try:
            saved = load_config(self.path if self.path.exists() else None)[0]
        except ConfigError as error:
            self.problem = str(error).replace(str(self.path), self.path.name)
            return
        self._saved = {known.dotted: saved.get(known.dotted) for known in keys()}

    # -- undoing ------------------------------------------------------------------------------------------------------

    def undo(self) -> Edit | None:
        """The last change that is still to be seen, which is now to be taken back; None when there is none."""
        return self._last(self._edits, undo=True)

    def redo(self) -> Edit | None:
        """The last change that was taken back, whose old value is now to be given back again; None without any."""
        return self._last(self._taken_back, undo=False)

    def _last(self, edits: list[Edit], *, undo: bool) -> Edit | None:
        while edits:
            edit = edits.pop()
            if self._values[edit.key] == edit.new:  # a later change that was undone elsewhere leaves nothing to do
                self._expected[edit.key, text_of(edit.old)] = undo
                return edit
        return None


def text_of(value: Any) -> str:
    """A value as a person types it: texts bare, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def line_for(key: str, value: Any) -> str:
    """The line that sets ``key`` to ``value``; a text is what someone typed, and quoted only where it must be."""
    text = text_of(value)
    bare = _BARE.fullmatch(text) or (text.startswith("[") and text.endswith("]") and '"' not in text)
    return f"/config {key} {text if bare else quoted(text)}"
