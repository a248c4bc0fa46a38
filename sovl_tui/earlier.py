"""What was said before the app was started, read from the journal, so that one finds oneself where one left off."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from time import localtime, strftime

from engine import Interaction, JournalReader, Query
from sovl_tui.conversation import Entry, Kind, Phase

EXCHANGES = 20
"""How many of the last ones are shown; the journal has the rest."""


def read_earlier(path: Path, read_only: bool) -> list[Entry]:
    """The last exchanges of the journal at ``path``, oldest first, and below them a line that says what they are.

    Empty when there are none.

    Raises:
        JournalError: the journal cannot be read.
    """
    with JournalReader(path, read_only) as reader:
        newest = (key for batch in reader.keys(Query(kind="chat")) for key in batch)
        found = [reader.entry(key) for key in islice(newest, EXCHANGES)]
    exchanges = [one for one in reversed(found) if isinstance(one, Interaction)]
    if not exchanges:
        return []
    entries = [entry for exchange in exchanges for entry in _entries(exchange)]
    return [*entries, Entry(Kind.NOTICE, 0, _divider(exchanges[-1].timestamp))]


def _entries(exchange: Interaction) -> list[Entry]:
    phase = Phase.STOPPED if exchange.stop_reason == "stopped" else Phase.DONE
    answer = Entry(Kind.ANSWER, 0, exchange.response, phase)
    if exchange.is_system_question or not exchange.prompt:
        return [answer]
    return [Entry(Kind.USER, 0, exchange.prompt), answer]


def _divider(timestamp: float) -> str:
    when = strftime("%a %d %b %Y, %H:%M", localtime(timestamp))
    return f"Above: until {when}. What it slept on, it still knows."
