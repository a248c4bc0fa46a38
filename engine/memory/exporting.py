"""Writing a part of the journal to a file that is whole or not there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import IO

from engine.whole_file import reason, replacing

from .record import JournalError


def write_beside(path: Path, journal: Path, write: Callable[[IO[str]], int]) -> int:
    """Have ``write`` fill a new file, and put it in the place of ``path``; returns what ``write`` did.

    What was there before is never half overwritten.

    Raises:
        JournalError: the file cannot be written, or is ``journal`` itself.
    """
    try:
        if path.exists() and journal.exists() and path.samefile(journal):
            raise JournalError(f"{path} is the journal itself; choose another file.")
        with replacing(path) as file:
            return write(file)
    except (OSError, ValueError) as error:
        raise JournalError(f"{path} cannot be written: {reason(error)}. The journal is unchanged.") from error
