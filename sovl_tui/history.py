"""Lines typed before, for the up and down keys; kept in a file where there is one to keep them in."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

KEPT = 1000
FOUND = 50
"""Lines that a search shows at most."""
_LONGEST = 20_000
"""Characters of a line that is still worth keeping in the file."""


class History:
    """Walks through earlier lines while the unfinished line is kept aside."""

    def __init__(self, path: Path | None = None) -> None:
        """``path`` None keeps the history in memory only; a file that cannot be read or written is done without."""
        self._path = path
        self._lines = _read(path) if path is not None else []
        self._at = len(self._lines)
        self._draft = ""

    def add(self, line: str) -> None:
        """Remember ``line``, once when repeated, and go back to the end."""
        if line.strip() and (not self._lines or self._lines[-1] != line):
            self._lines = [*self._lines, line][-KEPT:]
            self._append_to_file(line)
        self._at = len(self._lines)
        self._draft = ""

    def older(self, current: str) -> str | None:
        """The line before; None at the oldest. ``current`` is kept when the walk begins."""
        if self._at == 0:
            return None
        if self._at == len(self._lines):
            self._draft = current
        self._at -= 1
        return self._lines[self._at]

    def newer(self) -> str | None:
        """The line after, at last the kept one; None when the walk has not begun."""
        if self._at >= len(self._lines):
            return None
        self._at += 1
        return self._draft if self._at == len(self._lines) else self._lines[self._at]

    def search(self, text: str) -> list[str]:
        """Earlier lines that hold ``text`` in whatever case, the newest first, each once."""
        wanted = text.casefold().strip()
        found = (line for line in reversed(self._lines) if wanted in line.casefold())
        return list(dict.fromkeys(found))[:FOUND]

    def _append_to_file(self, line: str) -> None:
        if self._path is None or len(line) > _LONGEST:
            return
        with contextlib.suppress(OSError):
            new = not self._path.exists()
            with self._path.open("a", encoding="utf-8", errors="replace") as file:
                file.write(json.dumps(line) + "\n")
            if new:
                self._path.chmod(0o600)


def _read(path: Path) -> list[str]:
    """The newest lines of the file; what is damaged in it is skipped."""
    try:
        raw = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    lines: list[str] = []
    for item in raw[-KEPT:]:
        with contextlib.suppress(ValueError):
            line = json.loads(item)
            if isinstance(line, str):
                lines.append(line)
    return lines
