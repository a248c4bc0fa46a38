"""Writing a part of the journal to a file that is whole or not there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from .record import JournalError


def write_beside(path: Path, journal: Path, write: Callable[[IO[str]], int]) -> int:
    """Have ``write`` fill a new file, and put it in the place of ``path``; returns what ``write`` did.

    What was there before is never half overwritten.

    Raises:
        JournalError: the file cannot be written, or is ``journal`` itself.
    """
    beside: str | None = None
    try:
        if path.exists() and journal.exists() and path.samefile(journal):
            raise JournalError(f"{path} is the journal itself; choose another file.")
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=path.parent, prefix=".export-", delete=False
        ) as file:
            beside = file.name
            count = write(file)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
        beside = None
    except (OSError, ValueError) as error:
        raise JournalError(f"{path} cannot be written: {reason(error)}. The journal is unchanged.") from error
    finally:
        if beside is not None:
            Path(beside).unlink(missing_ok=True)
    return count


def reason(error: OSError | ValueError) -> str:
    """Why, in the system's words."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
