"""While the app owns the terminal, nothing else writes to it.

Textual draws to ``sys.__stderr__``, that is to file descriptor 2, and native libraries print warnings there; one such
line tears the screen. So descriptors 1 and 2 go to a log file, and Textual gets duplicates that still lead to the
terminal.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path


@contextlib.contextmanager
def stderr_guard(log: Path | None) -> Iterator[None]:
    """Send what is written to descriptors 1 and 2 to ``log`` (to nowhere without one) until the block ends.

    Inside, ``sys.__stdout__`` and ``sys.__stderr__`` lead to where they led before; an app must be made inside, too.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    target = _open(log)
    kept = {number: os.dup(number) for number in (1, 2)}
    streams = {number: _text(os.dup(kept[number])) for number in (1, 2)}
    originals = sys.__stdout__, sys.__stderr__
    try:
        for number in (1, 2):
            os.dup2(target, number)
        sys.__stdout__, sys.__stderr__ = streams[1], streams[2]  # type: ignore[misc]
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.__stdout__, sys.__stderr__ = originals  # type: ignore[misc]
        for number in (1, 2):
            with contextlib.suppress(OSError):
                streams[number].close()
            os.dup2(kept[number], number)
            os.close(kept[number])
        os.close(target)


def _text(descriptor: int) -> TextIOWrapper:
    return os.fdopen(descriptor, "w", encoding="utf-8", errors="replace")


def _open(log: Path | None) -> int:
    """A descriptor to append to the log; to nowhere when that cannot be."""
    if log is not None:
        with contextlib.suppress(OSError):
            return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    return os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
