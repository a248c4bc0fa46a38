"""When the app itself breaks: a report on disk, and a few lines for the user."""

from __future__ import annotations

import contextlib
import platform
import sys
import tempfile
import time
import traceback
from collections import deque
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from engine import __version__
from engine.api import Event

KINDS_KEPT = 30


class Trail:
    """What kinds of events came last. Nothing of what they said, so that a report can be shown to others."""

    def __init__(self) -> None:
        self._kinds: deque[tuple[str, int]] = deque(maxlen=KINDS_KEPT)

    def add(self, events: Iterable[Event]) -> None:
        """Note ``events``; of many of one kind in a row, their number."""
        for event in events:
            kind = type(event).__name__
            before, count = self._kinds[-1] if self._kinds else ("", 0)
            if before == kind:
                self._kinds[-1] = kind, count + 1
            else:
                self._kinds.append((kind, 1))

    def __str__(self) -> str:
        return ", ".join(kind if count == 1 else f"{count} {kind}" for kind, count in self._kinds) or "none"


def save_report(error: BaseException, folder: Path | None, trail: Trail) -> Path | None:
    """Write what happened to a new file in ``folder``, else in the system's temporary one; None when neither works."""
    text = "\n".join(
        [
            f"SOVL's screen failed at {time.strftime('%Y-%m-%d %H:%M:%S')}",
            f"SOVL {__version__}, textual {version('textual')}, rich {version('rich')}",
            f"Python {platform.python_version()} on {platform.platform()}",
            f"Arguments: {sys.argv}",
            f"Last events: {trail}",
            "",
            "".join(traceback.format_exception(error)),
        ]
    )
    name = f"screen-crash-{time.strftime('%Y%m%d-%H%M%S')}.txt"
    for place in (folder, Path(tempfile.gettempdir())):
        if place is not None:
            with contextlib.suppress(OSError):
                path = place / name
                path.write_text(text, encoding="utf-8", errors="replace")
                return path
    return None


def last_words(error: BaseException, report: Path | None) -> str:
    """What the user is told after the terminal was restored: what happened, where it is written down, how to go on."""
    said = str(error).split("\n", 1)[0]
    where = f"A report without your words is at {report}" if report is not None else "No report could be written."
    return (
        f"✖ The screen failed: {type(error).__name__}: {said}\n"
        f"  {where}\n"
        "  What was said is safe in the journal, and your SOVL is saved. Start it again in the same way;\n"
        "  where the screen is not needed, sovl --plain does without it."
    )
