"""Writing a line in the user's own editor, while the app stands aside."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path


class EditorError(Exception):
    """The editor could not be started or said that it failed; one line."""


def edit(text: str) -> str:
    """Have ``text`` edited with ``$VISUAL``, else ``$EDITOR``, else vi; returns what it is then.

    The terminal must be free: the editor gets it, wherever the standard streams lead.

    Raises:
        EditorError: there is no such editor, it failed, or what it left is no text.
    """
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory(prefix="sovl-") as folder:
        file = Path(folder) / "line.md"
        file.write_text(text, encoding="utf-8", errors="replace")
        try:
            with Path("/dev/tty").open("r+b", buffering=0) as terminal:
                done = subprocess.run(
                    [*shlex.split(command), str(file)], stdin=terminal, stdout=terminal, stderr=terminal, check=False
                )
            if done.returncode:
                raise EditorError(f"{command} ended with status {done.returncode}; the line is as it was.")
            return file.read_text(encoding="utf-8").removesuffix("\n")
        except (OSError, ValueError) as error:
            raise EditorError(f"{command} cannot be used: {error}. $EDITOR names another one.") from None
