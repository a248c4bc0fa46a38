"""``panic``: what there is is put in a safe place, and the lifeform comes up anew from its last good state.

Nothing here trusts the present: what cannot be saved is named and left, and the rebuilding goes on.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.state import capture
from engine.state_files import StateError, write_state

if TYPE_CHECKING:
    from engine.lifeform import Lifeform, Report

FOLDER = "panic"
"""In the home; one time-stamped folder for each time."""


@dataclass(frozen=True, slots=True)
class Rescued:
    """What was done.

    Attributes:
        folder: Where it was kept; None in a home that is open read-only.
        kept: What is there: ``journal``, ``state``.
        problems: What could not be kept or used, and why; one line each.
        saved_at: Unix seconds of the state that it goes on from; None for a newborn.
    """

    folder: Path | None
    kept: tuple[str, ...]
    problems: tuple[str, ...]
    saved_at: float | None

    @property
    def told(self) -> str:
        """What was kept, where, and what it goes on from, in a line or two."""
        lines = [f"Kept in {self.folder}: {', '.join(self.kept) or 'nothing'}"] if self.folder else []
        lines += [f"  {problem}" for problem in self.problems]
        origin = "a newborn, for there is no saved state"
        if self.saved_at is not None:
            origin = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.saved_at))
        return "\n".join([*lines, f"[System reloaded] State of {origin}."])


def rescue(life: Lifeform, report: Report) -> Rescued:
    """Save what there is aside, and rebuild from the last good state.

    Raises:
        WeightsError: When the models cannot be loaded; what there was is saved, and the life goes on as it was.
        LayerError: Likewise, when the layers do not fit them.
    """
    folder, kept, problems = (None, [], []) if life.read_only else _put_aside(life)
    life.hung = None
    saved_at = life.revive(report)
    return Rescued(folder, tuple(kept), (*problems, *life.warnings), saved_at)


def _put_aside(life: Lifeform) -> tuple[Path | None, list[str], list[str]]:
    kept: list[str] = []
    problems: list[str] = []
    folder = life.home.path / FOLDER / time.strftime("%Y%m%d-%H%M%S")
    try:
        while folder.exists():
            folder = folder.with_name(folder.name + "-again")
        folder.mkdir(parents=True)
    except OSError as error:
        return None, kept, [f"{folder} cannot be made: {error.strerror}"]
    try:
        _copy_journal(life.journal.path, folder / "journal.sqlite3")
        kept.append("journal")
    except (sqlite3.Error, OSError) as error:
        problems.append(f"the journal cannot be copied: {error}")
    present = life.hung or life
    if present.composition is not None:
        try:
            if life.hung is not None and present.composition.base.device.type != "cpu":
                raise StateError("its weights lie on a GPU that may hang as well")
            write_state(folder / "state", capture(present))
            kept.append("state")
        except Exception as error:  # the state may be what is broken
            problems.append(f"the state cannot be saved: {error}")
    return folder, kept, problems


def _copy_journal(source: Path, target: Path) -> None:
    """A consistent copy, whatever is being written meanwhile."""
    with closing(sqlite3.connect(source)) as journal, closing(sqlite3.connect(target)) as copy:
        journal.backup(copy)
