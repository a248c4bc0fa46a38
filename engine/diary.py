"""What the home remembers, for whoever only looks: nights and memories, read from the journal without torch.

It opens a connection of its own and reads what was last committed, whatever the engine does meanwhile. Call it away
from the thread that draws: a journal may lie on a slow disk.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.home import Home
from engine.memory.journal import Journal
from engine.memory.memories import Memory
from engine.memory.nights import NightRecord
from engine.memory.schema import plain_errors

MOST_NIGHTS = 200


@dataclass(frozen=True, slots=True)
class Diary:
    """What was kept of earlier nights.

    Attributes:
        nights: Oldest first, the newest :data:`MOST_NIGHTS` of them.
        memories: All, oldest first; the superseded and the forgotten, too.
    """

    nights: tuple[NightRecord, ...] = ()
    memories: tuple[Memory, ...] = ()


def read_diary(home: Home) -> Diary:
    """Read the diary of the lifeform in ``home``; a home without a journal has an empty one.

    Raises:
        JournalError: When the journal cannot be read.
    """
    with Journal.open(home.journal_path, read_only=True) as journal, plain_errors(journal.path):
        return Diary(tuple(journal.nights.last(MOST_NIGHTS)), tuple(journal.memories.all()))
