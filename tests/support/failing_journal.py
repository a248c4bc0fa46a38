"""Writes journals on a disk that fails, for the library of ``failing_disk.c``: ``failing_journal.py LIBRARY FOLDER N``.

Every ``N``-th call that writes while an old journal is opened and used fails once in every way. What is found
afterwards is printed as one line of JSON for each failure. The library must be preloaded,
and this folder and the project's be where modules are looked for.
"""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from faults import FAULTS
from old_journal import SAID, write_old_journal

from engine.memory.journal import Journal
from engine.memory.record import JournalError

TEXT = "x" * 5000  # more than a page of the file


class Life:
    """One use of a journal: what was acknowledged, and what was refused."""

    def __init__(self, path: Path) -> None:
        self.path, self.acknowledged, self.refusals = path, [SAID], list[str]()

    def attempt(self, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except JournalError as error:
            self.refusals.append(str(error))
            return None

    def say(self, journal: Journal, number: int) -> None:
        text = f"{number} {TEXT}"
        made = self.attempt(lambda: journal.record(conversation_id="a", prompt=text, response=TEXT))
        if made or journal.waiting:
            self.acknowledged.append(text)

    def use(self) -> None:
        """Open it, say five things, keep an event, mark what was slept on, and close it."""
        journal = self.attempt(lambda: Journal.open(self.path))
        if journal is None:
            return
        with journal:
            for number in range(3):
                self.say(journal, number)
            self.attempt(lambda: journal.event("slept", {"text": TEXT}))
            self.attempt(lambda: journal.mark_slept([1, 2], 5.0))
            for number in range(3, 5):
                self.say(journal, number)

    def found(self) -> dict[str, Any]:
        """What a journal that is opened afterwards, on a disk that works, holds."""
        with Journal.open(self.path) as journal:
            kept = [one.prompt for one in journal]
            whole = journal._connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            journal._connection.execute("INSERT INTO interactions_text (interactions_text) VALUES ('integrity-check')")
            journal.record(conversation_id="a", prompt="afterwards", response="")
        return {
            "lost": [text[:20] for text in self.acknowledged if text not in kept],
            "in order": kept == sorted(kept, key=lambda text: (text != SAID, text)),
            "whole": whole,
            "refusals": self.refusals,
        }


def main(library: str, folder: Path, step: int) -> None:
    disk = ctypes.CDLL(library)
    for name, code in FAULTS.items():
        call = 0
        while True:
            life = Life(folder / f"{name} {call}.sqlite3")
            write_old_journal(life.path)
            disk.disk_fails(call, code, name == "short write")
            life.use()
            happened = disk.disk_calls() > call
            disk.disk_fails(-1, 0, 0)
            print(json.dumps({"fault": name, "call": call, "happened": happened, **life.found()}))
            with suppress(OSError):
                for path in folder.glob(f"{name} {call}.*"):
                    path.unlink()
            if not happened:
                break
            call += step


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
