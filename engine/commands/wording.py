"""How commands word times, numbers and other people's texts."""

from __future__ import annotations

import time


def clock(seconds: float) -> str:
    """Unix seconds as local date and time; what lies outside the calendar as plain seconds."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
    except (OverflowError, ValueError, OSError):
        return f"{seconds:.0f}"


def counted(count: int, thing: str) -> str:
    """``1 line``, ``2 lines``."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def excerpt(text: str, length: int) -> str:
    """The beginning of ``text`` on one line, at most ``length`` characters, an ellipsis at a cut."""
    line = squeezed(text, length + 1)
    return line if len(line) <= length else line[: length - 1] + "…"


def squeezed(text: str, length: int) -> str:
    """The first ``length`` characters of ``text`` once all its white space is single spaces."""
    # A long text is cut before it is split, generously, so that a page of blank lines does not hide what follows.
    return " ".join(text[: length * 50].split())[:length]
