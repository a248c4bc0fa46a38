"""When the app itself breaks: a report on disk, and one line for the user."""

from __future__ import annotations

import contextlib
import platform
import sys
import tempfile
import time
import traceback
from pathlib import Path


def save_report(error: BaseException, folder: Path | None) -> Path | None:
    """Write what happened to a new file in ``folder``, else in the system's temporary one; None when neither works."""
    text = "\n".join(
        [
            f"SOVL's screen failed at {time.strftime('%Y-%m-%d %H:%M:%S')}",
            f"Python {platform.python_version()} on {platform.platform()}",
            f"Arguments: {sys.argv}",
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


def one_line(error: BaseException, report: Path | None) -> str:
    """What the user is told after the terminal was restored."""
    said = str(error).split("\n", 1)[0]
    where = f"A report is at {report}." if report is not None else "No report could be written."
    return f"The screen failed: {type(error).__name__}: {said}. What was said is safe in the journal. {where}"
